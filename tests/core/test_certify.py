"""Interleaved pairs, and an interval that covers the truth as often as it says."""

import math
import random

import pytest

from autoresearch.core.certify import PAIRS, interval, matched, needed_pairs, order, quantile, smallest_effect
from autoresearch.core.model import Metric

MS = Metric("ms", "lower", "ms")


@pytest.mark.parametrize(
    ("freedom", "at_90", "at_975", "at_995"),
    [
        (1, 3.0777, 12.7062, 63.6567),
        (2, 1.8856, 4.3027, 9.9248),
        (3, 1.6377, 3.1824, 5.8409),
        (4, 1.5332, 2.7764, 4.6041),
        (9, 1.3830, 2.2622, 3.2498),
        (19, 1.3277, 2.0930, 2.8609),
        (30, 1.3104, 2.0423, 2.7500),
        (120, 1.2886, 1.9799, 2.6174),
        (1000, 1.2824, 1.9623, 2.5808),
    ],
)
def test_the_quantiles_are_those_of_the_printed_tables(
    freedom: int, at_90: float, at_975: float, at_995: float
) -> None:
    for probability, value in ((0.9, at_90), (0.975, at_975), (0.995, at_995)):
        assert quantile(probability, freedom) == pytest.approx(value, abs=6e-5)


def test_pairs_are_measured_abba_and_told_apart_again() -> None:
    assert [order(pair)[0] for pair in range(4)] == ["incumbent", "candidate", "incumbent", "candidate"]
    assert all(set(order(pair)) == {"incumbent", "candidate"} for pair in range(2))
    assert matched((1.0, 2.0, 20.0, 10.0, 100.0, 200.0, 7.0)) == [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)]
    assert matched(()) == []


def test_the_interval_is_that_of_a_worked_example() -> None:
    """Differences -1, 1, 2, 4, 4: mean 2, deviation 2.1213, half-width 2.7764 · 2.1213 / √5 = 2.634."""
    found = interval([(-1.0, 0.0), (0.0, -1.0), (0.0, -2.0), (0.0, -4.0), (4.0, 0.0)], MS)
    assert (found.pairs, found.percent) == (5, False)
    assert [found.low, found.gain, found.high] == pytest.approx([-0.634, 2.0, 4.634], abs=1e-3)


@pytest.mark.parametrize(("direction", "head"), [("lower", 8.0), ("higher", 12.0)])
def test_a_gain_is_in_percent_and_positive_where_it_is_better(direction: str, head: float) -> None:
    metric = Metric("m", "lower" if direction == "lower" else "higher")
    found = interval([(10.0, head), (20.0, 2 * head)], metric)
    assert (found.low, found.gain, found.high) == pytest.approx((20.0, 20.0, 20.0))
    assert found.percent


@pytest.mark.parametrize("drift", [0.0, 0.02])
def test_the_interval_covers_the_truth_as_often_as_it_says(drift: float) -> None:
    """93 to 98 of 100, also on a machine that wanders."""
    rng, covered, runs = random.Random(1), 0, 700
    for _ in range(runs):
        wander, pairs = 0.0, []
        for pair in range(PAIRS):
            values = {}
            for who in order(pair):
                wander = 0.98 * wander + rng.gauss(0, drift * math.sqrt(1 - 0.98**2))
                level = math.log(0.95) if who == "candidate" else 0.0
                values[who] = math.exp(level + wander + rng.gauss(0, 0.02))
            pairs.append((values["incumbent"], values["candidate"]))
        found = interval(pairs, MS)
        covered += found.low <= 5.0 <= found.high
    assert 0.93 <= covered / runs <= 0.98


def test_as_many_pairs_as_are_said_to_be_needed_give_the_half_width_that_was_asked_for() -> None:
    rng, pairs = random.Random(1), needed_pairs(0.02, 0.005)
    found = [
        interval([(math.exp(rng.gauss(0, 0.02)), math.exp(rng.gauss(0, 0.02))) for _ in range(pairs)], MS)
        for _ in range(100)
    ]
    assert sum((each.high - each.low) / 2 for each in found) / len(found) == pytest.approx(0.5, rel=0.05)
    assert needed_pairs(0.0, 0.01) == 5


def test_the_smallest_effect_grows_with_the_noise_and_shrinks_with_repetitions() -> None:
    samples = (99.0, 101.0, 100.0, 98.0, 102.0)  # a standard deviation of 1.6 percent
    once, four = smallest_effect(MS, samples), smallest_effect(MS, samples, 4)
    assert once.percent
    assert once.size == pytest.approx(4.3, abs=0.1)
    assert four.size == pytest.approx(once.size / 2, rel=0.02)
    assert smallest_effect(MS, (0.0, 0.0)).size == 0.0
    assert smallest_effect(MS, (-1.0, 1.0)).told(MS).endswith(" ms")
