"""The nouns: what a better value is, what a change is called, and a trial that survives its record."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autoresearch
from autoresearch.core.model import REASONS, Direction, Measurement, Metric, Trial, current, incumbent
from autoresearch.core.rows import COLUMNS
from autoresearch.core.text import as_json

LOWER, HIGHER = Metric("ms", "lower"), Metric("score", "higher")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(), max_size=20)  # lone surrogates too: bytes that were no UTF-8
TRIAL = Trial(0, None, "c", "t", "keep", "baseline", "the untouched code")
TRIALS = st.builds(
    Trial,
    number=st.integers(0, 10**6),
    parent=st.none() | st.integers(0, 10**6),
    commit=st.none() | st.just("ab" * 20),
    tree=st.none() | st.just("cd" * 20),
    status=st.sampled_from(["keep", "discard", "crash"]),
    reason=st.sampled_from(sorted(REASONS)),
    description=TEXTS,
    why=TEXTS,
    detail=TEXTS,
    metric=st.none() | NUMBERS,
    samples=st.lists(NUMBERS, max_size=3).map(tuple),
    metrics=st.dictionaries(TEXTS, NUMBERS, max_size=3),
    parameters=st.dictionaries(TEXTS, NUMBERS | TEXTS | st.integers(), max_size=3),
    seconds=NUMBERS,
    cost_usd=st.none() | NUMBERS,
    tokens=st.none() | st.integers(0),
    seed=st.none() | st.integers(),
    versions=st.dictionaries(TEXTS, TEXTS, max_size=2),
)


@given(TRIALS)
def test_a_trial_survives_its_record_exactly(trial: Trial) -> None:
    """AR-23: every number in full precision; and every text, whatever stands in it."""
    assert Trial.from_json(json.loads(as_json(trial.as_json()))) == trial


def test_a_record_of_a_newer_version_and_one_of_an_older_can_be_read() -> None:
    row = {**TRIAL.as_json(), "mood": "good"}
    assert Trial.from_json(row) == TRIAL
    needed = ("trial", "parent", "commit", "tree", "status", "reason", "description")
    assert Trial.from_json({name: row[name] for name in needed}) == TRIAL


def test_a_record_has_the_columns_of_results_tsv() -> None:
    assert set(COLUMNS) <= set(TRIAL.as_json())


@pytest.mark.parametrize(
    ("base", "value", "percent"),
    [
        (10.0, 12.0, 20.0),
        (10.0, 8.0, -20.0),
        (-10.0, -8.0, 20.0),
        (-10.0, -12.0, -20.0),
        (-10.0, 10.0, 200.0),
        (4e-7, 1e-7, -75.0),
        (5.0, 5.0, 0.0),
        (0.0, 5.0, None),
        (-0.0, -5.0, None),
        (None, 5.0, None),
        (5.0, None, None),
    ],
)
def test_a_rise_is_a_positive_change_also_from_a_negative_baseline(
    base: float | None, value: float | None, percent: float | None
) -> None:
    """AR-24: and from zero there is no percentage, rather than a wrong one or an error."""
    for metric in (LOWER, HIGHER):
        assert metric.change(value, base) == (None if percent is None else pytest.approx(percent))


@given(
    NUMBERS.filter(lambda n: 1e-100 < abs(n) < 1e100),
    NUMBERS.filter(lambda n: abs(n) < 1e100),
    st.sampled_from([LOWER, HIGHER]),
)
def test_the_sign_of_a_change_agrees_with_what_is_better(base: float, value: float, metric: Metric) -> None:
    """AR-24"""
    change = metric.change(value, base)
    assert change is not None and math.isfinite(change)
    assert (change > 0, change < 0) == (value > base, value < base)
    assert metric.better(value, base) == (change < 0 if metric.direction == "lower" else change > 0)


def test_a_change_beyond_all_numbers_is_none_because_infinity_is_no_json() -> None:
    """AR-24"""
    assert LOWER.change(1.0, 1e-320) is None
    assert HIGHER.change(-1e300, 1e-300) is None


@given(NUMBERS, NUMBERS)
def test_of_two_values_at_most_one_is_better_and_none_than_itself(one: float, other: float) -> None:
    """AR-24"""
    for metric in (LOWER, HIGHER):
        assert not metric.better(one, one)
        assert metric.better(one, other) + metric.better(other, one) == (one != other)
    assert LOWER.better(one, other) == HIGHER.better(other, one)


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_tiny_numbers_are_told_apart(direction: Direction) -> None:
    """AR-23: 1e-7 against 4e-7, and two neighbours among all doubles."""
    metric = Metric("loss", direction)
    assert metric.better(1e-7, 4e-7) == (direction == "lower")
    assert metric.better(0.1 + 0.2, 0.3) == (direction == "higher")


def test_several_samples_are_one_value_their_mean() -> None:
    assert Measurement((1.0, 2.0, 6.0), {}, 0.1).value == 3.0
    assert Measurement((0.1,), {}, 0.1).value == 0.1


def test_the_incumbent_is_the_last_kept_trial_and_a_discard_never_takes_it_away() -> None:
    """AR-13"""
    kept = replace(TRIAL, number=1, reason="unconfirmed", commit="k")
    worse = replace(TRIAL, number=2, status="discard", reason="not_better", commit="d")
    broken = replace(TRIAL, number=3, status="crash", reason="no_proposal", commit=None)
    assert incumbent([]) is None
    assert incumbent([broken]) is None
    assert incumbent([TRIAL, kept, worse, broken]) is kept
    assert incumbent([TRIAL, worse]) is TRIAL


def test_trials_before_the_question_changed_are_not_current() -> None:
    tried = replace(TRIAL, number=1, reason="not_better", status="discard")
    again = replace(TRIAL, number=2)
    failed = replace(TRIAL, number=3, status="crash", reason="no_metric")
    assert current([]) == []
    assert current([TRIAL, tried]) == [TRIAL, tried]
    assert current([TRIAL, tried, again, tried, failed]) == [again, tried, failed]


def test_every_reason_that_a_trial_can_have_is_explained_and_none_is_left_over() -> None:
    """AR-15"""
    package = Path(autoresearch.__file__).parent
    code = "\n".join(path.read_text() for path in package.rglob("*.py") if path.name != "model.py")
    given_for = set(re.findall(r'TrialFailed\(\s*"(\w+)"', code))
    given_for |= set(re.findall(r'Verdict\(\s*"\w+",\s*"(\w+)"', code))
    assert {"baseline", "unconfirmed", "not_better", "no_metric", "duplicate"} <= given_for
    assert given_for <= set(REASONS)
    assert [reason for reason in REASONS if f'"{reason}"' not in code] == []
