"""The numbers and choices that a target marks in comments: reading them, and writing others.

Which values to try is left to `tuning`.
"""

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

Value = float | int | str
Values = dict[str, Value]  # by the names of the marks


_NUMBER = r"(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_WORD = r"[A-Za-z_]\w*(?:(?:\.|::|-)\w+)*"
_MARK = re.compile(
    r"(?:#|//|--|;|%|/\*|<!--)[ \t]*tune:[ \t]*"
    r"(?P<rule>[^\r\n]*?)[ \t]*(?:\*/|-->|[ \t](?:#|//)|(?=[\r\n]|\Z))[^\r\n]*"
)
_LITERAL = re.compile(
    r"(?:(?P<quoted>(?P<quote>[\"'`])(?P<inner>[^\"'`\\]*)(?P=quote))"
    rf"|(?P<number>(?:(?<![\w)\].])[-+])?(?<![\w.]){_NUMBER})"
    r"(?P<suffix>_?(?:[fFdDlLuU]{1,3}|[iuf](?:8|16|32|64|128|size)))?"
    rf"|(?P<word>(?<![\w.-]){_WORD}))(?:[\s,;)\]}}]|/?>|</[\w:.-]+>)*\Z"
)
_RANGE = re.compile(
    rf"(?P<log>log\s+)?([-+]?{_NUMBER})\s*\.\.\s*([-+]?{_NUMBER})(?:\s+step\s+([-+]?{_NUMBER}))?"
)
_OPTION = re.compile(r"(?P<quote>[\"'`])(?P<inner>[^\"'`\\]+)(?P=quote)|(?P<bare>[^\"'`\\]+)")
_BARE = re.compile(rf"[-+]?{_NUMBER}|{_WORD}")
_NAME = re.compile(r"([A-Za-z_][\w-]*)[\"'`\]]*\s*(?::\s*[A-Za-z_&][^=,(]*?)?\s*(?::=|[?+]?=|:)(?!=)")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; only `low + k * step` where there is a step."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    whole: bool = False

    @property
    def count(self) -> float:
        """How many values there are: infinite without a step."""
        return math.floor((self.high - self.low) / self.step + 1e-9) + 1 if self.step else math.inf

    def value(self, index: int) -> float:
        """Value `index` of `count`, without the dust of binary fractions."""
        value = self.low + index * (self.step or 0)
        return self.held(value if self.whole else float(f"{value:.12g}"))

    def held(self, value: Value) -> float:
        """`value`, or the bound that it is beyond."""
        return min(max(value if isinstance(value, int) else float(value), self.low), self.high)

    def settled(self, value: float) -> float:
        """The nearest value on the grid; without one, the nearest with few digits (1,000 or more a range)."""
        value = self.held(value)
        if self.step is not None:
            return self.value(min(round((value - self.low) / self.step), int(self.count) - 1))
        span = self.high - self.low
        scale = min(span, value) if self.log else span
        return self.held(round(value, 3 - math.floor(math.log10(scale))))

    def at(self, unit: float) -> float:
        """The value at `unit` of the way (0 to 1) from low to high, on a logarithmic scale where asked."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        there = low + unit * (high - low)
        return self.settled(math.exp(there) if self.log else there)

    def unit(self, value: Value) -> float:
        """Where `value` lies, from 0 (low) to 1 (high)."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(self.held(value)) - low) / (high - low or 1)

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else value

    def near(self, value: Value, size: float, rng: random.Random) -> float:
        """A value about `size` of the range away (normal), reflected at the ends; a step away at least."""
        here, drift = self.held(value), rng.gauss(0, size)
        moved = self.at(max(0.0, 1 - abs(1 - abs(self.unit(here) + drift))))
        if moved != here or self.step is None:
            return moved
        ahead = self.settled(here + math.copysign(self.step, drift))
        return ahead if ahead != here else self.settled(here - math.copysign(self.step, drift))


@dataclass(frozen=True)
class Choice:
    """One of several words; `texts` are the same words as the file writes them."""

    options: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def count(self) -> float:
        return len(self.options)

    def value(self, index: int) -> str:
        return self.options[index]

    def held(self, value: Value) -> str:
        """`value`, or the first word where it is none of them."""
        return str(value) if value in self.options else self.options[0]

    def at(self, unit: float) -> str:
        """The word at `unit` of the way (0 to 1) through them."""
        return self.options[min(int(unit * len(self.options)), len(self.options) - 1)]

    def near(self, value: Value, size: float, rng: random.Random) -> str:
        """Any other word: words have no distance, so `size` says nothing."""
        return rng.choice([option for option in self.options if option != value])


@dataclass(frozen=True)
class Mark:
    """A literal that may be tuned: `text[start:end]` of the file at `path`; `line` counts from 1."""

    name: str
    path: str
    line: int
    start: int
    end: int
    value: Value
    domain: Range | Choice


