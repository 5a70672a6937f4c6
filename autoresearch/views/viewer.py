"""The viewer of the call log: one call at a time, filters, sorting, statistics and export, by keys.

Each view is a text for the one pane of its screen."""

import asyncio
import os
import signal
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from autoresearch.calls.index import Filter, Index
from autoresearch.core.errors import AutoresearchError
from autoresearch.views import viewer_choice, viewer_export, viewer_pages
from autoresearch.views.viewer_choice import Option
from autoresearch.views.viewer_cursor import Cursor, Files
from autoresearch.views.viewer_keys import bindings, help_lines
from autoresearch.views.viewer_pane import Line, clean
from autoresearch.views.viewer_screen import Ask, ViewerScreen

LEAP = 10  # calls that PageUp and PageDown pass over
FRESH = 1.0  # seconds between two looks at the log
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def show(index: Index, where: Filter, files: Files) -> int:
    """Let a person look, until they quit; `where` is what is left to begin with. Gives the exit code."""
    if not os.environ.get("NO_COLOR"):
        os.environ.pop("NO_COLOR", None)  # empty it asks for nothing, but Textual takes it for set
    return asyncio.run(_shown(Viewer(Cursor(index, where, files))))


async def _shown(viewer: "Viewer") -> int:
    loop = asyncio.get_running_loop()
    for number, code in ENDINGS.items():  # or the terminal would be left as it is in the viewer
        loop.add_signal_handler(number, viewer.exit, code)
    ended = await viewer.run_async(mouse=False)  # so that the terminal's own selecting and copying works
    if viewer.failure:
        raise viewer.failure
    return ended or 0


class Viewer(ViewerScreen):
    """`view` is what the pane shows of the call at the cursor, or of all that match."""

    BINDINGS = bindings()  # type: ignore[assignment]

    def __init__(self, cursor: Cursor) -> None:
        super().__init__()
        self.cursor = cursor
        self.view = "entry"
        self.writing = False

    def status(self) -> str:
        return viewer_pages.status(self.cursor, "filter" if self.asking and self.asking.lines else self.view)

    def on_mount(self) -> None:
        self.set_interval(FRESH, self.refresh_log)

    def action_step(self, calls: int) -> None:
        if self.view in ("entry", "whole"):
            self.cursor.go(self.cursor.at + calls)
            self.draw()

    def action_page(self, way: int) -> None:
        if self.view == "entry" and not self.asking:
            self.action_step(way * LEAP)
        else:
            self.pane.scroll_lines(way * (self.pane.size.height - 1))

    def action_edge(self, way: int) -> None:
        if self.view == "entry":
            self.action_step(way * self.cursor.count)
        else:
            self.pane.scroll_lines(way * self.pane.virtual_size.height)

    def action_scroll(self, lines: int) -> None:
        self.pane.scroll_lines(lines)

    def action_scroll_page(self) -> None:
        self.pane.scroll_lines(self.pane.size.height - 1)

    def action_look(self, view: str) -> None:
        """Another view; the same again, or Esc, goes back to the call."""
        if self.asking:
            self.ask(None)
            return
        self.view = "entry" if view == self.view else view
        self.draw()

    def action_filter(self, names: str) -> None:
        columns = names.split()
        found = viewer_choice.options(self.cursor.index, columns)
        how = "its number" if columns == ["trial"] else "a number or a name"
        self.ask(
            Ask(
                f"{' or '.join(columns)}: {how}; nothing: any",
                partial(self._filter, columns, found),
                lines=viewer_choice.listed(found),
            )
        )

    def action_clear(self) -> None:
        self.cursor.clear()
        self.draw()

    def action_sort(self) -> None:
        self.cursor.next_sort()
        self.draw()

    def action_turn(self) -> None:
        self.cursor.turn()
        self.draw()

    def action_export_one(self) -> None:
        if entry := self.cursor.entry:
            self._ask_file(f"call-{clean(entry.id)[:8]}.json", one=True)

    def action_export_all(self) -> None:
        if self.cursor.count:
            self._ask_file("calls-export.jsonl", one=False)

    def action_interrupt(self) -> None:
        self.exit(ENDINGS[signal.SIGINT])

    def _filter(self, columns: Sequence[str], found: Sequence[Option], text: str) -> None:
        option = viewer_choice.chosen(found, text)
        given = {option.column: option.value} if option else {}
        self.cursor.narrow(**{**dict.fromkeys(columns), **given})
        self.view = "entry" if self.view == "help" else self.view
        self.draw()

    def _ask_file(self, name: str, *, one: bool) -> None:
        what = "this call" if one else f"all {self.cursor.count:,} that match"
        self.ask(Ask(f"write {what} to (.json or .jsonl)", partial(self._file_given, one), name))

    def _file_given(self, one: bool, name: str) -> None:
        if not name.strip():
            return
        try:
            path = viewer_export.place(name.strip(), self.cursor.files())
        except (OSError, RuntimeError) as error:
            raise ValueError(str(error)) from None
        if path.exists():
            self.ask(Ask(f"{path} is there already; overwrite it? (y/n)", partial(self._sure, one, path)))
        else:
            self._export(one, path)

    def _sure(self, one: bool, path: Path, answer: str) -> None:
        if answer.strip().lower() in ("y", "yes"):
            self._export(one, path)
        else:
            self.say("nothing written")

    def _export(self, one: bool, path: Path) -> None:
        cursor, entry = self.cursor, self.cursor.entry
        if self.writing or entry is None:
            return
        if one:
            parts, count = viewer_export.write_one(cursor.index, entry, path), 1
        else:
            entries = cursor.index.all(cursor.where, cursor.sort, descending=cursor.descending)
            parts, count = viewer_export.write_all(cursor.index, entries, path), cursor.count
        self.writing = True
        self.run_worker(self._write(parts, path, count))

    async def _write(self, parts: Generator[int, None, None], path: Path, count: int) -> None:
        """Between the parts keys are heard; the log is not read anew, so that each call is written once."""
        try:
            with closing(parts):
                for written in parts:
                    self.say(f"{written:,} of {count:,} written …")
                    await asyncio.sleep(0)
            self.say(f"written: {path} ({count:,} of {self.cursor.total:,} calls)")
        except (OSError, AutoresearchError) as error:
            self.say(f"not written: {error}")
        finally:
            self.writing = False

    def refresh_log(self) -> None:
        if not self.writing and self.cursor.refresh() and not self.asking:
            self.draw(top=False)

    def lines(self, width: int, height: int) -> Sequence[Line]:
        cursor = self.cursor
        if self.view == "help":
            return help_lines()
        if cursor.entry is None:
            return viewer_pages.nothing(cursor)
        if self.view == "timeline":
            return viewer_pages.timeline(cursor, width)
        if self.view == "statistics":
            return viewer_pages.statistics(cursor, width)
        try:
            call = cursor.index.call(cursor.entry)
        except (OSError, AutoresearchError) as error:
            return [(f"this call can't be read: {error}", "red")]
        if self.view == "whole":
            return viewer_pages.whole(call)
        return viewer_pages.beginning(cursor.entry, call, width, height)
