"""`autoresearch suite stop`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common
from autoresearch.suites import hands
from autoresearch.suites.session import Session


def stop_samples(session: Session, screen: Screen, words: tuple[str, ...]) -> None:
    """Take samples out of a run, and say so."""
    one, queries = hands.meant(session, words)
    view = session.view(one)
    stopped = hands.stop(view, hands.found(session, view, queries))
    for each in stopped:
        screen.line(f"Stopping {one.name}:{each.number}")
    running = sum(each.status == "running" for each in stopped)
    if running:
        screen.line(f"{running} are being asked now; they come to their end, as they are paid for")
    if not stopped:
        screen.line("nothing to stop: all of them are done")


@click.command()
@common.words_argument
@path_option
def command(words: tuple[str, ...], directory: Path | None) -> None:
    """Take samples out of a run that is going on, here or in another process; retry brings them back.

    What is being asked already comes to its end.

    \b
    autoresearch suite stop greet model:slow
    autoresearch suite stop greet:12
    """
    if not words:
        raise click.UsageError("which samples? Such as greet, greet:3 or model:slow; see: suite ls --help")
    screen = Screen()
    with common.session(directory, screen=screen) as session:
        stop_samples(session, screen, words)
