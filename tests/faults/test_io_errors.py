"""`run --loop` where the disk is full, or fails, at one system call; then gone on with, and compared.

strace answers a call of the loop on one file with an error: once, or from then on; or all that one git
command writes. A few of them by default; AUTORESEARCH_FAULTS=1 (`make faults`) asks for every one.

What holds: it ends with one clear line, or goes on as if nothing had been; once the disk is well again, the
same trees and rows come of it as without the fault, and no more is asked for or measured again than once.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import Done, Project
from tests.faults import count_calls
from tests.faults.disturbed import Disturbed, undisturbed

ALL = bool(os.environ.get("AUTORESEARCH_FAULTS"))
IDEAS = ("2", "5")
WHOLE, LINE, PLAIN = "openat write fsync rename", "openat write fsync", "openat write"
CALLS = {  # what the loop does with each of its files, in the order in which it first does
    "lock": "openat ftruncate write",
    ".session.json.new": WHOLE,
    ".": "fsync",
    "trials/0001": "mkdir fsync",
    "trials/0001/.key.new": WHOLE,
    "trials/0001/asked.json": PLAIN,
    "trials/0001/prompt.md": PLAIN,
    "trials/0001/.proposal.json.new": WHOLE,
    "worktree/knob.py": "unlink openat write",
    "trials/0001/files": "mkdir",
    "trials/0001/run.log": LINE,
    "trials/0001/looks.jsonl": LINE,
    "results.tsv": LINE,
    "trials/0001/.trial.json.new": WHOLE,
    "session.json": "unlink",
}
FULL = ("openat", "write", "mkdir", "fsync")  # what a full disk refuses
EVERY = [(f, call, "EIO", "1") for f, calls in CALLS.items() for call in calls.split()]
EVERY += [(f, call, "ENOSPC", "1+") for f, calls in CALLS.items() for call in calls.split() if call in FULL]
SOME = [
    ("trials/0001/.proposal.json.new", "write", "ENOSPC", "1+"),
    ("trials/0001/.proposal.json.new", "rename", "EIO", "1"),
    ("trials/0001/run.log", "fsync", "EIO", "1"),
    ("trials/0001/looks.jsonl", "write", "ENOSPC", "1+"),
    ("results.tsv", "write", "EIO", "1"),
]
GIT_CALLS = "write,fsync,fdatasync,rename,link,mkdir"
FAILING_GIT = """\
#!/bin/sh
case " $* " in
*" read-tree "*|*" reset "*|*" checkout-index "*|*" clean "*|*" fast-import "*|*" update-ref "*)
    number=$(($(cat "$HOME/git-calls") + 1))
    echo $number > "$HOME/git-calls" ;;
esac
[ "$number" = "$FAIL_AT" ] || exec {git} "$@"
exec {strace} -f -qqq -o "$HOME/fault" -e trace={calls} -e inject={calls}:error=$FAIL_WITH {git} "$@"
"""
STRACE = shutil.which("strace")


@cache
def may_trace() -> bool:
    """Is strace here, and may it trace?"""
    return bool(STRACE) and subprocess.run([str(STRACE), "-qqq", "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.skipif(not may_trace(), reason="takes strace"),
    pytest.mark.timeout(600),
]


def traced(project: Project, file: Path, call: str, error: str, when: str) -> Done:
    """`run --loop`, whose calls on one file fail; only in its main thread."""
    fault = ["-P", str(file), "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]
    command = [str(STRACE), "-qqq", "-o", str(project.path.parent / "fault"), *fault]
    command += [sys.executable, "-m", "autoresearch", "run", "--loop", *play()]
    done = subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=False, timeout=100)
    return Done(done.returncode, done.stdout, done.stderr)


def play() -> tuple[str, ...]:
    """What `project.ideas` said."""
    return ("--proposer", "command", "-c", f"proposer.command={sys.executable} propose.py")


def begun(project: Project) -> Disturbed:
    """An experiment with a baseline; what comes of it undisturbed is known."""
    count_calls(project)
    words = project.ideas(*IDEAS)
    undisturbed(project, IDEAS, *words)
    assert project.new().code == 0
    return Disturbed(project)


def gone_on_with(run: Disturbed, done: Done) -> None:
    """It has ended as it should; the disk is well again."""
    run.times += 1
    assert done.code in (0, 1), done
    assert "Traceback" not in done.err and "bug in autoresearch" not in done.err, done.err
    if done.code:
        assert sum(line.startswith("error: ") for line in done.err.splitlines()) == 1, done.err
    run.check()
    again = run.project.run("run", "--loop", *play())
    assert again.code == 0, again.err
    run.compare(undisturbed(run.project, IDEAS)[0])


@pytest.mark.parametrize(("file", "call", "error", "when"), EVERY if ALL else SOME)
def test_a_call_that_fails_loses_nothing(
    project: Project, file: str, call: str, error: str, when: str
) -> None:
    """AR-41: the reply, the look, the row, each opened, written, flushed and renamed."""
    run = begun(project)
    done = traced(project, project.folder() / file, call, error, when)
    assert "(INJECTED)" in (project.path.parent / "fault").read_text()
    gone_on_with(run, done)


def test_the_space_that_was_held_back_is_there_for_the_reply(project: Project) -> None:
    """AR-41: a disk that is full when a paid reply comes doesn't lose it, nor what is done with it."""
    run = begun(project)
    reply = project.folder() / "trials/0001/.proposal.json.new"
    done = traced(project, reply, "write", "ENOSPC", "1")
    assert done.code == 0, done.err
    gone_on_with(run, done)


@pytest.mark.parametrize(
    ("number", "error"),
    [(number, error) for number in range(1, 20) for error in ("ENOSPC", "EIO")]
    if ALL
    else [(6, "ENOSPC"), (7, "ENOSPC"), (8, "EIO"), (9, "ENOSPC")],
)
def test_a_git_command_that_can_not_write_loses_nothing(project: Project, number: int, error: str) -> None:
    """AR-41: of those that write anything; the sixth makes the candidate, the seventh the record, the eighth
    is the commit point, the ninth brings the worktree along."""
    run, home = begun(project), Path(os.environ["HOME"])
    (home / "bin").mkdir()
    failing = FAILING_GIT.format(git=shutil.which("git"), strace=STRACE, calls=GIT_CALLS)
    (home / "bin/git").write_text(failing)
    (home / "bin/git").chmod(0o755)
    (home / "git-calls").write_text("0")
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    moment = {"PATH": path, "FAIL_AT": str(number), "FAIL_WITH": error}
    gone_on_with(run, project.run("run", "--loop", *play(), env=moment))
