"""`autoresearch certify`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import (
    experiment_argument,
    json_option,
    open_experiment,
    path_option,
    settings_option,
)
from autoresearch.core.certify import PAIRS
from autoresearch.core.rows import as_row
from autoresearch.core.units import format_duration
from autoresearch.research.certifying import certify
from autoresearch.research.lab import open_lab
from autoresearch.views.live import Watch


@click.command()
@experiment_argument
@click.option("--pairs", type=click.IntRange(min=5), default=PAIRS, show_default=True,
              help="How often each of the two is measured.")  # fmt: skip
@settings_option
@path_option
@json_option
def command(
    experiment: str | None, pairs: int, overrides: tuple[str, ...], directory: Path | None, as_json: bool
) -> None:
    """Measure the baseline and the best of EXP again, in turns, and say what the gain is.

    \b
    autoresearch certify api-speed               20 pairs
    autoresearch certify api-speed --pairs 80    an interval half as wide

    What trials claim is measured while one idea is chosen among many, which flatters it. This is not: it is
    the figure to report, with its 95 percent interval. Stopped with Ctrl-C, it goes on at the next call.
    """
    opened = open_experiment(experiment, directory, overrides)
    screen = Screen(machine=as_json)
    watch = Watch(screen, opened.metric)
    with open_lab(opened, watch) as lab:
        watch.trials = lab.ledger.trials
        with screen.drawing(watch.draw):
            trial, evidence = certify(opened, lab, pairs)
            lab.record(trial, evidence)
    if as_json:
        Screen().json({"experiment": opened.name, "certified": trial.certified, "trial": as_row(trial)})
        return
    screen.line(f"{trial.description}, measured in {format_duration(trial.seconds)}", "bold")
    found = trial.certified or {}
    if found["low"] <= 0 <= found["high"]:
        screen.line("zero lies in the interval: this is not told from no gain at all")
