"""Can an evaluation be trusted? What measuring the same code again, and broken code, says of it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from autoresearch.core.certify import smallest_effect
from autoresearch.core.model import Metric
from autoresearch.core.scale import Gain

TIMES = (1, 4, 16)  # that an evaluation might take as long as it does

CHECKED = "check what the target answers: by a test as one of checks:, or in the evaluation itself"

State = Literal["ok", "warning", "wrong", "not tried"]
Part = Literal["noise", "target", "writes"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what it was, what was seen, and where it is not ok what mends it."""

    part: Part
    name: str
    state: State
    said: str
    mend: str = ""


@dataclass(frozen=True)
class Noise:
    """The same code measured several times: the values in that order, the mean seconds of one."""

    metric: Metric
    values: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation of one value."""
        return stdev(self.values)

    @property
    def drift(self) -> float:
        """From the first value to the last."""
        return self.values[-1] - self.values[0]

    def smallest(self, times: int = 1) -> Gain:
        """The smallest gain that is told from luck, where an evaluation takes `times` as long by repeating
        inside it what it measures."""
        return smallest_effect(self.metric, self.values, times)

    @property
    def seen(self) -> float:
        """The smallest gain that is told from luck, in the metric's unit."""
        gain = self.smallest()
        return gain.size * abs(self.mean) / 100 if gain.percent else gain.size

    def percent(self, value: float) -> float | None:
        """`value` in percent of the mean; None of a mean of zero."""
        return 100 * value / abs(self.mean) if self.mean else None

    def gain(self, value: float) -> float:
        """How much better than the mean, in the metric's direction."""
        return self.mean - value if self.metric.direction == "lower" else value - self.mean

    @property
    def much_better(self) -> float:
        """A number that nobody would overlook, for a cheat to pass off."""
        step = abs(self.mean) / 2 or 1.0
        return self.mean - step if self.metric.direction == "lower" else self.mean + step


@dataclass(frozen=True)
class Sabotage:
    """A target that was broken, or that cheats: the files to write (None: to delete).

    `forged` is the number that a cheat passes off. With `runs`, it does its harm only when the evaluation
    runs it. Without files it can't be tried here, and `why` says why.
    """

    name: str
    kind: Literal["broken", "cheat"]
    mend: str
    files: Mapping[str, str | None]
    forged: float | None = None
    runs: bool = True
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a sabotage: the value that would count, None where nothing would; in words; and whether
    the evaluation was seen to run it."""

    value: float | None
    said: str
    ran: bool = False


@dataclass(frozen=True)
class Report:
    """All that was found; `noise` is None where the untouched code could not be measured."""

    noise: Noise | None
    findings: Sequence[Finding]

    @property
    def trusted(self) -> bool:
        """Nothing is wrong."""
        return all(finding.state != "wrong" for finding in self.findings)


def judge(sabotage: Sabotage, outcome: Outcome, noise: Noise) -> Finding:
    """Was it told from good code? A broken target must be clearly worse or no measurement at all; a cheat
    must gain nothing by it."""

    def found(state: State, told: str = "", mend: str = "") -> Finding:
        return Finding("target", sabotage.name, state, outcome.said + told, mend)

    if outcome.value is None:
        return found("ok")
    gain, cheat = noise.gain(outcome.value), sabotage.kind == "cheat"
    forged = sabotage.forged is not None and math.isclose(outcome.value, sabotage.forged, rel_tol=1e-9)
    if not forged and (gain <= noise.seen if cheat else gain < -noise.seen):
        if cheat and sabotage.forged is None and noise.seen > abs(noise.mean) / 2:
            return found("not tried", ": the noise would hide what it gained")
        return found("ok", ": it gained nothing" if cheat else ": clearly worse")
    if sabotage.runs and not outcome.ran:
        return found("not tried", ": this code was not seen to be run")
    if forged:
        return found("wrong", ": the forged number counts", sabotage.mend)
    told = ": better than good code" if gain > noise.seen else ": as good as good code"
    return found("wrong", told, CHECKED if cheat and sabotage.forged is not None else sabotage.mend)


def of_settings(noise: Noise, target: float | None, *, confirmed: bool) -> list[Finding]:
    """What the settings ask of a metric that is too noisy for it."""
    found = []
    away = math.inf if target is None else noise.gain(target)
    if away <= 0 or away < noise.seen:
        where = (
            "is reached by luck alone: it is within the noise" if away > 0 else "is reached before any change"
        )
        mend = "set stop: {target: …} further away"
        found.append(Finding("noise", "stop.target", "warning", where, mend))
    if not confirmed and noise.deviation:
        said = "keeps whatever looks better once, luck too"
        found.append(Finding("noise", "keep.confirm: off", "warning", said, "set keep: {confirm: normal}"))
    return found
