"""The built-in search: which values of the marks to try next, drawn from the trials each time.

Pure, and without a store of its own. Who asks, and what becomes of the answer, is left to
`research/proposers/tuner.py`.
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence

from autoresearch.core.marks import Mark, Values
from autoresearch.core.model import NOT_IDEAS, Trial

DRAWS = 1000  # made at random before the search goes through what is left
LEFT = 4096  # spaces of at most so many combinations are tried to the last one
WINDOW = 200  # trials that the step size is drawn from


def steps(
    marks: Sequence[Mark], trials: Sequence[Trial], parent: int, seed: int
) -> Iterator[tuple[Values, str]]:
    """Combinations to try and how each was come by, the best idea first; some may have been tried before.

    `trials` are those of this question; `marks` stand as at trial `parent`. A few combinations cover every
    range evenly; then a (1+1) evolution strategy (Rechenberg 1973) steps around the parent.
    """
    tuned = [trial.status == "keep" for trial in trials if trial.parameters and trial.reason not in NOT_IDEAS]
    rng = random.Random(f"{seed} {trials[-1].number if trials else 0}")
    opening = min(len(marks) + 1, 8)
    if len(tuned) < opening:
        why = f"{len(tuned) + 1} of {opening} spread over the ranges"
        yield _spread(marks, len(tuned), opening, seed), why
    else:
        size = step_size(tuned[opening:][-WINDOW:])
        for _ in range(DRAWS // 2):
            yield _mutated(marks, size, rng), f"a step around trial {parent}, step size {size:.2g}"
    for _ in range(DRAWS // 2):
        yield {mark.name: mark.domain.at(rng.random()) for mark in marks}, "drawn from the whole ranges"
    if math.prod(mark.domain.count for mark in marks) <= LEFT:
        for indices in itertools.product(*(range(int(mark.domain.count)) for mark in marks)):
            left = {mark.name: mark.domain.value(i) for mark, i in zip(marks, indices, strict=True)}
            yield left, "one of the last that are left"


def step_size(successes: Sequence[bool]) -> float:
    """The step, as a part of the range, after steps that succeeded or not, oldest first.

    The 1/5 success rule in the form of Kern et al. 2004, doi 10.1023/B:NACO.0000023416.59689.4e.
    """
    size = 0.2
    for success in successes:
        size = min(max(size * (1.5 if success else 1.5**-0.25), 0.02), 0.5)
    return size


def _spread(marks: Sequence[Mark], index: int, count: int, seed: int) -> Values:
    """Point `index` of a Latin hypercube of `count` (McKay, Beckman, Conover 1979)."""
    values: Values = {}
    for mark in marks:
        rng = random.Random(f"{seed} {mark.name}")
        part = rng.sample(range(count), count)[index]
        values[mark.name] = mark.domain.at((part + rng.random()) / count)
    return values


def _mutated(marks: Sequence[Mark], size: float, rng: random.Random) -> Values:
    """The present values with few of them moved: in few trials, moving all at once says little of any."""
    moved = [mark for mark in marks if rng.random() < 1 / len(marks)] or [rng.choice(marks)]
    held = {mark.name: mark.domain.held(mark.value) for mark in marks}
    return held | {mark.name: mark.domain.near(mark.value, size, rng) for mark in moved}
