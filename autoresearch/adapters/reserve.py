"""A little disk space that is held back, so that what was paid for can still be written on a full disk.

Owns the file that holds it, and what a full disk is. `disk.write`, `disk.append` and the record use it up;
no trial begins before it is there again.
"""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from autoresearch.core.errors import DiskFull

NAME = ".reserve"
SIZE = 4 << 20  # bytes: a record holds the ends of its logs, and the texts of the targets
FULL = (errno.ENOSPC, errno.EDQUOT)
DISK = (*FULL, errno.EIO, errno.EROFS)  # what is no file's fault
NO_SPACE = 1 << 20  # bytes: an evaluation that failed with less was not given a chance

T = TypeVar("T")


def hold(folder: Path) -> None:
    """Have it in `folder`. Raises OSError where there is no room for it."""
    path = folder / NAME
    if _is_reserve(path):
        return
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, SIZE)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def with_reserve(path: Path, act: Callable[[], T]) -> T:
    """What `act` returns; where the disk is too full for it, done again with the space that was held back in
    a folder around `path`."""
    try:
        return act()
    except (OSError, DiskFull) as error:
        reserved = next((at for folder in path.parents if _is_reserve(at := folder / NAME)), None)
        if reserved is None or not (isinstance(error, DiskFull) or error.errno in FULL):
            raise
        reserved.unlink()
        return act()


def refuse_full(folder: Path) -> None:
    """Raises OSError where next to nothing is left: what failed then is nobody's fault."""
    if shutil.disk_usage(folder).free < NO_SPACE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _is_reserve(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == SIZE
