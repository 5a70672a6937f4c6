"""The nouns of autoresearch, frozen: metric, proposal, measurement, trial; and the seams between actors.

Nothing here touches a file, a process or a clock. What can be derived from the trials (best, counts,
change) is a function of them and is never stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Protocol

Direction = Literal["lower", "higher"]
Status = Literal["keep", "discard", "crash"]

REASONS = {
    "baseline": "the untouched code, which the others are compared with",
    "confirmed": "better, and measured often enough to say so",
    "unconfirmed": "strictly better, kept at once (keep: {confirm: off})",
    "adopted": "adopted by hand (autoresearch keep)",
    "certified": "the baseline and the best measured again in turns; the gain is in the detail",
    "not_better": "no better than the best so far",
    "inconclusive": "measured as often as is worth it, and still not told from the best so far",
    "suspect": "too good to be believed unseen: look at it",
    "constraint": "measured, but a constraint is not met",
    "duplicate": "the same files were measured before",
    "skipped": "the evaluator skipped it (exit 125)",
    "no_proposal": "the proposer failed",
    "invalid_edit": "the proposal may not be written",
    "checks_failed": "a check did not exit 0",
    "timeout": "killed at the hard limit",
    "memory": "killed at the limit of memory (sandbox.memory)",
    "processes": "killed at the limit of processes (sandbox.processes)",
    "disk": "killed at the limit of disk space (sandbox.disk)",
    "tampered": "a file of the evaluator was changed while it ran",
    "incumbent_failed": "the best so far, measured again beside it, failed",
    "exit_code": "the evaluator failed",
    "eval_incomplete": "the evaluation could not come to its end, through no fault of the candidate",
    "no_metric": "the metric was not printed",
    "unreadable": "the metric was printed, but is no number",
    "not_finite": "the metric is NaN or infinite",
    "ambiguous": "the metric was printed with different values (metric: {once: true})",
}


NOT_IDEAS = ("baseline", "certified")
"""Reasons of trials that changed nothing. One that was `adopted` has a change, but a trial had it before."""


@dataclass(frozen=True)
class Metric:
    """What is measured. `unit` is only shown; `once` makes two different printed values a crash."""

    name: str
    direction: Direction
    unit: str = ""
    once: bool = False

    def better(self, value: float, than: float) -> bool:
        """Is `value` strictly better than `than`, in this metric's direction?"""
        return value < than if self.direction == "lower" else value > than

    def change(self, value: float | None, base: float | None) -> float | None:
        """Percent from `base` to `value`, relative to |base|, so that a rise is always positive.

        None where one is missing, the base is 0 (a percentage of nothing means nothing), or the change is
        beyond all numbers.
        """
        if value is None or base is None or base == 0:
            return None
        percent = (value - base) / abs(base) * 100
        return percent if isfinite(percent) else None


@dataclass(frozen=True)
class Proposal:
    """One idea: whole files to write (text) or delete (None), by path relative to the repository.

    Text is UTF-8 with `surrogateescape`, so that any bytes survive. `parameters` are what a tuner chose;
    `put_back` are files outside the target that were written all the same, and were made as they were;
    `tasks` are ids of the task list that it says it works on.
    """

    idea: str
    why: str = ""
    files: Mapping[str, str | None] = field(default_factory=dict)
    parameters: Mapping[str, float | int | str] = field(default_factory=dict)
    model: str = ""
    put_back: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """What the evaluator said: every sample of the metric, every number it gave, and seconds it took."""

    samples: tuple[float, ...]
    metrics: Mapping[str, float]
    seconds: float

    @property
    def value(self) -> float:
        """The measurement as one number: the mean of the samples."""
        return sum(self.samples) / len(self.samples)


