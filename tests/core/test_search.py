"""What of the search is shown, and when the strategy changes."""

from dataclasses import replace

from autoresearch.core.model import Metric, Trial
from autoresearch.core.search import PATIENCE, idle, shown, strategy

LOWER = Metric("ms", "lower")
BASE = Trial(0, None, "c0", "t0", "keep", "baseline", "baseline", metric=100.0)


def tried(*marks: str) -> list[Trial]:
    """Trials after a baseline: `k` kept, `c` crashed, a number the metric of one that was not kept."""
    trials = [BASE]
    for number, mark in enumerate(marks, 1):
        trial = replace(
            BASE, number=number, parent=0, reason="not_better", status="discard", description=mark
        )
        if mark == "k":
            trial = replace(trial, status="keep", reason="unconfirmed", metric=99.0 - number)
        elif mark == "c":
            trial = replace(trial, status="crash", reason="exit_code", metric=None, detail="it broke")
        else:
            trial = replace(trial, metric=float(mark))
        trials.append(trial)
    return trials


def numbers(trials: object) -> list[int]:
    return [trial.number for trial in trials]  # type: ignore[attr-defined]


def test_before_the_first_idea_there_is_nothing_to_show() -> None:
    seen = shown([BASE], LOWER)
    assert (seen.kept, seen.recent, seen.near, seen.last) == ([], [], [], None)


def test_the_last_kept_the_best_of_the_rest_and_the_newest_are_shown() -> None:
    seen = shown(tried("k", "101", "150", "k", "c", "k", "k", "103", "120"), LOWER)
    assert numbers(seen.kept) == [4, 6, 7]
    assert numbers(seen.near) == [2, 8]
    assert seen.last is not None and seen.last.number == 9
    assert numbers(seen.recent) == list(range(1, 10))


def test_the_better_direction_decides_what_came_close() -> None:
    seen = shown(tried("1", "2", "3", "0"), Metric("score", "higher"))
    assert numbers(seen.near) == [3, 2]


def test_the_window_of_rows_moves_in_steps_and_stays_bounded() -> None:
    """Between two steps the rows of one prompt are the beginning of the next one's."""
    starts = {}
    for count in range(1, 1001):
        recent = shown(tried(*["150"] * count), LOWER).recent if count < 70 or count > 990 else None
        if recent is not None:
            starts[count] = recent[0].number
            assert len(recent) < 20 and recent[-1].number == count
    assert (starts[9], starts[19], starts[20], starts[29], starts[30], starts[1000]) == (
        1,
        1,
        11,
        11,
        21,
        991,
    )


def test_rows_of_an_earlier_question_are_not_shown() -> None:
    again = replace(BASE, number=3, metric=50.0)
    seen = shown([*tried("k", "101"), again], LOWER)
    assert (seen.kept, seen.recent, seen.near) == ([], [], [])


def test_the_strategy_grows_bolder_with_the_trials() -> None:
    """AR-46"""
    kept_now_and_then = (["150"] * 9 + ["k"]) * 7
    at = [strategy(tried(*kept_now_and_then[:count])) for count in (0, 9, 10, 29, 30, 59, 60, 70)]
    assert at == [
        "low_hanging", "low_hanging", "one_variable", "one_variable", "structural", "structural",
        "radical", "radical",
    ]  # fmt: skip


def test_after_twenty_trials_without_a_gain_the_strategy_changes_and_again_after_each_twenty() -> None:
    """AR-46"""
    at = {count: strategy(tried("k", *["150"] * count)) for count in (19, 20, 39, 40, 60, 80, 100)}
    assert at[19] == "one_variable"
    assert [at[20], at[39], at[40], at[60], at[80], at[100]] == [
        "combine", "combine", "simplify", "opposite", "elsewhere", "combine",
    ]  # fmt: skip
    assert strategy(tried(*["150"] * PATIENCE, "k")) == "one_variable"


def test_idle_counts_what_was_tried_since_the_last_gain() -> None:
    assert idle([BASE]) == 0
    assert idle(tried("150", "c")) == 2
    assert idle(tried("150", "k", "c", "150", "150")) == 3
