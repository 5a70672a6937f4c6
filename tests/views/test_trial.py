"""Trials to look at: the table's cells, one trial whole, patches."""

import io
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from autoresearch.core.model import Metric, Proposal, Trial
from autoresearch.views import trial as view

MS = Metric("p50_ms", "lower", "ms")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def made(
    number: int, value: float | None, status: str = "keep", reason: str = "unconfirmed", **more: Any
) -> Trial:
    row = {"description": f"idea {number}", "seconds": 1.25, **more}
    return Trial(number, number - 1 if number else None, COMMIT, None, status, reason, metric=value, **row)  # type: ignore[arg-type]


def text(renderable: RenderableType, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(renderable, soft_wrap=True)
    out: io.StringIO = console.file  # type: ignore[assignment]
    return out.getvalue()


def test_each_trial_is_a_row_whose_change_is_against_the_baseline_of_its_own_question() -> None:
    """AR-51"""
    trials = [
        made(0, 8.0, reason="baseline"),
        made(1, 6.0, cost_usd=0.125, description="a | tab\tand\na line"),
        made(2, None, "crash", "timeout"),
        made(3, 100.0, reason="baseline"),
        made(4, 110.0, "discard", "not_better"),
    ]
    assert [column.title for column in view.COLUMNS] == [
        *("trial", "commit", "metric", "change", "status", "reason", "seconds", "cost", "description")
    ]
    assert [list(row) for row in view.rows(trials, MS)] == [
        ["0", "0123456", "8", "", "keep", "baseline", "1.2", "", "idea 0"],
        ["1", "0123456", "6", "-25.0 %", "keep", "unconfirmed", "1.2", "$0.125", "a | tab\tand\na line"],
        ["2", "0123456", "N/A", "", "crash", "timeout", "1.2", "", "idea 2"],
        ["3", "0123456", "100", "", "keep", "baseline", "1.2", "", "idea 3"],
        ["4", "0123456", "110", "+10.0 %", "discard", "not_better", "1.2", "", "idea 4"],
    ]
    assert view.styles(trials) == ["green", "green", "red", "green", "dim"]


def test_one_trial_is_shown_whole_without_what_is_missing() -> None:
    """AR-16"""
    more = {"a_metric_with_a_long_name": 0.5}
    trial = made(
        1, 6.0, why="It may\nhelp.", detail="equal", samples=(5.0, 7.0), metrics=more, parameters={"lr": 0.1},
        proposer="tuner", seed=1, started="2026-01-02T03:04:05+00:00", versions={"git": "2.39.5"},
    )  # fmt: skip
    shown = text(view.draw_trial(trial, MS, 8.0, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"))
    lines = shown.splitlines()
    assert lines[:4] == ["idea 1", "It may", "help.", ""]
    for line in (
        "trial         1",
        "p50_ms        6 ms -25.0 %",
        "samples       5.0, 7.0",
        "other numbers a_metric_with_a_long_name 0.5",
        "parameters    lr 0.1",
        "parent        trial 0",
        f"commit        {COMMIT}",
        "measured      1.25 s, seed 1",
        "versions      git 2.39.5",
        "equal",
    ):
        assert line in lines
    assert lines[-5:] == ["--- a/x", "+++ b/x", "@@ -1 +1 @@", "-a", "+b"]
    assert not [line for line in lines if line.startswith(("cost", "finished", "question"))]
    long = Metric("a_metric_with_a_long_name", "lower")
    assert "a_metric_with_a_long_name 6 -25.0 %" in text(view.draw_trial(trial, long, 8.0, "")).splitlines()


def test_a_crash_says_that_there_is_no_metric() -> None:
    shown = text(view.draw_trial(made(1, None, "crash", "timeout", detail="killed after 5 s"), MS, 8.0, ""))
    assert "verdict       crash: timeout (killed at the hard limit)\np50_ms        N/A\n" in shown
    assert shown.endswith("\nkilled after 5 s\n")


def test_what_a_trial_says_cannot_steer_the_terminal() -> None:
    evil = "[bold]x[/bold] \x1b[2J\x07"
    trial = made(1, 6.0, description=evil, why=evil, detail=evil, parameters={"choice": evil}, model=evil)
    shown = text(view.draw_trial(trial, MS, 8.0, f"+{evil}\n"))
    idea = text(view.draw_idea(Proposal(evil, evil, {"knob.py": evil}), {"knob.py": "x = 3\n"}))
    for told in (shown, idea):
        assert "\x1b" not in told and "\x07" not in told
        assert "[bold]x[/bold] ␛[2J␇" in told


def test_an_idea_is_shown_with_its_diff() -> None:
    proposal = Proposal("smaller", "it helps", {"knob.py": "x = 2\n", "new.py": "new\n", "old.py": None})
    shown = text(view.draw_idea(proposal, {"knob.py": "x = 3\n", "old.py": "old\n"}))
    assert shown.startswith("smaller\nit helps\n--- a/knob.py\n+++ b/knob.py\n@@ -1 +1 @@\n-x = 3\n+x = 2\n")
    assert "--- /dev/null\n+++ b/new.py\n" in shown and "--- a/old.py\n+++ /dev/null\n" in shown


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d\r", "e \x0c \x85 \u2028", "-- ", "+++ x"])).map(
    "\n".join
)


@given(st.none() | LINES, st.none() | LINES.map(lambda text: text + "\n"))
def test_git_applies_any_patch(tmp_path_factory: Any, before: str | None, after: str | None) -> None:
    """A file that comes, goes, changes, is empty, or has no line break at its end."""
    folder: Path = tmp_path_factory.mktemp("patch")
    if before is not None:
        (folder / "a b.txt").write_bytes(before.encode())
    patch = view.patch({"a b.txt": (before, after)})
    if before == after:
        assert patch == ""
        return
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=folder, input=patch.encode(), check=True)
    found = (folder / "a b.txt").read_bytes().decode() if (folder / "a b.txt").exists() else None
    assert found == after
