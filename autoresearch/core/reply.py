"""A model's reply taken apart: the idea, the reasoning, and what is given for each path.

Tags are read here, what stands in fences in `fenced`. Whether a text may be written is left to `edits`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autoresearch.core.fenced import MOST, Names, parts, sole
from autoresearch.core.fences import first_fence, is_markdown, unwrapped, without_fences
from autoresearch.core.text import one_line

NO_IDEA = "(no idea given)"

_TAG = re.compile(
    r"^[ \t]*<(?P<close>/?)(?P<kind>file|delete)(?:-(?P<number>\d{1,9}))?(?P<rest>[ \t>][^\n]*)(?:\n|\Z)",
    re.MULTILINE | re.IGNORECASE,
)
_PATH = re.compile(
    r"[ \t](?:path|name|file|filename|filepath)[ \t]*=[ \t]*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
_REST = re.compile(r"[^<>]*>")
_INLINE_CLOSE = re.compile(r"</file(?:-(\d{1,9}))?[ \t]*>[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_THINK = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_IDEA = re.compile(r"^[ \t>#*_`-]*idea[ \t*_`]*:(?P<idea>[^\n]*)$", re.MULTILINE | re.IGNORECASE)
_WHY_MOST = 4000  # characters; it becomes the body of a commit message


@dataclass(frozen=True)
class Section:
    """What is given for one path: its text with a last line end, or None to delete it. `crlf` where the
    lines around it end so."""

    path: str
    body: str | None
    crlf: bool = False


@dataclass(frozen=True)
class Reply:
    """A reply in its parts; `broken` says what is wrong with its form, "" where nothing is."""

    idea: str
    why: str
    sections: tuple[Section, ...]
    broken: str


def read(text: str, names: Names) -> Reply:
    """Take a reply apart. Never raises: what is missing is told in `broken`."""
    text, broken = _thought_out(text.removeprefix("\ufeff"))
    pieces: list[tuple[int, int, Section]] = []
    try:
        for start, end, section in _tagged(text):
            if len(pieces) == MOST:
                raise ValueError(f"more than {MOST} files in one reply; change fewer")
            pieces.append((start, end, _plain(section, names)))
        if all(section.body is None for _, _, section in pieces):
            text, pieces = _fenced(text, pieces, names)
    except ValueError as problem:
        broken = str(problem)
    prose = _before(text) if broken else _around(text, [(start, end) for start, end, _ in pieces])
    return Reply(*_words(*prose), tuple(section for _, _, section in pieces), broken)


def _thought_out(text: str) -> tuple[str, str]:
    """The answer after the thinking; what is wrong where there is none."""
    opened = _THINK.match(text)
    if opened is None:
        return text, ""
    closing = re.compile(rf"</{opened[1]}>", re.IGNORECASE).search(text, opened.end())
    if closing is None:
        return "", "the reply ends before the reasoning does; think less and answer with the files"
    return text[closing.end() :].lstrip("\r\n"), ""


@dataclass
class _Open:
    """A file's tag that was opened; `ended` is where its text ends and where the tag after it does."""

    start: int
    inner: int
    number: str | None
    path: str
    crlf: bool
    ended: tuple[int, int] | None = None


def _tagged(text: str) -> Iterator[tuple[int, int, Section]]:
    """The sections in tags: each goes up to the last closing tag before the next opening one.

    Raises ValueError where a tag is never closed.
    """
    opened: _Open | None = None
    for tag in _tags(text):
        if tag["close"]:
            if opened and tag["number"] == opened.number and tag["kind"].lower() == "file":
                opened.ended = (tag.start(), tag.end())
            continue
        if opened and not opened.ended and tag["number"] != opened.number:
            continue  # the text of the file has tags of another number
        told = _told(tag)
        if told is None:
            continue
        if opened:
            yield _closed(text, opened, tag.start())
            opened = None
        path, inner, gone = told
        if gone:
            yield tag.start(), tag.end(), Section(path, None)
        else:
            opened = _Open(tag.start(), inner, tag["number"], path, tag[0].endswith("\r\n"))
    if opened:
        yield _closed(text, opened, len(text))


def _tags(text: str) -> Iterator[re.Match[str]]:
    for tag in _TAG.finditer(text):
        if not tag["close"] or tag["rest"].strip() == ">":
            yield tag