@dataclass(frozen=True)
class Trial:
    """One attempt and what came of it: one record in git, one row of results.tsv.

    `commit` is the candidate (None where no candidate could be made), `parent` the trial it started
    from, `metric` None where nothing valid was measured. `again` are values of the best so far, measured
    beside it; `knowledge` is what the keep rule knew afterwards, `certified` a measured gain with
    its interval (`core.certify.Certified`). `seconds` is measured on the monotonic
    clock, all measurements together; `started` and `finished` are UTC, ISO 8601.
    """

    number: int
    parent: int | None
    commit: str | None
    tree: str | None
    status: Status
    reason: str
    description: str
    why: str = ""
    detail: str = ""
    metric: float | None = None
    samples: tuple[float, ...] = ()
    again: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float | int | str] = field(default_factory=dict)
    knowledge: Mapping[str, Any] | None = None
    certified: Mapping[str, Any] | None = None
    seconds: float = 0.0
    sandbox: str = ""
    cost_usd: float | None = None
    tokens: int | None = None
    started: str = ""
    finished: str = ""
    question: str = ""
    proposer: str = ""
    model: str = ""
    seed: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The record's `trial.json`: column names as in results.tsv (`trial` for the number)."""
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        row |= {"samples": list(self.samples), "again": list(self.again)}
        return {"trial": row.pop("number"), **row}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Trial":
        """The inverse of `as_json`; fields that a newer version added are ignored."""
        known = {name: row[name] for name in _FIELDS if name in row}
        values = {name: tuple(row.get(name, ())) for name in ("samples", "again")}
        return cls(**{**known, "number": row["trial"], **values})


_FIELDS = frozenset(f.name for f in fields(Trial))


@dataclass(frozen=True)
class Brief:
    """What any proposer may know. Paths are relative to the repository; `trials` are newest last.

    `target` and `context` hold the texts at `parent`, the trial to start from; `terms` are the rules by
    which a candidate is measured, in words. `directory` is the experiment's worktree, standing at `parent`;
    `folder` is `trials/NNNN/`, for what is worth keeping. `change` gives a trial's diff to its parent,
    `summary` its log in short, `where` what it runs on, in lines. `notes` has `plan`, `findings` and `tasks`
    of the notebook, as far as there are any.
    """

    experiment: str
    goal: str
    metric: Metric
    trial: int
    parent: Trial
    target: Mapping[str, str]
    context: Mapping[str, str]
    trials: Sequence[Trial]
    directory: Path
    folder: Path
    terms: Mapping[str, str] = field(default_factory=dict)
    may_write: Callable[[str], bool] = lambda path: False
    change: Callable[[Trial], str] = lambda trial: ""
    summary: Callable[[Trial], str] = lambda trial: ""
    where: Callable[[], Sequence[str]] = tuple
    notes: Mapping[str, str] = field(default_factory=dict)


class Proposer(Protocol):
    """The seam for everything that has ideas."""

    @property
    def name(self) -> str:
        """The word for it in records: `tuner`, `command`, …"""

    @property
    def limit(self) -> float | None:
        """Seconds that it may take for one idea; None where it takes none to speak of."""

    @property
    def uses_worktree(self) -> bool:
        """Does it run something in the worktree, so that this must be cleaned afterwards?"""

    def prepare(self) -> None:
        """Before a run: begin what takes time. Raises `AutoresearchError` where it can't work at all."""

    def propose(self, brief: Brief) -> Proposal:
        """One idea. Raises `TrialFailed` (a row) or `RunOver` (ends the run)."""


class Observer(Protocol):
    """Who watches a run. Nothing that an observer does changes what the run does."""

    def stage(self, trial: int, name: str, *, idea: str = "", limit: float | None = None) -> None:
        """Trial `trial` has entered a stage (propose, check, evaluate); `limit` in seconds."""

    def recorded(self, trial: Trial) -> None:
        """The trial is in the ledger."""

    def note(self, text: str) -> None:
        """Something worth a line that is no trial."""


def current(trials: Sequence[Trial]) -> Sequence[Trial]:
    """The trials since the question last changed: those that may be compared with one another."""
    for index in range(len(trials) - 1, -1, -1):
        if trials[index].reason == "baseline":
            return trials[index:]
    return trials


def incumbent(trials: Sequence[Trial]) -> Trial | None:
    """The best kept trial of the current question: each keep was better than the one before."""
    return next((trial for trial in reversed(trials) if trial.status == "keep"), None)


def tried(trials: Sequence[Trial]) -> list[Trial]:
    """Those that tried an idea. What was adopted by hand later is no new one, and counts as kept."""
    adopted = {trial.commit for trial in trials if trial.reason == "adopted"}
    return [
        replace(trial, status="keep", reason="adopted")
        if trial.commit in adopted and trial.status != "keep"
        else trial
        for trial in trials
        if trial.reason not in (*NOT_IDEAS, "adopted")
    ]


def parked(trials: Sequence[Trial]) -> list[Trial]:
    """Those of the current question that were too good to be believed unseen, and were not adopted since."""
    since = current(trials)
    kept = {trial.commit for trial in since if trial.status == "keep"}
    return [t for t in since if t.reason == "suspect" and t.status == "discard" and t.commit not in kept]
