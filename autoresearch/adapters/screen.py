"""The terminal: the only module that prints. Plain where it is no terminal, or `NO_COLOR` is set."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from autoresearch.core.text import harmless, one_line

ENDLESS = 10_000  # columns of what is no terminal: nothing is cut for a pipe
LEAST = 20  # columns that a flexible column needs to say anything
STYLES = {"keep": "green", "discard": "dim", "crash": "red"}


@dataclass(frozen=True)
class Column:
    """A table's column: its heading, whether it is a number, and whether it may be cut to fit. Where a
    terminal is narrow, columns are left out, those with the highest `rank` first; 0 always stays."""

    title: str
    number: bool = False
    flexible: bool = False
    rank: int = 0


class Screen:
    """Standard output for people, standard error for notes and errors. With `machine`, standard output
    is left to `json`, and what is for people goes to standard error too."""

    def __init__(self, *, machine: bool = False) -> None:
        self.out = _console(sys.stderr if machine else sys.stdout)
        if not self.out.is_terminal and "COLUMNS" not in os.environ:
            self.out.width = ENDLESS
        self.err = _console(sys.stderr)

    @property
    def live(self) -> bool:
        """May it be drawn over again? Only on a terminal that can."""
        return self.out.is_terminal and self.out.color_system is not None

    @property
    def width(self) -> int:
        """In columns."""
        return self.out.width

    def line(self, text: str = "", style: str = "") -> None:
        """One line of text, wrapped where the terminal is narrower, never where it is no terminal."""
        self.out.print(words(text, style), soft_wrap=not self.out.is_terminal)

    def show(self, renderable: RenderableType) -> None:
        """Anything that rich can draw; what is no terminal gets no padding."""
        with self.out.capture() as drawn:
            self.out.print(renderable)
        text = drawn.get()
        if not self.out.is_terminal:
            text = "\n".join(line.rstrip() for line in text.split("\n"))
        self.out.file.write(text)

    def raw(self, text: str) -> None:
        """Text as it is, for machines and for pipes; a terminal is not steered by it."""
        text = harmless(text) if sys.stdout.isatty() else text
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.flush()

    def json(self, value: object) -> None:
        """One JSON document, and nothing else, on standard output."""
        self.raw(json.dumps(value, indent=2) + "\n")

    def note(self, text: str) -> None:
        """A remark, on standard error."""
        self.err.print(words(text, "dim"), soft_wrap=True)

    def error(self, text: str) -> None:
        """An error, on standard error."""
        self.err.print(Text.assemble(("error: ", "bold red"), words(text)), soft_wrap=True)

    @contextmanager
    def drawing(self, draw: Callable[[], RenderableType]) -> Iterator[None]:
        """Keep what `draw` gives at the bottom of a terminal, four times a second, while in the block."""
        if not self.live:
            yield
            return
        with Live(get_renderable=draw, console=self.out, refresh_per_second=4, transient=True):
            yield


def words(text: str, style: str = "") -> Text:
    """Text of anybody's: what would steer the terminal is shown as a sign, and markup means nothing."""
    return Text(harmless(text), style=style)


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Sequence[str] = (), width: int = 0
) -> Table:
    """A table without frames, a line a row; `styles` has one style a row. Columns that are empty in every
    row are left out, and so are the least important ones where `width` (0: any) is too small."""
    lines = [
        [harmless(one_line(c) if column.flexible else c) for column, c in zip(columns, row, strict=True)]
        for row in rows
    ]
    shown = _fitting(columns, lines, width)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for index, wide in shown.items():
        column = columns[index]
        drawn.add_column(
            column.title,
            justify="right" if column.number else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=wide,
        )
    for number, line in enumerate(lines):
        drawn.add_row(*(Text(line[index]) for index in shown), style=styles[number] if styles else None)
    return drawn


def aligned(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The lines of the same table, its heading first: where it is too long to be drawn whole."""
    lines = [
        [harmless(one_line(c) if column.flexible else c) for column, c in zip(columns, row, strict=True)]
        for row in rows
    ]
    shown = _fitting(columns, lines, width)
    titles = [column.title for column in columns]
    return [
        "  ".join(_cell(line[i], wide, columns[i].number) for i, wide in shown.items()).rstrip()
        for line in (titles, *lines)
    ]


def diff(patch: str) -> Text:
    """A patch, coloured."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    text = Text()
    for line in harmless(patch).split("\n"):
        style = "bold" if line.startswith(("+++", "---", "diff ")) else styles.get(line[:1], "")
        text.append(f"{line}\n", style)
    text.rstrip()
    return text


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> dict[int, int]:
    """The columns to show, by index, and how wide each is to be."""
    shown = [i for i in range(len(columns)) if not rows or any(row[i] for row in rows)]
    whole = {i: max(cell_len(text) for text in (columns[i].title, *(row[i] for row in rows))) for i in shown}
    given = {i: min(LEAST, wide) if columns[i].flexible else wide for i, wide in whole.items()}
    while (spare := (width or ENDLESS) - sum(given.values()) - 2 * (len(given) - 1)) < 0:
        least = max(given, key=lambda i: columns[i].rank)
        if columns[least].rank == 0:
            break
        del given[least]
    for i, wide in given.items():
        more = max(0, min(whole[i] - wide, spare))
        given[i], spare = wide + more, spare - more
    return given


def _cell(text: str, width: int, number: bool) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size("", width - cell_len(text)) + text if number else set_cell_size(text, width)


def _console(stream: TextIO) -> Console:
    """rich, whose notion of a terminal is ours: FORCE_COLOR and its like don't make one of a pipe."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without Unicode still shows the rest
    plain = not stream.isatty() or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream,
        force_terminal=stream.isatty(),
        color_system=None if plain else "auto",
        highlight=False,
        emoji=False,
        markup=False,
    )
