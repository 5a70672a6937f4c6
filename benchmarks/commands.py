"""What a user waits for: whole commands, each a process of its own, at a terminal of 120 columns."""

import os
import pty
import statistics
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from chain import fill
from figures import Figure
from project import NAME, make_experiment, make_repository

COMMAND = str(Path(sys.executable).with_name("autoresearch"))
LOOKING = (("list",), ("status",), ("dashboard",), ("dashboard", NAME))


def starting(folder: Path, times: int) -> list[Figure]:
    """`--help` against an interpreter that does nothing, in turns."""
    folder.mkdir()
    bare, helped = [], []
    for _ in range(times):
        bare.append(seconds([sys.executable, "-c", "pass"], folder))
        helped.append(seconds([COMMAND, "--help"], folder))
    base = statistics.median(bare)
    told = f"medians of {times}, in turns; `python -c pass`: {base:.3f} s"
    return [Figure("`--help` beyond `python -c pass`", statistics.median(helped) - base, "s", 0.12, told)]


def looking(folder: Path, trials: int, times: int, most: float) -> list[Figure]:
    """The commands that show an experiment of `trials`."""
    fill(make_experiment(make_repository(folder)), trials)
    figures = []
    for words in LOOKING:
        took = [seconds([COMMAND, *words], folder) for _ in range(times)]
        what = f"`{' '.join(words)}` of {trials:,} trials"
        told = f"median of {times}; the least {min(took):.2f} s"
        figures.append(Figure(what, statistics.median(took), "s", most, told))
    return figures


def seconds(command: Sequence[str], folder: Path) -> float:
    """How long a command takes, from its start until it has ended and all that it printed was read."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        while os.read(ours, 1 << 16):
            pass
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    code = process.wait()
    took = time.perf_counter() - begun
    os.close(ours)
    if code:
        raise RuntimeError(f"{command} exited {code}")
    return took
