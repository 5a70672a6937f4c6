"""From a model's reply to whole files: what it wants written or deleted, or why that is refused.

A refused reply is never mended by guessing: half of an idea, measured, says something about no idea.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from autoresearch.core import blocks
from autoresearch.core.elision import elided
from autoresearch.core.fenced import Names
from autoresearch.core.paths import escapes
from autoresearch.core.reply import Section, read
from autoresearch.core.text import one_line

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # for a path
_NUMBER = re.compile(r"</?(?:file|delete)(?:-(\d{1,9}))?", re.IGNORECASE)
_PATCHES = (".diff", ".patch")
_ASK = 'give each changed file whole between <file path="…"> and </file>'


@dataclass(frozen=True)
class Edits:
    """One idea, why, and the files that it changes: whole text by path, None to delete."""

    idea: str
    why: str
    files: Mapping[str, str | None]


class Refused(Exception):
    """The reply is no proposal. `detail` is one line, for the model's next prompt and for people; `idea`
    and `why` are told as far as they could be read."""

    def __init__(self, detail: str, idea: str = "", why: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.idea = idea
        self.why = why


def parse(
    reply: str,
    before: Mapping[str, str],
    may_write: Callable[[str], bool],
    mode: Literal["files", "blocks"] = "files",
) -> Edits:
    """What a reply wants. `before` has the target's texts at the parent (bytes as surrogateescape);
    `may_write` tells whether a path is among the target. With `mode` blocks, search/replace blocks are
    understood too. Raises `Refused`.
    """

    def allowed(path: str) -> bool:
        return _is_plain(path) and (path in before or not _UNFIT.search(path)) and may_write(path)

    answer = read(reply, Names(allowed, before))
    try:
        if answer.broken:
            raise ValueError(answer.broken)
        if not answer.sections:
            missing = "no file in the reply" if reply.strip() else "the reply is empty"
            raise ValueError(f"{missing}; {_ASK}")
        files = _files(answer.sections, before, allowed, mode)
        changed = {path: text for path, text in files.items() if text != before.get(path)}
        if not changed:
            raise ValueError("it changes nothing: every file is as it was; change something")
    except ValueError as problem:
        raise Refused(one_line(str(problem), 300), answer.idea, answer.why) from None
    return Edits(answer.idea, answer.why, changed)


def render(files: Mapping[str, str | None]) -> str:
    """The files in the format of a reply. Tags are numbered where a text has such tags itself, so that
    `parse` reads exactly these texts again."""
    taken = {match[1] or "1" for text in files.values() if text for match in _NUMBER.finditer(text)}
    number = next(n for n in range(1, len(taken) + 2) if str(n) not in taken)
    sign = "" if number == 1 else f"-{number}"
    return "".join(_rendered(path, text, sign) for path, text in files.items())


def _rendered(path: str, text: str | None, sign: str) -> str:
    quote = "'" if '"' in path else '"'
    if text is None:
        return f"<delete{sign} path={quote}{path}{quote}/>\n"
    end = "" if not text or text.endswith("\n") else "\n"
    return f"<file{sign} path={quote}{path}{quote}>\n{text}{end}</file{sign}>\n"


def _is_plain(path: str) -> bool:
    """Is it a path that may be written at all, in its shortest form? `src/../bench.py` would match `src/`."""
    return not escapes(path) and posixpath.normpath(path) == path and path != "."


def _files(
    sections: tuple[Section, ...],
    before: Mapping[str, str],
    allowed: Callable[[str], bool],
    mode: Literal["files", "blocks"],
) -> dict[str, str | None]:
    files: dict[str, str | None] = {}
    for section in dict.fromkeys(sections):
        path, old = section.path, before.get(section.path)
        if not allowed(path):
            raise ValueError(f"{path!r} is not among the target files; change only those")
        if section.body is None and old is None:
            raise ValueError(f"{path!r} can't be deleted: there is no such file")
        if mode == "blocks" and blocks.has_blocks(section.body or ""):
            files[path] = _changed(section, files.get(path, old), old)
            continue
        text = None if section.body is None else _text(section, old)
        if files.setdefault(path, text) != text:
            raise ValueError(f"{path!r} is given twice with different texts; give each file once")
    return files


def _changed(section: Section, now: str | None, old: str | None) -> str:
    """The file with the blocks applied to what it is `now`: blocks before may have changed it."""
    try:
        text = blocks.apply(_line_ends(section.body or "", old, section.crlf), now)
    except ValueError as problem:
        raise ValueError(f"{section.path!r}: {problem}") from None
    return _whole(section.path, text, old or "")


def _text(section: Section, old: str | None) -> str:
    path, body = section.path, section.body or ""
    if blocks.begins_with_block(body) and not blocks.has_blocks(old or ""):
        raise ValueError(f"{path!r} is given in search/replace blocks; give it whole")
    if blocks.is_patch(body) and not blocks.is_patch(old or "") and not path.endswith(_PATCHES):
        raise ValueError(f"{path!r} is given as a patch; give it whole")
    return _whole(path, _as_before(body, old, section.crlf), old or "")


def _as_before(text: str, old: str | None, crlf: bool) -> str:
    """`text` with the final newline, the line ends and the byte order mark of the old text."""
    if old and not old.endswith("\n"):
        text = text.removesuffix("\r\n" if crlf and text.endswith("\r\n") else "\n")
    text = _line_ends(text, old, crlf)
    if old:
        text = text.removeprefix("\ufeff")
        return f"\ufeff{text}" if old.startswith("\ufeff") else text
    return text


def _line_ends(text: str, old: str | None, crlf: bool) -> str:
    if old and old.count("\n") == old.count("\r\n") > 0 and "\r\n" not in text:
        return text.replace("\n", "\r\n")
    theirs = crlf if old is None else "\r\n" not in old
    if theirs and text.count("\n") == text.count("\r\n"):
        return text.replace("\r\n", "\n")
    return text


def _whole(path: str, text: str, old: str) -> str:
    """`text`, if it is text and nothing is left out of it."""
    strange = set(_CONTROL.findall(text)) - set(_CONTROL.findall(old))
    if strange:
        raise ValueError(f"{path!r} holds {min(strange)!r}, which is no text; write plain text")
    line = elided(text, old)
    if line is not None:
        raise ValueError(f"{path!r} is not whole: {line[:80]!r} stands for code left out; write all of it")
    return text
