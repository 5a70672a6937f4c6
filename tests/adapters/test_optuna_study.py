"""Optuna proposes within the marks' bounds, learns from the trials, and keeps no store of its own."""

import pytest

from autoresearch.adapters.optuna_study import installed, suggest
from autoresearch.core.marks import Choice, Value, marks_in
from autoresearch.core.model import Direction, Trial

pytest.importorskip("optuna")

MARKS = marks_in(
    {"t": "lr = 0.5  # tune: log 1e-4..1e-1\nn = 64  # tune: 16..256 step 16\nact = 'z'  # tune: a | b | c\n"}
)


def trial(
    number: int, metric: float | None, parameters: dict[str, Value], reason: str = "not_better"
) -> Trial:
    return Trial(number, 0, "c", "t", "discard", reason, "idea", metric=metric, parameters=parameters)


def history(count: int, good: str) -> list[Trial]:
    """Trials in which the choice alone decides: `good` is 0, `c` crashed, the rest is 1."""
    rows = []
    for number in range(count):
        act = "abc"[number % 3]
        metric = None if act == "c" else float(act != good)
        rows.append(trial(number, metric, {"lr": 0.001 * (number + 1), "n": 64, "act": act}))
    return rows


def test_it_is_seen_to_be_installed() -> None:
    assert installed()


@pytest.mark.parametrize("count", [0, 1, 30])
def test_suggestions_lie_within_the_marks(count: int) -> None:
    for seed in range(10):
        values = suggest(MARKS, history(count, "a"), "lower", seed)
        assert list(values) == ["lr", "n", "act"]
        assert 1e-4 <= float(values["lr"]) <= 1e-1
        assert values["n"] in range(16, 257, 16)
        assert isinstance(values["n"], int)
        assert isinstance(MARKS[2].domain, Choice)
        assert values["act"] in MARKS[2].domain.options


def test_the_same_seed_and_history_give_the_same_suggestion() -> None:
    one, two, other = (suggest(MARKS, history(20, "a"), "lower", seed) for seed in (1, 1, 2))
    assert one == two != other


@pytest.mark.parametrize(("direction", "good"), [("lower", "a"), ("higher", "b")])
def test_what_was_better_is_suggested_more_often_and_what_crashed_less(
    direction: Direction, good: str
) -> None:
    acts = [suggest(MARKS, history(30, "a"), direction, seed)["act"] for seed in range(20)]
    assert acts.count(good) > 10 > acts.count("c")


def test_a_broken_constraint_counts_as_a_failure_however_good_the_metric() -> None:
    rows = history(30, "a")
    rows = [
        trial(row.number, -9.0, dict(row.parameters), "constraint") if row.metric is None else row
        for row in rows
    ]
    acts = [suggest(MARKS, rows, "lower", seed)["act"] for seed in range(20)]
    assert acts.count("a") > 10 > acts.count("c")


def test_trials_of_other_proposers_and_values_that_are_no_longer_allowed_are_left_out() -> None:
    strangers = [
        trial(0, 1.0, {}),
        trial(1, 1.0, {"lr": 0.5, "n": 64, "act": "z"}),
        trial(2, 1.0, {"lr": "high", "n": 64, "act": "a"}),
    ]
    assert suggest(MARKS, strangers, "lower", 1)["act"] in ("a", "b", "c")
