"""From verdicts to figures: scores of a sample's tests and of a case's samples, pass@k, means with intervals,
the difference of two evals."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoresearch.core.certify import quantile
from autoresearch.core.suite import Aggregate

PENALTIES = (1.0, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""What a right answer is worth at the first attempt, the second, …; later ones are worth as much as the
last."""
MANY = 1000  # degrees of freedom at which Student's t is the normal distribution
Z = 1.959963984540054  # the normal distribution's 97.5 percent


@dataclass(frozen=True)
class Interval:
    """A mean over `cases`, with its 95 percent interval."""

    value: float
    low: float
    high: float
    cases: int
    samples: int


@dataclass(frozen=True)
class Spread:
    """Of some scores; `stdev` (of a sample, n - 1) is None below two of them."""

    average: float
    median: float
    stdev: float | None
    min: float
    max: float


@dataclass(frozen=True)
class Paired:
    """The second eval minus the first, over the cases that both have: mean difference of the cases' means
    with its 95 percent interval (None below two cases), and in how many the second is better, worse, the
    same."""

    difference: float
    low: float | None
    high: float | None
    cases: int
    better: int
    worse: int
    same: int


def aggregate(kind: Aggregate, passed: Sequence[bool]) -> float | None:
    """One score of some verdicts; None where there are none, as nothing was tested."""
    if not passed:
        return None
    share = sum(passed) / len(passed)
    if kind == "all-or-nothing":
        return float(all(passed))
    if kind == "expected":
        return expected(share)
    return finite_expected(share) if kind == "finite-expected" else share


def finite_expected(p: float) -> float:
    """The mark that is expected of somebody who is right with probability `p` at each attempt, has as many
    attempts as there are `PENALTIES`, and pays them."""
    return sum(p * (1 - p) ** tries * worth for tries, worth in enumerate(PENALTIES))


def expected(p: float) -> float:
    """As `finite_expected`, with attempts without end: each later one is worth as much as the last."""
    return finite_expected(p) + (1 - p) ** len(PENALTIES) * PENALTIES[-1] * (p > 0)


def pass_at_k(n: int, c: int, k: int) -> float | None:
    """The chance that one of `k` samples is right, estimated without bias from `n` of which `c` are:
    1 - C(n - c, k) / C(n, k), as a product. None where there are fewer than `k` samples.

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374.
    """
    if not 0 < k <= n or not 0 <= c <= n:
        return None
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def spread(scores: Sequence[float]) -> Spread | None:
    """Of at least one score; None where there is none."""
    if not scores:
        return None
    stdev = statistics.stdev(scores) if len(scores) > 1 else None
    return Spread(statistics.fmean(scores), statistics.median(scores), stdev, min(scores), max(scores))


def mean_over_cases(cases: Sequence[Sequence[float]]) -> Interval | None:
    """The mean of the cases' means; the interval is from the cases, as samples of one case are alike
    (clustered: Miller 2024, "Adding Error Bars to Evals", arXiv:2411.00640). Student's t; never narrower
    than Wilson's interval (Wilson 1927) for so many cases that are right or wrong, if all scores are 0 to 1
    and all cases agree, as "0 of 20" is not "never". None where there is no case."""
    means = [statistics.fmean(case) for case in cases if case]
    if not means:
        return None
    value, count, samples = statistics.fmean(means), len(means), sum(map(len, cases))
    shares = all(0 <= mean <= 1 for mean in means)
    low, high = _student(means) if count > 1 else (value, value)
    if shares and len(set(means)) == 1:
        low, high = _wilson(value, count)
    if shares:
        low, high = max(0.0, low), min(1.0, high)
    return Interval(value, low, high, count, samples)


def paired(first: Mapping[str, Sequence[float]], second: Mapping[str, Sequence[float]]) -> Paired | None:
    """Two evals, by case: the scores of its samples. None where no case is in both."""
    both = [case for case in first if first[case] and second.get(case)]
    if not both:
        return None
    differences = [statistics.fmean(second[case]) - statistics.fmean(first[case]) for case in both]
    low, high = _student(differences) if len(both) > 1 else (None, None)
    better, worse = sum(each > 0 for each in differences), sum(each < 0 for each in differences)
    mean = statistics.fmean(differences)
    return Paired(mean, low, high, len(both), better, worse, len(both) - better - worse)


def _student(values: Sequence[float]) -> tuple[float, float]:
    freedom = len(values) - 1
    reach = (
        (quantile(0.975, freedom) if freedom < MANY else Z)
        * statistics.stdev(values)
        / math.sqrt(len(values))
    )
    return statistics.fmean(values) - reach, statistics.fmean(values) + reach


def _wilson(share: float, count: int) -> tuple[float, float]:
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    reach = Z / (1 + Z**2 / count) * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return middle - reach, middle + reach
