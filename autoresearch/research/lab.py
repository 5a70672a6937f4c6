"""The actors of a run, gathered; and the one place where a trial is recorded."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from autoresearch import __version__
from autoresearch.adapters import checkout, disk, git
from autoresearch.adapters.git import Repository
from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.points import reached
from autoresearch.adapters.process import Warden
from autoresearch.adapters.reserve import with_reserve
from autoresearch.adapters.sandbox import choose
from autoresearch.adapters.worktree import Worktree
from autoresearch.calls.log import CallLog
from autoresearch.calls.models import Models
from autoresearch.core.errors import AutoresearchError, ExperimentError, Terminated
from autoresearch.core.model import Observer, Proposer, Trial
from autoresearch.core.redaction import Redactor
from autoresearch.research.evaluator import Evaluator
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger
from autoresearch.research.notebook import Notebook
from autoresearch.research.proposers import presets
from autoresearch.research.proposers.agent import Agent, Limits
from autoresearch.research.proposers.command import Command
from autoresearch.research.proposers.llm import Llm
from autoresearch.research.proposers.tuner import Tuner
from autoresearch.research.question import Question, ask, evaluator_files
from autoresearch.research.results import Results
from autoresearch.research.rooms import for_agent
from autoresearch.research.stages import Stages
from autoresearch.research.surroundings import Asking
from autoresearch.research.workspace import Workspace

SHARED_MOST = 1 << 20  # bytes of a file that travels in the chain


@dataclass
class Lab:
    """Everything that an experiment is run with. `clock` is monotonic, in seconds; `versions` are those
    of the programs that a trial depends on, `level` that of the sandbox."""

    ledger: Ledger
    question: Question
    workspace: Workspace
    evaluator: Evaluator
    proposer: Proposer
    calls: CallLog
    stages: Stages
    notebook: Notebook
    where: Callable[[], Sequence[str]]
    redactor: Redactor
    results: Results
    observer: Observer
    clock: Callable[[], float]
    versions: Mapping[str, str]
    level: str

    def record(self, trial: Trial, evidence: Mapping[str, bytes]) -> None:
        """The commit point, and after it the views: worktree, results.tsv, notebook, whoever watches."""
        trial = self._without_keys(self._paid(trial))
        whole = {**evidence, **self.notebook.carried()}
        files = {name: self.redactor.data(content) for name, content in whole.items()}
        with_reserve(self.workspace.worktree.path, lambda: self.ledger.append(trial, files))
        reached("recorded")
        self.workspace.restore()
        reached("worktree restored")
        self.results.add(trial)
        reached("row written")
        self.notebook.recorded(trial, files)
        self.observer.recorded(trial)

    def _paid(self, trial: Trial) -> Trial:
        """With what its calls to models have cost, those of the notebook too."""
        spent = self.calls.of_trial(trial.number)
        return replace(trial, cost_usd=spent.cost_usd, tokens=spent.tokens)

    def shared(self) -> dict[str, bytes]:
        """What the first evaluation left for the later ones, such as a list of tests."""
        files = sorted(self.evaluator.experiment.shared.iterdir())
        small = [file for file in files if file.is_file() and file.stat().st_size <= SHARED_MOST]
        return {f"question/shared/{file.name}": file.read_bytes() for file in small}

    def _without_keys(self, trial: Trial) -> Trial:
        clean = self.redactor.text
        return replace(
            trial, description=clean(trial.description), why=clean(trial.why), detail=clean(trial.detail)
        )


@contextmanager
def open_lab(experiment: Experiment, observer: Observer) -> Iterator[Lab]:
    """Everything that a run needs, for as long as the block lasts; what a kill left behind is mended.

    Raises Busy where another process runs this experiment, AutoresearchError where the sandbox that the
    settings ask for can't be had.
    """
    sandbox = choose(experiment.settings.sandbox.use, experiment.environ)
    with disk.lock(experiment.lock, experiment.name), Warden(sandbox) as warden:
        if sandbox.level == "none":
            observer.note("no sandbox: what is measured can read your files and keys (docs/security.md)")
        lab = _gather(experiment, observer, warden)
        try:
            yield lab
        except (KeyboardInterrupt, Terminated):
            warden.close()
            with suppress(AutoresearchError, OSError):
                lab.workspace.restore()  # not left with a candidate half measured
            raise
        finally:
            with suppress(AutoresearchError, OSError):  # views, which the next start draws
                lab.notebook.close()


def _gather(experiment: Experiment, observer: Observer, warden: Warden) -> Lab:
    repository, settings, name = experiment.repository, experiment.settings, experiment.name
    ledger = Ledger.load(repository, name)
    worktree = Worktree(repository, experiment.worktree, git.branch_ref(name))
    _refuse_if_checked_out(worktree)
    ledger.heal_branch()
    worktree.ensure()
    for path in changed_evaluator_files(experiment, ledger.base):
        observer.note(f"{path} differs in your checkout; here it stays as it was in {ledger.base[:10]}")
    redactor = Redactor(experiment.environ)
    calls = CallLog.open(experiment.call_log, redactor, ledger.trials, content=settings.logs.content)
    models = Models(settings, Litellm(experiment.environ, redactor), calls, name, observer.note)
    question = ask(settings, experiment.folder, repository, ledger.base)
    guarded = list(evaluator_files(settings, repository, ledger.base))
    results = Results(experiment.folder, ledger)
    results.draw()
    _share_again(experiment.shared, ledger)
    notebook = Notebook(experiment, ledger, observer.note)
    asking = Asking(experiment, warden, _for_evaluator(experiment))
    workspace = Workspace(repository, worktree, name, settings.target, settings.share)
    return Lab(
        ledger=ledger,
        question=question,
        workspace=workspace,
        evaluator=Evaluator(experiment, warden, _for_evaluator(experiment), question.key, guarded),
        proposer=_proposer(experiment, warden, models, (worktree, ledger)),
        calls=calls,
        stages=Stages(settings, models, observer.note),
        notebook=notebook,
        where=cache(lambda: asking.lines([*workspace.texts(ledger.base, settings.target).values()])),
        redactor=redactor,
        results=results,
        observer=observer,
        clock=time.monotonic,
        versions=_versions(repository),
        level=warden.sandbox.level,
    )


def _versions(repository: Repository) -> dict[str, str]:
    """Of the programs that a trial depends on."""
    return {
        "autoresearch": __version__,
        "git": git.version(repository),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def _proposer(
    experiment: Experiment, warden: Warden, models: Models, around: tuple[Worktree, Ledger]
) -> Proposer:
    """The proposer that the settings name. Raises AutoresearchError where it can't work."""
    settings, environ = experiment.settings, experiment.environ
    chosen, (worktree, ledger) = settings.proposer, around
    if settings.use == "llm":
        return Llm(models, chosen.edit)
    if settings.use == "agent":
        limits = Limits(chosen.timeout, settings.stop.cost)
        preset = presets.find(chosen, experiment.home.folder)
        room = partial(for_agent, experiment, preset)
        return Agent(preset, limits, warden, worktree, models.log, environ, ledger.take_back, room)
    if settings.use == "command" and chosen.command is not None:
        return Command(chosen.command, chosen.timeout, warden, os.environ)
    return Tuner(seed=chosen.seed)


def _share_again(folder: Path, ledger: Ledger) -> None:
    """Have what the baseline's evaluation left for later ones, as the chain has it."""
    folder.mkdir(exist_ok=True)
    if not any(folder.iterdir()) and ledger.trials:
        for name, content in ledger.question().items():
            if name.startswith("shared/"):
                disk.write(folder / Path(name).name, content)


def _for_evaluator(experiment: Experiment) -> dict[str, str]:
    """The environment; of `.env` only what `environment:` names, such as the key of a judge."""
    named = {
        name: experiment.environ[name]
        for name in experiment.settings.environment
        if name in experiment.environ
    }
    return {**named, **os.environ}


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
