"""The scale on which values of the metric are compared, and what a difference on it is in words.

Logarithms where all values are positive, because noise and gains are mostly shares of the level; else the
metric itself.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from autoresearch.core.model import Metric
from autoresearch.core.units import format_change, format_number

_LEAST = math.log(5e-324)  # the logarithm of the smallest float: where zero and less are put
_MOST = math.log(1.7e308)
_FAR = 1e100  # its square is still a float


@dataclass(frozen=True)
class Gain:
    """How much better: in percent, or in the metric's own unit."""

    size: float
    percent: bool

    def told(self, metric: Metric) -> str:
        """For people: `3.1 %`, `0.25 ms`."""
        if self.percent:
            return format_change(self.size).removeprefix("+")
        return f"{format_number(self.size)} {metric.unit}".strip()


@dataclass(frozen=True)
class Scale:
    """`x` is lower where a value is better. `unit` None: x is a logarithm; else the value in that unit.

    The unit has the size of the values, so that squares neither vanish nor overflow.
    """

    sign: int
    unit: float | None

    @classmethod
    def of(cls, metric: Metric, values: Iterable[float]) -> "Scale":
        """The scale that fits these values."""
        values = tuple(values)
        sign = 1 if metric.direction == "lower" else -1
        positive = all(value > 0 for value in values)
        return cls(sign, None if positive else max(map(abs, values)) or 1.0)

    def x(self, value: float) -> float:
        """A value's place; one that has none on a logarithmic scale gets the place of the smallest."""
        if self.unit is None:
            return self.sign * (math.log(value) if value > 0 else _LEAST)
        return self.sign * max(-_FAR, min(_FAR, value / self.unit))

    def value(self, x: float) -> float:
        """The value at a place."""
        return math.exp(min(self.sign * x, _MOST)) if self.unit is None else self.sign * x * self.unit

    def gain(self, difference: float) -> Gain:
        """How much better a value is that lies `difference` lower."""
        if self.unit is None:
            return Gain(-100 * self.sign * math.expm1(min(-self.sign * difference, _MOST)), True)
        return Gain(difference * self.unit, False)
