"""The actors of a run, gathered; and the one place where a trial is recorded."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from autoresearch import __version__
from autoresearch.adapters import checkout, disk, git
from autoresearch.adapters.process import Warden
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import AutoresearchError, ExperimentError, Terminated
from autoresearch.core.model import Observer, Proposer, Trial
from autoresearch.research.evaluator import Evaluator
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger
from autoresearch.research.proposers.command import Command
from autoresearch.research.proposers.tuner import Tuner
from autoresearch.research.question import Question, ask, evaluator_files
from autoresearch.research.results import Results
from autoresearch.research.workspace import Workspace


@dataclass
class Lab:
    """Everything that an experiment is run with. `clock` is monotonic, in seconds; `versions` are those
    of the programs that a trial depends on."""

    ledger: Ledger
    question: Question
    workspace: Workspace
    evaluator: Evaluator
    proposer: Proposer
    results: Results
    observer: Observer
    clock: Callable[[], float]
    versions: Mapping[str, str]

    def record(self, trial: Trial, evidence: Mapping[str, bytes]) -> None:
        """The commit point, and after it the views: worktree, results.tsv, whoever watches."""
        self.ledger.append(trial, evidence)
        self.workspace.restore()
        self.results.add(trial)
        self.observer.recorded(trial)


@contextmanager
def open_lab(experiment: Experiment, observer: Observer) -> Iterator[Lab]:
    """Everything that a run needs, for as long as the block lasts; what a kill left behind is mended.

    Raises Busy where another process runs this experiment.
    """
    with disk.lock(experiment.lock, experiment.name), Warden() as warden:
        lab = _gather(experiment, observer, warden)
        try:
            yield lab
        except (KeyboardInterrupt, Terminated):
            warden.close()
            with suppress(AutoresearchError, OSError):
                lab.workspace.restore()  # not left with a candidate half measured
            raise


def _gather(experiment: Experiment, observer: Observer, warden: Warden) -> Lab:
    repository, settings, name = experiment.repository, experiment.settings, experiment.name
    ledger = Ledger.load(repository, name)
    worktree = Worktree(repository, experiment.worktree, git.branch_ref(name))
    _refuse_if_checked_out(worktree)
    ledger.heal_branch()
    worktree.ensure()
    for path in changed_evaluator_files(experiment, ledger.base):
        observer.note(f"{path} differs in your checkout; here it stays as it was in {ledger.base[:10]}")
    results = Results(experiment.folder, ledger)
    results.draw()
    (experiment.folder / "shared").mkdir(exist_ok=True)
    return Lab(
        ledger=ledger,
        question=ask(settings, experiment.folder, repository, ledger.base),
        workspace=Workspace(repository, worktree, name, settings.target, settings.share),
        evaluator=Evaluator(experiment, warden, os.environ),
        proposer=make_proposer(experiment, warden),
        results=results,
        observer=observer,
        clock=time.monotonic,
        versions={
            "autoresearch": __version__,
            "git": git.version(repository),
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
    )


def make_proposer(experiment: Experiment, warden: Warden) -> Proposer:
    """The proposer that the settings name."""
    chosen = experiment.settings.proposer
    if chosen.command is not None and chosen.use == "command":
        return Command(chosen.command, chosen.timeout, warden, os.environ)
    return Tuner(seed=chosen.seed)


def changed_evaluator_files(experiment: Experiment, base: str) -> list[str]:
    """The evaluator's files that are not in the user's checkout as they are in `base`."""
    repository = experiment.repository
    named = evaluator_files(experiment.settings, repository, base)
    here = [path for path in named if (repository.root / path).is_file()]
    now = checkout.hash_files(repository, here)
    return [path for path, oid in zip(here, now, strict=True) if named[path] != oid]


def _refuse_if_checked_out(worktree: Worktree) -> None:
    """Somebody else's worktree on our branch would be pulled along at every keep."""
    for path, branch in checkout.worktrees(worktree.repository):
        if branch == worktree.branch and path != worktree.path:
            raise ExperimentError(
                f"the experiment's branch is checked out in {path}", "switch to another branch there"
            )
