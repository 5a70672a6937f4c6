"""TOML, read with the line of every table and key, and written so that each text comes back as it was."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from autoresearch.core.errors import SettingsError

Path = tuple[str | int, ...]
Lines = dict[Path, int]
"""The line of each table and key, by its way through the tree."""

_STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?")
_KEY = re.compile(r"""^\s*([\w-]+|"[^"]*"|'[^']*')\s*(?:\.\s*[\w-]+\s*)*=""")


def read(text: str, where: str) -> tuple[dict[str, Any], Lines]:
    """The tree, and where each part of it stands. Raises SettingsError, with the line."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        told = str(error).split(" (at ")[0]
        at = f":{place[1]}:{place[2]}" if place else ""
        raise SettingsError(f"{where}{at}: this can't be read: {told}; mend the brackets or quotes") from None
    except RecursionError:
        raise SettingsError(f"{where}: nested too deep") from None
    return tree, _lines(text)


def write(tree: Mapping[str, Any]) -> str:
    """The tree as TOML. Texts of several lines are written as such, unless one has a CRLF, which TOML would
    take for a line break of its own. Halves of characters, which TOML can't hold, become U+FFFD; what is
    None is left out."""
    clean = _clean(tree)
    return tomli_w.dumps(clean, multiline_strings=not _crlf(clean))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_clean(str(key)): _clean(each) for key, each in value.items() if each is not None}
    if isinstance(value, Sequence):
        return [_clean(each) for each in value]
    return value


def _crlf(value: Any) -> bool:
    if isinstance(value, str):
        return "\r\n" in value
    if isinstance(value, dict):
        return any(map(_crlf, value.values()))
    return isinstance(value, list) and any(map(_crlf, value))


def _lines(text: str) -> Lines:
    """Strings of several lines and comments are blanked first, so that nothing in them looks like a key."""
    plain = _STRINGS.sub(_blank, text)
    found: Lines = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth = 0
    for number, line in enumerate(plain.split("\n"), 1):
        if depth == 0 and (header := _HEADER.match(line)):
            table = _table(header[2], header[1] == "[[", counts)
            found.setdefault(table, number)
            continue
        if depth == 0 and (key := _KEY.match(line)):
            found.setdefault((*table, key[1].strip("\"'")), number)
        depth = max(0, depth + sum(map(line.count, "[{")) - sum(map(line.count, "]}")))
    return found


def _table(dotted: str, several: bool, counts: dict[Path, int]) -> Path:
    """The way to a table, by its header: of tables in an array the last one is meant."""
    way: Path = ()
    names = [part.strip().strip("\"'") for part in dotted.split(".")]
    for at, name in enumerate(names):
        way = (*way, name)
        if at == len(names) - 1 and several:
            counts[way] = counts.get(way, 0) + 1
        if way in counts:
            way = (*way, counts[way] - 1)
    return way


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("#"):
        return ""
    if text.startswith(('"""', "'''")):
        return '""' + "\n" * text.count("\n")
    return text[0] + re.sub(r"[\[\]{}=#]", "_", text[1:-1]) + text[-1]
