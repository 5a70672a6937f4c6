"""What of a reply is the answer: the code, the JSON, the last line, a tag. The reply itself stays on
record."""

import json
import re
from collections.abc import Callable
from difflib import get_close_matches

_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*[\w+#.-]*[ \t]*\r?\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE
)
_OPEN = re.compile(r"\A.*?^[ \t]*(?:`{3,}|~{3,})[ \t]*[\w+#.-]*[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
KINDS = ("none", "code", "fence", "json", "line", "first_line")
WITH = {"regex": "regex:PATTERN", "tag": "tag:NAME"}


def extracted(kind: str, reply: str, preload: str = "") -> str:
    """The answer in a reply. `preload` is how the answer begins (the end of the prompt): it stands before
    what came, unless that repeats it. Where nothing is found, the answer is empty, or with `code` all that
    came."""
    found = _found(kind, reply)
    if kind == "code" and preload:
        return found if found.lstrip().startswith(preload.strip()) else _cut(preload, found)
    return preload + found if preload and not found.startswith(preload) else found


def wrong_with(kind: str) -> str:
    """Why nothing can be extracted so, with the mend; "" where it can."""
    name, colon, what = kind.partition(":")
    if name in WITH and colon and what:
        if name == "regex":
            try:
                re.compile(what)
            except re.error as error:
                return f"extract: {what!r} is no regular expression: {error}"
        return ""
    if name in WITH:
        return f"extract: write {WITH[name]}"
    if kind in KINDS:
        return ""
    near = get_close_matches(kind, [*KINDS, *WITH], n=1)
    mend = f"did you mean {near[0]!r}?" if near else f"there are {', '.join([*KINDS, *WITH.values()])}"
    return f"extract: there is no {kind!r}; {mend}"


def _found(kind: str, reply: str) -> str:
    name, _, what = kind.partition(":")
    if name == "regex":
        found = re.search(what, reply, re.DOTALL)
        return "" if found is None else found[1 if found.re.groups else 0] or ""
    if name == "tag":
        tags = re.findall(rf"<{re.escape(what)}>(.*?)</{re.escape(what)}>", reply, re.DOTALL)
        return tags[-1].strip() if tags else ""
    return _BY_KIND[kind](reply)


def _code(reply: str) -> str:
    """The longest block of code; a block whose end was cut off; else all of it."""
    blocks = [block[1] for block in _FENCE.findall(reply)]
    if blocks:
        return str(max(blocks, key=len))
    opened = _OPEN.match(reply)
    return reply[opened.end() :] if opened else reply


def _cut(preload: str, completion: str) -> str:
    """A function's beginning and its completion, without what a model writes after its end: code at the left
    margin that is no definition of the same piece (prose, a second program, calls)."""
    inside = preload.rstrip().endswith(":") or preload.rstrip().endswith(('"""', "'''"))
    if not inside or not completion.strip():
        return _joined(preload, completion)
    kept: list[str] = []
    for line in completion.splitlines(keepends=True):
        begun = any(each.strip() for each in kept)
        if begun and line.strip() and not line[0].isspace() and line[0] not in ")]}#":
            break
        kept.append(line)
    return _joined(preload, "".join(kept))


def _joined(preload: str, completion: str) -> str:
    """Side by side; an indented line after an unfinished one begins a line of its own."""
    gap = "\n" if preload.endswith(":") and completion[:1] in (" ", "\t") else ""
    return preload + gap + completion


def _fence(reply: str) -> str:
    blocks = _FENCE.findall(reply)
    return str(blocks[-1][1]) if blocks else ""


def _json(reply: str) -> str:
    """The first JSON object or list, as it is written."""
    decoder = json.JSONDecoder(strict=False)
    for start in re.finditer(r"[{\[]", reply):
        try:
            _, end = decoder.raw_decode(reply, start.start())
        except (ValueError, RecursionError):
            continue
        return reply[start.start() : end]
    return reply.strip()


def _lines(reply: str) -> list[str]:
    return [line.strip() for line in reply.splitlines() if line.strip()]


_BY_KIND: dict[str, Callable[[str], str]] = {
    "none": lambda reply: reply,
    "code": _code,
    "fence": _fence,
    "json": _json,
    "line": lambda reply: (_lines(reply) or [""])[-1],
    "first_line": lambda reply: (_lines(reply) or [""])[0],
}
