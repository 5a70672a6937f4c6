"""What `check` found, as one page in plain words; and what it is doing meanwhile."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from autoresearch.adapters.screen import Column, Screen, table
from autoresearch.core.checks import TIMES, Finding, Noise, Part, Report
from autoresearch.core.model import Trial
from autoresearch.core.text import one_line
from autoresearch.core.units import counted, format_change, format_duration, format_number

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "not tried": "dim"}
TABLES: Mapping[Part, tuple[str, str, str]] = {
    "target": ("Broken targets and cheats", "the target", "the evaluation"),
    "writes": ("What the evaluation writes", "where", "what"),
}


@dataclass
class Progress:
    """An Observer that shows on `screen` what is measured now."""

    screen: Screen
    now: str = ""
    since: float = 0.0

    def stage(self, trial: int, name: str, *, idea: str = "", limit: float | None = None) -> None:
        if idea == self.now:
            return
        self.now, self.since = idea, time.monotonic()
        if not self.screen.live:
            self.screen.note(f"measuring {idea}")

    def recorded(self, trial: Trial) -> None:
        pass

    def note(self, text: str) -> None:
        self.screen.note(text)

    def draw(self) -> RenderableType:
        """What is measured, and for how long now."""
        spent = format_duration(time.monotonic() - self.since)
        told = f"measuring {one_line(self.now)} · {spent}" if self.now else ""
        return Text(told, style="cyan", overflow="ellipsis", no_wrap=True)


def show(report: Report, name: str, screen: Screen) -> None:
    """The page."""
    screen.line(f"{name}: can its evaluation be trusted?", "bold")
    screen.line()
    screen.line("Noise", "bold")
    for line in told_of_noise(report.noise) if report.noise else ():
        screen.line(line)
    for finding in _of("noise", report):
        screen.line(f"{finding.state}: {finding.name} {finding.said}", STYLES[finding.state])
    for part, (title, *titles) in TABLES.items():
        if found := _of(part, report):
            screen.line()
            screen.line(title, "bold")
            rows = [[each.state, each.name, each.said] for each in found]
            styles = [STYLES[each.state] for each in found]
            columns = (Column(""), Column(titles[0]), Column(titles[1], flexible=True))
            screen.show(table(columns, rows, styles, screen.width))
    if mends := [each for each in report.findings if each.mend]:
        screen.line()
        screen.line("To mend", "bold")
        for each in mends:
            screen.line(f"{each.state}: {each.name}: {each.mend}", STYLES[each.state])
    screen.line()
    screen.line(verdict(report), "bold")


def told_of_noise(noise: Noise) -> list[str]:
    """How noisy it is, the smallest gain that can be told, and what more time would buy."""
    metric, unit = noise.metric, f" {noise.metric.unit}" if noise.metric.unit else ""
    lines = [
        f"{counted(len(noise.values), 'evaluation')} of the same code, {format_duration(noise.seconds)} each",
        f"{metric.name} {format_number(noise.mean)}{unit}",
    ]
    if noise.deviation == 0:
        return [*lines, "no noise: each gave exactly this; whatever is strictly better is a gain"]
    return [
        *lines,
        f"standard deviation {_amount(noise, noise.deviation, unit)}; "
        f"from first to last {format_change(noise.percent(noise.drift)) or format_number(noise.drift)}",
        "the smallest gain that is told from luck nine times of ten, and what measuring more inside the "
        "evaluation would buy:",
        *(
            f"  time × {times:<3} {format_duration(times * noise.seconds):>8}   "
            f"{noise.smallest(times).told(noise.metric)}"
            for times in TIMES
        ),
    ]


def verdict(report: Report) -> str:
    """The page in one line."""
    count = {state: sum(each.state == state for each in report.findings) for state in STYLES}
    warned = f", {counted(count['warning'], 'warning')}" if count["warning"] else ""
    if report.trusted:
        return f"nothing is wrong{warned}"
    return f"{count['wrong']} wrong{warned}: not to be trusted yet with code that nobody reads"


def as_json(report: Report, name: str) -> dict[str, Any]:
    """All of it, for programs."""
    noise = report.noise
    told = noise and {
        "values": list(noise.values),
        "seconds": noise.seconds,
        "mean": noise.mean,
        "deviation": noise.deviation,
        "deviation_percent": noise.percent(noise.deviation),
        "drift": noise.drift,
        "smallest_gain": {str(times): asdict(noise.smallest(times)) for times in TIMES},
    }
    found = [asdict(finding) for finding in report.findings]
    return {"experiment": name, "trusted": report.trusted, "noise": told, "findings": found}


def _amount(noise: Noise, value: float, unit: str) -> str:
    percent = noise.percent(value)
    share = f" ({format_change(percent).lstrip('+')})" if percent is not None else ""
    return f"{format_number(value)}{unit}{share}"


def _of(part: Part, report: Report) -> Sequence[Finding]:
    return [finding for finding in report.findings if finding.part == part]
