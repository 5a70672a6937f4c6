"""Trials to look at: the table of an experiment's own, one of them whole, an idea as a diff."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, overload

from rich.console import Group, RenderableType
from rich.text import Text

from autoresearch.adapters.screen import STYLES, Column, diff, words
from autoresearch.core.model import REASONS, Metric, Proposal, Trial
from autoresearch.core.units import format_change, format_duration, format_money, format_number

COLUMNS = (
    Column("trial", number=True), Column("commit", rank=4), Column("metric", number=True),
    Column("change", number=True, rank=1), Column("status"), Column("reason", rank=3),
    Column("seconds", number=True, rank=5), Column("cost", number=True, rank=6),
    Column("description", flexible=True, rank=2),
)  # fmt: skip
Item = TypeVar("Item")
Made = TypeVar("Made")


class Drawn(Sequence[Made]):
    """What is made of each item when it is looked at: of a long table, mostly the end is."""

    def __init__(self, items: Sequence[Item], make: Callable[[Item], Made]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Made: ...
    @overload
    def __getitem__(self, index: slice) -> list[Made]: ...
    def __getitem__(self, index: int | slice) -> Made | list[Made]:
        if isinstance(index, slice):
            return [self._make(item) for item in self._items[index]]
        return self._make(self._items[index])


def rows(trials: Sequence[Trial], metric: Metric) -> Sequence[list[str]]:
    """The table's cells (AR-51). The change is against the baseline of the trial's own question; a row
    that is a baseline after the first marks where the question changed."""
    since: list[tuple[Trial, float | None]] = []
    base: float | None = None
    for trial in trials:
        if trial.reason == "baseline":
            base = trial.metric
        since.append((trial, base))
    return Drawn(since, lambda pair: _cells(*pair, metric))


def styles(trials: Sequence[Trial]) -> list[str]:
    """A colour for each row."""
    return [STYLES[trial.status] for trial in trials]


def draw_idea(proposal: Proposal, before: Mapping[str, str]) -> RenderableType:
    """A proposal that was not committed: its idea, its reasons, its diff."""
    parts = [words(proposal.idea, "bold")]
    if proposal.why:
        parts.append(words(proposal.why))
    return Group(
        *parts, diff(patch({path: (before.get(path), text) for path, text in proposal.files.items()}))
    )


def patch(files: Mapping[str, tuple[str | None, str | None]]) -> str:
    """The patch of files that no commit was made of: path -> (text before, text after)."""
    return "".join(_diff(path, before, after) for path, (before, after) in files.items())


def facts(trial: Trial, metric: Metric, base: float | None) -> list[tuple[str, str]]:
    """What is known of a trial, as (name, value), missing ones left out."""
    value = f"{format_number(trial.metric)} {metric.unit}".strip() if trial.metric is not None else "N/A"
    change = format_change(metric.change(trial.metric, base))
    listed = {
        "trial": str(trial.number),
        "verdict": f"{trial.status}: {trial.reason} ({REASONS.get(trial.reason, '')})",
        metric.name: f"{value} {change}".strip(),
        "samples": ", ".join(map(repr, trial.samples)) if len(trial.samples) > 1 else "",
        "best again": ", ".join(map(repr, trial.again)),
        "other numbers": ", ".join(f"{name} {format_number(n)}" for name, n in trial.metrics.items()),
        "parameters": ", ".join(f"{name} {value}" for name, value in trial.parameters.items()),
        "parent": "" if trial.parent is None else f"trial {trial.parent}",
        "commit": trial.commit or "",
        "proposer": " ".join(part for part in (trial.proposer, trial.model) if part),
        "measured": f"{format_duration(trial.seconds)}, seed {trial.seed}",
        "cost": "" if trial.cost_usd is None else format_money(trial.cost_usd),
        "tokens": f"{trial.tokens:,}" if trial.tokens else "",
        "begun": trial.started,
        "finished": trial.finished,
        "question": trial.question,
        "sandbox": trial.sandbox,
        "versions": ", ".join(f"{name} {version}" for name, version in trial.versions.items()),
    }
    return [(name, value) for name, value in listed.items() if value]


def draw_trial(trial: Trial, metric: Metric, base: float | None, change: str) -> RenderableType:
    """One trial whole: the idea, why, what came of it, the change."""
    parts: list[RenderableType] = [words(trial.description, "bold")]
    if trial.why:
        parts.append(words(trial.why))
    parts.append(Text())
    parts += [words(f"{name:<13} {value}") for name, value in facts(trial, metric, base)]
    if trial.detail:
        parts += [Text(), words(trial.detail, STYLES[trial.status])]
    if change:
        parts += [Text(), diff(change)]
    return Group(*parts)


def _cells(trial: Trial, base: float | None, metric: Metric) -> list[str]:
    change = None if trial.reason == "baseline" else metric.change(trial.metric, base)
    cost = "" if trial.cost_usd is None else format_money(trial.cost_usd)
    return [
        str(trial.number), (trial.commit or "")[:7], format_number(trial.metric), format_change(change),
        trial.status, trial.reason, f"{trial.seconds:.1f}", cost, trial.description,
    ]  # fmt: skip


def _diff(path: str, before: str | None, after: str | None) -> str:
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text or "") for text in (before, after))  # git's lines
    names = (
        f"a/{path}" if before is not None else "/dev/null",
        f"b/{path}" if after is not None else "/dev/null",
    )
    lines = difflib.unified_diff(old, new, *names)
    if not old and not new and before != after:  # an empty file comes or goes
        return f"diff --git a/{path} b/{path}\n{'new' if before is None else 'deleted'} file mode 100644\n"
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
