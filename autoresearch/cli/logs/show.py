"""`autoresearch logs show`."""

import click

from autoresearch.adapters.screen import Screen
from autoresearch.calls.index import Entry, Filter, Index
from autoresearch.cli.common import json_option
from autoresearch.cli.logs.common import Asked, meant_options, opened, say_none
from autoresearch.core.errors import AutoresearchError
from autoresearch.views.calls import draw_call, plain


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[EXP] ID|last")
@meant_options
@json_option
def command(words: tuple[str, ...], meant: Asked, as_json: bool) -> None:
    """One call whole: what was asked, what was answered, each attempt. The beginning of its ID is enough;
    `last` is the newest that the options leave.

    \b
    autoresearch logs show 3f2a
    autoresearch logs show last --stage propose --status error
    """
    *names, wanted = words
    if len(names) > 1:
        raise click.UsageError("give an experiment (where there are several) and a call: show EXP 3f2a")
    screen = Screen(machine=as_json)
    asked = Asked(names[0] if names else None, meant.log_dir, meant.directory, meant.where)
    with opened(asked, screen) as (index, found):
        entry = _last(index, found.where) if wanted == "last" else _named(index, wanted)
        if entry is None:
            say_none(index, found.where, screen)
            if as_json:
                screen.json({})
        elif as_json:
            screen.json(index.call(entry))
        else:
            call = index.call(entry)
            if screen.live:
                screen.show(draw_call(call))
            else:
                screen.raw(plain(call))


def _last(index: Index, where: Filter) -> Entry | None:
    return next(iter(index.page(where, descending=True, most=1)), None)


def _named(index: Index, wanted: str) -> Entry:
    if entry := index.find(wanted):
        return entry
    many = index.beginning(wanted)
    raise AutoresearchError(
        f"several calls begin with {wanted}" if many else f"no call {wanted}",
        f"they are: {', '.join(one.id for one in many)}" if many else "see: autoresearch logs ls",
    )
