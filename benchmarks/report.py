"""The report of a long search, and its picture."""

import time
from dataclasses import replace

from figures import Figure

from autoresearch.adapters.settings_sections import StopSettings
from autoresearch.core.log_summary import summarize
from autoresearch.core.model import Metric, Trial
from autoresearch.core.notes import Notes
from autoresearch.views.progress import picture
from autoresearch.views.report import report
from autoresearch.views.report_facts import About

MS = Metric("p50_ms", "lower", "ms")
BASE = Trial(0, None, "0" * 40, "t", "keep", "baseline", "baseline", metric=100.0, samples=(100.0, 101.0))


def reports(trials: int = 1000) -> list[Figure]:
    """Of a made-up search: a seventh kept, a fifth crashed. And a log of 5 MB in short."""
    search = [BASE, *map(_trial, range(1, trials))]
    about = About("engineering/steps", MS, "Make the steps faster.", {}, "0" * 40, StopSettings())
    begun = time.perf_counter()
    page, drawn = report(about, search, Notes()), picture(search, MS)
    took = time.perf_counter() - begun
    told = f"{len(page.splitlines())} lines, {len(page):,} characters; the picture has {len(drawn):,}"
    log = "".join(f"step {n:06} | loss: {9 / (n + 1):.6f} | lr: 1.0e-03\n" for n in range(125_000))
    begun = time.perf_counter()
    short = summarize(log)
    summed = time.perf_counter() - begun
    return [
        Figure(f"report and picture of {trials:,} trials", took, "s", 2.0, told),
        Figure(
            f"summary of a log of {len(log) / 1e6:.1f} MB", summed, "s", 1.0, f"{len(short):,} characters"
        ),
    ]


def _trial(number: int) -> Trial:
    row = {"number": number, "parent": 0, "commit": f"{number:040}", "description": f"try number {number:04}"}
    if number % 7 == 0:
        value = 100.0 - number / 100
        return replace(
            BASE, **row, reason="confirmed", metric=value, samples=(value, value + 0.1, value - 0.1)
        )
    if number % 5 == 0:
        return replace(
            BASE, **row, status="crash", reason="exit_code", metric=None, samples=(), detail="exit 1"
        )
    return replace(BASE, **row, status="discard", reason="not_better", metric=101.0 + number % 13)
