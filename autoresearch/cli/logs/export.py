"""`autoresearch logs export`."""

from collections.abc import Iterator
from pathlib import Path

import click

from autoresearch import __version__
from autoresearch.adapters.screen import Screen
from autoresearch.calls import otel
from autoresearch.calls.index import Entry, Index
from autoresearch.cli.logs.common import Asked, find_logs, log_options, opened, order_options, say_none
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.units import counted

FORMATS = ("json", "jsonl", "otel")


@click.command()
@log_options
@order_options
@click.option("--format", "kind", type=click.Choice(FORMATS), default="jsonl", show_default=True,
              help="An array, lines as they are, or OTLP/JSON.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to FILE instead of the screen.")  # fmt: skip
def command(asked: Asked, sort: str, reverse: bool, kind: str, output: Path | None) -> None:
    """The calls that the filters leave, whole, the oldest first.

    \b
    autoresearch logs export --stage propose -o calls.jsonl
    autoresearch logs export --format otel -o spans.json
    """
    screen = Screen(machine=True)
    with opened(asked, screen) as (index, found):
        count = index.count(found.where)
        if not count:
            say_none(index, found.where, screen)
        pieces = _pieces(index, kind, index.all(found.where, sort, descending=reverse))
        if output is None:
            for piece in pieces:
                screen.raw(piece.decode(errors="surrogateescape"))
            return
        if output.resolve() in [path.resolve() for path in find_logs(asked).files()]:
            raise AutoresearchError(f"{output} is the log itself", "write to another file: -o FILE")
        with output.open("wb") as file:
            file.writelines(pieces)
        screen.note(f"wrote {counted(count, 'call')} to {output}")


def _pieces(index: Index, kind: str, entries: Iterator[Entry]) -> Iterator[bytes]:
    if kind == "jsonl":
        return map(index.line, entries)
    if kind == "otel":
        return (text.encode() for text in otel.document(map(index.call, entries), __version__))
    return _array(map(index.line, entries))


def _array(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield b"["
    for number, line in enumerate(lines):
        yield (b",\n" if number else b"\n") + line.strip()
    yield b"\n]\n"
