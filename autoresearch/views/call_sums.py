"""What many calls come to, to look at: statistics and the timeline, as tables of cells."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from autoresearch.adapters.screen import Column, table, words
from autoresearch.calls.statistics import Stats, Step, Totals, Trial
from autoresearch.core.units import counted, format_duration
from autoresearch.views.calls import cost, when

SUMS = (
    Column("calls", number=True), Column("success", number=True, rank=1),
    Column("errors", number=True, rank=2), Column("cut off", number=True, rank=9),
    Column("attempts", number=True, rank=10), Column("tokens in", number=True, rank=6),
    Column("tokens out", number=True, rank=5), Column("cost", number=True, rank=3),
    Column("time", number=True, rank=11), Column("mean", number=True, rank=7),
    Column("p50", number=True, rank=4), Column("p95", number=True, rank=8),
    Column("longest", number=True, rank=12),
)  # fmt: skip
TIMELINE = (
    Column("experiment", rank=6), Column("trial", number=True), Column("stage"), Column("calls", number=True),
    Column("first (UTC)", rank=1), Column("model", flexible=True, rank=2),
    Column("time", number=True, rank=3), Column("ok", number=True),
    Column("errors", number=True), Column("cut off", number=True, rank=5),
)  # fmt: skip


def summed(totals: Totals) -> list[str]:
    """A row, in the order of SUMS."""
    return [
        f"{totals.calls:,}", share(totals.success), _few(totals.error), _few(totals.interrupted),
        f"{totals.attempts:,}", _many(totals.input_tokens), _many(totals.output_tokens),
        cost(totals.cost_usd, whole=totals.cost_whole),
        *map(_time, (totals.seconds, totals.mean, totals.p50, totals.p95, totals.longest)),
    ]  # fmt: skip


def facts(totals: Totals) -> list[tuple[str, str]]:
    """The totals of all calls, as (name, value), missing ones left out."""
    tokens = {"in": totals.input_tokens, "out": totals.output_tokens, "in all": totals.tokens}
    ended = {"ok": totals.ok, "errors": totals.error, "cut off": totals.interrupted}
    times = {"mean": totals.mean, "p50": totals.p50, "p95": totals.p95, "longest": totals.longest}
    listed = {
        "calls": ", ".join([f"{totals.calls:,}", *(f"{n:,} {name}" for name, n in ended.items() if n)]),
        "success": share(totals.success),
        "attempts": f"{totals.attempts:,}",
        "tokens": ", ".join(f"{n:,} {name}" for name, n in tokens.items() if n is not None),
        "cost": cost(totals.cost_usd, whole=totals.cost_whole) or "not known",
        "time": _time(totals.seconds),
        "each": ", ".join(f"{name} {_time(value)}" for name, value in times.items() if value is not None),
    }
    return [(name, value) for name, value in listed.items() if value]


def draw_stats(stats: Stats, width: int) -> RenderableType:
    """All together, then by stage, by model, by trial."""
    parts: list[RenderableType] = [words(f"{name:<9} {value}") for name, value in facts(stats.total)]
    left_out = stats.trial_count - len(stats.trials)
    trials = f"trial (the last {len(stats.trials):,} of {stats.trial_count:,})" if left_out else "trial"
    several = len({experiment for experiment, _ in stats.trials}) > 1
    sets: dict[str, list[tuple[str, Totals]]] = {
        "stage": list(stats.stages.items()),
        "model": [(model or "(none answered)", totals) for model, totals in stats.models.items()],
        trials: [(trial_name(trial, several=several), totals) for trial, totals in stats.trials.items()],
    }
    for title, rows in sets.items():
        columns = (Column(title, flexible=True), *SUMS)
        cells = [[name, *summed(totals)] for name, totals in rows]
        parts += [Text(), table(columns, cells, width=width)]
    return Group(*parts)


def trial_name(trial: Trial, *, several: bool) -> str:
    """Its number; with its experiment where there are several."""
    experiment, number = trial
    told = "(none)" if number is None else str(number)
    return f"{experiment} {told}" if several else told


def timeline_rows(steps: Iterable[Step], *, several: bool) -> list[list[str]]:
    """Rows in the order of TIMELINE."""
    return [
        [
            step.experiment if several else "", "" if step.trial is None else str(step.trial), step.stage,
            f"{step.calls:,}", when(step.first), ", ".join(step.models), _time(step.seconds),
            f"{step.ok:,}", _few(step.error), _few(step.interrupted),
        ]
        for step in steps
    ]  # fmt: skip


def timeline_total(steps: Iterable[Step]) -> str:
    """`12 calls in 3 trials, 1 error`."""
    listed = list(steps)
    calls, errors = (sum(getattr(step, name) for step in listed) for name in ("calls", "error"))
    trials = len({(step.experiment, step.trial) for step in listed})
    told = f"{counted(calls, 'call')} in {counted(trials, 'trial')}"
    return f"{told}, {counted(errors, 'error')}" if errors else told


def share(part: float | None) -> str:
    """In percent; neither 0 nor 100 where it is a little more or less."""
    if part is None:
        return ""
    return f"{part:.0%}" if part in (0, 1) else f"{min(max(part, 0.001), 0.999):.1%}"


def _few(count: int) -> str:
    return f"{count:,}" if count else ""


def _many(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(seconds)
