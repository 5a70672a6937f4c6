"""`run --loop` killed with SIGKILL at any moment and resumed until it is done, against a run that was not.

A short slice runs by default; AUTORESEARCH_KILLS=300 (`make faults`) asks for that many kills at random
moments, and for one before and one after every git command of a run.

What holds: the same trees and rows as without kills; a proposal is asked for again only where the kill
came before it was on disk, a measurement is made again only where the kill came before that was, so each at
most once more for each kill; nothing of a killed run is left running; the chain is sound.
"""

import os
import random
import shutil
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.faults import LINUX_ONLY, Started, count_calls, eventually
from tests.faults.disturbed import Disturbed, undisturbed

ASKED = int(os.environ.get("AUTORESEARCH_KILLS", "0"))
PER_RUN = 6
RUNS = -(-ASKED // PER_RUN) or 1
IDEAS = (
    "5", "2.5", {"idea": "broken", "files": {"knob.py": "x = oops\n"}}, "2.5", {"raw": "no json"}, "2", "3.5",
    {"idea": "elsewhere", "files": {"bench.py": ""}}, {"exit": 1, "says": "no luck"}, "1.5", "1", "4",
)  # fmt: skip

# When, at which git command (any, where no words are given), at the how many-eth of these.
SOME = [
    ("after", "fast-import", 1),  # the candidate
    ("before", "update-ref", 1),  # the commit point
    ("after", "update-ref", 1),
    ("before", "clean", 2),  # the worktree is being brought along
]
EVERY = [(when, "", number) for number in range(3, 43) for when in ("before", "after")]
KILLING_GIT = """\
#!/bin/sh
case " $* " in
*" $KILL_AT"*)
    number=$(($(cat "$HOME/git-calls") + 1))
    echo $number > "$HOME/git-calls" ;;
esac
[ "before $number" = "$KILL_WHEN" ] && kill -9 $PPID && exit 1
{git} "$@"
code=$?
[ "after $number" = "$KILL_WHEN" ] && kill -9 $PPID
exit $code
"""

pytestmark = [LINUX_ONLY, pytest.mark.timeout(300)]


def began(process: Started, lock: Path) -> bool:
    """Has it taken the lock, or ended before?"""
    return lock.read_text() == str(process.pid) or process.poll() is not None


@pytest.mark.parametrize("seed", range(RUNS))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(project: Project, seed: int) -> None:
    """AR-41, AR-14, AM-07: SIGKILL to the loop, six times in twelve ideas, then to its end."""
    count_calls(project)
    words = (*project.ideas(*IDEAS), "-c", "stop.crashes=null")
    expected, seconds = undisturbed(project, IDEAS, *words)
    project.new()
    before = project.fingerprint()
    chance, run, way = random.Random(seed), Disturbed(project), ("run", "--loop", *words)
    lock, session = (project.folder() / name for name in ("lock", "session.json"))
    for _ in range(PER_RUN):
        with Started(project, *way) as process:
            assert eventually(partial(began, process, lock))
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, seconds / 3))  # so that six of them go through the whole run
            process.kill()
            run.times += process.end().code == -9
        run.check()
        way = ("run", "--resume") if session.exists() else way
    done = project.run(*way)
    assert done.code == 0, done.err
    assert run.times
    run.compare(expected)
    assert project.fingerprint() == before


@pytest.mark.parametrize(("when", "words", "number"), EVERY if ASKED else SOME)
def test_a_kill_around_any_git_command_loses_nothing_and_doubles_nothing(
    project: Project, when: str, words: str, number: int
) -> None:
    """AR-41: among them the candidate, the record, the one transaction that is the commit point."""
    count_calls(project)
    play = project.ideas("2", "5")
    expected, _ = undisturbed(project, ("2", "5"), *play)
    project.new()
    home = Path(os.environ["HOME"])
    (home / "bin").mkdir()
    (home / "bin" / "git").write_text(KILLING_GIT.format(git=shutil.which("git")))
    (home / "bin" / "git").chmod(0o755)
    (home / "git-calls").write_text("0")
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    moment = {"PATH": path, "KILL_AT": words, "KILL_WHEN": f"{when} {number}"}
    run = Disturbed(project)
    done = project.run("run", "--loop", *play, env=moment)
    run.times += 1
    assert done.code == -9 or (done.code == 0 and not words), done
    run.check()
    if done.code:
        assert project.run("run", "--loop", *play).code == 0
    run.compare(expected)
