"""Code fences: which lines are fences, where one ends that others stand in, and taking one off a file.

Whose text stands in a fence is told by `fenced`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(?P<sign>`{3,}|~{3,})(?P<info>[^\n]*)(?:\n|\Z)", re.MULTILINE)
_MARKDOWN = (".md", ".mdx", ".markdown")


@dataclass(frozen=True)
class Fence:
    """A line that is a fence: `text[start:end]`, its line end included. A `loose` one may close what is
    inside a file, but isn't written as Markdown has it (three backticks and a quote, for one)."""

    start: int
    end: int
    sign: str
    info: str
    loose: bool = False
    indent: int = 0

    def fits(self, other: "Fence") -> bool:
        """Could it end what `other` opened: the same sign, as long at least?"""
        return self.sign[0] == other.sign[0] and len(self.sign) >= len(other.sign)


def unwrapped(body: str, path: str, old: str | None) -> str:
    """`body` without a fence around all of it, unless that is how the file's text begins already."""
    inner = body.strip() + "\n"
    if not inner.startswith(("```", "~~~")) or (old and old.lstrip().startswith(("```", "~~~"))):
        return body
    fences = list(fences_in(inner))
    markdown = is_markdown(path)
    last = len(fences) - 1
    around = last > 0 and fences[-1].end == len(inner) and not fences[-1].info and fences[-1].fits(fences[0])
    if around and (not markdown or end_of_code(inner, fences, 0, lambda _: False) == last):
        return inner[fences[0].end : fences[-1].start]
    if last == 0 and fences[0].info and not markdown:
        return inner[fences[0].end :]
    return body


def first_fence(text: str) -> int:
    """Where the first fence begins; the length of the text where there is none."""
    found = next(fences_in(text), None)
    return found.start if found else len(text)


def is_markdown(path: str, info: str = "") -> bool:
    """May fences be part of the text? Told by the path, or where there is none by a fence's info string."""
    told = info.partition(" ")[0].lower()
    return path.lower().endswith(_MARKDOWN) if path else told in ("md", "markdown", "mdx")


def without_fences(prose: str) -> str:
    """`prose` without lines that are a fence."""
    return _FENCE.sub("", prose)


Owned = Callable[[int], bool]  # does a path stand with fence number N?


def fences_in(text: str) -> Iterator[Fence]:
    """Every line of `text` that is a fence, in order."""
    for match in _FENCE.finditer(text):
        sign, info = match["sign"], match["info"].strip()
        if "`" in sign and "`" in info:
            continue  # a span of code
        loose = bool(info) and not _is_info(info)
        yield Fence(match.start(), match.end(), sign, info, loose, match.start("sign") - match.start())


def _is_info(info: str) -> bool:
    return info[0].isalnum() or info[0] in "._/{+@-"


def end_of_code(text: str, fences: Sequence[Fence], index: int, owned: Owned) -> int | None:
    """The number of the fence that ends what fence number `index` opens; None where the text breaks off."""
    opened, quotes, quoted = [fences[index]], _Quotes(text, fences[index].end), -1
    for at in range(index + 1, len(fences)):
        fence, previous = fences[at], fences[at - 1]
        if at > index + 1 and not previous.info and previous.fits(fences[index]) and owned(at):
            return at - 1  # another file begins, so fences inside of this one don't pair
        if not fence.fits(opened[-1]):
            continue
        if len(opened) == 1 and quotes.are_open_at(fence.start):
            quoted = at
            continue
        if fence.info and not fence.loose:
            opened.append(fence)
        elif len(opened) > 1:
            opened.pop()
        elif not fence.info:
            return at
    return _last_resort(text, fences, index, anywhere=quoted == len(fences) - 1)


def end_of_markdown(text: str, fences: Sequence[Fence], index: int, owned: Owned) -> int | None:
    """As `end_of_code`, where a bare fence may begin one of the text's own: so the last one ends it."""
    opened, end = [fences[index]], None
    for at in range(index + 1, len(fences)):
        fence = fences[at]
        if not opened:
            if fence.info or not fence.fits(fences[index]) or owned(at):
                return end
            opened.append(fences[index])  # so the last one was the text's own
        elif not fence.fits(opened[-1]):
            continue
        elif fence.info and not fence.loose:
            opened.append(fence)
        elif not fence.info or len(opened) > 1:
            opened.pop()
            end = end if opened else at
    if not opened or any(map(owned, range(index + 1, len(fences)))):
        return None if opened else end
    return _last_resort(text, fences, index, anywhere=False)


def _last_resort(text: str, fences: Sequence[Fence], index: int, anywhere: bool) -> int | None:
    """The last fence of all, if it can be the end: the text ends with it, or may end `anywhere`."""
    last = len(fences) - 1
    fits = last > index and not fences[last].info and fences[last].fits(fences[index])
    return last if fits and (anywhere or not text[fences[last].end :].strip()) else None


class _Quotes:
    """Triple quotes counted on the way through a text: a fence inside a docstring isn't the file's."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self._seen = text, start
        self._counts = {'"""': 0, "'''": 0}

    def are_open_at(self, position: int) -> bool:
        """Is a docstring open there? Positions must rise from call to call."""
        for sign in self._counts:
            self._counts[sign] += self._text.count(sign, self._seen, position)
        self._seen = position
        return any(count % 2 for count in self._counts.values())
