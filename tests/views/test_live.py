"""What is said of a run: a trial on a line, the place at the bottom, the summary at the end."""

import io
from typing import Any

import pytest
from rich.console import Console

from autoresearch.adapters.screen import Screen
from autoresearch.core.model import Metric, Trial
from autoresearch.views.live import Watch, best_line, one_trial, spent, summary

MS = Metric("p50_ms", "lower", "ms")
SCORE = Metric("score", "higher")


def made(
    number: int, value: float | None, status: str = "keep", reason: str = "unconfirmed", **more: Any
) -> Trial:
    reason = "baseline" if number == 0 else reason
    row = {"description": f"idea {number}", "seconds": 1.25, **more}
    return Trial(number, number - 1 if number else None, None, None, status, reason, metric=value, **row)  # type: ignore[arg-type]


TRIALS = [
    made(0, 8.0, description="baseline"),
    made(1, 6.0, cost_usd=0.25),
    made(2, 9.0, "discard", "not_better", cost_usd=0.5),
    made(3, None, "crash", "timeout", seconds=75.0),
    made(4, 2.0),
]


def test_a_trial_is_one_line() -> None:
    """AR-53"""
    assert [one_trial(trial, MS, TRIALS) for trial in TRIALS] == [
        "trial 0 · keep · p50_ms 8 ms · 1.25 s · baseline",
        "trial 1 · keep · p50_ms 6 ms -25.0 % · 1.25 s · $0.25 · idea 1",
        "trial 2 · discard (not_better) · p50_ms 9 ms +12.5 % · 1.25 s · $0.50 · idea 2",
        "trial 3 · crash (timeout) · 1m 15s · idea 3",
        "trial 4 · keep · p50_ms 2 ms -75.0 % · 1.25 s · idea 4",
    ]
    hostile = made(1, 6.0, description="two\nlines\tand \x1b[31m" + "x" * 300, seconds=0.0)
    line = one_trial(hostile, MS, TRIALS)
    assert line.startswith("trial 1 · keep · p50_ms 6 ms -25.0 % · two lines and [31mxxx")
    assert line.isprintable() and len(line) < 260


def test_the_summary_says_what_this_session_did_and_how_far_the_experiment_came() -> None:
    """AR-52: trials, keep, discard, crash, from → to, percent, time, cost."""
    assert summary(TRIALS, 0, MS, "target reached", 4000.0) == [
        "stopped: target reached",
        "4 trials: 2 keep, 1 discard, 1 crash",
        "p50_ms 8 → 2 ms -75.0 %",
        "1h 07m, $0.75",
    ]
    assert summary(TRIALS, 4, MS, "1 trial", 1.5)[1:] == [
        "1 trial: 1 keep, 0 discard, 0 crash",
        "p50_ms 8 → 2 ms -75.0 %",
        "1.50 s",
    ]
    assert summary([], 0, MS, "interrupted", 0.5) == [
        "stopped: interrupted",
        "0 trials: 0 keep, 0 discard, 0 crash",
        "0.50 s",
    ]


@pytest.mark.parametrize(
    ("base", "value", "said"),
    [
        (-2.0, -1.0, "score -2 → -1 +50.0 %"),
        (-1.0, -2.0, "score -1 → -2 -100.0 %"),
        (0.0, 5.0, "score 0 → 5"),
        (4.0, 5.0, "score 4 → 5 +25.0 %"),
        (1e-7, 4e-7, "score 1e-7 → 4e-7 +300.0 %"),
    ],
)
def test_a_percentage_has_the_right_sign_or_is_not_there(base: float, value: float, said: str) -> None:
    """AR-24: negative and zero baselines too."""
    trials = [made(0, base), made(1, value)]
    assert summary(trials, 0, SCORE, "done", 1.0)[2] == said
    best = said.partition(" → ")[2]
    assert best_line(trials[1], SCORE, trials) == f"score {best} (trial 1)"


def test_a_cost_that_nobody_knows_is_not_counted_as_nothing() -> None:
    """AR-44: of a list of calls, and of a row by the tuner that cost nothing."""
    unknown = made(2, None, "discard", "duplicate", tokens=20)
    assert spent([made(1, 6.0, cost_usd=0.0), unknown]) == "price not known, 20 tokens"
    assert spent([made(1, 6.0, cost_usd=0.5), unknown]) == "at least $0.50, 20 tokens"
    assert spent([made(1, 6.0, cost_usd=0.0, tokens=5)]) == "$0.00, 5 tokens"


def test_after_the_question_changed_numbers_are_compared_with_the_new_baseline() -> None:
    trials = [*TRIALS, made(5, 100.0, reason="baseline"), made(6, 90.0)]
    assert one_trial(trials[6], MS, trials).startswith("trial 6 · keep · p50_ms 90 ms -10.0 %")
    assert best_line(trials[6], MS, trials) == "p50_ms 90 ms -10.0 % (trial 6)"
    assert summary(trials, 5, MS, "done", 1.0)[1:3] == [
        "1 trial: 1 keep, 0 discard, 0 crash",
        "p50_ms 100 → 90 ms -10.0 %",
    ]


def shown(watch: Watch, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(watch.draw())
    out: io.StringIO = console.file  # type: ignore[assignment]
    return out.getvalue().splitlines()


def test_the_place_at_the_bottom_says_what_is_tried_and_what_is_best() -> None:
    """AR-53: which stage, for how long, against which limit; a line each, however narrow the terminal."""
    watch = Watch(Screen(), MS)
    assert shown(watch) == ["measuring the baseline"]
    watch.trials = TRIALS
    watch.stage(5, "propose")
    best, now = shown(watch)
    assert best == "best p50_ms 2 ms -75.0 % (trial 4)"
    assert now == "trial 5 · propose 0.0 s"
    watch.stage(5, "evaluate", idea="a new\nidea " * 20, limit=750.0)
    best, now = shown(watch)
    assert now.startswith("trial 5 · evaluate 0.0 s of 12m 30s · a new idea a new idea")
    assert now.endswith("…") and len(now) == 80
    assert [len(line) for line in shown(watch, 20)] == [20, 20]
    watch.recorded(made(5, 1.0))
    assert shown(watch)[1:] == []


def test_where_it_is_no_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """AR-53: a line for what takes time, with its limit; a line for each trial."""
    watch = Watch(Screen(), MS, TRIALS)
    with watch.screen.drawing(watch.draw):
        watch.stage(4, "propose")
        watch.stage(4, "check", idea="idea 4", limit=7.5)
        for _ in range(3):
            watch.stage(4, "confirm", idea="idea 4", limit=7.5)
            watch.stage(4, "compare", idea="idea 4", limit=7.5)
        watch.recorded(TRIALS[4])
        watch.note("a remark")
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "trial 4: check (limit 7.50 s): idea 4",
        "trial 4: confirm (limit 7.50 s): idea 4",
        "trial 4: compare (limit 7.50 s): idea 4",
        one_trial(TRIALS[4], MS, TRIALS),
    ]
    assert told.err == "a remark\n"
