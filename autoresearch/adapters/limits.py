"""What all that a command started uses together, held against its limits of memory, processes and disk.

Runs in the warden: standard library only. Looks every tenth of a second, and never for more than a tenth of
the time.
"""

import _thread  # `threading` would cost the warden half of its start
import os
import stat
import time
from collections.abc import Iterator, Sequence

from autoresearch.adapters.processes import memory, tree

INTERVAL = 0.1  # seconds
BLOCK = 512
LEAST = 4096  # bytes that a file takes, however small it is

Limits = tuple[int | None, int | None, int | None, Sequence[str], Sequence[str], int, bool]
"""Memory, processes, disk; the folders that may be written; those kept in memory; how many processes are the
sandbox's own; does one of them wrap the command."""


class Watch:
    """The limits of one command, from its start."""

    def __init__(self, limits: Limits) -> None:
        self.memory, self.processes, self.disk, self.folders, self.memory_folders, self.own, self.wrapped = (
            limits
        )
        self.started = time.time()
        self.next = time.monotonic()
        self.counting, self.used = False, 0
        self.free = _free(self.folders) if self.disk is not None else {}
        self.most = 1 << 30 if self.processes is None else self.processes + self.own
        self.spare = self.disk or 0  # how much may be gone before it's worth a look who took it

    def __bool__(self) -> bool:
        return not self.memory is self.processes is self.disk is None

    def exceeded(self, group: int | None) -> tuple[str, str] | None:
        """The limit that is passed, and by how much. Asked too soon, it doesn't look."""
        if time.monotonic() < self.next:
            return None
        begun = time.process_time()
        pids = tree(group, self.most)
        over = self._processes(pids) or self._memory(pids) or self._disk(pids)
        self.next = time.monotonic() + max(INTERVAL, 10 * (time.process_time() - begun))
        return over

    def _processes(self, pids: Sequence[int]) -> tuple[str, str] | None:
        if len(pids) <= self.most:
            return None
        return "processes", f"at more than {self.processes} processes"

    def _memory(self, pids: Sequence[int]) -> tuple[str, str] | None:
        if self.memory is None:
            return None
        files = sum(_used(path, pids) for path in self.memory_folders)
        files += sum(size for size, in_memory in _unlinked(pids) if in_memory)
        if _together([memory(pid) for pid in pids], files) <= self.memory:
            return None
        if not self.counting:
            self.counting = True
            _thread.start_new_thread(self._count, (pids, files))
        used, self.used = self.used, 0
        return ("memory", _told(used, self.memory)) if used > self.memory else None

    def _count(self, pids: Sequence[int], files: int) -> None:
        """Counts pages that several share once. Each process that forks has to be waited for."""
        begun = time.thread_time()
        self.used = _together([memory(pid, shared_once=True) for pid in pids], files)
        time.sleep(10 * (time.thread_time() - begun))
        self.counting = False

    def _disk(self, pids: Sequence[int]) -> tuple[str, str] | None:
        if self.disk is None:
            return None
        now = _free(self.folders)
        gone = sum(
            max(0, bytes_ - now[device][0], files - now[device][1])
            for device, (bytes_, files) in self.free.items()
            if device in now
        )
        if gone <= self.spare:
            return None
        written = sum(size for size, in_memory in _unlinked(pids) if not in_memory)
        try:
            written += sum(_written(folder, self.started) for folder in self.folders)
        except OSError:  # it is made so that nobody can look into it
            written = gone
        self.spare = gone + self.disk - written
        return ("disk", _told(written, self.disk)) if written > self.disk else None


def _together(held: Sequence[tuple[int, int]], files: int) -> int:
    """Bytes; files in memory are counted once, be they mapped or not."""
    return sum(own for own, _ in held) + max(sum(shared for _, shared in held), files)


def _told(used: int, limit: int) -> str:
    return f"at {used / 2**30:.2f} GB of {limit / 2**30:.2f} GB"


def _free(folders: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Bytes left on each device, and what as many files would take as it has room for."""
    found = {}
    for folder in folders:
        try:
            device, space = os.stat(folder).st_dev, os.statvfs(folder)
        except FileNotFoundError:
            continue
        found[device] = space.f_bfree * space.f_frsize, space.f_ffree * LEAST
    return found


def _written(folder: str, since: float) -> int:
    """Bytes of the files that changed. FileNotFoundError aside, raises OSError."""
    total = 0
    left = [folder]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    if about.st_ctime >= since:
                        total += max(LEAST, about.st_blocks * BLOCK)
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except FileNotFoundError:
            continue
    return total


def _used(folder: str, pids: Sequence[int]) -> int:
    """Bytes in a folder that only the command sees."""
    try:
        inside = f"/proc/{pids[-1]}/root{folder}"
        if os.stat(inside).st_dev == os.stat(folder).st_dev:  # it hasn't been made yet
            return 0
        space = os.statvfs(inside)
    except (OSError, IndexError):
        return 0
    return max((space.f_blocks - space.f_bfree) * space.f_frsize, (space.f_files - space.f_ffree) * LEAST)


def _unlinked(pids: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Bytes of each open file that has no name (any more), and whether it is in memory."""
    seen = set()
    for path in (f"/proc/{pid}/fd/{number}" for pid in pids for number in _names(f"/proc/{pid}/fd")):
        try:
            about, name = os.stat(path), os.readlink(path)
        except OSError:  # closed meanwhile
            continue
        which = about.st_dev, about.st_ino
        if not about.st_nlink and stat.S_ISREG(about.st_mode) and which not in seen:
            seen.add(which)
            yield about.st_blocks * BLOCK, name.startswith("/memfd:")


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # the process ended, or is not for us to look at
        return []
