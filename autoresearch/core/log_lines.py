"""A log as lines that a person would have seen, and what of it repeats.

Lines that differ by their numbers alone have one shape. All of it takes time in proportion to the log.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from autoresearch.core.readings import ESCAPE
from autoresearch.core.text import harmless

WIDTH = 240  # characters of a line that is shown
BLOCK = 60  # lines that may repeat together
FIRST, LAST = 20_000, 80_000  # lines that are looked at; of more, those between are only counted
_AGAIN = re.compile(r"[\r\b]+")  # what is printed afterwards stands over what stood there
_NUMBER = re.compile(r"0x[0-9a-f]++|[-+]?[0-9]++(?:[.,][0-9]++)*+(?:e[-+]?[0-9]++)?+")


@dataclass(frozen=True)
class Lines:
    """What was printed, line by line, and the shape of each; of a line that is drawn over again (a progress
    bar), what stood there last. Of a very long log `left_out` lines are missing after the first ones."""

    text: Sequence[str]
    shapes: Sequence[str]
    left_out: int = 0

    @classmethod
    def of(cls, log: str) -> "Lines":
        """Those of a log, without empty ones at its ends."""
        plain = ESCAPE.sub("", log) if "\x1b" in log else log
        plain = plain.replace("\r\n", "\n").strip("\n")
        if "\r" in plain or "\b" in plain:
            plain = "\n".join(map(_seen, plain.split("\n"))).strip("\n")
        text = plain.split("\n") if plain else []
        left_out = max(0, len(text) - FIRST - LAST)
        if left_out:
            text = text[:FIRST] + text[-LAST:]
        shapes = _NUMBER.sub("#", "\n".join(text).lower()).split("\n")
        return cls(text, shapes if text else [], left_out)

    def __len__(self) -> int:
        return len(self.text)


class Fold(NamedTuple):
    """Lines that stand `times` times, one after the other, as they stood last; `stands_for` counts all of
    them."""

    lines: Sequence[str]
    times: int
    stands_for: int

    def told(self) -> list[str]:
        """For people and models."""
        shown = [shortened(line) for line in self.lines]
        if self.times == 1:
            return shown
        if len(shown) == 1:
            return [f"[×{self.times:,}] {shown[0]}"]
        return [f"[×{self.times:,}, these {len(shown)} lines, as they stood last]", *shown]


def shortened(line: str) -> str:
    """A line that may be shown: bounded, and steering nothing."""
    line = line.rstrip()
    if len(line) > WIDTH:
        line = f"{line[: WIDTH // 2]} […] {line[-WIDTH // 2 + 5 :]}"
    return harmless(line)


def folded(lines: Lines) -> list[Fold]:
    """All of it, with what repeats told once: single lines first, then blocks of them."""
    runs: list[tuple[int, int]] = []  # index of the last line of each, how many there are
    place = 0
    for _, group in groupby(lines.shapes):
        count = sum(1 for _ in group)
        place += count
        runs.append((place - 1, count))
    keys = [(lines.shapes[last], count) for last, count in runs]
    following: list[int] = [0] * len(keys)  # of each run, the next one that is equal
    seen: dict[tuple[str, int], int] = {}
    for at in range(len(keys) - 1, -1, -1):
        following[at] = seen.get(keys[at], len(keys))
        seen[keys[at]] = at
    found: list[Fold] = []
    place = 0
    while place < len(runs):
        size, times = _block(keys, place, following[place] - place)
        if times == 1:
            last, count = runs[place]
            found.append(Fold([lines.text[last]], count, count))
            place += 1
            continue
        final = runs[place + size * (times - 1) : place + size * times]
        count = sum(count for _, count in final) * times
        texts = [told for last, n in final for told in Fold([lines.text[last]], n, n).told()]
        found.append(Fold(texts, times, count))
        place += size * times
    return found


def _block(keys: Sequence[tuple[str, int]], place: int, size: int) -> tuple[int, int]:
    """How long the block is that begins here and repeats at once, and how often it stands; (1, 1) for none.
    It would be `size` long."""
    if size > BLOCK:
        return 1, 1  # and no block is of one line: equal neighbours are one run
    block, times = keys[place : place + size], 1
    while keys[place + size * times : place + size * (times + 1)] == block:
        times += 1
    return (size, times) if times > 1 else (1, 1)


def _seen(line: str) -> str:
    """What stands there in the end of a line that is drawn over again."""
    if "\r" not in line and "\b" not in line:
        return line
    return next((part for part in reversed(_AGAIN.split(line)) if part.strip()), "")
