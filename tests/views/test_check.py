"""The page of `check`: noise in words, the findings as tables, the verdict in one line."""

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from autoresearch.adapters.screen import Screen
from autoresearch.core.checks import Finding, Noise, Report
from autoresearch.core.model import Metric
from autoresearch.views.check import Progress, show, told_of_noise, verdict

NOISE = Noise(Metric("p50_ms", "lower", "ms"), (100.0, 101.0, 99.0, 102.0), 30.0)


def report(*states: Any, noise: Noise | None = None) -> Report:
    return Report(
        noise, [Finding("target", f"thing {n}", state, "seen", "") for n, state in enumerate(states)]
    )


def shown(found: Report, width: int = 100) -> list[str]:
    screen = Screen()
    screen.out = Console(file=io.StringIO(), width=width)
    show(found, "a/b", screen)
    assert isinstance(screen.out.file, io.StringIO)
    return [line.rstrip() for line in screen.out.file.getvalue().splitlines()]


def test_noise_is_told_in_the_metric_s_unit_and_in_percent() -> None:
    assert told_of_noise(NOISE) == [
        "4 evaluations of the same code, 30.0 s each",
        "p50_ms 100.5 ms",
        "standard deviation 1.29099 ms (1.3 %); from first to last +2.0 %",
        "the smallest gain that is told from luck nine times of ten, and what measuring more inside the "
        "evaluation would buy:",
        f"  time × 1     30.0 s   {NOISE.smallest().told(NOISE.metric)}",
        f"  time × 4     2m 00s   {NOISE.smallest(4).told(NOISE.metric)}",
        f"  time × 16    8m 00s   {NOISE.smallest(16).told(NOISE.metric)}",
    ]


def test_no_noise_and_noise_around_zero_are_said_as_such() -> None:
    assert told_of_noise(replace(NOISE, values=(5.0, 5.0)))[-1].startswith("no noise: each gave exactly this")
    assert (
        told_of_noise(replace(NOISE, values=(-1.0, 1.0)))[2]
        == "standard deviation 1.41421 ms; from first to last 2"
    )


def test_the_verdict_counts_what_is_wrong_and_what_is_a_warning() -> None:
    assert verdict(report("ok", "not tried")) == "nothing is wrong"
    assert verdict(report("ok", "warning")) == "nothing is wrong, 1 warning"
    told = "2 wrong, 1 warning: not to be trusted yet with code that nobody reads"
    assert verdict(report("wrong", "wrong", "warning")) == told


def test_the_page_has_tables_and_then_the_mends() -> None:
    found = report("ok", "not tried", noise=NOISE)
    mended = Finding("target", "empty", "wrong", "as good as good code", "look at it")
    lines = shown(
        replace(found, findings=[*found.findings, mended, Finding("writes", "here", "ok", "nothing")])
    )
    assert lines[0] == "a/b: can its evaluation be trusted?"
    at = lines.index("Broken targets and cheats")
    assert [line.split() for line in lines[at + 1 : at + 5]] == [
        ["the", "target", "the", "evaluation"],
        ["ok", "thing", "0", "seen"],
        ["not", "tried", "thing", "1", "seen"],
        ["wrong", "empty", "as", "good", "as", "good", "code"],
    ]
    assert lines[-4:] == ["To mend", "wrong: empty: look at it", "", verdict(report("wrong"))]


def test_each_thing_that_is_measured_is_noted_once() -> None:
    screen = Screen()
    screen.err = Console(file=io.StringIO(), width=100)
    progress = Progress(screen)
    for name, idea in (("check", "one"), ("evaluate", "one"), ("evaluate", "two")):
        progress.stage(0, name, idea=idea)
    assert isinstance(screen.err.file, io.StringIO)
    assert screen.err.file.getvalue() == "measuring one\nmeasuring two\n"
