"""Reading one table of a case file field by field: every mistake is noted with its place, none is raised."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoresearch.adapters.settings_values import did_you_mean, nearest
from autoresearch.core.text import one_line
from autoresearch.suites.case_files import Source, Way


@dataclass
class Mistakes:
    """What is wrong with a file so far: (line, text)."""

    source: Source
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, way: Way, text: str) -> None:
        """Note a mistake at a place."""
        line = self.source.line(way)
        where = f"{self.source.name}:{line}" if line else self.source.name
        self.found.append((line or 0, f"{where}: {text}"))

    def told(self) -> str:
        """All of them, a line each, in the order of the file."""
        lines = [text for _, text in sorted(dict.fromkeys(self.found))]
        return "\n".join([f"{len(lines)} mistakes:", *lines] if len(lines) > 1 else lines)


@dataclass(frozen=True)
class Table:
    """Keys and values at a place. `what` is for people ("case 3")."""

    values: Mapping[str, Any]
    way: Way
    what: str
    mistakes: Mistakes

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """A key that nobody reads is a slip of the pen."""
        for key in self.values:
            if key not in known:
                mend = did_you_mean(nearest(str(key), known)) or f"the keys are {', '.join(known)}"
                self.wrong(key, f"unknown key {one_line(str(key), 60)!r}; {mend}", bare=True)

    def wrong(self, key: str, text: str, *, bare: bool = False) -> None:
        """Note what is wrong with the value of a key."""
        told = text if bare else f"{key}: {text}"
        self.mistakes.add((*self.way, key), f"{self.what}: {told}" if self.what else told)

    def take(self, key: str, read: Callable[[Any], Any], default: Any) -> Any:
        """The value of a key as `read` gives it, which says by a ValueError what is wrong."""
        value = self.values.get(key)
        if value is None:
            return default
        try:
            return read(value)
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def tables(self, key: str, what: str) -> list["Table"]:
        """The tables in the list under a key."""
        found = self.values.get(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.wrong(key, f"must be a list of tables: [[{'.'.join(map(str, [*self._named(), key]))}]]")
            return []
        return [
            Table(each, (*self.way, key, at), f"{self.what}, {what} {at + 1}".lstrip(", "), self.mistakes)
            for at, each in enumerate(found)
        ]

    def _named(self) -> list[str]:
        return [step for step in self.way if isinstance(step, str)]


def text(value: Any) -> str:
    """A text; a number is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a text, not {one_line(repr(value), 60)}")
    return str(value)


def texts(value: Any) -> tuple[str, ...]:
    """One text, or several."""
    return tuple(text(each) for each in (value if isinstance(value, list | tuple) else [value]))


def truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {one_line(repr(value), 60)}")
    return value


def count(value: Any) -> int:
    """A whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"must be a whole number from 1, not {one_line(repr(value), 60)}")
    return value


def counts(value: Any) -> tuple[int, ...]:
    """Whole numbers from 1."""
    return tuple(count(each) for each in (value if isinstance(value, list) else [value]))


def number(value: Any) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {one_line(repr(value), 60)}")
    return float(value)


def mapping(value: Any) -> dict[str, Any]:
    """Keys and values."""
    if not isinstance(value, dict):
        raise ValueError(f"must be keys and values, not {one_line(repr(value), 60)}")
    return dict(value)


def one_of(*words: str) -> Callable[[Any], Any]:
    """One of these words."""

    def read(value: Any) -> Any:
        if value in words:
            return value
        mend = did_you_mean(nearest(str(value), words)) or f"one of {', '.join(words)}"
        raise ValueError(f"{one_line(repr(value), 60)} is not known; {mend}")

    return read
