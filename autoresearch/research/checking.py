"""`check`: an evaluation is repeated, fed broken targets and cheats, and watched for what it writes.

Nothing is recorded: the worktree, and what evaluations share, are afterwards as they were.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean

from autoresearch.adapters import disk, syntax
from autoresearch.core.checks import (
    Finding,
    Noise,
    Outcome,
    Report,
    Sabotage,
    judge,
    of_settings,
)
from autoresearch.core.constraints import unmet
from autoresearch.core.errors import TrialFailed
from autoresearch.core.harm import Forged
from autoresearch.core.model import Measurement, Proposal
from autoresearch.core.sabotage import sabotages
from autoresearch.core.text import one_line
from autoresearch.core.units import format_number
from autoresearch.research.evaluator import Evaluator, Task
from autoresearch.research.experiment import Experiment
from autoresearch.research.footprints import Place, places
from autoresearch.research.lab import Lab

RUNS, SLOW_RUNS, SLOW = 8, 3, 60.0  # how often; how often where one takes more than so many seconds
GRACE = 5.0  # seconds that a broken target is given beyond three times what good ones took
NAMED = 10  # files
MARK = ".autoresearch-was-run"

Files = Mapping[str, str | None]


def check(experiment: Experiment, lab: Lab, runs: int | None = None) -> Report:
    """All that can be found out, the untouched code first. The best kept code is what is called untouched."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder, ExitStack() as after:
        after.callback(lab.workspace.restore)
        after.enter_context(_as_it_was(experiment.shared, Path(folder, "shared")))
        bench = _Bench(experiment, lab, Path(folder))
        looked = places(experiment.repository, Path.home(), Path(tempfile.gettempdir()), Path(folder))
        if lab.level != "none":
            looked = looked[:1]  # elsewhere a sandbox lets nobody write
        before = [place.look() for place in looked]
        try:
            measured, left = _repeated(bench, runs)
        except TrialFailed as failure:
            mend = "mend the evaluation first: it must give a number each time that it is run"
            return Report(None, [Finding("noise", "untouched code", "wrong", _in_words(failure), mend)])
        strayed = [path for place, was in zip(looked, before, strict=True) for path in place.changed(was)]
        values = tuple(each.value for each in measured)
        noise = Noise(experiment.metric, values, fmean(each.seconds for each in measured))
        confirmed = experiment.settings.keep.confirm != "off"
        found = of_settings(noise, experiment.settings.stop.target, confirmed=confirmed)
        found += _sabotaged(bench, noise, measured)
        return Report(noise, [*found, left, _strayed(strayed, lab.level)])


@dataclass
class _Bench:
    """Where files are put and measured, each time on clean ground and with a new seed."""

    experiment: Experiment
    lab: Lab
    folder: Path
    seed: int = 0

    def measure(self, what: str, files: Files, limit: float | None = None) -> Measurement:
        """Raises TrialFailed where there is no valid measurement; `limit` is in seconds."""
        lab, proposal = self.lab, Proposal(what, files=files)
        renew = partial(lab.workspace.renew, proposal, lab.ledger.head)
        lab.workspace.restore()
        lab.workspace.place(proposal, lab.ledger.head)
        (self.folder / "run.log").unlink(missing_ok=True)
        known = any(trial.question == lab.question.key for trial in lab.ledger.trials)
        first = self.seed == 0 and not known
        task = Task(len(lab.ledger.trials), self.folder, what, self.seed, renew, first=first, look=self.seed)
        self.seed += 1
        return self._evaluator(limit).measure(task, lab.observer)

    def left(self) -> Finding:
        """What the measurement just made left in the worktree."""
        lab, shared = self.lab, {name.rstrip("/") for name in self.experiment.settings.share}
        names = sorted(lab.workspace.worktree.changed(lab.ledger.head) - shared)
        if tracked := lab.ledger.repository.files(lab.ledger.head, *names) if names else {}:
            mend = "let it write elsewhere: such files are put back before each measurement"
            return Finding("writes", "in the worktree", "warning", f"changed {_listed(list(tracked))}", mend)
        said = f"left {_listed(names)}; it is swept each time" if names else "left nothing that git would see"
        return Finding("writes", "in the worktree", "ok", said)

    def _evaluator(self, limit: float | None) -> Evaluator:
        if limit is None:
            return self.lab.evaluator
        settings = self.experiment.settings.model_copy(update={"timeout": limit})
        return replace(self.lab.evaluator, experiment=replace(self.experiment, settings=settings))


