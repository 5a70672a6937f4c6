"""A figure: what was measured, in numbers, against what was promised."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the results. `most` is the promise, None where the line only explains another."""

    what: str
    value: float
    unit: str
    most: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool:
        """Is the promise kept? A line without one can't miss it."""
        return self.most is None or self.value <= self.most

    def cells(self) -> list[str]:
        """As text, in the order of `TITLES`."""
        target = "" if self.most is None else f"≤ {_told(self.most, self.unit)}"
        verdict = "" if self.most is None else "yes" if self.reached else "NO"
        return [self.what, _told(self.value, self.unit), target, verdict, self.note]


TITLES = ("figure", "measured", "target", "reached", "note")


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [TITLES, ["---", "---:", "---:", "---", "---"], *(figure.cells() for figure in figures)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def spread(values: Sequence[float]) -> str:
    """Quartiles and count, so that a reader sees how steady a median is."""
    low, _, high = statistics.quantiles(values, n=4)
    return f"n = {len(values)}, quartiles {low:.1f} and {high:.1f}"


def _told(value: float, unit: str) -> str:
    digits = 0 if value == int(value) and abs(value) < 1e6 else 1 if abs(value) >= 5 else 3
    return f"{value:,.{digits}f} {unit}".strip()
