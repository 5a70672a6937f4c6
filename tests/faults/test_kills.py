"""`run --loop` killed with SIGKILL at any moment and resumed until it is done, against a run that was not.

A short slice runs by default; AUTORESEARCH_KILLS=200 (`make kills`) asks for that many kills at random
moments, and for one before and one after every git command of a run.

What holds: the same trees and rows as without kills; a proposal is asked for again only where the kill
came before it was on disk, a measurement is made again only where the kill came before that was, so each at
most once more for each kill; nothing of a killed run is left running; the chain is sound.
"""

import json
import os
import random
import shutil
import subprocess
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.core.rows import as_table
from autoresearch.research.ledger import Ledger
from tests.conftest import Project
from tests.faults import (
    BRANCH,
    CHAIN,
    LINUX_ONLY,
    NAME,
    Started,
    calls,
    count_calls,
    eventually,
    living,
    told,
)

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
Result = tuple[list[tuple[object, ...]], str]
known: dict[tuple[object, ...], tuple[Result, float]] = {}


def result(project: Project) -> Result:
    """The rows of an experiment, and the tree of the best that it kept."""
    ledger = Ledger.load(Repository.discover(project.path), NAME)
    return told([trial.as_json() for trial in ledger.trials]), project.git("rev-parse", f"{BRANCH}^{{tree}}")


def undisturbed(project: Project, ideas: tuple[object, ...], *words: str) -> tuple[Result, float]:
    """What comes of a run that nobody kills, in a copy of the project, which is always the same; and how
    many seconds its trials take."""
    if (key := tuple(map(str, ideas))) not in known:
        twin = Project(project.path.parent / "twin")
        shutil.copytree(project.path, twin.path)
        twin.new()
        assert twin.run("run", "--loop", *words).code == 0
        assert (calls("asked").total(), calls("measured").total()) == (len(ideas) + 1, len(calls("measured")))
        for stage in ("asked", "measured"):
            Path(os.environ["HOME"], stage).unlink()
        _baseline, first, *_, last = Ledger.load(Repository.discover(twin.path), NAME).trials
        took = datetime.fromisoformat(last.finished) - datetime.fromisoformat(first.started)
        known[key] = result(twin), took.total_seconds()
    return known[key]


def began(process: Started, lock: Path) -> bool:
    """Has it taken the lock, or ended before?"""
    return lock.read_text() == str(process.pid) or process.poll() is not None


class Killed:
    """A run that is killed again and again, and what must not happen again after each kill."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.frozen: dict[tuple[str, int], int] = {}
        self.kills = 0

    def check(self) -> None:
        """Nothing of it lives; what was on disk at the last kill was neither asked for nor made since."""
        assert eventually(lambda: not living()), living()
        for (stage, trial), count in self.frozen.items():
            assert calls(stage)[trial] == count, (stage, trial)
        for stage, file in (("asked", "proposal.json"), ("measured", "looks.jsonl")):
            for path in self.project.folder().glob(f"trials/*/{file}"):
                if file == "proposal.json":
                    json.loads(path.read_text())  # whole, or not there
                elif not path.read_text().endswith("\n"):
                    continue
                self.frozen[stage, int(path.parent.name)] = calls(stage)[int(path.parent.name)]

    def compare(self, undisturbed: Result) -> None:
        """It is done: the same as the run that was not killed, in a sound chain, with all views of it."""
        self.check()
        project, folder = self.project, self.project.folder()
        assert result(project) == undisturbed
        for stage in ("asked", "measured"):
            again = [calls(stage)[trial] - 1 for trial in range(len(undisturbed[0]))]
            assert sum(count for count in again if count > 0) <= self.kills
        ledger = Ledger.load(Repository.discover(project.path), NAME)
        for before, record, trial in zip(ledger.records, ledger.records[1:], ledger.trials, strict=False):
            parents = project.git("rev-parse", f"{record}^@").split()
            assert parents == [before, *([trial.commit] if trial.commit else [])]
        assert project.git("rev-parse", BRANCH) == ledger.head
        refs = set(project.git("for-each-ref", "--format=%(refname)").split())
        assert {ref for ref in refs if "autoresearch" in ref} == {CHAIN, BRANCH}
        project.git("fsck", "--strict")
        assert (folder / "results.tsv").read_text() == as_table(ledger.trials)
        for trial in ledger.trials:
            drawn = (folder / "trials" / f"{trial.number:04}" / "trial.json").read_text()
            assert json.loads(drawn) == json.loads(json.dumps(trial.as_json()))
        assert project.git("-C", str(folder / "worktree"), "status", "--porcelain", "--ignored") == ""
        assert not list(folder.rglob(".*.new"))


@pytest.mark.parametrize("seed", range(RUNS))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(project: Project, seed: int) -> None:
    """AR-41, AR-14, AM-07: SIGKILL to the loop, six times in twelve ideas, then to its end."""
    count_calls(project)
    words = (*project.ideas(*IDEAS), "-c", "stop.crashes=null")
    expected, seconds = undisturbed(project, IDEAS, *words)
    project.new()
    before = project.fingerprint()
    chance, run, way = random.Random(seed), Killed(project), ("run", "--loop", *words)
    lock, session = (project.folder() / name for name in ("lock", "session.json"))
    for _ in range(PER_RUN):
        with Started(project, *way) as process:
            assert eventually(partial(began, process, lock))
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, seconds / 3))  # so that six of them go through the whole run
            process.kill()
            run.kills += process.end().code == -9
        run.check()
        way = ("run", "--resume") if session.exists() else way
    done = project.run(*way)
    assert done.code == 0, done.err
    assert run.kills
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
    run = Killed(project)
    done = project.run("run", "--loop", *play, env=moment)
    run.kills += 1
    assert done.code == -9 or (done.code == 0 and not words), done
    run.check()
    if done.code:
        assert project.run("run", "--loop", *play).code == 0
    run.compare(expected)
