"""What went wrong, in a log: errors with the lines around them, tracebacks whole, warnings; each told once.

Known are the shapes that Python, C, CUDA, shells, pytest, Rust, Go, Java and Node give to an error. A metric
that is named like one (`error: 0.31`) is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.core.log_lines import Lines, shortened

BEFORE, AFTER = 2, 3  # lines of context
LONGEST = 60  # lines of a traceback that are looked at; a deeper one is cut in the middle when it is told
MOST = 400  # errors that are looked at: the first half of it, and the last

# In shapes: lower case, and `#` for numbers.
_METRIC = r"(?!s?\ *(?:rate)?\ *[:=]?\ *\#)"  # a number follows: `test error 0.3`
_ERROR = re.compile(
    rf"""
      traceback\ \(most\ recent\ call | ^\S*\ *\bpanic: | \bpanicked\ at\b | \bfatal\b{_METRIC}
    | segmentation\ fault | bus\ error | core\ dumped | \bout\ of\ memory\b | ^killed$ | \bkilled\b\ +\S
    | ^aborted\b | \babort(?:ed)?\ \(core | assert(?:ion)?\b.{{0,200}}\bfailed\b | device-side\ assert
    | [a-z](?:error|exception)\b{_METRIC} | \berror\b(?!-){_METRIC} | ^caused\ by: | uncaught\b
    | exception\ in\ thread | command\ not\ found | no\ such\ file\ or\ dir | permission\ denied
    | undefined\ reference | \*\*\*\ \[ | ^npm\ err! | ^\s*---\ fail: | ^failed\ | \#\ failed\b
    | ^e\ {{3,}}\S | \[timeout\] | cuda\w*error | \bno\ space\ left\b | \bcannot\ allocate\b
    """,
    re.VERBOSE,
)
_WARNING = re.compile(r"(?<!warnings\.)\b\w*warn(?:ing)?\b(?!s?\s*[:=]?\s*#)|\bdeprecated\b")
# One of these is in each line that either of them finds; to look for words is much quicker.
_WORDS = (
    "error", "exception", "traceback", "panic", "fatal", "fault", "dumped", "memory", "kill", "abort",
    "assert", "caused by", "uncaught", "not found", "no such", "denied", "undefined ref", "*** [", "npm err",
    "fail", "e   ", "[timeout]", "no space", "cannot alloc", "warn", "deprecated",
)  # fmt: skip
_NONE = re.compile(
    r"\b(?:0|no|without) +(?:\w+ )?(?:errors?|failed|failures?|warnings?|exceptions?)\b", re.IGNORECASE
)
_CHAINED = ("during handling of the above", "the above exception was")


@dataclass(frozen=True)
class Trouble:
    """An error as it was first seen: where it begins, it and what stands around it, how often it came."""

    begin: int
    lines: Sequence[str]
    times: int

    def told(self, most: int) -> list[str]:
        """Its lines, of a long traceback the first and most of the last; about `most` characters at most."""
        shown = [shortened(line) for line in self.lines]
        if self.times > 1:
            shown[0] = f"[×{self.times:,}] {shown[0]}"
        left_out = 0
        while len(shown) > 3 and sum(map(len, shown)) + len(shown) > most:
            shown.pop(2)
            left_out += 1
        if left_out:
            shown.insert(2, f"[… {left_out:,} lines left out …]")
        return shown


@dataclass(frozen=True)
class Troubles:
    """All that went wrong: errors in their order, warnings with their counts; `count` has all errors."""

    errors: Sequence[Trouble]
    warnings: Sequence[tuple[str, int]]
    count: int


def find(lines: Lines) -> Troubles:
    """Look through a log."""
    distinct = dict.fromkeys(lines.shapes)
    whole = "\n".join(distinct)
    words = [word for word in _WORDS if word in whole]
    kinds = {shape: _kind(shape) for shape in distinct if any(word in shape for word in words)}
    marked = [
        (place, kind)
        for place, shape in enumerate(lines.shapes)
        if (kind := kinds.get(shape)) and not _NONE.search(lines.text[place])
    ]
    spans = list(_spans(lines, [place for place, kind in marked if kind == "error"]))
    inside = {place for begin, end, _ in spans for place in range(begin, end)}
    warned: dict[str, list[int]] = {}
    for place, kind in marked:
        if kind == "warning" and place not in inside:
            warned.setdefault(lines.shapes[place], []).append(place)
    warnings = [(shortened(lines.text[places[0]]), len(places)) for places in warned.values()]
    return Troubles(_once(lines, spans), warnings, len(spans))


def _kind(shape: str) -> str:
    """ "error", "warning" or "": what is said first counts (`UserWarning: an error may follow`)."""
    error, warning = _ERROR.search(shape), _WARNING.search(shape)
    if error and (not warning or error.start() < warning.start()):
        return "error"
    return "warning" if warning else ""


def _spans(lines: Lines, places: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Of each error: where it begins and ends, and the line that says what it is; neighbours are one."""
    end = 0
    for place in places:
        if place < end:
            continue
        if "traceback (most recent" in lines.shapes[place]:
            end = _end_of_traceback(lines, place)
            yield place, end, end - 1
            continue
        begin = max(end, place - BEFORE)
        end, last = place + 1, place
        # Lines of context behind it, but neither the next command nor a traceback.
        while end < min(len(lines), last + 1 + AFTER) and not lines.text[end].startswith("$ "):
            if "traceback (most recent" in lines.shapes[end]:
                break
            end += 1
        yield begin, end, place


def _end_of_traceback(lines: Lines, place: int) -> int:
    """Where a traceback ends, after the line that names the exception; those chained to it are part of it."""
    head, there, _ = lines.text[place].partition("Traceback")
    prefix, at = head if there else "", place + 1  # such as [rank0]:
    while at < len(lines):
        line = lines.text[at].removeprefix(prefix)
        if line[:1] not in (" ", "\t", "") and not line.startswith(("Traceback", "+ ", "| ")):
            at += 1  # the line that names it
            rest = [line.removeprefix(prefix).strip().lower() for line in lines.text[at : at + 3]]
            follow = next((n for n, line in enumerate(rest) if line), None)
            if follow is None or not rest[follow].startswith(_CHAINED):
                return at
            at += follow
        at += 1
    return at


def _once(lines: Lines, spans: Sequence[tuple[int, int, int]]) -> list[Trouble]:
    """Each kind of error once, by the line that says what it is."""
    found: dict[str, list[tuple[int, int]]] = {}
    for begin, end, what in spans:
        found.setdefault(lines.shapes[what].strip(), []).append((begin, end))
    every = list(found.values())
    if len(every) > MOST:
        every = every[: MOST // 2] + every[-MOST // 2 :]
    return [Trouble(b[0][0], _cut(lines.text[b[0][0] : b[0][1]]), len(b)) for b in every]


def _cut(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= LONGEST:
        return lines
    return [*lines[:5], f"[… {len(lines) - LONGEST:,} lines left out …]", *lines[5 - LONGEST :]]
