"""`autoresearch suite rm`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common
from autoresearch.suites import hands


@click.command()
@common.words_argument
@click.option("--yes", is_flag=True, help="Don't ask.")
@path_option
def command(words: tuple[str, ...], yes: bool, directory: Path | None) -> None:
    """Take EVAL away, or the samples of it that a QUERY names. What was answered stays in the store.

    \b
    autoresearch suite rm greet
    autoresearch suite rm greet model:old --yes
    """
    if not words:
        raise click.UsageError("which eval? See: autoresearch suite ls")
    screen = Screen()
    with common.session(directory, screen=screen) as session:
        one, queries = hands.meant(session, words)
        some = hands.found(session, session.view(one), queries)
        what = f"{len(some)} samples of {one.name}" if queries else f"the eval {one.name}"
        if not yes:
            click.confirm(f"Take {what} away", abort=True, err=True)
        hands.remove(session, one, [each.number for each in some] if queries else None)
        screen.line(f"{what}: taken away; what was answered is found again when it is asked for")
