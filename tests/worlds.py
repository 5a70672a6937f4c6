"""Searches in worlds whose truth is known. `benchmarks/keep_rule.py` runs them at length."""

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autoresearch.core.keep import Confirm, Knowledge, Look, Rule, Verdict, measured, next_step, settle
from autoresearch.core.model import Metric

MS = Metric("ms", "lower", "ms")


def mixed(rng: random.Random) -> float:
    """The gain of an idea: 10 of 100 are good by 2 % in the mean, 50 are neutral, 40 worse by 3 %."""
    kind = rng.random()
    if kind < 0.1:
        return rng.expovariate(50)
    return 0.0 if kind < 0.6 else -rng.expovariate(1 / 0.03)


def neutral(rng: random.Random) -> float:
    """No idea changes anything."""
    return 0.0


@dataclass(frozen=True)
class World:
    """Gains and noise are logarithms: 0.01 is about a percent.

    `drift` is the deviation of a machine that wanders (autoregression, 0.98), `speeding` what it gains in 60
    evaluations; with `tails` noise has three degrees of freedom and an outlier of 20 deviations in each
    100; with `own`, the noise of each idea differs (log-normally by 0.5).
    """

    noise: float
    idea: Callable[[random.Random], float] = mixed
    drift: float = 0.0
    speeding: float = 0.0
    tails: bool = False
    own: bool = False


@dataclass(frozen=True)
class Found:
    """What a search came to; `gain` in percent of the baseline."""

    evaluations: int
    tried: int
    kept: int
    false: int
    gain: float
    paired: int


class Machine:
    """Measures levels with a world's noise."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.measurements = 0
        self.wander = 0.0

    def noise(self) -> float:
        """The noise of a new idea."""
        return self.world.noise * (math.exp(self.rng.gauss(0, 0.5)) if self.world.own else 1.0)

    def measure(self, level: float, noise: float) -> float:
        """One value."""
        world, rng = self.world, self.rng
        self.measurements += 1
        self.wander = 0.98 * self.wander + rng.gauss(0, world.drift * math.sqrt(1 - 0.98**2))
        off = rng.gauss(0, noise)
        if world.tails:
            off /= math.sqrt(sum(rng.gauss(0, 1) ** 2 for _ in range(3)) / 3)
            off += 20 * noise * (rng.random() < 0.01)
        return math.exp(level + off + self.wander - world.speeding * self.measurements / 60)


def search(world: World, confirm: Confirm, seed: int, evaluations: int = 500) -> Found:
    """Ideas are tried until the evaluations are spent."""
    rule, machine = Rule(MS, confirm), Machine(world, seed)
    level, noise, kept, false, paired = 0.0, world.noise, 0, 0, 0
    known = Knowledge.begin(rule, machine.measure(level, noise), 1.0)
    while machine.measurements < evaluations:
        gain, its_noise = world.idea(machine.rng), machine.noise()
        known = known.candidate()
        step = next_step(rule, known, {})
        while isinstance(step, Look) and machine.measurements < evaluations:
            at = (level - gain, its_noise) if step.who == "candidate" else (level, noise)
            known = measured(rule, known, step.who, machine.measure(*at), 1.0)
            step = next_step(rule, known, {})
        if isinstance(step, Verdict):
            paired += known.paired is not None
            known = settle(rule, known, step)
            if step.status == "keep":
                level, noise, kept, false = level - gain, its_noise, kept + 1, false + (gain <= 0)
    return Found(machine.measurements, known.tried, kept, false, 100 * (1 - math.exp(level)), paired)


def planted(confirm: Confirm, seed: int, deviations: float, before: int = 40) -> bool:
    """Is a gain of so many standard deviations kept, after so many neutral ideas?"""
    rule, machine = Rule(MS, confirm), Machine(World(0.01), seed)
    known, step = Knowledge.begin(rule, machine.measure(0.0, 0.01), 1.0), None
    for number in range(before + 1):
        level = -0.01 * deviations if number == before else 0.0
        known = known.candidate()
        while isinstance(step := next_step(rule, known, {}), Look):
            value = machine.measure(level if step.who == "candidate" else 0.0, 0.01)
            known = measured(rule, known, step.who, value, 1.0)
        known = settle(rule, known, step)
    return step.status == "keep"


def together(found: Iterable[Found]) -> Found:
    """Searches added up; the gain is their mean."""
    every = list(found)
    return Found(
        sum(each.evaluations for each in every),
        sum(each.tried for each in every),
        sum(each.kept for each in every),
        sum(each.false for each in every),
        sum(each.gain for each in every) / len(every),
        sum(each.paired for each in every),
    )
