"""What `clean` takes away, and what it never touches."""

from pathlib import Path

import pytest

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository, pending_ref
from autoresearch.core.errors import Busy
from autoresearch.core.model import Trial
from autoresearch.research import loop
from autoresearch.research.attempt import attempt
from autoresearch.research.cleaning import sweep
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import open_lab
from autoresearch.research.ledger import Ledger
from tests.conftest import Project
from tests.faults import BRANCH, CHAIN, NAME, Noted, Scripted, make, turn

PENDING = pending_ref(NAME)


def killed(project: Project) -> tuple[Experiment, Trial]:
    """An experiment as a kill leaves it: its second trial measured, and not recorded."""
    experiment = make(project)
    with open_lab(experiment, Noted()) as lab:
        lab.proposer = Scripted([turn(2), turn(1)])
        lab.workspace.restore()
        loop.ensure_baseline(experiment, lab)
        lab.record(*attempt(experiment, lab))
        trial, _ = attempt(experiment, lab)
    (experiment.trial_folder(2) / ".reply.md.new").write_text("half")
    return experiment, trial


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_the_next_run_makes_again_is_swept_and_named(project: Project) -> None:
    """AR-42: the worktree, half-written files, the ref of the candidate in flight; twice is nothing more."""
    experiment, trial = killed(project)
    assert project.git("rev-parse", PENDING) == trial.commit
    before, refs = files(experiment.folder), project.git("show-ref").splitlines()
    half = experiment.trial_folder(2) / ".reply.md.new"
    assert sweep(experiment) == [str(experiment.worktree), str(half), PENDING]
    assert not experiment.worktree.exists()
    assert project.git("worktree", "list", "--porcelain").count("worktree ") == 1
    assert [ref for ref in refs if not ref.endswith(PENDING)] == project.git("show-ref").splitlines()
    gone = before.keys() - files(experiment.folder).keys()
    assert {name for name in gone if not name.startswith("worktree/")} == {"trials/0002/.reply.md.new"}
    assert sweep(experiment) == []


def test_a_trial_in_flight_goes_on_after_a_sweep(project: Project) -> None:
    """AR-41: what was proposed and measured is still there, and makes the same commit."""
    experiment, trial = killed(project)
    sweep(experiment)
    with open_lab(experiment, Noted()) as lab:
        lab.proposer = Scripted([])
        lab.workspace.restore()
        again, evidence = attempt(experiment, lab)
        lab.record(again, evidence)
    assert (again.commit, again.seconds, again.metric) == (trial.commit, trial.seconds, 1.0)
    assert project.git("rev-parse", BRANCH) == trial.commit


def test_records_and_the_users_own_are_never_touched(project: Project) -> None:
    """AR-12, AR-41: the chain, the branch, the checkout, files of evaluators in `shared`."""
    experiment, _ = killed(project)
    (experiment.folder / "shared" / "weights").write_text("w")
    before = (project.fingerprint(), project.git("rev-parse", CHAIN, BRANCH))
    trials = Ledger.load(Repository.discover(project.path), NAME).trials
    sweep(experiment)
    assert (project.fingerprint(), project.git("rev-parse", CHAIN, BRANCH)) == before
    assert Ledger.load(Repository.discover(project.path), NAME).trials == trials
    assert (experiment.folder / "shared" / "weights").read_text() == "w"


def test_a_damaged_worktree_is_swept_too(project: Project) -> None:
    """AR-42: a folder that git no longer knows, or that only git knows."""
    experiment, _ = killed(project)
    (experiment.worktree / ".git").unlink()
    assert str(experiment.worktree) in sweep(experiment)
    assert not experiment.worktree.exists()
    assert project.git("worktree", "list", "--porcelain").count("worktree ") == 1
    with open_lab(experiment, Noted()):
        disk.remove(experiment.worktree)
    sweep(experiment)
    assert project.git("worktree", "list", "--porcelain").count("worktree ") == 1


def test_nothing_is_swept_while_a_run_goes_on(project: Project) -> None:
    """AR-45: the one who runs it is named."""
    experiment, _ = killed(project)
    with open_lab(experiment, Noted()), pytest.raises(Busy, match="already being run by process"):
        sweep(experiment)
    assert experiment.worktree.exists()
