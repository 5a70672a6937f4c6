"""`autoresearch suite show`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option
from autoresearch.cli.suite import common
from autoresearch.suites import hands
from autoresearch.suites.session import Session
from autoresearch.suites.writing import as_serialized
from autoresearch.views.suite_tables import as_whole, whole


def show_samples(session: Session, screen: Screen, words: tuple[str, ...], *, as_json: bool) -> None:
    """Samples whole."""
    one, queries = hands.meant(session, words)
    view = session.view(one)
    found = hands.found(session, view, queries)
    if as_json:
        screen.json([as_whole(one, each, hands.asked(view, each)) for each in found])
        return
    for at, each in enumerate(found):
        if at:
            screen.line()
        for line in whole(one, each, hands.asked(view, each), hands.edits(view, each)):
            screen.line(line)


@click.command()
@common.words_argument
@click.option("--serialized", is_flag=True, help="Just data, answer, status, score, context, logs, as JSON.")
@path_option
@json_option
def command(words: tuple[str, ...], serialized: bool, directory: Path | None, as_json: bool) -> None:
    """Samples whole: what was asked, what came, how it was judged, each error with its traceback.

    \b
    autoresearch suite show greet:12
    autoresearch suite show greet status:error
    autoresearch suite show a:3 a:5          lines of the last list
    """
    if not words:
        raise click.UsageError("which sample? Such as greet:3; see: autoresearch suite ls")
    screen = Screen(machine=as_json or serialized)
    with common.session(directory, screen=screen) as session:
        if serialized:
            one, queries = hands.meant(session, words)
            screen.raw(as_serialized(hands.found(session, session.view(one), queries)))
        else:
            show_samples(session, screen, words, as_json=as_json)
