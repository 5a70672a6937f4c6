"""Constraints: what other numbers a kept trial must satisfy, as `peak_mb <= 512`.

Whether an unmet one is a discard or a crash is for the evaluator to say.
"""

import math
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autoresearch.core.readings import find

_OPERATORS = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(rf"([^<>=!]+)({'|'.join(_OPERATORS)})([^<>=!]+)")


@dataclass(frozen=True)
class Constraint:
    """`name` must stand in the relation `operator` (one of <= >= == != < >) to `limit`."""

    name: str
    operator: str
    limit: float

    def met(self, numbers: Mapping[str, float]) -> bool:
        """Is there such a number, and is it in bounds? Names are found as the metric's is."""
        name = find(self.name, numbers)
        return name is not None and bool(_OPERATORS[self.operator](numbers[name], self.limit))

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {_exact(self.limit)}"


def parse_constraint(text: str) -> Constraint:
    """`NAME OPERATOR NUMBER`, as `peak_mb <= 512`. ValueError where it is not of that form."""
    match = _FORM.fullmatch(text)
    name, sign, limit = (part.strip() for part in match.groups()) if match else ("", "", "")
    if not name or not math.isfinite(number := _number(limit)):
        raise ValueError(
            f"{text!r} is no constraint: write NAME, one of {' '.join(_OPERATORS)}, and a number,"
            " as `peak_mb <= 512`"
        )
    return Constraint(name, sign, number)


def unmet(constraints: Iterable[Constraint], numbers: Mapping[str, float]) -> str | None:
    """A sentence about the first constraint that is not met; None where all are.

    A number that was not printed is out of bounds.
    """
    for constraint in constraints:
        if not constraint.met(numbers):
            name = find(constraint.name, numbers)
            seen = "was not printed" if name is None else f"is {_exact(numbers[name])}"
            return f"{constraint.name} {seen}, must be {constraint.operator} {_exact(constraint.limit)}"
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _exact(value: float) -> str:
    # Every digit, so that nobody reads "0.9, must be >= 0.9".
    return repr(float(value)).removesuffix(".0")
