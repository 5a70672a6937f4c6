"""Ctrl-C at awkward moments: nothing is left, and a second one waits for nothing.

What a run that was ended goes on with is in test_resume.py, Ctrl-C at a terminal in test_terminal.py.
"""

import signal
import subprocess
import sys

import pytest

from tests.conftest import Project
from tests.faults import (
    BRANCH,
    COUNTED_BENCH,
    LINUX_ONLY,
    NAME,
    Started,
    count_calls,
    eventually,
    git_is_waiting,
    git_waits,
    held,
    leftovers,
    living,
    told,
    with_slow_git,
)

# Interrupts a git command at moments that are 20 µs apart, from its start to after its end, and ends.
INTERRUPTING = """
import signal, sys
from pathlib import Path
from autoresearch.adapters.git import Repository
repository = Repository.discover(Path.cwd())
signal.signal(signal.SIGALRM, signal.default_int_handler)
interrupted = 0
for moment in range(1, 300):
    try:
        signal.setitimer(signal.ITIMER_REAL, moment * 20e-6)
        repository.run("rev-parse", "HEAD", at=repository.root)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
assert interrupted > 20, interrupted
assert repository.resolve("HEAD")
print("done")
"""


@LINUX_ONLY
def test_ctrl_c_cleans_up_whatever_it_met(project: Project) -> None:
    """AR-42, AM-09: in a proposal, a check or an evaluation: 130, a summary, and what to type; no process,
    no lock, no worktree that differs from the best kept candidate."""
    count_calls(project)
    project.write("check.py", COUNTED_BENCH.replace('"measured"', '"checked"'))
    project.commit()
    project.new(NAME, "--check", f"{sys.executable} check.py")
    play = project.ideas("2", "1", "0.5")
    before = project.fingerprint()
    moments = {"asked": "asking for an idea", "checked": "x = 1", "measured": "x = 0.5"}
    for trial, (stage, in_hand) in enumerate(moments.items(), 1):
        with held(project, stage, trial, "run", "--loop", "--max-experiments", "2", *play) as run:
            run.send_signal(signal.SIGINT)
            done = run.end()
        assert done.code == 130, done
        assert not eventually(living, 0)
        assert leftovers(project) == ""
        assert "stopped: interrupted; go on with: autoresearch run --resume\n" in done.out
        assert "0 trials: 0 keep, 0 discard, 0 crash\n" in done.out
        assert done.err.strip() == "stopped by Ctrl-C"
        assert project.run("status", "--json").json["in_flight"] == f"trial {trial}: {in_hand}"
        assert project.run("run", *play).code == 0  # the lock is free, and the trial in hand is finished
    assert [row["description"] for row in project.trials()] == ["baseline", "x = 2", "x = 1", "x = 0.5"]
    assert project.fingerprint() == before


@LINUX_ONLY
def test_a_second_ctrl_c_waits_for_nothing(project: Project) -> None:
    """AR-42: while the first one still cleans up with a git that doesn't end, the second stops at once."""
    count_calls(project)
    project.new()
    with held(project, "measured", 1, "run", *project.ideas("2"), env=with_slow_git()) as run:
        with git_waits("clean -ffdxq"):
            run.send_signal(signal.SIGINT)
            assert eventually(git_is_waiting)
            run.send_signal(signal.SIGINT)
            assert run.end().code == 130
        assert eventually(lambda: not living())
    done = project.run("run", "--resume")
    assert done.code == 0, done.err
    assert told(project.trials())[1:] == [(1, "keep", "unconfirmed", 4.0, "x = 2")]


def test_ctrl_c_while_a_worktree_is_made_leaves_no_half_of_it(project: Project) -> None:
    """AR-42: what `git worktree add` has begun is let finish, and taken away again."""
    project.new()
    project.run("clean")
    play = project.ideas("2")
    with Started(project, "run", *play, env=with_slow_git()) as run:
        with git_waits("worktree add"):
            assert eventually(git_is_waiting)
            run.send_signal(signal.SIGINT)
        assert run.end().code == 130
    assert not (project.folder() / "worktree").exists()
    assert project.git("worktree", "list", "--porcelain").count("worktree ") == 1
    assert project.run("run", *play).code == 0
    assert project.git("rev-parse", BRANCH) == project.trials()[1]["commit"]


@pytest.mark.timeout(100)
def test_ctrl_c_at_any_moment_of_a_git_command_lets_the_program_end(project: Project) -> None:
    """AR-42: no thread that waits for git keeps the process alive (up to git's time limit)."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTING], cwd=project.path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