def marks_in(texts: Mapping[str, str]) -> list[Mark]:
    """Every mark of these files (text by path), in order, with names that are unique among them.

    Raises ValueError (path, line, what is wrong and the mend) at the first mark that can't be understood.
    """
    found = [_read(path, text, match) for path, text in texts.items() for match in _MARK.finditer(text)]
    paths: dict[str, set[str]] = {}
    for mark in found:
        paths.setdefault(mark.name, set()).add(mark.path)
    names = [mark.name if len(paths[mark.name]) == 1 else f"{mark.path}:{mark.name}" for mark in found]
    for index, name in enumerate(names):
        turn = names[: index + 1].count(name)
        found[index] = replace(found[index], name=name if turn == 1 else f"{name}:{turn}")
    return found


def values_of(marks: Sequence[Mark]) -> Values:
    """What the files say now, by the names of the marks."""
    return {mark.name: mark.value for mark in marks}


def write(texts: Mapping[str, str], marks: Sequence[Mark], values: Mapping[str, Value]) -> dict[str, str]:
    """The files that change when the marks take these values; everything but their literals stays."""
    changed: dict[str, str] = {}
    for mark in reversed(marks):
        value = values[mark.name]
        if value != mark.value:
            text = changed.get(mark.path, texts[mark.path])
            changed[mark.path] = text[: mark.start] + _written(mark.domain, value) + text[mark.end :]
    return changed


def _written(domain: Range | Choice, value: Value) -> str:
    if isinstance(domain, Choice):
        return domain.texts[domain.options.index(str(value))]
    text = repr(value)
    # YAML 1.1 reads 1e-05 as a string and 1.0e-05 as a number; everything else reads both alike.
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


def _read(path: str, text: str, comment: re.Match[str]) -> Mark:
    start = max(text.rfind("\n", 0, comment.start()), text.rfind("\r", 0, comment.start())) + 1
    line = text.count("\n", 0, start) + 1
    literal = _LITERAL.search(text[start : comment.start()])
    try:
        if literal is None:
            raise ValueError("no number, quoted text or word stands before it; write it as `name = value`")
        value, domain = _understood(literal, comment["rule"])
    except ValueError as problem:
        raise ValueError(f"{path}:{line}: tune: {comment['rule'][:60]!r}: {problem}") from None
    first, last = literal.span(next(kind for kind in ("quoted", "number", "word") if literal[kind]))
    before = literal.string[:first]
    names = _NAME.findall(before) or re.findall(r"[A-Za-z_]\w*", before) or [f"line {line}"]
    return Mark(names[-1], path, line, start + first, start + last, value, domain)


def _understood(literal: re.Match[str], rule: str) -> tuple[Value, Range | Choice]:
    """What the literal says, and what it may say. Raises ValueError."""
    if "|" in rule:
        value = literal["inner"] if literal["quoted"] else literal["number"] or literal["word"]
        choice = _choice(literal["quote"] or "", rule.split("|"))
        if literal["word"] and value not in choice.options:
            raise ValueError(f"`{value}` before it is none of the choices; add it, or put it in quotes")
        return value, choice
    parts = _RANGE.fullmatch(rule)
    if parts is None:
        raise ValueError("not understood; write `16..256`, `16..256 step 16`, `log 1e-4..1e-1` or `a | b`")
    number = literal["number"]
    if number is None:
        raise ValueError("a range needs a number before it; write choices as `a | b`")
    floating = (literal["suffix"] or "").strip("_").lower().startswith(("f", "d"))
    bounds = [text for text in parts.groups()[1:] if text]
    whole = number.lstrip("+-").replace("_", "").isdecimal() and not floating
    whole = whole and all("." not in text and float(text).is_integer() for text in bounds)
    value, *numbers = (int(Decimal(text)) if whole else float(text) for text in (number, *bounds))
    return value, _range(bool(parts["log"]), numbers, whole)


def _range(log: bool, bounds: Sequence[float], whole: bool) -> Range:
    low, high = bounds[:2]
    step = bounds[2] if len(bounds) > 2 else 1 if whole else None
    span = float(high) - float(low)
    if not 0 < span < math.inf:
        raise ValueError("the range is empty or endless; write the smaller number first")
    if log and not low > 0:
        raise ValueError("a logarithm needs numbers above 0; raise the lower one, or leave `log` out")
    if step is not None and not (0 < step <= span and span / step < math.inf):
        raise ValueError("the step does not fit into the range; write one above 0 and below its length")
    return Range(low, high, log, step, whole)


def _choice(quote: str, words: Sequence[str]) -> Choice:
    """Words are quoted as the value is; where the mark itself quotes some, only those are."""
    read = [_OPTION.fullmatch(word.strip()) for word in words]
    some_quoted = any(word and word["quote"] for word in read)
    texts: dict[str, str] = {}
    for word in read:
        if word is None:
            raise ValueError("a choice is empty or has a quote inside; write `relu | gelu`")
        text = word["inner"] or word["bare"]
        around = (quote or word["quote"]) if word["quote"] else "" if some_quoted else quote
        if text in texts or not (around or _BARE.fullmatch(text)):
            raise ValueError(f"the choice `{text}` is there twice, or is no single word; quote it")
        texts[text] = f"{around}{text}{around}"
    return Choice(tuple(texts), tuple(texts.values()))
