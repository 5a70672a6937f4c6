"""The filter, beside the formulas as the design page has them, letter by letter."""

import math
import random
import statistics
from dataclasses import dataclass, field

import pytest

from autoresearch.core.certify import Who
from autoresearch.core.filter import Filter


@dataclass
class Page:
    """`b` and `P` the incumbent's level, `r` and `df` the noise, `D`, `C`, `V` the gain; all else counts."""

    base: list[float]
    s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        r, count = statistics.variance(self.base), len(self.base)
        self.s = {"b": statistics.fmean(self.base), "r": r, "df": count - 1, "P": r / count}
        self.s |= {"since": 0, "T": 0, "keeps": 0}

    def candidate(self) -> None:
        self.s |= dict.fromkeys(("D", "C", "n", "f", "m", "ss", "ex"), 0.0)
        self.s |= {"V": 1e4 * self.s["r"], "T": self.s["T"] + 1}

    def whom(self) -> Who:
        s = self.s
        if s["n"] == 0:
            return "incumbent" if s["since"] >= 30 else "candidate"
        tells = 1.5 * s["C"] ** 2 / (s["P"] + s["r"])
        other = (s["C"] - s["V"]) ** 2 / (s["P"] - 2 * s["C"] + s["V"] + s["r"])
        return "incumbent" if (s["f"] == 0 and s["since"] >= 12) or tells > other else "candidate"

    def update(self, who: Who, x: float) -> None:
        s, h = self.s, 1 if who == "candidate" else 0
        s["P"] += 0.01 * s["r"]
        reach = 3 * math.sqrt(s["P"] + s["r"])
        clipped = min(max(x, s["b"] - reach), s["b"] + reach)
        S = s["P"] + s["r"] + h * (s["V"] - 2 * s["C"])  # noqa: N806
        v = clipped - s["b"] + h * s["D"]
        gb, gd = (s["P"] - h * s["C"]) / S, (s["C"] - h * s["V"]) / S
        s["b"] += gb * v
        s["D"] += gd * v
        s["P"] -= gb**2 * S
        s["C"] -= gb * gd * S
        s["V"] -= gd**2 * S
        if who == "incumbent":
            s["r"] = (s["df"] * s["r"] + s["r"] * v**2 / (s["r"] + (S - s["r"]) / 2)) / (s["df"] + 1)
            s["df"], s["since"] = min(s["df"] + 1, 60), 0
            s["f"] += s["n"] > 0
        else:
            s["n"] += 1
            s["since"] += 1
            off = x - s["m"]
            s["m"] += off / s["n"]
            s["ss"] += off * (x - s["m"])
            s["ex"] += x - clipped

    def odds(self) -> float:
        s = self.s
        wide, df = s["V"] * max(1, (3 + s["ss"] / s["r"]) / (2 + s["n"])), s["df"]
        t = s["D"] / math.sqrt(wide)
        z = math.copysign(math.sqrt(df * math.log(1 + t**2 / df)), t) * (8 * df + 1) / (8 * df + 3)
        exponents = [
            d * math.sqrt(s["r"]) * z / math.sqrt(wide) - d**2 * s["r"] / (2 * wide) for d in (0.5, 1, 2, 4)
        ]
        return statistics.fmean(math.exp(min(max(e, -50), 50)) for e in exponents)

    def decision(self, alpha: float) -> bool | None:
        s, odds = self.s, self.odds()
        p = (1 + s["keeps"]) / (40 + s["T"])
        if odds >= max(0.4, 0.03 / p) / alpha and s["n"] >= 4:
            return True
        return False if odds < min(max(60 * p, 1), 3) * s["n"] ** 0.25 or s["n"] == 30 else None

    def keep(self) -> None:
        s = self.s
        e = 4 * s["r"] * s["D"] / (4 * s["r"] + s["V"]) - s["ex"] / s["n"]
        s["b"] -= e
        s["P"] += s["V"] - 2 * s["C"]
        s["keeps"] += 1


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_every_step_is_that_of_the_page(alpha: float) -> None:
    rng = random.Random(5)
    base, level, kept, looks = [rng.gauss(0, 1) for _ in range(8)], 0.0, 0, 0
    page, known = Page(base), Filter.begin(base)
    assert known is not None
    for number in range(1, 400):
        gain = rng.expovariate(0.5) if rng.random() < 0.15 else -rng.expovariate(1.0) * (rng.random() < 0.5)
        page.candidate()
        known, decision = known.candidate(), None
        while decision is None:
            who = known.next
            assert who == page.whom()
            x = (
                level
                - (gain if who == "candidate" else 0)
                + rng.gauss(0, 1) * (8 if rng.random() < 0.02 else 1)
            )
            page.update(who, x)
            known, looks = known.after(who, x), looks + 1
            s = page.s
            assert [known.level, known.level_variance, known.noise, known.gain] == pytest.approx(
                [s["b"], s["P"], s["r"], s["D"]], rel=1e-9, abs=1e-12
            )
            assert known.odds == pytest.approx(page.odds(), rel=1e-9)
            decision = known.decision(alpha, number, kept) if known.looks else None
            assert decision == (page.decision(alpha) if known.looks else None)
        if decision:
            claimed = known.claim
            known, kept, level = known.kept(), kept + 1, level - gain
            page.keep()
            assert known.level == pytest.approx(page.s["b"], rel=1e-9)
            assert claimed > 0
    assert kept > 10
    assert looks > 450


def test_equal_values_have_no_noise() -> None:
    assert Filter.begin([0.1] * 3) is None
    known = Filter.begin([0.1, 0.1, 0.4])
    assert known is not None
    assert (known.level, known.noise, known.freedom) == pytest.approx((0.2, 0.03, 2))


def test_an_incumbent_that_follows_a_trend_is_doubtful_and_one_with_noise_is_not() -> None:
    rng = random.Random(3)
    steady = Filter.begin([rng.gauss(0, 1) for _ in range(8)])
    moving = steady
    for number in range(30):
        assert steady is not None and moving is not None
        noise = rng.gauss(0, 1)
        steady, moving = steady.after("incumbent", noise), moving.after("incumbent", noise - number)
    assert steady is not None and moving is not None
    assert not steady.doubtful
    assert moving.doubtful


def test_a_candidate_that_scatters_twice_as_wide_is_doubtful() -> None:
    rng = random.Random(4)
    known = Filter.begin([rng.gauss(0, 1) for _ in range(30)])
    assert known is not None
    like, wide = known.candidate(), known.candidate()
    for _ in range(10):
        noise = rng.gauss(0, 1)
        like, wide = like.after("candidate", noise), wide.after("candidate", 4 * noise)
    assert (like.doubtful, wide.doubtful) == (False, True)
