"""When a change is kept. Pure: measurement in, verdict out."""

from dataclasses import dataclass
from typing import Literal

from autoresearch.core.constraints import Constraint, unmet
from autoresearch.core.model import Measurement, Metric


@dataclass(frozen=True)
class Verdict:
    """What becomes of a measured candidate, with its reason (`core.model.REASONS`) and a word to people."""

    status: Literal["keep", "discard"]
    reason: str
    detail: str = ""


def judge(
    metric: Metric, constraints: tuple[Constraint, ...], measured: Measurement, best: float | None
) -> Verdict:
    """Keep what is strictly better than the best so far and meets every constraint (`confirm: off`).

    One look decides, so this is the right rule only for a metric without noise.
    """
    numbers = {**measured.metrics, metric.name: measured.value}
    if broken := unmet(constraints, numbers):
        return Verdict("discard", "constraint", broken)
    if best is None or metric.better(measured.value, best):
        return Verdict("keep", "unconfirmed")
    return Verdict("discard", "not_better", "equal" if measured.value == best else "")
