"""How an evaluation is tried: with which seeds and limits, on clean ground, and what is put back."""

import json
import os
import sys
from pathlib import Path

import pytest

from autoresearch.research.checking import check
from autoresearch.research.lab import open_lab
from tests.conftest import Project
from tests.faults import NAME, Noted, leftovers, make

# Runs the target, and tells in the home folder with which seed and on what ground.
TELLING = """\
import json, os, pathlib
told = pathlib.Path(os.environ["HOME"], "told")
here = sorted(path.name for path in pathlib.Path().iterdir() if path.name not in (".git", "__pycache__"))
row = [os.environ["AUTORESEARCH_SEED"], os.environ["AUTORESEARCH_TRIAL"], here]
with told.open("a") as file:
    file.write(json.dumps(row) + "\\n")
pathlib.Path("left").write_text("")
import knob
print("value:", knob.x ** 2)
"""


def told() -> list[list[object]]:
    return [json.loads(line) for line in Path(os.environ["HOME"], "told").read_text().splitlines()]


def test_each_measurement_has_a_new_seed_and_clean_ground(project: Project) -> None:
    project.write("bench.py", TELLING)
    project.commit()
    with open_lab(make(project, timeout="1s"), Noted()) as lab:
        report = check(lab.evaluator.experiment, lab, 3)
        assert lab.ledger.trials == []
    rows = told()
    assert [row[0] for row in rows] == [str(seed) for seed in range(len(rows))]
    assert {row[1] for row in rows} == {"0"}
    start = ["bench.py", "knob.py", "propose.py"]
    assert {tuple(row[2]) for row in rows} == {tuple(start), ("bench.py", "propose.py")}  # type: ignore[arg-type]
    assert report.noise is not None and report.noise.values == (9.0, 9.0, 9.0)
    found = {finding.name: finding for finding in report.findings}
    assert found["in the worktree"].said == "left left; it is swept each time"
    assert found["never ends"].said.startswith("crash (timeout)")
    assert leftovers(project) == ""


def test_a_broken_target_is_given_little_time_however_long_the_limit_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autoresearch.research.checking.GRACE", 0.5)
    project.write("bench.py", TELLING)
    project.commit()
    with open_lab(make(project, timeout="2h"), Noted()) as lab:
        report = check(lab.evaluator.experiment, lab, 2)
    assert any("crash (timeout)" in finding.said for finding in report.findings)


def test_what_evaluations_share_is_put_back(project: Project) -> None:
    """A cheat must not leave behind what later trials read."""
    project.write(
        "bench.py",
        "import os, pathlib, knob\n"
        "best = pathlib.Path(os.environ['AUTORESEARCH_DIR'], 'shared', 'best')\n"
        "best.write_text(open('knob.py').read())\n"
        "print('value:', knob.x)\n",
    )
    project.commit()
    experiment = make(project, timeout="1s", sandbox={"use": "none"})
    shared = experiment.folder / "shared"
    shared.mkdir()
    (shared / "best").write_text("mine")
    with open_lab(experiment, Noted()) as lab:
        assert check(experiment, lab, 2).noise is not None
    assert [path.name for path in shared.iterdir()] == ["best"]
    assert (shared / "best").read_text() == "mine"


def test_the_best_kept_code_is_what_is_broken(project: Project) -> None:
    project.new(NAME, "-c", "timeout=1s")
    assert project.run("run", *project.ideas("2")).code == 0
    done = project.run("check", "--json", "--runs", "2")
    assert done.json["noise"]["values"] == [4.0, 4.0]


def test_a_target_that_does_not_meet_a_constraint_is_told(project: Project) -> None:
    evaluate = f"{sys.executable} -S bench.py"
    project.write("bench.py", "print('value: 1')\nprint('lines:', open('knob.py').read().count('x'))\n")
    project.commit()
    with open_lab(make(project, evaluate=evaluate, constraints=["lines >= 1"]), Noted()) as lab:
        report = check(lab.evaluator.experiment, lab, 2)
    said = {finding.name: finding.said for finding in report.findings}
    assert said["empty"] == "discard (constraint): lines is 0, must be >= 1"
    assert said["exit 3 at its start"].endswith("this code was not seen to be run")