def _repeated(bench: _Bench, runs: int | None) -> tuple[list[Measurement], Finding]:
    """The untouched code, several times; and what the first time left in the worktree."""
    measured = [bench.measure("the untouched code", {})]
    left = bench.left()
    many = runs or (SLOW_RUNS if measured[0].seconds > SLOW else RUNS)
    for number in range(2, many + 1):
        measured.append(bench.measure(f"the untouched code, {number} of {many}", {}))
    return measured, left


def _sabotaged(bench: _Bench, noise: Noise, measured: Sequence[Measurement]) -> list[Finding]:
    """Every sabotage, measured as a candidate would be."""
    lab, name = bench.lab, bench.experiment.metric.name
    texts = lab.workspace.texts(lab.ledger.head, bench.experiment.settings.target)
    mark = str(lab.workspace.worktree.path / MARK)
    forged = Forged(name, noise.much_better, measured[-1].metrics, mark)
    patience = GRACE + 3 * max(each.seconds for each in measured)
    limit = min(bench.experiment.settings.hard_limit, patience)
    return [
        judge(sabotage, _outcome(bench, sabotage, texts, limit), noise)
        if sabotage.files
        else Finding("target", sabotage.name, "not tried", sabotage.why)
        for sabotage in sabotages(texts, forged)
    ]


def _outcome(bench: _Bench, sabotage: Sabotage, texts: Mapping[str, str], limit: float) -> Outcome:
    settings, evaluator = bench.experiment.settings, bench.lab.evaluator
    if mistake := syntax.check(sabotage.files, texts, evaluator.python_reads):
        return Outcome(None, f"refused unmeasured: {mistake}")
    try:
        measured = bench.measure(f"target: {sabotage.name}", sabotage.files, limit)
    except TrialFailed as failure:
        return Outcome(None, _in_words(failure))
    name = settings.metric.name
    if broken := unmet(settings.constraints, {**measured.metrics, name: measured.value}):
        return Outcome(None, f"discard (constraint): {broken}")
    ran = (bench.lab.workspace.worktree.path / MARK).exists()
    return Outcome(measured.value, f"{name} {format_number(measured.value)}", ran)


def _strayed(paths: Sequence[str], level: str) -> Finding:
    elsewhere = f"; elsewhere the sandbox ({level}) lets it write nothing" if level != "none" else ""
    if not paths:
        return Finding("writes", "outside of it", "ok", f"nothing was changed{elsewhere}")
    said = f"changed while it ran, by it or by another program: {_listed(paths)}{elsewhere}"
    mend = "let it write to its working folder or to TMPDIR, or run it in the sandbox"
    return Finding("writes", "outside of it", "warning", said, mend)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _in_words(failure: TrialFailed) -> str:
    """The reason, and the last that was said of it."""
    last = failure.detail.splitlines()[-1].removeprefix("| ")  # as ready evaluators show what others said
    return f"{failure.status} ({failure.reason}): {one_line(last, 120)}"


@contextmanager
def _as_it_was(folder: Path, aside: Path) -> Iterator[None]:
    """What is in `folder` is afterwards what it was: no cheat may leave there what later trials read."""
    shutil.copytree(folder, aside, symlinks=True)
    before = Place(folder)
    seen = before.look()
    try:
        yield
    finally:
        if before.changed(seen):
            disk.remove(folder)
            shutil.copytree(aside, folder, symlinks=True)
