"""Paths relative to the repository, '/'-separated: which pattern names them, and which are off limits.

Only the text is looked at: links, case and existence on the disk are for whoever touches the files.
"""

import posixpath
import unicodedata
from fnmatch import fnmatchcase

_OFF_LIMITS = (".git", "git~1", ".autoresearch")


def matches(pattern: str, path: str) -> bool:
    """Does `pattern` name `path`? As in git: `*`, `?` and `[..]` stay within one folder, `**` crosses.

    Without these characters a pattern is that one path, or everything under it where it ends with '/'.
    A name that has them itself (`app/[slug].ts`) matches itself.
    """
    pattern = pattern.removeprefix("./")
    if pattern == path:
        return True
    if pattern.endswith("/"):
        pattern += "**"
    parts, names = pattern.split("/"), path.split("/")
    if parts[-1] == "**":
        parts.append("*")
    consumed = {0}  # how many names the parts so far can account for
    for part in parts:
        if part == "**":
            consumed = set(range(min(consumed, default=len(names) + 1), len(names) + 1))
        else:
            consumed = {n + 1 for n in consumed if n < len(names) and fnmatchcase(names[n], part)}
    return len(names) in consumed


def escapes(path: str) -> bool:
    """May nobody write here? Outside the repository, into `.git` or `.autoresearch`, or no path at all."""
    if not path or path.startswith("/") or "\0" in path or "\n" in path:
        return True
    parts = posixpath.normpath(path).split("/")
    return parts[0] == ".." or any(_plain(part) in _OFF_LIMITS for part in parts)


def _plain(part: str) -> str:
    # Some file systems ignore case, invisible characters and trailing dots, so `.G\u200cit.` is `.git`
    # there; git refuses the same names (core.protectHFS, core.protectNTFS).
    visible = "".join(c for c in part if unicodedata.category(c) != "Cf")
    return visible.rstrip(" .").casefold()
