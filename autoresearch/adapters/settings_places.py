"""Settings as they were given: plain values that know where they stand, and how one file is laid on another.

Where they come from is left to `settings_file`, what they mean to `settings`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where something stands: `rank` orders the sources; line and column count from 1, 0 where unknown."""

    rank: int
    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Mistake(NamedTuple):
    """One thing that is wrong and how to mend it. Mistakes sort by place."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True)
class Placed:
    """A scalar, a list of `Placed`, or a dict of them; and the place of its key or list item."""

    value: Any
    place: Place


def merge(base: Placed, over: Placed) -> Placed:
    """`over` laid on `base`: mappings key by key, all else replaced. An empty section changes nothing."""
    if isinstance(base.value, dict) and over.value is None:
        return base
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    both = base.value.keys() & over.value.keys()
    merged = {key: merge(base.value[key], over.value[key]) for key in both}
    return Placed({**base.value, **over.value, **merged}, over.place)


def plain(placed: Placed) -> Any:
    """The values alone."""
    if isinstance(placed.value, dict):
        return {key: plain(value) for key, value in placed.value.items()}
    if isinstance(placed.value, list):
        return [plain(item) for item in placed.value]
    return placed.value


def place_of(placed: Placed, path: tuple[int | str, ...]) -> Place:
    """Where the value at `path` stands, or else the nearest thing around it that was given."""
    for step in path:
        inside = dict(enumerate(placed.value)) if isinstance(placed.value, list) else placed.value
        if not isinstance(inside, dict) or step not in inside:
            break
        placed = inside[step]
    return placed.place
