"""From verdicts to figures."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.aggregating import (
    aggregate,
    expected,
    finite_expected,
    mean_over_cases,
    paired,
    pass_at_k,
    spread,
)


def test_scores_of_an_older_tool_come_out_as_they_did() -> None:
    """CX-39: the reference values."""
    assert (round(expected(0.5), 6), round(finite_expected(0.5), 6)) == (0.975024, 0.974902)
    assert (round(expected(0.1), 4), round(finite_expected(0.1), 3)) == (0.7362, 0.595)
    assert (expected(0.0), expected(1.0)) == (0, 1)
    assert aggregate("basic", [True, False]) == 0.5
    assert (aggregate("all-or-nothing", [True, False]), aggregate("all-or-nothing", [True])) == (0, 1)
    assert aggregate("expected", [True, False]) == expected(0.5)
    assert aggregate("finite-expected", [True, False]) == finite_expected(0.5)


def test_where_nothing_was_tested_there_is_no_score() -> None:
    """CX-37: `all-or-nothing` gave 1 with no tests."""
    for kind in ("basic", "all-or-nothing", "expected", "finite-expected"):
        assert aggregate(kind, []) is None  # type: ignore[arg-type]
    assert spread([]) is None
    assert mean_over_cases([]) is None
    assert mean_over_cases([[]]) is None


@given(st.integers(1, 8), st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(n: int, data: st.DataObject) -> None:
    """CX-40: the unbiased estimator, against counting."""
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_k_needs_k_samples() -> None:
    assert pass_at_k(5, 2, 6) is None
    assert pass_at_k(5, 2, 0) is None
    assert pass_at_k(10**6, 3, 10**5) == pytest.approx(0.271, abs=1e-3)


def test_one_score_has_no_spread() -> None:
    """CX-36."""
    one = spread([0.5])
    assert one is not None
    assert (one.average, one.median, one.stdev, one.min, one.max) == (0.5, 0.5, None, 0.5, 0.5)


def test_the_interval_is_of_the_cases_and_holds_the_truth_nineteen_times_of_twenty() -> None:
    """Cases differ, samples of one case are alike: an interval over all samples would be far too narrow."""
    draw, held, tries = random.Random(7), 0, 400
    for _ in range(tries):
        chances = [draw.betavariate(2, 2) for _ in range(40)]
        cases = [[float(draw.random() < chance) for _ in range(5)] for chance in chances]
        found = mean_over_cases(cases)
        assert found is not None
        held += found.low <= 0.5 <= found.high
    assert 0.92 <= held / tries <= 0.98


def test_none_of_twenty_is_not_never() -> None:
    none, all_ = mean_over_cases([[0.0]] * 20), mean_over_cases([[1.0, 1.0]] * 20)
    assert none is not None and all_ is not None
    assert (none.value, none.low) == (0, 0)
    assert 0.1 < none.high < 0.2
    assert (all_.value, all_.high, all_.cases, all_.samples) == (1, 1, 20, 40)


def test_two_evals_are_compared_case_by_case() -> None:
    first = {"a": [0.0, 1.0], "b": [0.0], "c": [1.0], "only": [1.0]}
    second = {"a": [1.0, 1.0], "b": [0.0, 0.0], "c": [0.0], "other": [0.0]}
    found = paired(first, second)
    assert found is not None
    assert (found.cases, found.better, found.worse, found.same) == (3, 1, 1, 1)
    assert found.difference == pytest.approx(-1 / 6)
    assert found.low is not None and found.high is not None
    assert found.low < 0 < found.high
    assert paired({"a": [1.0]}, {"b": [1.0]}) is None
    one = paired({"a": [1.0]}, {"a": [0.0]})
    assert one is not None
    assert (one.difference, one.low) == (-1, None)
