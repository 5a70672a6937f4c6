"""What two versions of the code really differ by: interleaved pairs of measurements, and an interval.

The pairs are measured ABBA, so that a machine that drifts steadily favours neither side. Also here: how small
a gain can be seen at some noise.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autoresearch.core.model import Metric
from autoresearch.core.scale import Gain, Scale
from autoresearch.core.units import format_change, format_number

Who = Literal["candidate", "incumbent"]

PAIRS = 20  # enough for a half-width of 0.63 standard deviations of one measurement
SMALLEST = (
    2.8  # standard deviations of one measurement that are kept 90 times of 100 (benchmarks/keep_rule.py)
)


@dataclass(frozen=True)
class Certified:
    """A gain with its 95 percent interval (above 0: better), in percent or in the metric's unit."""

    gain: float
    low: float
    high: float
    pairs: int
    percent: bool


def order(pair: int) -> tuple[Who, Who]:
    """Who is measured first in this pair, and who then: AB, BA, AB, …"""
    return ("incumbent", "candidate") if pair % 2 == 0 else ("candidate", "incumbent")


def matched(values: Sequence[float]) -> list[tuple[float, float]]:
    """Values in the order in which they were measured, as pairs (incumbent, candidate), whole ones only."""
    pairs = enumerate(zip(values[::2], values[1::2], strict=False))
    return [(second, first) if pair % 2 else (first, second) for pair, (first, second) in pairs]


def interval(pairs: Sequence[tuple[float, float]], metric: Metric) -> Certified:
    """From at least two pairs of values (incumbent, candidate): Student's t on their differences."""
    scale = Scale.of(metric, (value for pair in pairs for value in pair))
    mean, error = difference([scale.x(incumbent) - scale.x(candidate) for incumbent, candidate in pairs])
    reach = quantile(0.975, len(pairs) - 1) * error
    low, gain, high = (scale.gain(mean + side * reach).size for side in (-1, 0, 1))
    return Certified(gain, low, high, len(pairs), scale.unit is None)


def difference(differences: Sequence[float]) -> tuple[float, float]:
    """Their mean and its standard error."""
    return statistics.fmean(differences), statistics.stdev(differences) / math.sqrt(len(differences))


def told(found: Certified, metric: Metric) -> str:
    """The gain in words, above 0 where it is one: `gain 12.3 % (10.1 to 14.4, 95 %, 20 pairs)`."""
    gain, low, high = (
        format_change(end).removesuffix(" %").lstrip("+") if found.percent else format_number(end)
        for end in (found.gain, found.low, found.high)
    )
    unit = " %" if found.percent else f" {metric.unit}".rstrip()
    return f"gain {gain}{unit} ({low} to {high}, 95 %, {found.pairs} pairs)"


def needed_pairs(deviation: float, half_width: float) -> int:
    """How many pairs give an interval of this half-width, for this standard deviation of a measurement.

    The variance of a pair's difference is twice that of a measurement, and 2 · 1.96² is about 8.
    """
    return max(5, math.ceil(8 * (deviation / half_width) ** 2))


def smallest_effect(metric: Metric, samples: Sequence[float], repetitions: int = 1) -> Gain:
    """The gain that the keep rule keeps 90 times of 100, by the noise of measurements of the same code.

    At least two are needed. `repetitions`: as it would be if the evaluator gave the mean of so many.
    """
    scale = Scale.of(metric, samples)
    deviation = statistics.stdev(map(scale.x, samples)) / math.sqrt(repetitions)
    return scale.gain(SMALLEST * deviation)


def quantile(probability: float, freedom: int) -> float:
    """Student's t: the value that is exceeded with `1 - probability` (above a half), by bisection."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * probability - 1 else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _within(angle: float, freedom: int) -> float:
    """P(|t| < √freedom tan(angle)): Abramowitz and Stegun, Handbook (1964), 26.7.3 and 26.7.4."""
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for step in range(2 + odd, freedom, 2):
        term *= (step - 1) / step * math.cos(angle) ** 2
        total += term
    share = math.sin(angle) * total
    return (angle + share) * 2 / math.pi if odd else share
