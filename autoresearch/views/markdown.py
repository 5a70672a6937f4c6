"""Markdown of anybody's text: whatever a model or a program wrote stands there as text."""

import re
from collections.abc import Sequence

from autoresearch.core.text import harmless, one_line

# What Markdown takes for markup anywhere in a line; an underscore only at the edge of a word.
_MARKUP = re.compile(r"[\\|<>&*`~\[\]]|(?<![^\W_])_|_(?![^\W_])")
# What it takes for a block at the beginning of one.
_BLOCK = re.compile(r"^(\s*)([-+=#]|\d{1,9}(?=[.)]))")
_CODE = re.compile(r"(`[^`\n]+`)")
_ITEM = re.compile(r"^( {0,4}[-*+] )(.*)$")


def escaped(text: str) -> str:
    """Text within a line, or a cell."""
    return _MARKUP.sub(r"\\\g<0>", text)


def line(text: str, most: int = 200) -> str:
    """Text on one line, wherever it stands."""
    return _begun(escaped(one_line(text, most)))


def inline(text: str, most: int = 200) -> str:
    """The same behind other words."""
    shown = escaped(one_line(text, most))
    return f"\\{shown}" if shown.startswith("#") else shown  # it may stand first in a line


def coded(text: str, most: int = 200) -> str:
    """The same behind other words, in which `code` in backquotes stays code."""
    return _spans(one_line(text, most))


def prose(text: str) -> str:
    """Paragraphs, with items and `code`; all else in them is text."""
    lines = []
    for each in harmless(text).strip().splitlines():
        item = _ITEM.match(each)
        lines.append(f"{item[1]}{_begun(_spans(item[2]))}" if item else _begun(_spans(each.strip())))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def quoted(text: str, most: int) -> str:
    """A quotation of at most `most` lines."""
    lines = harmless(text).strip().splitlines()
    more = [f"(… {len(lines) - most:,} more lines)"] if len(lines) > most else []
    return "\n".join(f"> {_begun(_spans(each.strip()))}".rstrip() for each in [*lines[:most], *more])


def row(cells: Sequence[str]) -> str:
    """A row of a table; whatever stands in a cell survives as text."""
    safe = (escaped(cell.replace("\r\n", "\n")) for cell in cells)
    return f"| {' | '.join(safe)} |".replace("\r", "\n").replace("\n", "<br>")


def table(titles: Sequence[str], numbers: Sequence[bool], rows: Sequence[Sequence[str]]) -> list[str]:
    """A GitHub table, line by line; `numbers` says which columns stand at the right."""
    rules = ["---:" if number else "---" for number in numbers]
    return [row(titles), row(rules), *map(row, rows)]


def _spans(text: str) -> str:
    parts = _CODE.split(text)
    return "".join(part if place % 2 else escaped(part) for place, part in enumerate(parts))


def _begun(text: str) -> str:
    return _BLOCK.sub(lambda found: f"{found[1]}{_blocked(found[2])}", text)


def _blocked(mark: str) -> str:
    """`12\\.` is no item: of a number, it is what follows that is escaped."""
    return f"\\{mark}" if not mark[0].isdigit() else f"{mark}\\"
