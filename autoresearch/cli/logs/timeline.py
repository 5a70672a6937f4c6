"""`autoresearch logs timeline`."""

import click

from autoresearch.adapters.screen import Screen, table
from autoresearch.cli.common import json_option
from autoresearch.cli.logs.common import Asked, log_options, most_option, opened, say_none, several
from autoresearch.views.call_sums import TIMELINE, timeline_rows, timeline_total


@click.command()
@log_options
@click.option("--reverse", is_flag=True, help="The last trial first.")
@most_option(0, "trials")
@json_option
def command(asked: Asked, reverse: bool, most: int, as_json: bool) -> None:
    """By trial and stage: how many calls, when they began, which models answered, how long it took.

    \b
    autoresearch logs timeline
    autoresearch logs timeline api-speed --reverse -n 10
    """
    screen = Screen(machine=as_json)
    with opened(asked, screen) as (index, found):
        steps = index.timeline(found.where, descending=reverse, most=most or None)
        if not steps:
            say_none(index, found.where, screen)
        if as_json:
            screen.json({"timeline": [step.as_json() for step in steps], "damaged_lines": index.damaged})
        elif steps:
            rows = timeline_rows(steps, several=several(index))
            screen.show(table(TIMELINE, rows, width=screen.width))
            screen.line(timeline_total(steps))
