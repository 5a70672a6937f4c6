"""Files that survive a power cut: written beside, flushed, renamed. And locks that die with their holder."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from autoresearch.adapters.reserve import with_reserve
from autoresearch.core.errors import Busy


def write(path: Path, content: bytes | str, *, flush: bool = True) -> None:
    """Put `content` at `path`, whole or not at all, flushed to disk before this returns.

    Without `flush` it may be gone after a power cut: for what can be drawn again.
    """
    data = content if isinstance(content, bytes) else content.encode(errors="surrogateescape")
    with_reserve(path, partial(_write, path, data, flush=flush))


def _write(path: Path, data: bytes, *, flush: bool) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    if flush:
        _flush_folder(path.parent)


def sweep_unfinished(folder: Path) -> None:
    """Take away what a kill left half written in `folder`."""
    for beside in folder.glob(".*.new"):
        beside.unlink(missing_ok=True)


def append(path: Path, line: str, *, flush: bool = True) -> None:
    """Add a line, flushed to disk before this returns; where that fails, nothing of it is left there.

    Without `flush` it may be gone after a power cut: for what can be drawn again.
    """
    made = not path.exists()
    with_reserve(path, partial(_append, path, line.encode(errors="surrogateescape"), flush=flush))
    if made:
        _flush_folder(path.parent)


def _append(path: Path, data: bytes, *, flush: bool) -> None:
    with path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            while data:
                data = data[file.write(data) :]
            if flush:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def read(path: Path) -> str | None:
    """A text as it is (any bytes survive), or None where there is no such file."""
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def remove(path: Path) -> None:
    """Take a file or a whole folder away, also one that was made unwritable; a link is not followed."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    if not path.is_dir():
        return
    path.chmod(0o700)
    for parent, folders, _files in os.walk(path):
        for folder in (Path(parent, name) for name in folders):
            if not folder.is_symlink():
                folder.chmod(0o700)
    shutil.rmtree(path)


def special(folder: Path) -> Iterator[Path]:
    """Every pipe, socket and device below `folder`; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):  # asked first: nearly all are
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from special(Path(entry.path))
            elif not entry.is_symlink():
                yield Path(entry.path)


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold an advisory lock while in the block; the system frees it however the holder ends.

    Raises Busy, with the holder's pid, where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii", errors="replace") as file:
        if not _taken(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Busy(
                f"{what} is already being run by process {holder}", "wait for it, or stop it with Ctrl-C"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold a lock while in the block, waiting for whoever has it: for what takes an instant."""
    with path.open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def locked(path: Path) -> bool:
    """Is somebody holding the lock at `path` now?"""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _taken(file: IO[str]) -> bool:
    """Take the lock, patient for the instant in which `locked` may be looking."""
    for pause in (0.02, 0.05, 0.1, 0.0):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
