"""Watching an eval run: bars at the bottom of a terminal, a line now and then elsewhere."""

import threading
import time
from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autoresearch.adapters.screen import Screen
from autoresearch.core.suite import Outcome
from autoresearch.core.text import one_line
from autoresearch.core.units import format_duration
from autoresearch.suites.outcomes import View
from autoresearch.suites.running import counted
from autoresearch.views.suite import progress

EVERY = 15.0  # seconds between two lines where it is no terminal
BAR = 24  # columns
MOST = 8  # questions whose bars are shown at once


class Watch:
    """Shows how far some samples of an eval are: all, each model, and the cases in work."""

    def __init__(self, screen: Screen, view: View, numbers: Sequence[int]) -> None:
        self._screen, self._view = screen, view
        self._outcomes: dict[int, Outcome] = {number: view.outcome(number) for number in numbers}
        self._all = Counter(self._case(number) for number in numbers)
        self._lock = threading.Lock()
        self._begun = self._told = time.monotonic()

    def done(self, number: int) -> None:
        """A sample came to an end."""
        outcome = self._view.outcome(number)
        with self._lock:
            self._outcomes[number] = outcome
            now = time.monotonic()
            if not self._screen.live and now - self._told >= EVERY:
                self._told = now
                self._screen.line(progress(counted(list(self._outcomes.values()))))

    def draw(self) -> RenderableType:
        """Bars: overall, and of the cases in work; the tests of a sample count in its own."""
        with self._lock:
            outcomes = list(self._outcomes.values())
        found = counted(outcomes)
        rows = Table.grid(padding=(0, 1))
        rows.add_row(Text("all"), _bar(found.completed, found.all), Text(progress(found)))
        finished = Counter(each.sample.case for each in outcomes if each.status not in ("pending", "running"))
        working = [case for case in self._all if 0 < finished[case] < self._all[case]][:MOST]
        for case in working:
            told = f"{finished[case]} of {self._all[case]}"
            rows.add_row(Text(one_line(case, 30)), _bar(finished[case], self._all[case]), Text(told))
        return Group(rows, Text(format_duration(time.monotonic() - self._begun), style="dim"))

    def _case(self, number: int) -> str:
        return self._view.eval.samples[number].case


def _bar(done: int, whole: int) -> ProgressBar:
    return ProgressBar(total=max(1, whole), completed=done, width=BAR)
