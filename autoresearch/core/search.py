"""What a proposal is shown of the search so far, always bounded, and which strategy it is asked to follow.

The parts change as rarely as they can and new rows go to the end, so that a prompt mostly begins as the one
before it did: providers charge less for that, and answer sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.core.model import NOT_IDEAS, Metric, Trial, current

KEPT = 3
NEAR = 2
STEP = 10  # the window of rows moves by as many at a time
PATIENCE = 20  # trials without a gain after which the strategy changes

STAGES = ((10, "low_hanging"), (30, "one_variable"), (60, "structural"))
CHANGES = ("combine", "simplify", "opposite", "elsewhere")


@dataclass(frozen=True)
class Shown:
    """The trials to show: the last kept ones, the newest rows, the best that were not kept, the last one."""

    kept: Sequence[Trial]
    recent: Sequence[Trial]
    near: Sequence[Trial]
    last: Trial | None


def shown(trials: Sequence[Trial], metric: Metric) -> Shown:
    """Of the trials of the current question, what the next proposal should know."""
    tried = [trial for trial in current(trials) if trial.reason not in NOT_IDEAS]
    kept = [trial for trial in tried if trial.status == "keep"]
    last = tried[-1] if tried else None
    measured = [t for t in tried if t.status == "discard" and t.metric is not None and t is not last]
    sign = 1 if metric.direction == "lower" else -1
    near = sorted(measured, key=lambda trial: sign * (trial.metric or 0.0))[:NEAR]
    first = max(0, (len(tried) // STEP - 1) * STEP)
    return Shown(kept[-KEPT:], tried[first:], near, last)


def idle(trials: Sequence[Trial]) -> int:
    """How many ideas were tried since the last gain."""
    tried = [trial for trial in current(trials) if trial.reason not in NOT_IDEAS]
    return next((i for i, trial in enumerate(reversed(tried)) if trial.status == "keep"), len(tried))


def strategy(trials: Sequence[Trial]) -> str:
    """The name of what to try next (AR-46): bolder with the trials, another way after 20 without a gain."""
    without = idle(trials)
    if without >= PATIENCE:
        return CHANGES[(without // PATIENCE - 1) % len(CHANGES)]
    count = sum(trial.reason not in NOT_IDEAS for trial in current(trials))
    return next((name for below, name in STAGES if count < below), "radical")