def _told(tag: re.Match[str]) -> tuple[str, int, bool] | None:
    """Path, where the text begins, and whether it is to be deleted; None where it is no such tag."""
    rest = tag["rest"]
    path = _PATH.search(rest)
    ending = _REST.match(rest, path.end()) if path else None
    if path is None or ending is None or ">" in rest[: path.start()]:
        return None
    name = path[1] if path[1] is not None else path[2] if path[2] is not None else path[3]
    alone = ending[0].endswith("/>") or (path[3] is not None and name.endswith("/"))
    if path[3] is not None:
        name = name.removesuffix("/")
    gone = tag["kind"].lower() == "delete"
    if alone and not gone:
        return None
    inner = tag.start("rest") + ending.end()
    blank = not rest[ending.end() :].strip()
    return name.strip("` \t").removeprefix("./"), tag.end() if blank else inner, gone


def _closed(text: str, opened: _Open, limit: int) -> tuple[int, int, Section]:
    if opened.ended is None:
        for match in _INLINE_CLOSE.finditer(text, opened.inner, limit):
            if match[1] == opened.number:
                opened.ended = (match.start(), match.end())
    if opened.ended is None:
        name = "file" if opened.number is None else f"file-{opened.number}"
        raise ValueError(
            f"{opened.path!r} breaks off: no </{name}> follows its text; give it whole, or a smaller change"
        )
    body = text[opened.inner : opened.ended[0]]
    if body and not body.endswith("\n"):
        body += "\n"
    return opened.start, opened.ended[1], Section(opened.path, body, opened.crlf)


Pieces = list[tuple[int, int, Section]]


def _fenced(text: str, pieces: Pieces, names: Names) -> tuple[str, Pieces]:
    """The files that stand in fences, where no tag holds one; the text that they stand in."""
    found = parts(text, names)
    if len(found) == 1 and found[0].path is None and _IDEA.search(found[0].body):
        text = found[0].body  # a fence around the whole reply
        found = parts(text, names)
    owned = [part for part in found if part.path is not None]
    if (
        not owned
        and len(names.before) == 1
        and not pieces
        and (part := sole(found, next(iter(names.before))))
    ):
        owned = [part]
    for part in owned:
        path = part.path if part.path is not None else next(iter(names.before))
        if not part.closed:
            raise ValueError(f"{path!r} breaks off: its fence is not closed; give it whole")
        section = Section(path, part.body, part.crlf)
        pieces.append((part.start, part.end, section if is_markdown(path) else _plain(section, names)))
    if found and not owned and not pieces:
        raise ValueError(
            'no path stands with the code; give each file between <file path="…"> and </file>'
            if found[-1].closed
            else "the reply breaks off: a fence is not closed"
        )
    return text, sorted(pieces, key=lambda piece: piece[0])


def _plain(section: Section, names: Names) -> Section:
    if section.body is None:
        return section
    body = unwrapped(section.body, section.path, names.before.get(section.path))
    return Section(section.path, body, section.crlf)


def _before(text: str) -> tuple[str, str]:
    """The prose of a reply that can't be told apart any further: what stands before any code."""
    tag = _TAG.search(text)
    return text[: min(tag.start() if tag else len(text), first_fence(text))], ""


def _around(text: str, spans: list[tuple[int, int]]) -> tuple[str, str]:
    """What stands before the first file, and what stands elsewhere around the files."""
    if not spans:
        return text, ""
    starts = [*(start for start, _ in spans[1:]), len(text)]
    between = [text[end:start] for (_, end), start in zip(spans, starts, strict=True)]
    before = text[: spans[0][0]]
    return before.rpartition("</think>")[2], "\n".join(between)


def _words(before: str, after: str) -> tuple[str, str]:
    """The idea in one line, and the reasoning."""
    before, after = without_fences(before), without_fences(after)
    for text in (before, after):
        match = _IDEA.search(text)
        if match is None:
            continue
        line, rest = match["idea"], text[match.end() :]
        if not line.strip("*_` \t\r"):
            line, _, rest = rest.lstrip().partition("\n")
        others = f"{text[: match.start()]}{rest}"
        return _bare(line) or NO_IDEA, _reason(others if text is before else before) or _reason(others)
    lines = before.strip() or after.strip()
    line, _, rest = lines.partition("\n")
    return _bare(line) or NO_IDEA, _reason(rest)


def _bare(line: str) -> str:
    return one_line(line[:2000].strip().lstrip("#>- ").strip("*_` \t"))


def _reason(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _WHY_MOST else f"{text[: _WHY_MOST - 1]}…"
