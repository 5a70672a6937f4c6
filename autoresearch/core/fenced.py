"""Files that stand in code fences: whose text each holds, by its info string, its heading or a comment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from autoresearch.core.fences import Fence, end_of_code, end_of_markdown, fences_in, is_markdown

MOST = 1000  # files of one reply

_COMMENT = re.compile(
    r"(?:#|//|--|;|%|/\*|<!--)[ \t]*(?:(?:file(?:name|path)?|path)[ \t]*:[ \t]*)?(?P<path>[^\s:]+)"
    r"(?:[ \t]*(?:\*/|-->))?",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\w.@+~/\[-][^\s<>|\"'`]*")
_EXTENSION = re.compile(r"[\w)\]]\.[A-Za-z]\w{0,9}\Z")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLER = _words(
    """
    a an and changed code complete content contents create created edit edited file filename final for full
    here here's improved in is modified new now of path replace rewrite source text the this update updated
    version whole with
    """
)
_SCRIPTS = (".sh", ".bash", ".zsh", ".ps1", ".cmd", ".bat")
_SHELL = _words("bash cmd console powershell ps1 sh shell zsh")
_PATCH = _words("diff patch")
_TALK = _words("output plaintext text txt")


@dataclass(frozen=True)
class Part:
    """What stands in a fence. `text[start:end]` is all of it, heading included; `path` None where no path
    is told; `crlf` where the fence's line ends so; not `closed` where the text breaks off."""

    path: str | None
    body: str
    start: int
    end: int
    info: str
    crlf: bool
    closed: bool

    @property
    def language(self) -> str:
        """The first word of the info string, in lower case."""
        return self.info.partition(" ")[0].lower()


@dataclass(frozen=True)
class Names:
    """How a word becomes a path. `allowed` tells targets; `before` has their texts by path."""

    allowed: Callable[[str], bool]
    before: Mapping[str, str]

    @cached_property
    def _ends(self) -> dict[str, list[str]]:
        ends: dict[str, list[str]] = {}
        for path in self.before:
            ends.setdefault(path.rpartition("/")[2], []).append(path)
        return ends

    def told(self, word: str, deliberate: bool = True) -> str | None:
        """The path that `word` is: of a target, or (where `deliberate`) of what looks like any file."""
        word = word.removeprefix("./")
        if not word or len(word) > 400:
            return None
        is_file = bool(_EXTENSION.search(word)) and "://" not in word and _PATH.fullmatch(word) is not None
        if word in self.before or ((is_file or "/" in word) and self.allowed(word)):
            return word
        if len(same := self._ends.get(word, [])) == 1:
            return same[0]
        return word if deliberate and (is_file or word.startswith(("/", "../", ".git/"))) else None


def parts(text: str, names: Names) -> list[Part]:
    """The fenced parts of a reply, in order, to the first that isn't closed. ValueError: too many."""
    fences = list(fences_in(text))
    found: list[Part] = []
    index, floor = 0, 0
    while index < len(fences) and (not found or found[-1].closed):
        if len(found) == MOST:
            raise ValueError(f"more than {MOST} code fences in one reply; answer with the files alone")
        opening = fences[index]
        path, start = _owner(text, opening, floor, names)
        find_end = end_of_markdown if is_markdown(path or "", opening.info) else end_of_code
        closing = find_end(text, fences, index, _Owned(text, fences, names))
        end = fences[closing] if closing is not None else Fence(len(text), len(text), "", "")
        body = _dedented(text[opening.end : end.start], opening.indent)
        if path is None:
            path, body = _commented(body, names)
        crlf = text[opening.start : opening.end].endswith("\r\n")
        found.append(Part(path, body, start, end.end, opening.info, crlf, closing is not None))
        index, floor = (closing if closing is not None else len(fences)) + 1, end.end
    return found


def sole(found: Sequence[Part], path: str) -> Part | None:
    """The only part that can be the text of the only target; commands, patches and output don't count."""
    scripts = "." not in path or path.endswith(_SCRIPTS)
    told = [part for part in found if part.language not in (_PATCH if scripts else _PATCH | _SHELL)]
    for fewer in (told, [part for part in told if part.language not in {"", *_SHELL, *_TALK}]):
        if len(fewer) == 1:
            return fewer[0]
    return None


@dataclass(frozen=True)
class _Owned:
    """Does a path stand with fence number N?"""

    text: str
    fences: Sequence[Fence]
    names: Names

    def __call__(self, index: int) -> bool:
        floor = self.fences[index - 1].end
        return _owner(self.text, self.fences[index], floor, self.names)[0] is not None


def _owner(text: str, fence: Fence, floor: int, names: Names) -> tuple[str | None, int]:
    """The path that stands with a fence, and where what belongs to it begins."""
    for word in re.split(r"[\s:={}()\"',]+", fence.info[:400]):
        if (path := names.told(word)) is not None:
            return path, fence.start
    above = text[max(floor, fence.start - 1000) : fence.start].rstrip()
    line = above[above.rfind("\n") + 1 :]
    path = _heading(line.strip(), names) if line and len(line) < 400 else None
    start = max(floor, fence.start - 1000) + len(above) - len(line)
    return (path, start) if path is not None else (None, fence.start)


def _heading(line: str, names: Names) -> str | None:
    whole = line.strip("#*`:> \t")
    if whole in names.before:
        return whole
    words = [word.strip("`*#:>\"'(),").rstrip(".") for word in line.split()]
    words = [word for word in words if any(map(str.isalnum, word)) and not word.isdigit()]
    words = [word for word in words if word.lower() not in _FILLER]
    deliberate = any(sign in line for sign in "#*`") or "file" in line.lower()
    return names.told(words[0], deliberate) if len(words) == 1 else None


def _dedented(body: str, indent: int) -> str:
    """`body` without the blanks that its fence has before it, in a list for one."""
    lines = body.split("\n")
    if not indent or any(line.strip() and not line.startswith(" " * indent) for line in lines):
        return body
    return "\n".join(line[indent:] if line.strip() else line.lstrip(" ") for line in lines)


def _commented(body: str, names: Names) -> tuple[str | None, str]:
    """The path in a first line that is a comment, and the text: without it, unless the file has it too."""
    line, _, rest = body.partition("\n")
    match = _COMMENT.fullmatch(line.strip()) if len(line) < 400 else None
    path = names.told(match["path"], deliberate=False) if match else None
    if path is None:
        return None, body
    own = names.before.get(path, "").partition("\n")[0].strip() == line.strip()
    return path, body if own else rest
