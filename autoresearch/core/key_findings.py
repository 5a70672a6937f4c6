"""What the trials taught: findings that cite the trials they rest on, and when one of them no longer holds.

A finding is a model's, or is drawn from the trials alone. It is withdrawn by a later measurement, by the
rule of `overturned`, or by a model that says why.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autoresearch.core.model import NOT_IDEAS, Metric, Trial, current
from autoresearch.core.text import one_line
from autoresearch.core.units import format_change, format_number

MOST = 5  # of one reply
REMEMBERED = 200  # of one experiment; all of them stand in the records
LONGEST = 400  # characters of a finding
AGAIN = 3  # later measurements that outweigh the first ones


@dataclass(frozen=True)
class KeyFinding:
    """`trials` are the numbers of those it rests on, `made` is the newest trial there was; `withdrawn` says
    why it no longer holds, "" while it does."""

    id: str
    text: str
    trials: tuple[int, ...]
    made: int
    withdrawn: str = ""

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "KeyFinding":
        """The inverse of `asdict`."""
        return cls(**{**row, "trials": tuple(row["trials"])})


def held_against(findings: Sequence[KeyFinding], trials: Sequence[Trial], metric: Metric) -> list[KeyFinding]:
    """The findings, those that a later measurement overturned marked as withdrawn."""
    fallen = {
        n: why for n in {n for f in findings for n in f.trials} if (why := overturned(n, trials, metric))
    }
    return [
        finding
        if finding.withdrawn or not (why := next((fallen[n] for n in finding.trials if n in fallen), ""))
        else replace(finding, withdrawn=why)
        for finding in findings
    ]


def overturned(number: int, trials: Sequence[Trial], metric: Metric) -> str:
    """Why the gain of trial `number` no longer stands; "" where it does, or where there was none.

    It falls where the trial, measured again often enough as the best so far, is no better than what it
    replaced was, or where the whole gain, certified while it was the best, may be none.
    """
    trial = trials[number] if 0 <= number < len(trials) else None
    if trial is None or trial.status != "keep" or trial.parent is None or trial.reason in NOT_IDEAS:
        return ""
    later = trials[number + 1 :]
    for check in (t for t in later if t.certified and t.commit == trial.commit):
        if (check.certified or {}).get("low", 1.0) <= 0:
            return f"certified in trial {check.number}, and its interval holds no gain"
    again = [value for t in later if _incumbent_of(t, trials) == trial.commit for value in t.again]
    before = trials[trial.parent].metric
    if len(again) < AGAIN or before is None or metric.better(mean := statistics.fmean(again), before):
        return ""
    replaced = f"{format_number(before)} of trial {trial.parent}"
    return f"measured {len(again)} times more, it is {format_number(mean)}, no better than {replaced}"


def _incumbent_of(trial: Trial, trials: Sequence[Trial]) -> str | None:
    """The commit that `trial` was measured beside."""
    if trial.reason in NOT_IDEAS or trial.parent is None:
        return None
    return trials[trial.parent].commit


def from_trials(trials: Sequence[Trial], metric: Metric) -> list[KeyFinding]:
    """What can be said without a model: what helped, what failed and how often, what was tried in vain."""
    found = [*_kept(trials, metric), *_failed(trials), *_settings_of(trials, metric)]
    numbered = [replace(finding, id=f"K{place}") for place, finding in enumerate(found, 1)]
    return held_against(numbered, trials, metric)


def _kept(trials: Sequence[Trial], metric: Metric) -> Iterator[KeyFinding]:
    for trial in current(trials):
        if trial.status == "keep" and trial.parent is not None and trial.reason not in NOT_IDEAS:
            start = trials[trial.parent].metric
            change = format_change(metric.change(trial.metric, start)) or "better"
            helped = f"{change} on trial {trial.parent}: {one_line(trial.description, 160)}"
            yield KeyFinding("", helped, (trial.number,), trial.number)


def _failed(trials: Sequence[Trial]) -> Iterator[KeyFinding]:
    """The reasons for which several trials came to nothing, each in one finding."""
    by_reason: dict[str, list[int]] = {}
    for trial in current(trials):
        if trial.status == "crash":
            by_reason.setdefault(trial.reason, []).append(trial.number)
    for reason, numbers in by_reason.items():
        times = "once" if len(numbers) == 1 else f"{len(numbers)} times"
        yield KeyFinding("", f"Crashed {times}: {reason}", tuple(numbers[-10:]), numbers[-1])


def _settings_of(trials: Sequence[Trial], metric: Metric) -> Iterator[KeyFinding]:
    """Of each number or choice that a tuner set: the best value, and how much was tried."""
    measured = [t for t in current(trials) if t.metric is not None and t.reason != "certified"]
    best: Trial | None = None
    for trial in measured:
        if best is None or metric.better(trial.metric or 0.0, best.metric or 0.0):
            best = trial
    for name in best.parameters if best else ():
        values = {t.parameters[name] for t in measured if name in t.parameters}
        if best is not None and len(values) > 1:
            told = f"{name}: the best trial has {best.parameters[name]}; {_span(values)} tried"
            yield KeyFinding("", told, (best.number,), measured[-1].number)


def _span(values: set[Any]) -> str:
    if all(isinstance(value, int | float) for value in values):
        return f"{len(values)} values from {format_number(min(values))} to {format_number(max(values))} were"
    return f"{', '.join(sorted(map(str, values)))} were"
