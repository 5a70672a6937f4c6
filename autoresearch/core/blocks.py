"""Search/replace blocks: old lines between SEARCH and =======, new lines up to REPLACE."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

MOST = 100  # blocks for one file; beyond that, writing it whole is shorter

_SEARCH = re.compile(r"^<{7}[ \t]*SEARCH[ \t]*\r?\n", re.MULTILINE)
_DIVIDER = re.compile(r"^={7}[ \t]*\r?\n", re.MULTILINE)
_REPLACE = re.compile(r"^>{7}[ \t]*REPLACE[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_PATCH = re.compile(
    r"(?:diff [^\n]*\n)?(?:index [^\n]*\n)?(?:--- [^\n]*\n\+\+\+ [^\n]*\n)?@@ -\d+(?:,\d+)? \+\d+"
)
_READINGS = 16  # dividers of one block that are tried: a text may have lines of seven '=' itself


def has_blocks(body: str) -> bool:
    """Is there a line that opens a block?"""
    return _SEARCH.search(body) is not None


def begins_with_block(body: str) -> bool:
    """Is the first line one that opens a block?"""
    return _SEARCH.match(body.lstrip()) is not None


def is_patch(body: str) -> bool:
    """Is it a unified diff?"""
    return _PATCH.match(body.lstrip()) is not None


def apply(body: str, old: str | None) -> str:
    """`old` (None for a new file) with the blocks of `body` applied in order.

    SEARCH must be whole lines that are there once, up to trailing blanks and line ends. Raises ValueError
    (what is wrong and what to do instead) at the first block that can't be applied.
    """
    ending = "\r\n" if old and old.count("\n") == old.count("\r\n") > 0 else "\n"
    unended = bool(old) and not str(old).endswith("\n")
    text = (old or "") + (ending if unended else "")
    for number, readings in enumerate(_blocks(body), 1):
        if number > MOST:
            raise ValueError(f"more than {MOST} blocks; write the file whole")
        text = _applied(text, readings, number)
    return text.removesuffix("\n").removesuffix(ending[:-1]) if unended else text


def _blocks(body: str) -> Iterator[list[tuple[str, str]]]:
    """Of each block, every way to divide it into what is searched and what replaces it."""
    opened = _SEARCH.search(body)
    number = 0
    while opened:
        number += 1
        following = _SEARCH.search(body, opened.end())
        end = following.start() if following else len(body)
        closings = list(_REPLACE.finditer(body, opened.end(), end))
        if not closings:
            raise ValueError(f"block {number} has no >>>>>>> REPLACE; write it whole")
        inner = body[opened.end() : closings[-1].start()]
        dividers = [match for match, _ in zip(_DIVIDER.finditer(inner), range(_READINGS), strict=False)]
        if not dividers:
            raise ValueError(f"block {number} has no ======= between old and new lines; write it whole")
        yield [(inner[: match.start()], inner[match.end() :]) for match in dividers]
        opened = following


def _applied(text: str, readings: Sequence[tuple[str, str]], number: int) -> str:
    problem = ""
    for search, replace in reversed(readings):  # the most lines that are there are what was quoted
        if not search.strip():
            if not text.strip():
                return replace
            said = f"block {number}: SEARCH is empty; quote the lines to replace"
        else:
            spans = _exact(text, search) or _alike(text, search)
            if len(spans) == 1:
                return text[: spans[0][0]] + replace + text[spans[0][1] :]
            wrong = "there more than once; quote more" if spans else "not in the file; quote it line by line"
            said = f"block {number}: SEARCH {_quoted(search)} is {wrong}"
        problem = said
    raise ValueError(problem)


def _exact(text: str, search: str) -> list[tuple[int, int]]:
    """Where these lines are: at most two places are told."""
    found: list[tuple[int, int]] = []
    at = text.find(search)
    while at >= 0 and len(found) < 2:
        if at == 0 or text[at - 1] == "\n":
            found.append((at, at + len(search)))
        # On to the next line, or many lines that only end in these would make it slow.
        line = text.find("\n", at) + 1
        at = text.find(search, line) if line else -1
    return found


def _alike(text: str, search: str) -> list[tuple[int, int]]:
    """As `_exact`, but trailing blanks and line ends may differ."""
    lines = text.removesuffix("\n").split("\n")
    bare = "".join(f"\n{line.rstrip()}" for line in lines) + "\n"
    wanted = "".join(f"\n{line.rstrip()}" for line in search.removesuffix("\n").split("\n")) + "\n"
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: list[tuple[int, int]] = []
    at = bare.find(wanted)
    while at >= 0 and len(found) < 2:
        first = bare.count("\n", 0, at)
        found.append((starts[first], starts[first + wanted.count("\n") - 1]))
        at = bare.find(wanted, at + 1)
    return found


def _quoted(search: str) -> str:
    line = search.strip().split("\n", 1)[0].strip()
    return repr(line if len(line) <= 60 else f"{line[:59]}…")
