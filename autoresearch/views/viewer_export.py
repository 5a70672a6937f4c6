"""Calls from the viewer into a file: JSONL where its name ends so, else one JSON document."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

from autoresearch.calls.index import Entry, Index
from autoresearch.calls.reading import parsed
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.text import as_json

BLOCK = 100  # calls between two looks at the keys


def place(name: str, logs: Sequence[Path]) -> Path:
    """Where a file of this name is, or would be. Raises ValueError where none may be written, OSError or
    RuntimeError where that can't be known."""
    path = Path(name).expanduser().resolve()
    if path.is_dir():
        raise ValueError(f"{path} is a folder")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no file")
    if path in [log.resolve() for log in logs]:
        raise ValueError(f"{path} is the log itself")
    return path


def write_one(index: Index, entry: Entry, path: Path) -> Generator[int, None, None]:
    """Write one call, as an object. As `write_all`."""
    line = _line(index, entry)
    yield from _write(path, [line + b"\n" if _is_lines(path) else as_json(parsed(line))])


def write_all(index: Index, entries: Iterable[Entry], path: Path) -> Generator[int, None, None]:
    """Write the calls whole or not at all, as lines or as a list; gives now and then how many are written.

    Raises OSError, or AutoresearchError where the log was changed meanwhile.
    """
    if _is_lines(path):
        yield from _write(path, (_line(index, entry) + b"\n" for entry in entries))
    else:
        yield from _write(path, _listed(_line(index, entry) for entry in entries))


def _is_lines(path: Path) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson")


def _line(index: Index, entry: Entry) -> bytes:
    line = index.line(entry).strip()
    if parsed(line) is None:
        raise AutoresearchError(f"{entry.at.file} was changed meanwhile", "do it again")
    return line


def _listed(lines: Iterable[bytes]) -> Iterator[bytes]:
    before = b"[\n"
    for line in lines:
        yield before + line
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _write(path: Path, parts: Iterable[bytes]) -> Generator[int, None, None]:
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            for number, part in enumerate(parts, 1):
                file.write(part)
                if number % BLOCK == 0:
                    yield number
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
