"""The rule that decides at once: what is strictly better and meets every constraint is kept."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.constraints import parse_constraint
from autoresearch.core.keep import Verdict, judge
from autoresearch.core.model import Direction, Measurement, Metric

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def verdict(
    value: float, best: float | None, direction: Direction = "lower", *constraints: str, **numbers: float
) -> Verdict:
    bounds = tuple(map(parse_constraint, constraints))
    return judge(Metric("ms", direction), bounds, Measurement((value,), numbers, 1.0), best)


@given(NUMBERS, NUMBERS, st.sampled_from(["lower", "higher"]))
def test_a_candidate_is_kept_exactly_where_it_is_better(
    value: float, best: float, direction: Direction
) -> None:
    """AR-24"""
    better = value < best if direction == "lower" else value > best
    found = verdict(value, best, direction)
    assert (found.status, found.reason) == (("keep", "unconfirmed") if better else ("discard", "not_better"))
    assert found.detail == ("equal" if value == best else "")


@pytest.mark.parametrize(
    ("value", "best"),
    [(1e-7, 4e-7), (math.nextafter(1.0, 0.0), 1.0), (-4e-7, -1e-7), (-1.0, 0.0), (0.0, 5e-324)],
)
def test_the_smallest_difference_decides(value: float, best: float) -> None:
    """AR-23: nothing is rounded before it is compared."""
    assert verdict(value, best).status == "keep"
    assert verdict(best, value).status == "discard"
    assert verdict(best, value, "higher").status == "keep"


def test_an_equal_value_is_not_kept_so_that_a_keep_always_means_a_gain() -> None:
    assert verdict(5.0, 5.0) == Verdict("discard", "not_better", "equal")
    assert verdict(0.0, -0.0) == Verdict("discard", "not_better", "equal")


def test_the_first_measurement_has_nothing_to_beat() -> None:
    assert verdict(5.0, None).status == "keep"


def test_a_constraint_that_is_not_met_outweighs_any_gain_and_says_which_it_is() -> None:
    found = verdict(1.0, 5.0, "lower", "mb <= 512", "errors == 0", mb=600.0, errors=0.0)
    assert (found.status, found.reason) == ("discard", "constraint")
    assert "mb" in found.detail and "512" in found.detail and "600" in found.detail
    assert verdict(1.0, 5.0, "lower", "mb <= 512", "errors == 0", mb=512.0, errors=0.0).status == "keep"


def test_a_constraint_may_name_the_metric_itself_or_a_number_that_was_not_printed() -> None:
    assert verdict(1.0, 5.0, "lower", "ms >= 2").reason == "constraint"
    assert verdict(1.0, 5.0, "lower", "mb <= 512").reason == "constraint"
