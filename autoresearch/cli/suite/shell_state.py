"""What the shell knows: the evals that it shows, the last list, the run that goes on behind the prompt."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autoresearch.adapters.screen import Screen
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.query import select
from autoresearch.core.suite import Outcome
from autoresearch.suites.asking import Crowd
from autoresearch.suites.outcomes import View
from autoresearch.suites.running import counted
from autoresearch.suites.session import Session, Way
from autoresearch.views.suite import progress


@dataclass(frozen=True)
class Entry:
    """A sample of an eval that the shell shows."""

    view: View
    outcome: Outcome

    @property
    def address(self) -> tuple[str, int]:
        """The eval, and the number in it."""
        return self.view.eval.name, self.outcome.number


class Shown:
    """The samples of several evals, listed together; used by the commands."""

    def __init__(self, session: Session, screen: Screen, folder: Path) -> None:
        self.session, self.screen, self.folder = session, screen, folder
        self.over = False
        self.views: dict[str, View] = {}
        self.last: list[tuple[str, int]] = []
        self._news: list[str] = []
        self._thread: threading.Thread | None = None
        self.crowds: list[Crowd] = []

    def news(self) -> Iterator[str]:
        """What has happened behind the prompt since."""
        while self._news:
            yield self._news.pop(0)

    def wait(self) -> None:
        """Until the run behind the prompt has ended."""
        if self._thread is not None:
            self._thread.join()
        for line in self.news():
            self.screen.line(line)

    def show(self, name: str) -> None:
        """Show an eval."""
        self.views[name] = self.session.view(self.session.eval(name))

    def everything(self) -> list[Entry]:
        """Every sample that is shown."""
        return [Entry(view, each) for view in self.views.values() for each in view.outcomes()]

    def found(self, queries: Sequence[str], *, empty_ok: bool = False) -> list[Entry]:
        """The samples that queries name, over all evals that are shown. Raises AutoresearchError where none
        is."""
        everything = self.everything()
        places = {each.address: at for at, each in enumerate(everything)}
        numbered = [replace(each.outcome, number=at) for at, each in enumerate(everything)]
        last = [places[address] for address in self.last if address in places]
        told = [_with_places(query, places) for query in queries]
        found = [everything[each.number] for each in select(numbered, told, last)]
        if not found and not (empty_ok and not queries):
            raise AutoresearchError(f"no sample matches {' '.join(queries)}".rstrip(), "see: ls")
        return found

    def running(self) -> bool:
        """Does a run go on behind the prompt?"""
        return self._thread is not None and self._thread.is_alive()

    def run_behind(self, found: Sequence[Entry], way: Way) -> None:
        """Run samples while the prompt goes on."""

        def act() -> None:
            try:
                self.run_now(found, way, self._news.append)
            except AutoresearchError as error:
                self._news.append(f"error: {error}")

        self._thread = threading.Thread(target=act, daemon=True)
        self._thread.start()

    def run_now(self, found: Sequence[Entry], way: Way, say: Callable[[str], None] | None = None) -> None:
        """Each eval's samples, one eval after the other."""
        say = say or self.screen.line
        self.crowds = []
        for name in dict.fromkeys(each.address[0] for each in found):
            view = self.views[name]
            numbers = [each.address[1] for each in found if each.address[0] == name]
            ended = self.session.run(view, way, numbers, begun=self.crowds.append)
            say(f"{name}: {progress(counted(ended.outcomes))}")
            if ended.why is not None:
                say(ended.why.told())
                return


def _with_places(query: str, places: dict[tuple[str, int], int]) -> str:
    """`greet:3` by its place among all that is shown."""

    def placed(found: re.Match[str]) -> str:
        at = places.get((found[1], int(found[2])))
        return found[0] if at is None else f"{found[1]}:{at}"

    names = {name for name, _ in places}
    return re.sub(r"(?<!\S)([\w.-]+):(\d+)(?!\S)", lambda f: placed(f) if f[1] in names else f[0], query)
