"""`autoresearch status`."""

from collections.abc import Sequence
from pathlib import Path

import click

from autoresearch.adapters.screen import Screen, table
from autoresearch.calls.log import beside
from autoresearch.cli.common import experiment_argument, json_option, open_experiment, path_option
from autoresearch.core.model import Trial, incumbent, parked
from autoresearch.core.rows import as_row
from autoresearch.core.units import counted, format_money
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger
from autoresearch.views import trial as trials_view
from autoresearch.views.live import best_line, spent, suspects
from autoresearch.views.overview import Overview, in_flight, overview

LAST = 5
FOLLOWING = {
    "idle": "next: autoresearch run {} --loop",
    "paused": "go on: autoresearch run {} --loop",
    "done": "take what is kept: autoresearch apply {}",
    "active": "it is running now; Ctrl-C in its terminal stops it, and nothing is lost",
}
RESUME = "go on: autoresearch run {} --resume"


@click.command()
@experiment_argument
@path_option
@json_option
def command(experiment: str | None, directory: Path | None, as_json: bool) -> None:
    """What EXP is doing: its state, the best so far, the last trials.

    \b
    autoresearch status api-speed
    """
    opened = open_experiment(experiment, directory)
    trials = Ledger.load(opened.repository, opened.name).trials
    row, best, last = overview(opened, trials), incumbent(trials), trials[-LAST:]
    screen = Screen(machine=as_json)
    under_way = in_flight(opened, len(trials)) or None
    if as_json:
        told = {
            "in_flight": under_way,
            "best": as_row(best) if best else None,
            "suspects": [as_row(trial) for trial in parked(trials)],
            "trials": [as_row(trial) for trial in last],
        }
        screen.json({"experiment": opened.name, "summary": row.as_json(), **told})
        return
    for line in suspects(trials, opened.metric, opened.name):
        screen.line(line, "bold red")
    screen.line(f"{opened.name}: {row.state}", "bold")
    for line in _so_far(opened, trials, row):
        screen.line(line)
    if under_way:
        screen.line(f"{'now' if row.state == 'active' else 'cut short'}: {under_way}")
    if last:
        screen.line()
        cells = trials_view.rows(trials, opened.metric)[-LAST:]
        screen.show(table(trials_view.COLUMNS, cells, trials_view.styles(last), screen.width))
    cut_short = under_way and row.state in ("idle", "paused")
    screen.line((RESUME if cut_short else FOLLOWING[row.state]).format(opened.name))
    if row.kept and row.state == "paused":
        screen.line(f"take what is kept: autoresearch apply {opened.name}")


def _so_far(experiment: Experiment, trials: Sequence[Trial], row: Overview) -> list[str]:
    """Counts, the best, where it is, what was spent."""
    counts = f"{row.kept} keep, {row.discarded} discard, {row.crashed} crash"
    lines = [f"{counted(row.trials, 'trial')}: {counts}"]
    if best := incumbent(trials):
        lines.append(f"best: {best_line(best, experiment.metric, trials)}: {best.description}")
        if row.kept and not best.certified:
            lines.append(f"that gain is claimed; measure it: autoresearch certify {experiment.name}")
        lines.append(f"branch: heads/autoresearch/{experiment.name} ({(best.commit or '')[:10]})")
    if paid := spent([*trials, beside(experiment.call_log, len(trials))]):
        limit = experiment.settings.stop.cost
        lines.append(f"spent: {paid}{f' of {format_money(limit)} (stop.cost)' if limit is not None else ''}")
    return lines
