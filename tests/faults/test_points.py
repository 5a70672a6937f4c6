"""The loop killed at every named moment of a trial (`adapters.points`), and resumed, with a noisy evaluator.

What holds: the rows, the samples and the best are those of a run that nobody killed; a measurement that was
on disk is not made again; nothing of a killed run is left.
"""

import os
import shutil
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.points import POINTS
from autoresearch.research.ledger import Ledger
from tests.conftest import BENCH, Project
from tests.faults import (
    BRANCH,
    CHAIN,
    COUNTED,
    LINUX_ONLY,
    NAME,
    calls,
    count_calls,
    eventually,
    living,
)

# Noise that follows from the seed: the same measurement gives the same number, whoever was killed before.
NOISY = f"""{COUNTED}
counted("measured", os.environ["AUTORESEARCH_TRIAL"])
import random
noise = random.Random(int(os.environ["AUTORESEARCH_SEED"])).gauss(0, 0.1)
{BENCH.replace("** 2)", "** 2 + 10 + noise)")}"""
ONE = (
    "5", "2.5", {"idea": "broken", "files": {"knob.py": "x = oops\n"}}, "2.9", {"exit": 1, "says": "no luck"},
    "2", "1.99", {"idea": "elsewhere", "files": {"bench.py": ""}}, "1.5", "3.5", "1", "4",
)  # fmt: skip
TWO = tuple(str(n / 7 + 0.3) for n in range(9, 1, -1))

pytestmark = [LINUX_ONLY, pytest.mark.timeout(600)]


def outcome(project: Project) -> tuple[object, str]:
    """The rows with every sample, what the keep rule knows at the end, and the best tree."""
    trials = Ledger.load(Repository.discover(project.path), NAME).trials
    rows = [(t.number, t.status, t.reason, t.metric, t.samples, t.again, t.description) for t in trials]
    return (rows, trials[-1].knowledge), project.git("rev-parse", f"{BRANCH}^{{tree}}")


@pytest.mark.parametrize("occurrence", [1, 2])
def test_killed_at_each_moment_of_a_trial_it_ends_as_if_it_was_not(project: Project, occurrence: int) -> None:
    """AR-41, AR-16, AM-07: baseline, keep, discard, crash and confirming looks among them."""
    count_calls(project)
    project.write("bench.py", NOISY)
    project.commit("noise")
    ideas = ONE if occurrence == 1 else (*ONE, *TWO, *ONE[::-1])
    rules = ("-c", "stop.crashes=null", "-c", "keep.confirm=normal")
    words = ("run", "--loop", *project.ideas(*ideas), *rules)
    twin = Project(project.path.parent / "twin")
    shutil.copytree(project.path, twin.path)
    for one in (project, twin):
        assert one.new(NAME, "--no-measure").code == 0
    assert twin.run(*words).code == 0
    undisturbed = calls("measured").total()
    Path(os.environ["HOME"], "measured").unlink()
    before = project.fingerprint()
    for number, point in enumerate(POINTS):
        way = words if number == 0 else ("run", "--resume")
        killed = project.run(*way, env={"AUTORESEARCH_KILL_AT": f"{point} {occurrence}"})
        assert killed.code == -9, (point, killed)  # it was reached
        assert eventually(lambda: not living()), living()
        assert project.fingerprint() == before
    done = project.run("run", "--resume")
    assert done.code == 0, done.err
    assert outcome(project) == outcome(twin)
    # Only a measurement that was not on disk yet is made again: `measured`, and none at the other moments.
    assert calls("measured").total() <= undisturbed + 1
    ours = project.git("for-each-ref", "--format=%(refname)").split()
    assert {ref for ref in ours if "autoresearch" in ref} == {CHAIN, BRANCH}
    project.git("fsck", "--strict")
    assert not list(project.folder().rglob(".*.new"))
