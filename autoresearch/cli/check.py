"""`autoresearch check`."""

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
from autoresearch.research import checking
from autoresearch.research.lab import open_lab
from autoresearch.views import check as view


@click.command()
@experiment_argument
@click.option(
    "--runs",
    type=click.IntRange(min=2),
    metavar="N",
    help="Measure the untouched code N times (default 8, or 3 where one takes over a minute).",
)
@settings_option
@path_option
@json_option
def command(
    experiment: str | None,
    runs: int | None,
    overrides: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Learn whether EXP's evaluation can be trusted, before any money is spent.

    \b
    autoresearch check api-speed
    autoresearch check api-speed --runs 20

    It measures the untouched code several times, then some ten broken targets and cheats; an evaluation that
    asks a model pays for each. Nothing is recorded. Exits 1 where something is wrong; warnings don't count.
    """
    opened = open_experiment(experiment, directory, overrides)
    screen = Screen(machine=as_json)
    progress = view.Progress(screen)
    with open_lab(opened, progress) as lab, screen.drawing(progress.draw):
        report = checking.check(opened, lab, runs)
    if as_json:
        screen.json(view.as_json(report, opened.name))
    else:
        view.show(report, opened.name, screen)
    return 0 if report.trusted else 1
