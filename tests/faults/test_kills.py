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
import sys
from collections import Counter
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.core.rows import as_table
from autoresearch.research.ledger import Ledger
from tests.conftest import Project
from tests.faults import BRANCH, CHAIN, LINUX_ONLY, NAME, Started, calls, count_calls, eventually, living, told

ASKED = int(os.environ.get("AUTORESEARCH_KILLS", "0"))
PER_RUN = 6
RUNS = -(-ASKED // PER_RUN) or 1
LAST = 26  # a run of two ideas has about so many git commands; later moments are those of no kill at all
MOMENTS = [(when, number) for number in range(3, LAST + 1) for when in ("before", "after")]
SOME = [("before", 14), ("after", 17), ("before", 19), ("after", 20), ("after", 21), ("after", 25)]
IDEAS = (
    "5", "2.5", {"idea": "broken", "files": {"knob.py": "x = oops\n"}}, "2.5", {"raw": "no json"}, "2", "3.5",
    {"idea": "elsewhere", "files": {"bench.py": ""}}, {"exit": 1, "says": "no luck"}, "1.5", "1", "4",
)  # fmt: skip

# Kills the program that called it, before or after the git command of that number.
KILLING_GIT = """\
#!/bin/sh
number=$(($(cat "$HOME/git-calls") + 1))
echo $number > "$HOME/git-calls"
[ "before $number" = "$KILL" ] && kill -9 $PPID && exit 1
{git} "$@"
code=$?
[ "after $number" = "$KILL" ] && kill -9 $PPID
exit $code
"""

pytestmark = [LINUX_ONLY, pytest.mark.timeout(300)]


def undisturbed(project: Project, *words: str) -> tuple[list[tuple[object, ...]], str]:
    """The rows and the best kept tree of a run that nobody kills, in a copy of the project."""
    twin = Project(project.path.parent / "twin")
    shutil.copytree(project.path, twin.path)
    twin.new()
    assert twin.run("run", "--loop", *words).code == 0
    for stage in ("asked", "measured"):
        Path(os.environ["HOME"], stage).unlink()
    return told(twin.trials()), twin.git("rev-parse", f"{BRANCH}^{{tree}}")


class Killed:
    """A run that is killed again and again, and what must not happen again after each kill."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.frozen: dict[tuple[str, int], int] = {}
        self.kills = 0

    def check(self) -> None:
        """Nothing of it lives; what was on disk at the last kill was not asked for or made since."""
        assert eventually(lambda: not living()), living()
        self.kills += 1
        for (stage, trial), count in self.frozen.items():
            assert calls(stage)[trial] == count, (stage, trial)
        for stage, file in (("asked", "proposal.json"), ("measured", "measurement.json")):
            for path in self.project.folder().glob(f"trials/*/{file}"):
                self.frozen[stage, int(path.parent.name)] = calls(stage)[int(path.parent.name)]
                json.loads(path.read_text())  # whole, or not there

    def compare(self, rows: list[tuple[object, ...]], tree: str) -> None:
        """It is done: the same as the run that was not killed, in a sound chain, and the views of it."""
        project = self.project
        self.check()
        assert told(project.trials()) == rows
        assert project.git("rev-parse", f"{BRANCH}^{{tree}}") == tree
        for stage in ("asked", "measured"):
            assert sum((calls(stage) - Counter(set(calls(stage)))).values()) < self.kills
        ledger = Ledger.load(Repository.discover(project.path), NAME)
        for before, record, trial in zip(ledger.records, ledger.records[1:], ledger.trials, strict=False):
            parents = project.git("rev-parse", f"{record}^@").split()
            assert parents == [before, *([trial.commit] if trial.commit else [])]
        assert project.git("rev-parse", BRANCH) == ledger.head
        assert [trial.number for trial in ledger.trials] == list(range(len(rows)))
        project.git("fsck", "--strict")
        ours = [ref for ref in project.git("for-each-ref", "--format=%(refname)").split() if "autoresearch" in ref]
        assert ours == [CHAIN, BRANCH] or ours == [BRANCH, CHAIN]
        folder = project.folder()
        assert (folder / "results.tsv").read_text() == as_table(ledger.trials)
        for trial in ledger.trials:
            drawn = json.loads((folder / "trials" / f"{trial.number:04}" / "trial.json").read_text())
            assert drawn == json.loads(json.dumps(trial.as_json()))
        assert project.git("-C", str(folder / "worktree"), "status", "--porcelain", "--ignored") == ""
        assert not list(folder.rglob(".*.new"))


@pytest.mark.parametrize("seed", range(RUNS))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(project: Project, seed: int) -> None:
    """AR-41, AR-14, AM-07: SIGKILL to the loop, some six times in twelve ideas, then to its end."""
    count_calls(project)
    words = (*project.ideas(*IDEAS), "-c", "stop.crashes=null")
    rows, tree = undisturbed(project, *words)
    assert len(rows) == 13
    project.new()
    before = project.fingerprint()
    chance, run, way = random.Random(seed), Killed(project), ("run", "--loop", *words)
    session = project.folder() / "session.json"
    for _ in range(PER_RUN):
        with Started(project, *way) as process:
            assert eventually(lambda process=process: session.exists() or process.poll() is not None)
            try:
                process.wait(chance.uniform(0, 0.3))
            except TimeoutError:
                pass
            process.kill()
            process.end()
        run.check()
        way = ("run", "--resume") if session.exists() else way
    assert project.run(*way).code == 0
    run.compare(rows, tree)
    assert project.fingerprint() == before


@pytest.mark.parametrize(("when", "number"), MOMENTS if ASKED else SOME)
def test_a_kill_around_any_git_command_loses_nothing_and_doubles_nothing(
    project: Project, when: str, number: int
) -> None:
    """AR-41: among them the candidate, the record, the one transaction that is the commit point."""
    count_calls(project)
    words = project.ideas("2", "5")
    rows, tree = undisturbed(project, *words)
    project.new()
    home = Path(os.environ["HOME"])
    (home / "bin").mkdir()
    (home / "bin" / "git").write_text(KILLING_GIT.format(git=shutil.which("git")))
    (home / "bin" / "git").chmod(0o755)
    (home / "git-calls").write_text("0")
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run = Killed(project)
    done = project.run("run", "--loop", *words, env={"PATH": path, "KILL": f"{when} {number}"})
    assert done.code in (-9, 0)
    run.check()
    if done.code:
        assert project.run("run", "--loop", *words).code == 0
    run.compare(rows, tree)
