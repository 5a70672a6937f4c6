"""Where the viewer is in the log: which calls match, in which order, and the one that is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autoresearch.calls.index import SORTS, Entry, Filter, Index

Files = Callable[[], Sequence[Path]]
"""The logs that there are now."""


class Cursor:
    """`entry` is the call at `at` (from 0) of the `count` that match; None where none does. Only that one is
    read from the index."""

    def __init__(self, index: Index, where: Filter, files: Files) -> None:
        self.index = index
        self.where = where
        self.files = files
        self.sort, self.descending = SORTS[0], False
        self.at, self.count, self.total, self.damaged = 0, 0, 0, 0
        self.entry: Entry | None = None
        self._first()

    def narrow(self, **values: Any) -> None:
        """Leave only the calls with these values, by column; None: any."""
        self.where = replace(self.where, **values)
        self._first()

    def clear(self) -> None:
        """Leave all calls."""
        self.where = Filter()
        self._first()

    def next_sort(self) -> None:
        """Sort by the next of SORTS."""
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]
        self._first()

    def turn(self) -> None:
        """Turn the order round."""
        self.descending = not self.descending
        self._first()

    def go(self, at: int) -> None:
        """Look at the call there, or at the first or last one where there is none."""
        self.at = max(0, min(at, self.count - 1))
        page = self._page(self.at, 1)
        self.entry = page[0] if page else None

    def refresh(self) -> bool:
        """Read what was logged since, and stay at the same call; was there anything?"""
        before, grown = (self.count, self.total, self.damaged), self.index.refresh(self.files())
        self._count()
        if not grown and before == (self.count, self.total, self.damaged):
            return False
        near = self._page(self.at, max(1, self.count - before[0] + 1))
        here = [number for number, entry in enumerate(near) if self.entry and entry.id == self.entry.id]
        self.go(self.at + here[0] if here else self.at)
        return True

    def _first(self) -> None:
        self._count()
        self.go(0)

    def _count(self) -> None:
        self.count, self.total = self.index.count(self.where), self.index.count(Filter())
        self.damaged = self.index.damaged

    def _page(self, start: int, most: int) -> list[Entry]:
        return self.index.page(self.where, self.sort, descending=self.descending, start=start, most=most)
