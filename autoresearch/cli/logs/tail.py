"""`autoresearch logs tail`."""

import time
from collections.abc import Iterable

import click

from autoresearch.adapters.screen import Screen
from autoresearch.calls.index import Entry, Filter, Index
from autoresearch.cli.common import json_option
from autoresearch.cli.logs.common import Asked, Logs, find_logs, log_options, opened, say_none, whole
from autoresearch.views.calls import line

PAUSE = 0.25  # seconds between two looks at the log


@click.command()
@log_options
@click.option("-n", "--most", type=click.IntRange(min=0), default=10, show_default=True, metavar="N",
              help="How many of the last.")  # fmt: skip
@click.option("-f", "--follow", is_flag=True, help="Go on with those to come, until Ctrl-C.")
@json_option
def command(asked: Asked, most: int, follow: bool, as_json: bool) -> None:
    """The last calls, a line each; with -f also those to come, even before there is a log.

    \b
    autoresearch logs tail
    autoresearch logs tail -f --status error
    """
    if follow and as_json:
        raise click.UsageError("-f has no end, so it can't be one JSON document")
    screen = Screen(machine=as_json)
    if follow:
        _follow(_wait_for_logs(asked, screen), asked.where, most, screen)
        return
    with opened(asked, screen) as (index, found):
        entries = _last(index, found.where, most)
        if not entries and most:
            say_none(index, found.where, screen)
        if as_json:
            calls = [entry.as_json() for entry in entries]
            screen.json({"calls": calls, "damaged_lines": index.damaged})
        else:
            _tell(entries, screen)


def _wait_for_logs(asked: Asked, screen: Screen) -> Logs:
    """Also where the folder is yet to be made."""
    if asked.log_dir is not None and not asked.log_dir.exists():
        screen.note(f"waiting for {asked.log_dir}")
        while not asked.log_dir.exists():
            time.sleep(PAUSE)
    return find_logs(asked)


def _follow(logs: Logs, where: Filter, most: int, screen: Screen) -> None:
    with Index.open(logs.folder, logs.files()) as index:
        told = index.newest
        _tell(_last(index, whole(where, index), most), screen)
        while True:
            time.sleep(PAUSE)
            index.refresh(logs.files())
            newest = index.newest
            if newest != told:
                after = told if told < newest else 0  # a log that was replaced begins again
                _tell(index.since(after, whole(where, index)), screen)
                told = newest


def _last(index: Index, where: Filter, most: int) -> list[Entry]:
    return index.page(where, descending=True, most=most)[::-1]


def _tell(entries: Iterable[Entry], screen: Screen) -> None:
    """At once, also into a pipe."""
    for entry in entries:
        screen.raw(f"{line(entry)}\n")
