"""What the sandbox costs: one run of a program that does nothing, in it and without it, in turns.

Alone: `.venv/bin/python benchmarks/sandbox.py`, some seconds.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, spread, table

from autoresearch.adapters.process import Warden
from autoresearch.adapters.sandbox import LEVELS, Level, Room, Sandbox, available

MOST = 30.0  # milliseconds more than without


def cost(folder: Path, times: int) -> list[Figure]:
    """For each level that works here, and the limits that every run has."""
    worktree = folder / "worktree"
    worktree.mkdir(parents=True)
    room = Room(write=[worktree], memory=1 << 32, processes=1024, disk=1 << 34)
    works = [level for level, why_not in available().items() if not why_not]
    found: dict[Level, list[float]] = {level: [] for level in works}
    wardens = {level: Warden(Sandbox(level, dict(os.environ))) for level in works}
    for turn in range(times + 1):  # the first starts the warden and looks for the toolchains
        for level, warden in wardens.items():
            begun = time.perf_counter()
            warden.run(["/bin/true"], cwd=worktree, env={}, log=folder / "log", limit=60, room=room)
            if turn:
                found[level].append((time.perf_counter() - begun) * 1000)
    for warden in wardens.values():
        warden.close()
    without = statistics.median(found["none"])
    return [
        Figure(
            f"sandbox: {level}, one run",
            statistics.median(found[level]) - without,
            "ms",
            MOST,
            spread(found[level]),
        )
        for level in LEVELS
        if level in works and level != "none"
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="autoresearch-", dir="/var/tmp") as place:
        sys.stdout.write(table(cost(Path(place), 60)))
