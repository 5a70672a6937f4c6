"""Ctrl-C, SIGTERM, SIGKILL, and going on afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.test_measuring import gone

# Waits, where the knob says so, with a child of its own, and tells its process ids.
WAITING = """\
import os, pathlib, subprocess, sys, time
calls = pathlib.Path(os.environ["AUTORESEARCH_DIR"], "shared", "calls")
with calls.open("a") as file: print(os.environ["AUTORESEARCH_TRIAL"], file=file)
x = open("knob.py").read().split()[2]
if x == "2" and not os.path.exists(os.environ["AUTORESEARCH_DIR"] + "/shared/go"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    here = pathlib.Path(os.environ["AUTORESEARCH_DIR"], "shared", "pids.new")
    here.write_text(f"{os.getpid()} {child.pid}")
    here.rename(here.with_name("pids"))
    time.sleep(300)
print("value:", float(x) ** 2)
"""

# Notes every time it is asked.
ASKED = """\
import json, os, sys
with open(os.environ["IDEAS"] + ".asked", "a") as file: print("asked", file=file)
"""


@pytest.fixture
def waiting(project: Project) -> Project:
    """An experiment whose second idea (x = 2) takes for ever, until shared/go exists."""
    project.write("bench.py", WAITING)
    project.write("propose.py", ASKED + (project.path / "propose.py").read_text())
    project.commit()
    made = project.new(
        "engineering/knob", "-c", "sandbox.use=none"
    )  # which would hide its processes' numbers
    assert made.code == 0, made.err
    return project


def interrupted(project: Project, number: signal.Signals) -> tuple[int, str, list[int]]:
    """Start a run of 3, 2.5, 2, 1, and end it while x = 2 is measured: exit code, output, process ids."""
    options = project.ideas("5", "2.5", "2", "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "autoresearch", "run", "--loop", *options],
        cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    pids = project.folder() / "shared" / "pids"
    for _ in range(2000):
        if pids.exists():
            break
        time.sleep(0.01)
    found = [int(pid) for pid in pids.read_text().split()]
    process.send_signal(number)
    output = process.communicate(timeout=30)[0]
    for _ in range(500):  # SIGKILL: what it had started notices a moment later
        if all(map(gone, found)):
            break
        time.sleep(0.01)
    return process.returncode, output, found


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_a_run_that_was_ended_in_any_way_goes_on_where_it_was(
    waiting: Project, number: signal.Signals, code: int
) -> None:
    """AR-41, AR-42, AR-47, AM-07, AM-09: nothing survives, no row is lost or doubled, no proposal that was
    made is asked for again, and numbers continue."""
    before = waiting.fingerprint()
    ended, output, pids = interrupted(waiting, number)
    assert ended == code
    assert all(map(gone, pids))
    if number != signal.SIGKILL:
        assert "2 trials: 1 keep, 1 discard, 0 crash" in output
        assert "run --resume" in output
        worktree = waiting.folder() / "worktree"
        assert (worktree / "knob.py").read_text() == "x = 2.5\n"
        assert (waiting.folder() / "lock").read_text() == ""
    assert [row["trial"] for row in waiting.trials()] == [0, 1, 2]
    (waiting.folder() / "shared" / "go").touch()
    done = waiting.run("run", "--resume")
    assert done.code == 0, done.err
    rows = waiting.trials()
    assert [row["description"] for row in rows] == ["baseline", "x = 5", "x = 2.5", "x = 2", "x = 1"]
    assert [row["trial"] for row in rows] == [0, 1, 2, 3, 4]
    asked = Path(os.environ["IDEAS"] + ".asked").read_text().count("asked")
    assert asked == 5  # four ideas, and the end of the list
    calls = (waiting.folder() / "shared" / "calls").read_text().split()
    assert calls == ["0", "1", "2", "3", "3", "4"]
    assert (waiting.folder() / "results.tsv").read_text().count("\n") == 6
    assert waiting.fingerprint() == before
