"""What holds after a run was disturbed: compared with a run of the same ideas that was not."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from autoresearch.adapters.git import Repository
from autoresearch.core.rows import as_table
from autoresearch.research.ledger import Ledger
from tests.conftest import Project
from tests.faults import BRANCH, CHAIN, NAME, calls, eventually, living, told

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


class Disturbed:
    """A run that is killed, or fails, again and again; and what must not happen again after each time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.frozen: dict[tuple[str, int], int] = {}
        self.times = 0

    def check(self) -> None:
        """Nothing of it lives; what was on disk the last time was neither asked for nor made since."""
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
        """It is done: the same as the run that was not disturbed, in a sound chain, with all views of it."""
        self.check()
        project, folder = self.project, self.project.folder()
        assert result(project) == undisturbed
        for stage in ("asked", "measured"):
            again = [calls(stage)[trial] - 1 for trial in range(len(undisturbed[0]))]
            assert sum(count for count in again if count > 0) <= self.times
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
