"""All that is the user's, file by file; and an experiment's whole life, through which it stays as it is."""

import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import BENCH, Project
from tests.faults import Started, eventually

# What we may add. What was there before must stay as it was in these places too.
OURS = re.compile(
    r"(?s)(.*/)?(\.autoresearch|objects|worktrees|(logs/)?refs/(heads/)?autoresearch[\w-]*)(/.*)?"
)
WAITING = f"""\
import pathlib, time
if open("knob.py").read() == "x = 1\\n":
    pathlib.Path("waiting").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.005)
{BENCH}"""
KEEP, DISCARD, CRASH, ENDLESS = "2", "9", "oops", "1"
NEW = (
    "new", "engineering/knob", "--target", "knob.py", "--eval", f"{sys.executable} bench.py",
    "--metric", "value", "--direction", "lower",
)  # fmt: skip

# Several commands by one process: most of a short command's time is loading the program.
SESSION = """\
import json, sys
from autoresearch.cli.main import main
for arguments in json.load(sys.stdin):
    try:
        main(arguments)
    except SystemExit as end:
        if end.code:
            sys.exit(f"{arguments[0]} exited {end.code}")
"""

State = Mapping[str, tuple[object, ...]]


def users(*roots: Path) -> State:
    """Every file and folder below these: kind and mode, content, and outside of git's folders its inode and
    time as well, which git remembers in the index."""
    return {
        str(path.relative_to(root.parent)): _seen(path)
        for root in roots
        for path in sorted(root.rglob("*"))
        if ".autoresearch" not in path.parts and path.name != "ideas.json"
    }


def changed(before: State, after: State) -> list[str]:
    """What was changed or taken away, and what is new and not ours."""
    new = [name for name in after.keys() - before.keys() if not OURS.fullmatch(name)]
    return sorted([name for name in before if after.get(name) != before[name]] + new)


def _seen(path: Path) -> tuple[object, ...]:
    at = path.lstat()
    if stat.S_ISDIR(at.st_mode):
        return (oct(at.st_mode),)
    kept = () if ".git" in path.parts else (at.st_ino, at.st_mtime_ns)
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    return oct(at.st_mode), hashlib.sha256(content).hexdigest(), *kept


def settle(project: Project) -> Project:
    """A user in the middle of things: staged, changed, untracked, ignored, stashed, modes and links."""
    project.write("bench.py", WAITING)
    project.write("src/tool.sh", "#!/bin/sh\ntrue\n").chmod(0o755)
    project.write("notes.txt", "one\ntwo\n")
    project.write(".gitignore", "*.log\ndata/\n")
    (project.path / "link").symlink_to("src/tool.sh")
    project.commit("more")
    project.write("notes.txt", "one\ntwo\nstashed\n")
    project.git("stash", "--quiet")
    project.git("branch", "side")
    project.git("tag", "-a", "v1", "-m", "first")
    project.write("notes.txt", "staged\n")
    project.write("new.txt", "staged and new\n")
    project.git("add", "notes.txt", "new.txt")
    project.write("notes.txt", "changed again\n")
    project.write("later.txt", "not added\n").chmod(0o600)
    project.write("data/run.log", "ignored\n")
    for name in ("knob.py", "src/tool.sh"):  # so that git, asked for a status, would write the index
        os.utime(project.path / name, (1_000_000_000, 1_000_000_000))
    return project


def live(project: Project, env: Mapping[str, str] | None = None, confirm: str = "off") -> None:
    """An experiment's whole life: made, run with a keep, a discard and a crash, looked at, cleaned away."""
    run = ["run", "--loop", "-c", f"keep.confirm={confirm}", *plan(project)]
    look = [["status"], ["dashboard"], ["show", "1"], ["list"], ["clean"]]
    commands = [NEW, run, *look]
    done = subprocess.run(
        [sys.executable, "-c", SESSION], cwd=project.path, env={**os.environ, **(env or {})},
        input=json.dumps(commands), capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    lines = (project.folder() / "results.tsv").read_text().splitlines()[1:]
    rows = [line.split("\t")[1:3] for line in lines]
    assert rows == [["9.0", "keep"], ["4.0", "keep"], ["81.0", "discard"], ["N/A", "crash"]], lines


def plan(project: Project, *ideas: str) -> tuple[str, ...]:
    """Options for `run`: these values of x; a keep, a discard and a crash unless any are given."""
    return project.ideas(*(ideas or (KEEP, DISCARD, CRASH)))


@contextmanager
def in_the_middle(project: Project, *args: str) -> Iterator[Started]:
    """`run` with these arguments, while the candidate with x = 1 is measured."""
    worktree = project.folder() / "worktree"
    with Started(project, "run", "-c", "keep.confirm=off", *args) as run:  # it is measured only once
        assert eventually(lambda: (worktree / "waiting").exists() or run.poll() is not None)
        assert run.poll() is None, run.communicate()
        yield run
        (worktree / "go").touch()


def interrupt(project: Project, number: signal.Signals) -> int:
    """End a run with this signal while x = 1 is measured; its exit code."""
    with in_the_middle(project, *plan(project, ENDLESS)) as run:
        run.send_signal(number)
        return run.end().code
