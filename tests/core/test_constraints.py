"""Constraints on the numbers beside the metric."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.constraints import Constraint, parse_constraint, unmet
from autoresearch.core.readings import read


@pytest.mark.parametrize(
    ("text", "met", "not_met"),
    [
        ("peak_mb <= 512", [512, 1], [512.0001]),
        ("accuracy >= 0.9", [0.9, 1], [0.8999999]),
        ("errors == 0", [0, -0.0], [1]),
        ("errors != 0", [1], [0]),
        ("p50 ms<3", [2.9], [3]),
        ("pass@1>-1e-3", [0], [-0.001]),
        ("latency (ms) < 1_000", [999], [1000]),
    ],
)
def test_a_constraint_is_read_and_judged(text: str, met: list[float], not_met: list[float]) -> None:
    constraint = parse_constraint(text)
    assert all(constraint.met({constraint.name: value}) for value in met)
    assert not any(constraint.met({constraint.name: value}) for value in not_met)


def test_a_constraint_finds_the_number_that_a_program_prints() -> None:
    constraint = parse_constraint("val/peak (mb) <= 512")
    assert constraint.met(read("val/peak (mb): 400 MB").numbers)
    assert constraint.met(read("Val/Peak (MB): 400 MB").numbers)
    assert not constraint.met(read("val/peak (mb): 600 MB").numbers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "peak_mb",
        "peak_mb 512",
        "peak_mb = 512",
        "peak_mb =< 512",
        "<= 512",
        " <= 512",
        "peak_mb <=",
        "512 >= a",
        "a <= b",
        "0 < a < 1",
        "a <= nan",
        "a <= inf",
        "a <= 1e999",
        "a <= 512M",
        "a <=> 1",
        "a === 1",
    ],
)
def test_what_is_no_constraint_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is no constraint: write NAME, one of <= >= == != < >, and"
    ) as caught:
        parse_constraint(text)
    assert repr(text) in str(caught.value)


def test_the_first_constraint_that_is_not_met_is_told_with_the_number_seen() -> None:
    constraints = [parse_constraint(text) for text in ("errors == 0", "peak_mb <= 512", "acc >= 0.9")]
    assert unmet(constraints, {"errors": 0, "peak_mb": 512, "acc": 0.95}) is None
    assert unmet(constraints, {"errors": 0, "peak_mb": 600, "acc": 0.1}) == "peak_mb is 600, must be <= 512"
    assert unmet(constraints, {"errors": 0, "peak_mb": 1, "acc": 0.89999999999}) == (
        "acc is 0.89999999999, must be >= 0.9"
    )
    assert unmet([], {}) is None


def test_a_number_that_was_not_printed_meets_nothing() -> None:
    constraint = parse_constraint("errors != 0")
    assert not constraint.met({})
    assert unmet([constraint], {"loss": 1}) == "errors was not printed, must be != 0"


@settings(deadline=None)
@given(
    st.builds(
        Constraint,
        st.from_regex(r"[a-z][a-z_./@-]{0,9}( [a-z]+)?", fullmatch=True),
        st.sampled_from(["<=", ">=", "==", "!=", "<", ">"]),
        st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_a_constraint_as_shown_is_read_back(constraint: Constraint) -> None:
    assert parse_constraint(str(constraint)) == constraint
