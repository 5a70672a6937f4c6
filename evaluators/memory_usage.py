"""Peak memory of a command with all that it starts, in MB of 10^6 bytes: `peak_mb`, lower is better.

    python evaluators/memory_usage.py --command "python train.py"

The sum over the processes that live at a moment, looked at every 10 ms: PSS (memory that processes share
counts once) where the system tells it, else RSS; and never less than the kernel saw in one of them.
"""

import argparse
import contextlib
import ctypes
import platform
import re
import resource
import subprocess
import threading
from pathlib import Path

from _evaluator import LINUX, descendants, main, must_run

EVALUATOR = {
    "metric": "peak_mb",
    "direction": "lower",
    "unit": "MB",
    "summary": "peak memory of a command and all its processes",
    "settings": {
        "command": {"help": "the command to watch", "required": True},
        "runs": {"help": "runs, of which the highest peak counts", "default": 1, "least": 1},
    },
}

INTERVAL = 0.01  # seconds between two looks; a look itself may take longer where many processes live
MB = 1_000_000
_LIBC = ctypes.CDLL(None)
_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272}  # the system call's number
_NUMBERS = re.compile(rb"^(PPid|Pss|VmHWM|VmRSS):\s+(\d+)", re.MULTILINE)


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """MB; `largest_mb` is the highest peak of one process, `processes` the most that lived at a moment."""
    runs = [_watch(settings.command, f"run {n} of {settings.runs}") for n in range(1, settings.runs + 1)]
    peak, largest, processes = (max(column) for column in zip(*runs, strict=True))
    return {
        "peak_mb": peak / MB,
        "largest_mb": largest / MB,
        "processes": processes,
        "runs": len(runs),
    }


class _Watch(threading.Thread):
    """Looks at every process below this one until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.peak = self.largest = self.processes = 0

    def run(self) -> None:
        while not self.over.wait(INTERVAL):
            self._look()

    def _look(self) -> None:
        sizes = _sizes_by_proc() if LINUX else _sizes_by_ps()
        self.peak = max(self.peak, sum(now for now, _ in sizes))
        self.largest = max([self.largest, *(most for _, most in sizes)])
        self.processes = max(self.processes, len(sizes))


def _watch(command: str, what: str) -> tuple[int, int, int]:
    """Peak of all and of one process, in bytes, and the most processes at a moment."""
    watch = _Watch()
    watch.start()
    try:
        done = must_run(command, what)
    finally:
        watch.over.set()
        watch.join()
    # Of a process the kernel remembers what it held before exec too, and that was our own memory.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if LINUX else 1)
    known = done.resident if done.resident > ours or not watch.largest else 0
    largest = max(watch.largest, known)
    return max(watch.peak, largest), largest, max(watch.processes, 1)


def _sizes_by_proc() -> list[tuple[int, int]]:
    """What each process holds now and the most that it held, in bytes."""
    found = (size for pid in descendants() if (size := _size(pid)))
    return [(now, most) for now, most in found if now]


def _size(pid: int) -> tuple[int, int] | None:
    """Of one process; None where it has ended, or has no memory of its own yet."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{pid}/status").read_bytes()
        found: dict[bytes, bytes] = dict(_NUMBERS.findall(status))
        if _same_memory(pid, int(found[b"PPid"])):
            return None
        with contextlib.suppress(FileNotFoundError, PermissionError):  # an old kernel, another user's process
            found |= dict(_NUMBERS.findall(Path(f"/proc/{pid}/smaps_rollup").read_bytes()))
        now = found.get(b"Pss", found.get(b"VmRSS", b"0"))
        return 1024 * int(now), 1024 * int(found.get(b"VmHWM", b"0"))
    return None


def _same_memory(pid: int, parent: int) -> bool:
    """Is it between vfork and exec? Asked before its memory is read, for it never comes back to there."""
    number = _KCMP.get(platform.machine())
    return number is not None and _LIBC.syscall(number, pid, parent, 1, 0, 0) == 0  # 1: KCMP_VM


def _sizes_by_ps() -> list[tuple[int, int]]:
    below = set(descendants())
    shown = subprocess.run(["/bin/ps", "-A", "-o", "pid=,rss="], capture_output=True, check=False).stdout
    rows = (row.split() for row in shown.splitlines())
    sizes = [1024 * int(row[1]) for row in rows if len(row) == 2 and int(row[0]) in below]
    return [(size, size) for size in sizes]


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
