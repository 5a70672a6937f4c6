"""The dashboard: what is shown of one experiment, or of all, in any format."""

from collections.abc import Sequence

from autoresearch.adapters.screen import Screen, table
from autoresearch.core.model import Trial, current, incumbent
from autoresearch.core.rows import as_row
from autoresearch.research.experiment import Experiment
from autoresearch.views import overview, trial
from autoresearch.views.export import Sheet
from autoresearch.views.live import best_line, suspects

SHOWN = 100  # rows that a terminal gets: reading more is for a pager, and for other programs


def of_overviews(rows: Sequence[overview.Overview]) -> Sheet:
    """A row for each experiment (AR-50)."""
    return Sheet(
        title="Experiments",
        columns=overview.COLUMNS,
        rows=[overview.cells(row) for row in rows],
        key="experiments",
        records=[row.as_json() for row in rows],
        about={},
        lines=[f"error: {row.error}" for row in rows if row.error],
    )


def of_experiment(experiment: Experiment, trials: Sequence[Trial]) -> Sheet:
    """A row for each trial (AR-51)."""
    metric, best = experiment.metric, incumbent(trials)
    row = overview.overview(experiment, trials)
    counted = (
        f"{row.trials} trials: {row.kept} keep, {row.discarded} discard, {row.crashed} crash ({row.state})"
    )
    return Sheet(
        title=f"{experiment.name}: {metric.name}, {metric.direction} is better",
        columns=trial.COLUMNS,
        rows=trial.rows(trials, metric),
        key="trials",
        records=trial.Drawn(trials, as_row),
        about={"experiment": experiment.name, "summary": row.as_json()},
        lines=[counted, *([f"best: {best_line(best, metric, trials)}"] if best else [])],
        first=suspects(trials, metric, experiment.name),
        styles=trial.styles(trials),
        progress=[(t.number, t.metric, t.status == "keep") for t in current(trials) if t.metric is not None],
    )


def draw(sheet: Sheet, screen: Screen) -> None:
    """On the terminal."""
    for line in sheet.first:
        screen.line(line, "bold red")
    screen.line(sheet.title, "bold")
    if sheet.rows:
        if len(sheet.rows) > SHOWN:
            screen.line(f"the newest {SHOWN} of {len(sheet.rows):,}; all of them: --format csv")
        screen.show(table(sheet.columns, sheet.rows[-SHOWN:], sheet.styles[-SHOWN:], screen.width))
    else:
        screen.line("nothing here yet")
    for line in sheet.lines:
        screen.line(line)
