"""`autoresearch logs ls`."""

import click

from autoresearch.adapters.screen import Screen, table
from autoresearch.cli.common import json_option
from autoresearch.cli.logs.common import (
    Asked,
    log_options,
    most_option,
    opened,
    order_options,
    say_none,
    several,
)
from autoresearch.views.calls import COLUMNS, STYLES, cells

LARGEST_FIRST = ("time", "duration")


@click.command()
@log_options
@order_options
@most_option(50)
@json_option
def command(asked: Asked, sort: str, reverse: bool, most: int, as_json: bool) -> None:
    """A list of calls: the newest first, or the longest, or by stage or trial.

    \b
    autoresearch logs ls                              the last 50
    autoresearch logs ls api-speed --stage propose --status error
    autoresearch logs ls --sort duration -n 10
    """
    screen = Screen(machine=as_json)
    with opened(asked, screen) as (index, found):
        where, count = found.where, index.count(found.where)
        descending = (sort in LARGEST_FIRST) != reverse
        entries = index.page(where, sort, descending=descending, most=most or count)
        if not entries:
            say_none(index, where, screen)
        if as_json:
            calls = [entry.as_json() for entry in entries]
            screen.json({"calls": calls, "count": count, "damaged_lines": index.damaged})
        elif entries:
            rows = [cells(entry, several=several(index)) for entry in entries]
            styles = [STYLES[entry.status] for entry in entries]
            screen.show(table(COLUMNS, rows, styles, width=screen.width))
            if len(entries) < count:
                screen.note(f"{len(entries):,} of {count:,} calls; all of them: -n 0")
