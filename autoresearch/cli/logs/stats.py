"""`autoresearch logs stats`."""

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option
from autoresearch.cli.logs.common import Asked, log_options, most_option, opened, say_none
from autoresearch.views.call_sums import draw_stats


@click.command()
@log_options
@most_option(20, "trials, the last")
@json_option
def command(asked: Asked, most: int, as_json: bool) -> None:
    """Success, tokens, cost and duration: of all calls, by stage, by model, by trial.

    \b
    autoresearch logs stats
    autoresearch logs stats api-speed --stage propose
    """
    screen = Screen(machine=as_json)
    with opened(asked, screen) as (index, found):
        stats = index.stats(found.where, most or index.count(found.where))
        if not stats.total.calls:
            say_none(index, found.where, screen)
        if as_json:
            screen.json({**stats.as_json(), "damaged_lines": index.damaged})
        elif stats.total.calls:
            screen.show(draw_stats(stats, screen.width))
