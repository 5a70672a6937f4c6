"""The one language in which samples are asked for: the same in every command and at the prompt of the
shell."""

import re
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Outcome, Status

OLD_WORDS: dict[Status, str] = {
    "pending": "READY",
    "running": "INCOMPLETE",
    "completed": "COMPLETE",
    "error": "FAIL",
    "cancelled": "FAIL",
}
"""Each status in the words of an older tool."""
HELP = """\
A query names samples. Words in one query must all hold; several queries are added up.

\b
text          in the name (case/model#index) or the status
r:REGEX       the same by a regular expression
a:3  a:1,4,7  lines of the last list; also a:[1-5] and a:1-5, both ends included
*             every line of the last list
greet:17      the sample of that address
status:error  also verdict: model: case: split: reason:
score<0.5     also <= > >= =, and seconds, cost, tokens
!term         what does not match the term
"""
FIELDS = ("status", "verdict", "model", "case", "split", "reason")
NUMBERS = ("score", "seconds", "cost", "tokens")
_NUMBER = re.compile(r"([a-z]+)\s*(<=|>=|=|<|>)\s*(.+)")
_RANGE = re.compile(r"\[?\s*(\d+)\s*-\s*(\d+)\s*\]?")
_BARE = re.compile(r"\d+|\[\d+-\d+\]")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "=": lambda one, other: one == other,
}

Test = Callable[[Outcome], bool]


def select(outcomes: Sequence[Outcome], queries: Sequence[str], last: Sequence[int] = ()) -> list[Outcome]:
    """The samples that any of the queries names, in the order of `outcomes`; all, where there is no query.

    `last` are the numbers that the last list showed, in its order; empty: there was none, and it is as if all
    had been listed. Raises AutoresearchError for a query that means nothing.
    """
    if not queries:
        return list(outcomes)
    shown = list(last) or [each.number for each in outcomes]
    tests = [_query(query, shown) for query in queries]
    return [each for each in outcomes if any(test(each) for test in tests)]


def _query(text: str, shown: Sequence[int]) -> Test:
    try:
        words = shlex.split(text)
    except ValueError:
        words = [text]
    if not words:
        raise AutoresearchError("an empty query", "write * for every line of the last list")
    tests = [_term(word, shown) for word in words]
    return lambda outcome: all(test(outcome) for test in tests)


def _term(word: str, shown: Sequence[int]) -> Test:
    if word.startswith("!") and len(word) > 1:
        test = _term(word[1:], shown)
        return lambda outcome: not test(outcome)
    if word == "*":
        return _among(shown)
    if word.startswith("a:") or _BARE.fullmatch(word):
        return _among(_lines(word, shown))
    if word.startswith("r:"):
        return _matching(word[2:])
    field, colon, value = word.partition(":")
    if colon and field in FIELDS:
        return _equal(field, value)
    if found := _NUMBER.fullmatch(word):
        return _compared(found[1], found[2], found[3])
    if colon and value.isdigit():
        return lambda outcome: outcome.number == int(value)
    if colon and field.isidentifier() and (near := get_close_matches(field, FIELDS, n=1)):
        raise AutoresearchError(f"no field {field!r} in the query {word!r}", f"did you mean {near[0]!r}?")
    wanted = word.casefold()
    return lambda outcome: any(wanted in text for text in _texts(outcome))


def _among(numbers: Sequence[int]) -> Test:
    some = set(numbers)
    return lambda outcome: outcome.number in some


def _lines(word: str, shown: Sequence[int]) -> list[int]:
    """The numbers behind lines of the last list."""
    numbers: list[int] = []
    for part in word.removeprefix("a:").split(","):
        if span := _RANGE.fullmatch(part.strip()):
            lines = range(int(span[1]), int(span[2]) + 1)
        elif part.strip(" []").isdigit():
            lines = range(int(part.strip(" []")), int(part.strip(" []")) + 1)
        else:
            raise AutoresearchError(f"{word!r} names no lines", "write a:3, a:1,4,7 or a:[1-5]")
        numbers += [shown[line] for line in lines if line < len(shown)]
        if not any(line < len(shown) for line in lines):
            raise AutoresearchError(
                f"{word!r} is not in the last list, which had {len(shown)} lines from 0", "see: suite ls"
            )
    return numbers


def _matching(pattern: str) -> Test:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise AutoresearchError(
            f"{pattern!r} is no regular expression: {error}", "mend it, or leave r: out"
        ) from None
    return lambda outcome: any(compiled.search(text) for text in (outcome.sample.name, *_words(outcome)))


def _equal(field: str, value: str) -> Test:
    wanted = value.casefold()

    def holds(outcome: Outcome) -> bool:
        if field == "status":
            return wanted in [word.casefold() for word in _words(outcome)]
        if field in ("model", "case"):
            name = getattr(outcome.sample, field).casefold()
            return bool(name == wanted or (field == "model" and name.endswith(f"/{wanted}")))
        return bool(getattr(outcome, field).casefold() == wanted)

    return holds


def _compared(field: str, sign: str, text: str) -> Test:
    if field not in NUMBERS:
        near = get_close_matches(field, NUMBERS, n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(NUMBERS)}"
        raise AutoresearchError(f"no number {field!r} in the query {field}{sign}{text}", mend)
    try:
        wanted = float(text.removeprefix("$"))
    except ValueError:
        raise AutoresearchError(
            f"{text!r} is no number in the query {field}{sign}{text}", "write score<0.5"
        ) from None
    name = "cost_usd" if field == "cost" else field

    def holds(outcome: Outcome) -> bool:
        value = getattr(outcome, name)
        return value is not None and _HOLDS[sign](value, wanted)

    return holds


def _words(outcome: Outcome) -> tuple[str, str]:
    return outcome.status, OLD_WORDS[outcome.status]


def _texts(outcome: Outcome) -> tuple[str, ...]:
    return tuple(text.casefold() for text in (outcome.sample.name, *_words(outcome)))
