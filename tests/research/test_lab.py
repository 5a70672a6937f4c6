"""The actors of a run: what opening them mends, refuses and notes; and what an interruption leaves."""

import os
import shutil
import sys

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.core.errors import Busy, ExperimentError, NoMoreIdeas, Terminated
from autoresearch.core.model import Brief, Proposal
from autoresearch.research import loop
from autoresearch.research.attempt import attempt
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab, open_lab
from autoresearch.research.ledger import Ledger
from autoresearch.research.proposers.command import Command
from autoresearch.research.proposers.tuner import Tuner
from tests.conftest import Project
from tests.faults import BRANCH, CHAIN, LINUX_ONLY, NAME, Noted, Scripted, leftovers, living, make, turn


def begin(experiment: Experiment, lab: Lab, *queue: Proposal | Exception) -> None:
    """Its baseline, and a proposer that plays these."""
    lab.proposer = Scripted(list(queue))
    lab.workspace.restore()
    loop.ensure_baseline(experiment, lab)


def test_a_record_comes_first_and_its_views_after_it(project: Project) -> None:
    """AR-11: record and branch, then the worktree, the row, the folder; then whoever watches."""
    experiment, seen = make(project), []

    class Watching(Noted):
        def recorded(self, trial: object) -> None:
            worktree = (experiment.worktree / "knob.py").read_text()
            rows = (experiment.folder / "results.tsv").read_text().count("\n") - 1
            seen.append((len(Ledger.load(experiment.repository, NAME).trials), rows, worktree.split()[2]))

    with open_lab(experiment, Watching()) as lab:
        begin(experiment, lab, turn(2), turn(5))
        for _ in range(2):
            lab.record(*attempt(experiment, lab))
    assert seen == [(1, 1, "3"), (2, 2, "2"), (3, 3, "2")]
    assert project.git("-C", str(experiment.worktree), "symbolic-ref", "HEAD") == BRANCH


def test_a_lab_knows_the_programs_it_depends_on_and_the_question(project: Project) -> None:
    """AR-11: what a record needs, so that a trial can be repeated."""
    with open_lab(make(project), Noted()) as lab:
        assert lab.versions["git"] in project.git("--version")
        assert lab.versions["python"] == ".".join(map(str, sys.version_info[:3]))
        assert len(lab.question.key) == 16
        assert lab.ledger.base == project.git("rev-parse", "HEAD")


def test_the_proposer_is_the_one_that_the_settings_name(project: Project) -> None:
    """AR-40: a command says its use by itself; `use:` outranks that; the tuner is the default."""
    with open_lab(make(project), Noted()) as lab:
        assert isinstance(lab.proposer, Tuner)
    project.run("clean")
    shutil.rmtree(project.folder())
    for ref in (CHAIN, BRANCH):
        project.git("update-ref", "-d", ref)
    with open_lab(make(project, proposer={"command": "true", "timeout": "7s"}), Noted()) as lab:
        assert isinstance(lab.proposer, Command)
        assert (lab.proposer.command, lab.proposer.limit) == ("true", 7.0)


def test_only_one_has_the_lab_and_it_is_free_afterwards(project: Project) -> None:
    """AR-45: also where it ended with an error."""
    experiment = make(project)
    with open_lab(experiment, Noted()):
        assert experiment.lock.read_text() == str(os.getpid())
        with pytest.raises(Busy, match=str(os.getpid())), open_lab(experiment, Noted()):
            pass
    with pytest.raises(NoMoreIdeas), open_lab(experiment, Noted()):
        raise NoMoreIdeas
    with open_lab(experiment, Noted()) as lab:
        assert lab.ledger.trials == []


def test_views_and_worktree_are_made_again_where_they_are_missing(project: Project) -> None:
    """AR-41: also where all but the settings is gone; the branch too, as in a clone."""
    experiment = make(project)
    with open_lab(experiment, Noted()) as lab:
        begin(experiment, lab, turn(2))
        lab.record(*attempt(experiment, lab))
    table = (experiment.folder / "results.tsv").read_text()
    head = project.git("rev-parse", BRANCH)
    for path in experiment.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "config.yaml":
            path.unlink()
    project.git("update-ref", "-d", BRANCH)
    with open_lab(experiment, Noted()) as lab:
        assert len(lab.ledger.trials) == 2
    assert (experiment.folder / "results.tsv").read_text() == table
    assert (experiment.trial_folder(1) / "run.log").read_text().count("value: 4") == 1
    assert (experiment.worktree / "knob.py").read_text() == "x = 2\n"
    assert (experiment.folder / "shared").is_dir()
    assert project.git("rev-parse", BRANCH) == head


def test_a_branch_that_is_checked_out_elsewhere_is_refused(project: Project) -> None:
    """AR-12: a worktree of the user's would be pulled along at every keep; then it goes on."""
    experiment = make(project)
    there = project.path.parent / "theirs"
    project.git("worktree", "add", "--quiet", str(there), f"heads/autoresearch/{NAME}")
    project.git("-C", str(there), "switch", "--quiet", "--ignore-other-worktrees", f"autoresearch/{NAME}")
    with pytest.raises(ExperimentError, match=r"is checked out in .*/theirs"), open_lab(experiment, Noted()):
        pass
    project.git("-C", str(there), "switch", "--quiet", "--detach")
    with open_lab(experiment, Noted()):
        pass


def test_an_evaluator_that_differs_in_the_checkout_is_noted(project: Project) -> None:
    """AR-10: by name, with the commit whose version is used; one that only the target changes is not."""
    experiment = make(project)
    project.write("bench.py", "print('value: 0')\n")
    project.write("knob.py", "x = 0\n")
    observer = Noted()
    with open_lab(experiment, observer) as lab:
        base = lab.ledger.base[:10]
    assert observer.notes == [f"bench.py differs in your checkout; here it stays as it was in {base}"]


@LINUX_ONLY
@pytest.mark.parametrize("end", [KeyboardInterrupt(), Terminated(15)])
def test_an_interruption_leaves_the_best_candidate_and_no_process(
    project: Project, end: BaseException
) -> None:
    """AR-42: from within a proposer that had changed the worktree; raised on, for the exit code."""
    experiment = make(project)

    class Interrupted(Scripted):
        def propose(self, brief: Brief) -> Proposal:
            (brief.directory / "knob.py").write_text("x = 0\n")
            (brief.directory / "new").touch()
            raise end

    with pytest.raises(type(end)), open_lab(experiment, Noted()) as lab:
        begin(experiment, lab, turn(2))
        lab.record(*attempt(experiment, lab))
        lab.proposer = Interrupted([], uses_worktree=True)
        attempt(experiment, lab)
    assert (experiment.worktree / "knob.py").read_text() == "x = 2\n"
    assert leftovers(project) == ""
    assert not [command for command in living() if "warden" in command]
    assert len(Ledger.load(Repository.discover(project.path), NAME).trials) == 2
