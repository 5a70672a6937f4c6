"""What is known of the incumbent's level and of a candidate's gain below it: a small Kalman filter.

A measurement moves both estimates, the more the less they are known; the noise is learned from the
incumbent's surprises. A likelihood ratio weighs "better" against "equal". Lower is better here (`scale`).
The constants were tuned together, in simulation (`benchmarks/keep_rule.py`): change none alone.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from autoresearch.core.certify import Who

DRIFT = 0.01  # the level's variance grows by so much of the noise with each measurement
REACH = 3.0  # standard deviations beyond which a value counts as if it lay there
MEMORY = 60  # degrees of freedom of the noise, at most: older surprises are forgotten
WIDE = 1e4  # variance of an unknown gain, in variances of the noise
EFFECTS = (0.5, 1.0, 2.0, 4.0)  # gains that are weighed against none, in standard deviations of the noise
LOOKS = 30  # at a candidate, at most
STALE, STALE_NEW = 12, 30  # measurements without the incumbent: while one is tried, before a new one
APART = 3.0  # standard errors of a candidate's own mean
SURPRISES = 8  # of the incumbent, that tell a trend


@dataclass(frozen=True)
class Filter:
    """`noise` is a variance with `freedom` degrees of freedom; `since` counts from the incumbent's last look.

    From `gain` on it is about the candidate: `shared` is the covariance of gain and level, `looks` counts its
    measurements, `between` the incumbent's since the candidate's first; `mean` and `squares` (summed squared
    deviations) are its own, `clipped` is what `REACH` took away from its values.
    """

    level: float
    level_variance: float
    noise: float
    freedom: int
    since: int = 0
    surprises: tuple[float, ...] = ()
    gain: float = 0.0
    shared: float = 0.0
    gain_variance: float = 0.0
    looks: int = 0
    between: int = 0
    mean: float = 0.0
    squares: float = 0.0
    clipped: float = 0.0

    @classmethod
    def begin(cls, incumbent: Sequence[float]) -> "Filter | None":
        """From the first values of an incumbent, two at least; None where there is no noise."""
        noise, count = statistics.variance(incumbent), len(incumbent)
        return (
            cls(statistics.fmean(incumbent), noise / count, noise, count - 1).candidate() if noise else None
        )

    def candidate(self) -> "Filter":
        """A new candidate, of which nothing is known."""
        return Filter(
            level=self.level,
            level_variance=self.level_variance,
            noise=self.noise,
            freedom=self.freedom,
            since=self.since,
            surprises=self.surprises,
            gain_variance=WIDE * self.noise,
        )

    @property
    def next(self) -> Who:
        """Whom to measure: whose look is likely to tell more about the gain."""
        if self.looks == 0:
            return "incumbent" if self.since >= STALE_NEW else "candidate"
        if self.between == 0 and self.since >= STALE:
            return "incumbent"
        by_incumbent = self.shared**2 / (self.level_variance + self.noise)
        by_candidate = (self.shared - self.gain_variance) ** 2 / (self._spread + self.noise)
        return "incumbent" if 1.5 * by_incumbent > by_candidate else "candidate"

    @property
    def _spread(self) -> float:
        """The variance of the candidate's own level."""
        return self.level_variance - 2 * self.shared + self.gain_variance

    def after(self, who: Who, x: float) -> "Filter":
        """With one more measurement."""
        h = 1.0 if who == "candidate" else 0.0
        level_variance = self.level_variance + DRIFT * self.noise
        reach = REACH * math.sqrt(level_variance + self.noise)
        seen = min(max(x, self.level - reach), self.level + reach)
        total = level_variance + self.noise + h * (self.gain_variance - 2 * self.shared)
        surprise = seen - self.level + h * self.gain
        to_level = (level_variance - h * self.shared) / total
        to_gain = (self.shared - h * self.gain_variance) / total
        return replace(
            self,
            level=self.level + to_level * surprise,
            gain=self.gain + to_gain * surprise,
            level_variance=level_variance - to_level**2 * total,
            shared=self.shared - to_level * to_gain * total,
            gain_variance=self.gain_variance - to_gain**2 * total,
            **(self._own(x, x - seen) if h else self._learned(surprise, total)),
        )

    def _own(self, x: float, clipped: float) -> dict[str, Any]:
        """The candidate's own mean and squares, by Welford's recurrence."""
        looks, off = self.looks + 1, x - self.mean
        mean = self.mean + off / looks
        return {
            "looks": looks,
            "since": self.since + 1,
            "mean": mean,
            "squares": self.squares + off * (x - mean),
            "clipped": self.clipped + clipped,
        }

    def _learned(self, surprise: float, total: float) -> dict[str, Any]:
        """The noise, learned from how far the incumbent lay from what was expected of it."""
        size = self.noise * surprise**2 / (self.noise + (total - self.noise) / 2)
        return {
            "noise": (self.freedom * self.noise + size) / (self.freedom + 1),
            "freedom": min(self.freedom + 1, MEMORY),
            "since": 0,
            "between": self.between + (self.looks > 0),
            "surprises": (*self.surprises, surprise / math.sqrt(total))[-SURPRISES:],
        }

    @property
    def odds(self) -> float:
        """Likelihood ratio of better against equal, averaged over `EFFECTS`.

        The gain's deviation is made wider where the candidate's own values scatter more than the noise; its t
        becomes a normal deviate z by the degrees of freedom at hand (Wallace 1959).
        """
        wide = self.gain_variance * max(1.0, (3 + self.squares / self.noise) / (2 + self.looks))
        t, df = self.gain / math.sqrt(wide), self.freedom
        z = math.copysign(math.sqrt(df * math.log1p(t * t / df)), t) * (8 * df + 1) / (8 * df + 3)
        unit = math.sqrt(self.noise / wide)  # one standard deviation of the noise in those of the gain
        exponents = (d * unit * z - (d * unit) ** 2 / 2 for d in EFFECTS)
        return sum(math.exp(min(max(e, -50.0), 50.0)) for e in exponents) / len(EFFECTS)

    def decision(self, alpha: float, tried: int, kept: int) -> bool | None:
        """Keep (True), drop (False), or measure again. The fewer ideas were good, the more odds it takes."""
        good = (1 + kept) / (40 + tried)
        if self.looks >= 4 and self.odds >= max(0.4, 0.03 / good) / alpha:
            return True
        few = min(max(60 * good, 1.0), 3.0) * self.looks**0.25
        return False if self.odds < few or self.looks >= LOOKS else None

    @property
    def doubtful(self) -> bool:
        """Is the picture wrong: the candidate scatters twice as wide, or the incumbent follows a trend?"""
        trend = len(self.surprises) == SURPRISES and abs(statistics.fmean(self.surprises)) > 1
        return self._scattered or trend

    @property
    def apart(self) -> bool:
        """Does it scatter twice as wide, and yet lie far off by its own measure? The odds, which clip its
        values by the incumbent's noise, would never see it (a 7 % gain of 1.3 % scatter, at 0.2 % noise)."""
        if not self._scattered:
            return False
        gain, error = self.level - self.mean, math.sqrt(self.squares / (self.looks - 1) / self.looks)
        return gain > APART * error and gain > 2 * math.sqrt(self.noise)

    @property
    def quiet(self) -> bool:
        """Does it scatter less than a quarter as wide? Then what is known of the noise is not true of it."""
        return self.looks > 1 and 16 * self.squares / (self.looks - 1) < self.noise

    @property
    def _scattered(self) -> bool:
        return self.looks > 1 and self.squares / (self.looks - 1) > 4 * self.noise

    @property
    def claim(self) -> float:
        """The gain that is claimed: drawn towards 0 where it is badly known, with what clipping took away."""
        return 4 * self.noise * self.gain / (4 * self.noise + self.gain_variance) - self.clipped / self.looks

    def kept(self) -> "Filter":
        """The candidate is the incumbent now."""
        spread = self._spread
        return replace(self, level=self.level - self.claim, level_variance=spread).candidate()
