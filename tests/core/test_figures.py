"""The numbers that a report may tell, by name."""

from dataclasses import asdict
from typing import Any

import pytest

from autoresearch.core.certify import Certified
from autoresearch.core.figures import figures, interval
from autoresearch.core.model import Metric, Trial

MS = Metric("p50_ms", "lower", "ms")
SCORE = Metric("score", "higher")


def made(number: int, value: float | None, status: str = "keep", reason: str = "", **more: Any) -> Trial:
    reason = reason or (
        "baseline" if number == 0 else {"keep": "confirmed", "crash": "timeout"}.get(status, "not_better")
    )
    row = {
        "parent": number - 1 if reason != "baseline" else None,
        "commit": f"c{number}",
        "tree": None,
        **more,
    }
    return Trial(number, status=status, reason=reason, description="", metric=value, **row)  # type: ignore[arg-type]


TRIALS = [
    made(0, 8.0, samples=(8.0, 8.2, 7.8), seconds=1800.0),
    made(1, 6.0, samples=(6.0,), cost_usd=0.25, tokens=1200, seconds=1800.0),
    made(2, 9.0, "discard", cost_usd=0.5, tokens=800),
    made(3, None, "crash", parent=1),
]


def test_every_number_has_a_name_and_is_text_for_people() -> None:
    """AM-59"""
    assert figures(TRIALS, MS) == {
        "trials": "3", "kept": "1", "discarded": "1", "crashed": "1", "baseline": "8 ms", "best": "6 ms",
        "gain": "-25.0 %", "certified": "not certified yet", "cost": "$0.75", "tokens": "2,000",
        "hours": "1h 00m",
        "trial 0": "trial 0", "metric 0": "8 ms", "samples 0": "3", "interval 0": "8.00 ± 0.50 ms",
        "seconds 0": "30m 00s",
        "trial 1": "trial 1", "metric 1": "6 ms", "change 1": "-25.0 %", "samples 1": "1",
        "seconds 1": "30m 00s",
        "trial 2": "trial 2", "metric 2": "9 ms", "change 2": "+50.0 %",
        "trial 3": "trial 3",
    }  # fmt: skip


def test_what_calls_to_models_came_to_outranks_what_trials_know_of_it() -> None:
    found = figures(TRIALS, MS, dollars=1.5, tokens=12)
    assert (found["cost"], found["tokens"]) == ("$1.50", "12")


def test_a_gain_is_certified_where_the_best_was_measured_again() -> None:
    check = Certified(24.0, 22.5, 25.5, 20, True)
    trials = [*TRIALS, made(4, 6.1, reason="certified", parent=1, commit="c1", certified=asdict(check))]
    assert figures(trials, MS)["certified"] == "gain 24.0 % (22.5 to 25.5, 95 %, 20 pairs)"
    later = [*trials, made(5, 5.0)]
    assert figures(later, MS)["certified"] == "not certified yet"


@pytest.mark.parametrize(
    ("base", "best", "said"), [(0.0, 2.0, "+2"), (-2.0, -1.0, "+50.0 %"), (4.0, 5.0, "+25.0 %")]
)
def test_a_gain_has_the_right_sign_or_is_told_in_the_unit(base: float, best: float, said: str) -> None:
    """Negative and zero baselines too."""
    found = figures([made(0, base), made(1, best)], SCORE)
    assert found["gain"] == found["change 1"] == said


def test_what_there_is_not_has_no_name() -> None:
    assert figures([], MS) == {"trials": "0", "kept": "0", "discarded": "0", "crashed": "0"}
    alone = figures([made(0, 8.0)], MS)
    assert alone["gain"] == "0 %" and "certified" not in alone and "change 0" not in alone
    crashed = figures([made(0, None, "crash", "exit_code")], MS)
    assert "baseline" not in crashed and "best" not in crashed and "gain" not in crashed


def test_trials_before_the_question_changed_are_neither_counted_nor_compared() -> None:
    found = figures([*TRIALS, made(4, 100.0, reason="baseline"), made(5, 90.0)], MS)
    assert (found["trials"], found["baseline"], found["gain"]) == ("1", "100 ms", "-10.0 %")
    assert found["metric 1"] == "6 ms"


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        # scipy.stats.t.interval(0.95, n - 1, mean, sem) gives the same.
        ((1.0, 2.0, 3.0, 4.0, 5.0), "3.0 ± 2.0 ms"), ((10.0, 10.2), "10.1 ± 1.3 ms"),
        ((5.0, 5.0), "5 ± 0 ms"),
        ((12345.0, 12346.0, 12347.0), "12346.0 ± 2.5 ms"), ((1e6, 3e6, 2e6), "2e6 ± 2.5e6 ms"),
        ((1e-9, 2e-9, 3e-9), "2e-9 ± 2.5e-9 ms"), ((1e308, -1e308), ""), ((1.0,), ""), ((), ""),
    ],
)  # fmt: skip
def test_an_interval_is_students(samples: tuple[float, ...], said: str) -> None:
    """AM-59: the mean and what it may be off by, 95 times of 100."""
    assert interval(samples, MS) == said


def test_what_was_adopted_is_counted_once_as_kept_and_a_commit_measured_again_has_no_change() -> None:
    trials = [*TRIALS, made(4, 9.0, reason="adopted", parent=1, commit="c2")]
    found = figures([*trials, made(5, 9.1, reason="certified", parent=4, commit="c2")], MS)
    assert [found[name] for name in ("trials", "kept", "discarded", "crashed")] == ["3", "2", "0", "1"]
    assert found["change 4"] == "+50.0 %" and "change 5" not in found


def test_a_gain_of_nothing_can_be_said_in_a_sentence() -> None:
    """AM-59: "a gain of {gain}"."""
    assert figures([made(0, 8.0), made(1, 9.0, "discard")], MS)["gain"] == "0 %"
    assert figures([made(0, 0.0)], MS)["gain"] == "0 ms"
