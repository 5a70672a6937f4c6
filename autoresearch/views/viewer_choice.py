"""What the viewer can filter by: the values that there are, and the one that a person means."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.calls.index import Index
from autoresearch.core.text import one_line
from autoresearch.core.units import counted

Value = str | int
LISTED = 500
MOST = 5  # of the values that are named in a message


@dataclass(frozen=True)
class Option:
    """A value of a column of the log, and how many calls have it."""

    column: str
    value: Value
    calls: int


def options(index: Index, columns: Sequence[str]) -> list[Option]:
    """All there are."""
    return [
        Option(column, value, calls)
        for column in columns
        for value, calls in index.values(column)
        if value is not None
    ]


def listed(found: Sequence[Option]) -> list[tuple[str, str]]:
    """A line each, numbered; trials have their own numbers."""
    names = [f"{one.column} {one_line(str(one.value))}" for one in found[:LISTED]]
    wide = max(map(len, names), default=0)
    more = [(f"… and {len(found) - LISTED:,} more", "dim")] if len(found) > LISTED else []
    lines = [
        (f"{_number(one, number):>5} {name:<{wide}}  {counted(one.calls, 'call')}", "")
        for number, (one, name) in enumerate(zip(found, names, strict=False), 1)
    ]
    return lines + more


def chosen(found: Sequence[Option], text: str) -> Option | None:
    """The option with this name, this number in the list, or this in its name; None for no text.

    Raises ValueError where it is none of them, or several.
    """
    text = text.strip()
    if not text:
        return None
    exact = [one for one in found if str(one.value) == text]
    numbered = [one for number, one in enumerate(found, 1) if str(number) == text and one.column != "trial"]
    inside = [one for one in found if one.column != "trial" and text.lower() in str(one.value).lower()]
    meant = exact or numbered or inside
    if len(meant) == 1:
        return meant[0]
    if meant:
        names = [str(one.value) for one in meant[:MOST]] + ["…"] * (len(meant) > MOST)
        raise ValueError(f"{text!r} may be {', '.join(names)}")
    raise ValueError(f"there is no {text!r} here")


def _number(one: Option, number: int) -> str:
    return "" if one.column == "trial" else f"{number}."
