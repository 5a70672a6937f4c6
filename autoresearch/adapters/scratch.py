"""Folders of ours in the system's temporary folder that a run which was killed has left there."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r"autoresearch-[a-z0-9_]{8}")  # as `tempfile` makes them for the prefix of ours
AGE = 24 * 3600.0  # seconds: between two of its commands nothing shows that a run still needs a folder


def left_behind() -> list[Path]:
    """Those that are ours, a day old, and that no process knows of; where that can't be seen, none."""
    old = [path for path in Path(tempfile.gettempdir()).glob("autoresearch-*") if _ours_and_old(path)]
    return [path for path in sorted(old) if not _in_use(path)] if old and Path("/proc/self").exists() else []


def _ours_and_old(path: Path) -> bool:
    if not NAME.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
        return False
    found = path.stat()
    return found.st_uid == os.getuid() and time.time() - found.st_mtime > AGE


def _in_use(path: Path) -> bool:
    """Does a process name it in its arguments or environment, or stand in it?"""
    name = os.fsencode(path.name)
    return any(name in told for process in Path("/proc").glob("[0-9]*") for told in _told(process))


def _told(process: Path) -> Iterator[bytes]:
    for tell in (
        (process / "cmdline").read_bytes,
        (process / "environ").read_bytes,
        lambda: _stands(process),
    ):
        with suppress(OSError):  # it has ended, or is not ours
            yield tell()


def _stands(process: Path) -> bytes:
    return os.fsencode((process / "cwd").readlink())
