"""`autoresearch list`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Column, Screen, table
from autoresearch.cli.common import json_option, path_option, within_reach
from autoresearch.core.errors import ExperimentError
from autoresearch.core.units import format_change, format_number
from autoresearch.research.home import user_home
from autoresearch.views.overview import overviews

COLUMNS = (
    Column("experiment", flexible=True), Column("target", flexible=True, rank=4), Column("metric", rank=2),
    Column("trials", number=True, rank=3), Column("best", number=True), Column("change", number=True, rank=1),
    Column("state"),
)  # fmt: skip


@click.command()
@path_option
@json_option
def command(directory: Path | None, as_json: bool) -> None:
    """Every experiment: of this repository, and of your home folder.

    \b
    autoresearch list
    """
    repository, found = within_reach(directory)
    rows = overviews(found, repository)
    screen = Screen(machine=as_json)
    try:
        user_home().exists()
    except ExperimentError as error:  # the repository's own are shown all the same
        screen.note(f"left out: {error}")
    if as_json:
        screen.json({"experiments": [row.as_json() for row in rows]})
        return
    if not rows:
        screen.line("no experiment here; make one: autoresearch new DOMAIN/NAME --help")
        return
    cells = [
        [f"{row.domain}/{row.experiment}", ", ".join(row.target), f"{row.metric} {row.direction}".strip(),
         str(row.trials), format_number(row.best), format_change(row.change),
         row.state if row.scope == "project" else f"{row.state} (user)"]
        for row in rows
    ]  # fmt: skip
    screen.show(table(COLUMNS, cells, width=screen.width))
    for row in rows:
        if row.error:
            screen.error(row.error)
