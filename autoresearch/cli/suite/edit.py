"""`autoresearch suite edit`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.suites import hands


@click.command()
@common.words_argument
@click.option("--text", metavar="TEXT", help="The answer as it should be.")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same, in a file.",
)
@path_option
def command(words: tuple[str, ...], text: str | None, file: Path | None, directory: Path | None) -> None:
    """Put the answer of one sample right, in your editor unless it is given; the edit is on record.

    \b
    autoresearch suite edit greet:12
    autoresearch suite edit greet:12 --text "print(42)"
    """
    if not words:
        raise click.UsageError("which sample? Such as greet:3; see: autoresearch suite ls")
    if text is not None and file is not None:
        raise click.UsageError("--text and --file say the same in two ways; give one")
    screen = Screen()
    with common.session(directory, screen=screen) as session:
        one, queries = hands.meant(session, words)
        view = session.view(one)
        some = hands.found(session, view, queries)
        if len(some) != 1:
            raise AutoresearchError(f"{len(some)} samples are meant", "name one, such as greet:3")
        before = some[0].answer if isinstance(some[0].answer, str) else ""
        if file is not None:
            text = file.read_text(encoding="utf-8")
        elif text is None:
            text = click.edit(before, extension=Path(one.suite.execution.file).suffix)
        if text is None or text == before:
            screen.line("nothing changed")
            return
        hands.edit(view, some[0], text)
        screen.line(
            f"{one.name}:{some[0].number} is edited; now: autoresearch suite run {session.shown(one.suite)}"
        )
