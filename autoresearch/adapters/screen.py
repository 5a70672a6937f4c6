"""The terminal: the only module that prints. Plain where it is no terminal, or `NO_COLOR` is set."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

ENDLESS = 10_000  # columns of what is no terminal: nothing is cut for a pipe
LEAST = 16  # columns that a flexible column needs to say anything
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
        self.out = Console(stderr=machine, highlight=False, emoji=False, markup=False)
        if not self.out.is_terminal and "COLUMNS" not in os.environ:
            self.out.width = ENDLESS
        self.err = Console(stderr=True, highlight=False, emoji=False, markup=False)

    @property
    def live(self) -> bool:
        """May it be drawn over again? Only on a terminal that can."""
        return self.out.is_terminal and not self.out.is_dumb_terminal and "NO_COLOR" not in os.environ

    @property
    def width(self) -> int:
        """In columns."""
        return self.out.width

    def line(self, text: str = "", style: str = "") -> None:
        """One line of text, wrapped where the terminal is narrower, never where it is no terminal."""
        self.out.print(Text(text, style=style), soft_wrap=not self.out.is_terminal)

    def show(self, renderable: RenderableType) -> None:
        """Anything that rich can draw; what is no terminal gets no padding."""
        with self.out.capture() as drawn:
            self.out.print(renderable)
        text = drawn.get()
        if not self.out.is_terminal:
            text = "\n".join(line.rstrip() for line in text.split("\n"))
        self.out.file.write(text)

    def raw(self, text: str) -> None:
        """Text as it is, for machines and for pipes."""
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.flush()

    def json(self, value: object) -> None:
        """One JSON document, and nothing else, on standard output."""
        self.raw(json.dumps(value, indent=2) + "\n")

    def note(self, text: str) -> None:
        """A remark, on standard error."""
        self.err.print(Text(text, style="dim"), soft_wrap=True)

    def error(self, text: str) -> None:
        """An error, on standard error."""
        self.err.print(Text.assemble(("error: ", "bold red"), text), soft_wrap=True)

    @contextmanager
    def drawing(self, draw: Callable[[], RenderableType]) -> Iterator[None]:
        """Keep what `draw` gives at the bottom of the screen, four times a second, while in the block."""
        with Live(get_renderable=draw, console=self.out, refresh_per_second=4, transient=True):
            yield


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Sequence[str] = (), width: int = 0
) -> Table:
    """A table without frames, a line a row; `styles` has one style a row. Columns that are empty in every
    row are left out, and so are the least important ones where `width` (0: any) is too small."""
    shown = _fitting(columns, rows, width)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for index in shown:
        column = columns[index]
        drawn.add_column(
            column.title,
            justify="right" if column.number else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if column.flexible else _width(index, columns, rows),
        )
    for number, row in enumerate(rows):
        drawn.add_row(*(Text(row[index]) for index in shown), style=styles[number] if styles else None)
    return drawn


def diff(patch: str) -> Text:
    """A patch, coloured."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    text = Text()
    for line in patch.splitlines():
        style = "bold" if line.startswith(("+++", "---", "diff ")) else styles.get(line[:1], "")
        text.append(f"{line}\n", style)
    text.rstrip()
    return text


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns to show, by index."""
    shown = [i for i in range(len(columns)) if not rows or any(row[i] for row in rows)]
    needs = {i: LEAST if columns[i].flexible else _width(i, columns, rows) for i in shown}
    while width and sum(needs[i] + 2 for i in shown) - 2 > width:
        least = max(shown, key=lambda i: columns[i].rank)
        if columns[least].rank == 0:
            break
        shown.remove(least)
    return shown


def _width(index: int, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    return max(cell_len(text) for text in (columns[index].title, *(row[index] for row in rows)))
