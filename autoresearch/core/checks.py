"""Can an evaluation be trusted? What measuring the same code again, and broken code, says of it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from autoresearch.core.model import Metric

SEEN = 3.0  # standard deviations: what the keep rule keeps in about nine of ten cases
TIMES = (1, 4, 16)  # that an evaluation might take as long as it does

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

    values: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation of one value."""
        return stdev(self.values) if len(self.values) > 1 else 0.0

    @property
    def drift(self) -> float:
        """From the first value to the last."""
        return self.values[-1] - self.values[0]

    def smallest(self, times: int = 1) -> float:
        """The smallest gain that is told from luck, where an evaluation is `times` as long by repeating
        inside it what it measures."""
        return SEEN * self.deviation / math.sqrt(times)

    def percent(self, value: float) -> float | None:
        """`value` in percent of the mean; None of a mean of zero."""
        return 100 * value / abs(self.mean) if self.mean else None

    def gain(self, value: float, metric: Metric) -> float:
        """How much better than the mean, in the metric's direction."""
        return self.mean - value if metric.direction == "lower" else value - self.mean


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


def judge(sabotage: Sabotage, outcome: Outcome, noise: Noise, metric: Metric) -> Finding:
    """Was it told from good code? A broken target must be clearly worse or no measurement at all; a cheat
    must gain nothing by it."""

    def found(state: State, said: str, mend: str = "") -> Finding:
        return Finding("target", sabotage.name, state, said, mend)

    if outcome.value is None:
        return found("ok", outcome.said)
    gain, told = noise.gain(outcome.value, metric), noise.smallest()
    forged = sabotage.forged is not None and math.isclose(outcome.value, sabotage.forged, rel_tol=1e-9)
    if not forged and (gain <= told if sabotage.kind == "cheat" else gain < -told):
        return found("ok", outcome.said)
    if sabotage.runs and not outcome.ran:
        return found("not tried", "the evaluation was not seen to run the target")
    if forged or sabotage.kind == "broken":
        return found("wrong", outcome.said, sabotage.mend)
    return found("wrong", outcome.said, "check what the target answers: " + ANSWERS)


ANSWERS = "a test as one of checks:, or in the evaluation itself"


def much_better(noise: Noise, metric: Metric) -> float:
    """A number that nobody would overlook, for a cheat to pass off."""
    step = max(abs(noise.mean) / 2, 10 * noise.smallest()) or 1.0
    return noise.mean - step if metric.direction == "lower" else noise.mean + step


def target_value(noise: Noise, wanted: float | None, metric: Metric) -> Finding | None:
    """Says so where luck alone reaches `stop.target`."""
    away = math.inf if wanted is None else noise.gain(wanted, metric)
    if away > 0 and away >= noise.smallest():
        return None
    where = "is reached by luck alone: it is within the noise" if away > 0 else "is reached before any change"
    return Finding("noise", "stop.target", "warning", where, "set stop: {target: …} further away")
