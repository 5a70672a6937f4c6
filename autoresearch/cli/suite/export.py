"""`autoresearch suite export`."""

from pathlib import Path

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.suites import hands
from autoresearch.views.suite_export import ENDINGS, FORMATS


@click.command()
@common.words_argument
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), help="[default: by the ending of FILE, or json]"
)
@click.option(
    "-o", "target", type=click.Path(path_type=Path), metavar="FILE", help="[default: standard output]"
)
@path_option
def command(words: tuple[str, ...], kind: str | None, target: Path | None, directory: Path | None) -> None:
    """The samples of EVAL (the newest) that a QUERY names, in a file.

    serialized-json, toml-1, toml-2 and codex are forms of older tools; humaneval is JSON lines of task_id and
    completion.

    \b
    autoresearch suite export greet -o greet.xml          JUnit XML
    autoresearch suite export greet status:error --format csv
    """
    screen = Screen(machine=target is None)
    with common.session(directory, screen=screen) as session:
        one, queries = hands.meant(session, words)
        view = session.view(one)
        name = kind or ENDINGS.get(target.suffix.lower() if target else ".json")
        if name is None:
            raise AutoresearchError(f"{target}: no format has this ending", f"--format {'|'.join(FORMATS)}")
        text = FORMATS[name](view, hands.found(session, view, queries))
    if target is None:
        screen.raw(text)
    else:
        disk.write(target, text)
        screen.line(f"written: {target}")
