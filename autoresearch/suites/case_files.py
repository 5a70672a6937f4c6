"""Files of suites and cases, read as plain data with the line of each part: TOML, YAML, JSON, JSON lines,
CSV.

What the data means is left to `cases`.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.adapters import toml_text
from autoresearch.adapters.settings_file import read_file
from autoresearch.adapters.settings_places import Mistake, place_of, plain
from autoresearch.core.errors import SettingsError
from autoresearch.core.text import one_line

KINDS = (".toml", ".yaml", ".yml", ".json", ".jsonl", ".csv", ".tsv")
Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """What a file holds: keys and values, or a list of cases; `line` tells where a part stands, or what is
    around it."""

    name: str
    tree: Any
    line: Callable[[Way], int | None]


def read(path: Path) -> Source:
    """Raises SettingsError, with the line, for a file that isn't there or can't be read."""
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise SettingsError(f"{path}: a suite is one of {', '.join(KINDS)}; give it such a name")
    name = str(path)
    if kind in (".yaml", ".yml"):
        return _yaml(path, name)
    text = _text(path, name)
    if kind == ".toml":
        tree, lines = toml_text.read(text, name)
        return Source(name, tree, lambda way: _nearest(lines, way))
    if kind == ".json":
        return Source(name, _json(text, name), lambda _way: None)
    rows = list(
        _json_lines(text, name) if kind == ".jsonl" else _csv(text, name, "\t" if kind == ".tsv" else ",")
    )
    numbers = [number for number, _ in rows]
    return Source(name, [row for _, row in rows], lambda way: _of_row(numbers, way))


def _text(path: Path, name: str) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{name}: there is no such file; make one: autoresearch suite new NAME") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError(f"{name}:{line}: this is not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{name}: can't be read: {error.strerror}") from None


def _yaml(path: Path, name: str) -> Source:
    mistakes: list[Mistake] = []
    try:
        found = read_file(path, 0, mistakes)
    except RecursionError:
        raise SettingsError(f"{name}: nested too deep") from None
    if mistakes or found is None:
        raise SettingsError("\n".join(str(mistake) for mistake in sorted(mistakes)))
    return Source(name, plain(found), lambda way: place_of(found, way).line or None)


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{name}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{name}: this is no JSON: {error}") from None


def _json_lines(text: str, name: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line, object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                told = getattr(error, "msg", str(error))
                raise SettingsError(f"{name}:{number}: this line is no JSON: {told}") from None


def _csv(text: str, name: str, comma: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    try:
        header = [word.strip() for word in next(reader, [])]
        if not any(header) or len(set(header)) < len(header):
            raise SettingsError(f"{name}:1: the first line must name the columns, each once: input,target")
        begin = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(header):
                    raise SettingsError(
                        f"{name}:{begin}: {len(row)} cells where the header has {len(header)};"
                        " put texts with a comma in quotes"
                    )
                yield begin, dict(zip(header, row, strict=True))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise SettingsError(f"{name}:{reader.line_num}: this is no CSV: {error}; mend the quotes") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are given once each; json takes the last silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{one_line(twice, 60)!r} is given twice; keep one")
    return found


def _nearest(lines: Mapping[Way, int], way: Way) -> int | None:
    while way and way not in lines:
        way = way[:-1]
    return lines.get(way) if way else None


def _of_row(lines: list[int], way: Way) -> int | None:
    at = next((step for step in way if isinstance(step, int)), None)
    return lines[at] if at is not None and at < len(lines) else None
