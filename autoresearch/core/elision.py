"""Lines that stand for code that was left out: `# ... existing code ...`, `// (rest of file unchanged)`.

A line is taken for one only if every word of it belongs to such phrases, so that `# the rest of the rows`
is honest. That costs nothing when it errs the other way: what is missing shows when the code is run.
"""

import re

_DOTS = re.compile(r"\.{3,}|…")
_OPENER = re.compile(r"(?:pass[ \t]+)?(?:\{/\*|#+|//+|/\*+|\*|<!--|--|;+|%+|\"{3}|[\[(<])")
_WORD = re.compile(r"[^\W\d_]+")
_SPREAD = re.compile(r"\.{3}\w+(?![\w ])")  # `[...rest, x]` copies a list in JavaScript
_MOST = 160  # characters of a line that still can be such a phrase
_STARTS = ("#", "/", "*", "<", "-", ";", "%", '"', "[", "(", "{", ".", "…", "pass")
_COMMENT = ("#", "//", "/*", "{/*", "<!--", "--")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODE = _words(
    """
    class classes code component function functions implementation implementations import imports logic
    method methods module program script source
    """
)
_PLACE = _words(
    """
    above below block body content contents definition definitions document file files helpers line lines
    part parts section sections text
    """
)
_LEFT_OUT = _words("elided omitted snip snipped truncated unchanged unmodified untouched identical")
_REST = _words("rest remainder existing")
_SEVERAL = _words("classes functions imports methods")
_SUBJECT = _REST | _words("everything original other previous remaining")
_CUE = _LEFT_OUT | _REST | _words("before continued other previous remaining same skipped")
_PLAIN = _words(
    """
    a all and are as be been brevity continues else everything for from goes has here in is it its keep kept
    left more no not of original out remain remains shown stay stays that the these this to was were with
    your
    """
)
_VOCABULARY = _CODE | _PLACE | _CUE | _PLAIN


def elided(text: str, old: str = "") -> str | None:
    """The first line of `text` that stands for code left out, stripped; None where there is none.

    Lines that `old` has too are what they are.
    """
    known = {line.strip() for line in set(old.split("\n"))}
    for line in dict.fromkeys(text.split("\n")):
        bare = line.strip()
        if bare.startswith(_STARTS) and len(bare) <= _MOST and bare not in known and _stands_for(bare):
            return bare
    return None


def _stands_for(line: str) -> bool:
    opener = _OPENER.match(line)
    comment = line.startswith(_COMMENT)
    if (opener is None and not line.startswith(("...", "…"))) or (not comment and _SPREAD.search(line)):
        return False
    dots = list(_DOTS.finditer(line))
    words = _WORD.findall(line.lower().removeprefix("pass "))
    told = frozenset(words)
    if not words:
        return bool(dots) and comment and not any(map(str.isalnum, line))
    if not dots:
        return (comment or "," not in line) and told <= _VOCABULARY and _says_so(told)
    leading = dots[0].start() <= (opener.end() + 3 if opener else 0)
    return _trails_off(told, leading) or (leading and len(words) <= 8 and _is_framed(line, words, told))


def _says_so(told: frozenset[str]) -> bool:
    """Without dots more must be said: what is left out, and (but of code) that it is."""
    if told & _CODE and told & (_REST | (_LEFT_OUT if told & _SEVERAL else _REST)):
        return True
    state = told & (_LEFT_OUT | {"same", "before", "brevity", "shown"}) or {"goes", "here"} <= told
    return bool(state and told & _SUBJECT and told & (_CODE | _PLACE | {"everything"}))


def _trails_off(told: frozenset[str], leading: bool) -> bool:
    return told <= _VOCABULARY and bool(told & (_CUE | _CODE if leading else _LEFT_OUT | _REST))


def _is_framed(line: str, words: list[str], told: frozenset[str]) -> bool:
    """`... rest of search() ...` and `... the rest of search() unchanged`, whatever else is named in it."""
    ending = line.rstrip(" \t*/)>]}-").endswith(("...", "…")) or words[-1] in _LEFT_OUT | {"before", "same"}
    return ending and bool(told & (_REST | _LEFT_OUT | {"remaining", "other", "previous"}))
