"""Watching a run: one place at the bottom of a terminal, plain lines elsewhere, a summary at the end."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from autoresearch.adapters.screen import STYLES, Screen
from autoresearch.calls.log import Spent
from autoresearch.core.model import Metric, Trial, current, incumbent, parked, tried
from autoresearch.core.text import one_line
from autoresearch.core.units import (
    counted,
    format_change,
    format_duration,
    format_money,
    format_number,
)

QUICK = 15.0  # seconds since the last line


@dataclass
class Stage:
    """What is going on now; `since` and `limit` in seconds on the monotonic clock."""

    trial: int
    name: str
    idea: str
    since: float
    limit: float | None


@dataclass
class Watch:
    """An Observer that shows a run on `screen`. `trials` is the ledger's list, read only; `told` is when a
    line was printed, by stage and idea of the trial in hand."""

    screen: Screen
    metric: Metric
    trials: Sequence[Trial] = ()
    stages: deque[Stage] = field(default_factory=lambda: deque(maxlen=1))
    told: dict[tuple[str, str], float] = field(default_factory=dict)

    def stage(self, trial: int, name: str, *, idea: str = "", limit: float | None = None) -> None:
        now = time.monotonic()
        self.stages.append(Stage(trial, name, idea, now, limit))
        # A candidate may be looked at thirty times: where that is quick, a line for the first says enough.
        again = (name, idea) in self.told and now - max(self.told.values()) < QUICK
        if not self.screen.live and limit is not None and not again:
            self.told[name, idea] = now
            told = f": {one_line(idea)}" if idea else ""
            self.screen.line(f"trial {trial}: {name} (limit {format_duration(limit)}){told}")

    def recorded(self, trial: Trial) -> None:
        self.stages.clear()
        self.told.clear()
        self.screen.line(one_trial(trial, self.metric, self.trials), STYLES[trial.status])

    def note(self, text: str) -> None:
        if self.screen.live:  # above what is drawn, not into it
            self.screen.line(text, "yellow")
        else:
            self.screen.note(text)

    def draw(self) -> RenderableType:
        """What is tried, in which stage, for how long against which limit; and the best so far."""
        best = incumbent(self.trials)
        so_far = f"best {best_line(best, self.metric, self.trials)}" if best else "measuring the baseline"
        lines = [Text(so_far, style="bold", overflow="ellipsis", no_wrap=True)]
        for stage in self.stages:
            spent = time.monotonic() - stage.since
            clock = f"{spent:.1f} s" if spent < 10 else format_duration(spent)  # it runs in even steps
            clock += f" of {format_duration(stage.limit)}" if stage.limit else ""
            told = f"trial {stage.trial} · {stage.name} {clock} · {one_line(stage.idea)}".rstrip(" ·")
            lines.append(Text(told, style="cyan", overflow="ellipsis", no_wrap=True))
        return Group(*lines)


def one_trial(trial: Trial, metric: Metric, trials: Sequence[Trial]) -> str:
    """A trial on one line: number, verdict, metric, change against the baseline, idea."""
    value = f"{metric.name} {format_number(trial.metric)}{_unit(metric)}" if trial.metric is not None else ""
    change = (
        "" if trial.reason == "baseline" else format_change(metric.change(trial.metric, _baseline(trials)))
    )
    verdict = trial.status if trial.status == "keep" else f"{trial.status} ({trial.reason})"
    took = format_duration(trial.seconds) if trial.seconds else ""
    why = (
        one_line(trial.detail.partition("\n")[0], 100)
        if trial.status == "crash" or trial.reason == "duplicate"
        else ""
    )
    told = (
        f"trial {trial.number}",
        verdict,
        f"{value} {change}".strip(),
        took,
        spent([trial]) if trial.cost_usd is not None else "",
        one_line(trial.description),
        why,
    )
    return " · ".join(part for part in told if part)


def best_line(best: Trial, metric: Metric, trials: Sequence[Trial]) -> str:
    """The best so far: its value, its change, its trial."""
    change = format_change(metric.change(best.metric, _baseline(trials)))
    told = f"{metric.name} {format_number(best.metric)}{_unit(metric)} {change}".strip()
    how = "certified" if best.reason == "certified" else f"trial {best.number}"
    return f"{told} ({how})"


def suspects(trials: Sequence[Trial], metric: Metric, name: str) -> list[str]:
    """What to look at before anything else: trials that are too good to be believed unseen."""
    return [
        f"look at trial {t.number}: {metric.name} {format_number(t.metric)} is too good to believe unseen "
        f"(autoresearch show {name} {t.number}; if it is real: autoresearch keep {name} {t.number})"
        for t in parked(trials)
    ]


def summary(
    trials: Sequence[Trial],
    before: int,
    metric: Metric,
    why: str,
    seconds: float,
    beside: Spent | None = None,
) -> list[str]:
    """What a session did (AR-52): counts, from -> to, percent, time, cost; `beside` is what calls for no
    trial of it have cost."""
    new = trials[before:]
    counts = {status: sum(trial.status == status for trial in tried(new)) for status in STYLES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines = [f"stopped: {why}", f"{counted(sum(counts.values()), 'trial')}: {told}"]
    best, base = incumbent(trials), _baseline(trials)
    if best is not None and base is not None:
        change = format_change(metric.change(best.metric, base))
        arrow = f"{format_number(base)} → {format_number(best.metric)}{_unit(metric)}"
        lines.append(f"{metric.name} {arrow} {change}".rstrip())
    paid: list[Trial | Spent] = [*new, *([beside] if beside else [])]
    lines.append(", ".join(filter(None, [format_duration(seconds), spent(paid)])))
    return lines


def spent(trials: Sequence[Trial | Spent]) -> str:
    """What calls to models have cost: dollars, at least those that are known, and tokens; "" for no call."""
    costs = [trial.cost_usd for trial in trials if trial.cost_usd is not None]
    tokens = sum(trial.tokens or 0 for trial in trials)
    unknown = any(trial.tokens and trial.cost_usd is None for trial in trials)
    dollars = format_money(sum(costs)) if costs else ""
    if unknown:  # what nobody knows is not counted as nothing
        dollars = f"at least {dollars}" if any(costs) else "price not known"
    return ", ".join(filter(None, [dollars, f"{tokens:,} tokens" if tokens else ""]))


def _baseline(trials: Sequence[Trial]) -> float | None:
    since = current(trials)
    return since[0].metric if since else None


def _unit(metric: Metric) -> str:
    return f" {metric.unit}" if metric.unit else ""
