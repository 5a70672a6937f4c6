"""One trial from its parent to its verdict, with real git, real evaluations and a scripted proposer."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.sandbox import LEVELS
from autoresearch.core.errors import AutoresearchError, NoMoreIdeas, TrialFailed
from autoresearch.core.model import Proposal, Trial
from autoresearch.research import loop
from autoresearch.research.attempt import attempt, measure_baseline, peek
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab, open_lab
from autoresearch.research.ledger import Ledger
from tests.conftest import BENCH, Project
from tests.faults import BRANCH, NAME, Noted, Scripted, make, turn

HOSTILE = (
    "", ".", "..", "../knob.py", "/knob.py", "./knob.py", "src/../bench.py", "knob.py/", "knob.py/x", "a\nb",
    "a\0b", ".git/config", ".GIT/config", "a/.git/config", ".autoresearch/version", "a//b", "a/./b", "\udcff",
)  # fmt: skip


@contextmanager
def lab_of(experiment: Experiment, *queue: Proposal | Exception) -> Iterator[Lab]:
    """A lab whose proposer plays these, at its baseline."""
    with open_lab(experiment, Noted()) as lab:
        lab.proposer = Scripted(list(queue))
        lab.workspace.restore()
        loop.ensure_baseline(experiment, lab)
        yield lab


def tried(project: Project, *queue: Proposal | Exception, **settings: Any) -> list[Trial]:
    """The trials that come of these ideas, in the usual experiment."""
    experiment = make(project, **settings)
    with lab_of(experiment, *queue) as lab:
        for _ in queue:
            lab.record(*attempt(experiment, lab))
        return lab.ledger.trials


def said(trials: list[Trial]) -> list[tuple[str, str, float | None]]:
    return [(trial.status, trial.reason, trial.metric) for trial in trials]


def test_the_first_trial_is_the_untouched_code_measured_like_any_other(project: Project) -> None:
    """AR-10: its commit is the base, it has no parent, and later ones are compared with it."""
    base = project.git("rev-parse", "HEAD")
    baseline, first = tried(project, turn(4))
    assert (baseline.number, baseline.status, baseline.reason, baseline.description) == (
        0,
        "keep",
        "baseline",
        "baseline",
    )
    assert (baseline.commit, baseline.parent, baseline.metric) == (base, None, 9.0)
    assert (baseline.samples, baseline.metrics, baseline.parameters) == ((9.0,), {"lines": 1.0}, {"x": 3})
    assert baseline.seconds > 0
    assert (first.status, first.reason, first.parent) == ("discard", "not_better", 0)


def test_a_trial_starts_from_the_best_and_says_all_that_is_needed_to_repeat_it(project: Project) -> None:
    """AR-11, AR-15: commit on top of its parent, numbers, times in order, the question and the versions."""
    why = replace(turn(2), why="because", model="m-1", parameters={"x": 2})
    trials = tried(project, why, turn(5), turn(1))
    assert [trial.parent for trial in trials] == [None, 0, 1, 1]
    assert said(trials)[1:] == [
        ("keep", "unconfirmed", 4.0), ("discard", "not_better", 25.0), ("keep", "unconfirmed", 1.0),
    ]  # fmt: skip
    for trial in trials[1:]:
        assert project.git("rev-parse", f"{trial.commit}^") == trials[trial.parent or 0].commit
        assert project.git("rev-parse", f"{trial.commit}^{{tree}}") == trial.tree
        assert trial.started <= trial.finished
        assert trial.finished.endswith("+00:00")
        assert (trial.question, trial.proposer) == (trials[0].question, "scripted")
        assert (trial.seed, trial.sandbox in LEVELS) == (1000 * trial.number, True)
        assert set(trial.versions) == {"autoresearch", "git", "python", "platform"}
    assert project.git("rev-parse", BRANCH) == trials[3].commit
    kept = trials[1]
    assert (kept.description, kept.why, kept.model) == ("x = 2", "because", "m-1")
    assert (kept.samples, kept.metrics, kept.parameters) == ((4.0,), {"lines": 1.0}, {"x": 2})


def test_equal_is_not_better(project: Project) -> None:
    """AR-13, AR-15: other files with the same number are a discard that says so, and take nothing away."""
    trials = tried(project, turn(-3), turn(2), turn(-2))
    assert said(trials)[1:] == [
        ("discard", "not_better", 9.0), ("keep", "unconfirmed", 4.0), ("discard", "not_better", 4.0),
    ]  # fmt: skip
    assert (trials[1].detail, trials[3].detail) == ("equal", "equal")
    assert project.git("rev-parse", BRANCH) == trials[2].commit


def test_identical_files_are_not_measured_twice(project: Project) -> None:
    """AR-19, AR-13: as the parent, as a discarded trial, as one that crashed; the evaluator isn't started."""
    runs = Path(os.environ["HOME"], "runs")
    project.write("bench.py", f"open({str(runs)!r}, 'a').write('x')\n{BENCH}")
    project.commit()
    same = Proposal("no change", files={"knob.py": "x = 3  # tune: -10..10\n"})
    nothing = Proposal("delete what is not there", files={"knot.py": None})
    trials = tried(project, same, turn(5), turn(5), turn("oops"), turn("oops"), turn(2), turn(2), nothing,
                   target=["kno*.py"])  # fmt: skip
    assert [trial.reason for trial in trials] == [
        "baseline", "duplicate", "not_better", "duplicate", "exit_code", "duplicate", "unconfirmed",
        "duplicate", "duplicate",
    ]  # fmt: skip
    assert [trial.detail.rpartition(" ")[2] for trial in trials if trial.reason == "duplicate"] == [
        "0",
        "2",
        "4",
        "6",
        "6",
    ]
    assert {
        (trial.status, trial.metric, trial.seconds) for trial in trials if trial.reason == "duplicate"
    } == {("discard", None, 0.0)}
    assert runs.read_text() == "x" * 4
    assert project.git("rev-parse", BRANCH) == trials[6].commit


def test_a_failed_proposal_is_a_row_without_a_candidate(project: Project) -> None:
    """AR-15, AR-18: of the proposer, and of a proposal that writes what it may not; the next is told."""
    failed = TrialFailed("no_proposal", "it had a bad day")
    elsewhere = Proposal("elsewhere", files={"knob.py": "x = 1\n", "bench.py": ""})
    experiment = make(project)
    with lab_of(experiment, failed, elsewhere, turn(2)) as lab:
        for _ in range(3):
            lab.record(*attempt(experiment, lab))
        _, one, two, _three = lab.ledger.trials
        brief = lab.proposer.briefs[-1]  # type: ignore[attr-defined]
    assert (one.status, one.reason, one.detail, one.commit, one.parent) == (
        "crash",
        "no_proposal",
        failed.detail,
        None,
        0,
    )
    assert (two.status, two.reason, two.description, two.commit) == (
        "crash",
        "invalid_edit",
        "elsewhere",
        None,
    )
    assert "'bench.py' is not among the target files" in two.detail
    assert [trial.reason for trial in brief.trials] == ["baseline", "no_proposal", "invalid_edit"]


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_ends_the_loop_or_leaves_the_targets(project: Project, path: str) -> None:
    """AR-18, AR-12: even where the target is everything; refused as a row, and the checkout is the same."""
    before = project.fingerprint()
    trials = tried(project, Proposal("odd", files={path: "print('value: 0')\n"}), turn(2), target=["**"])
    assert [trial.reason for trial in trials][::2] == ["baseline", "unconfirmed"]
    assert trials[1].reason in (("unconfirmed", "not_better") if path == "\udcff" else ("invalid_edit",)), (
        trials[1]
    )
    assert project.fingerprint() == before


def test_the_brief_shows_the_trial_to_start_from(project: Project) -> None:
    """AR-11: its target and context texts, the rows so far, the goal; in a worktree that stands there."""
    project.write("README.md", "about\n")
    project.commit()
    experiment = make(project, context=["*.md"])
    with lab_of(experiment, turn(2), turn(5)) as lab:
        lab.record(*attempt(experiment, lab))
        attempt(experiment, lab)
        brief = lab.proposer.briefs[-1]  # type: ignore[attr-defined]
        assert (brief.experiment, brief.goal, brief.trial) == (NAME, "Make it small.", 2)
        assert (brief.metric.name, brief.parent.number) == ("value", 1)
        assert (brief.target, brief.context) == ({"knob.py": "x = 2\n"}, {"README.md": "about\n"})
        assert [trial.number for trial in brief.trials] == [0, 1]
        assert brief.directory == lab.workspace.worktree.path
        assert brief.folder == experiment.trial_folder(2)


def test_the_record_has_the_proposal_and_the_log(project: Project) -> None:
    """AR-11, AR-16: the evidence of a trial, kept or not; the baseline also holds the question."""
    experiment = make(project)
    with lab_of(experiment, turn("oops")) as lab:
        trial, evidence = attempt(experiment, lab)
        assert sorted(evidence) == ["proposal.json", "run.log"]
        assert json.loads(evidence["proposal.json"])["files"] == {"knob.py": "x = oops\n"}
        assert b"could not convert" in evidence["run.log"]
        assert (trial.reason, trial.commit is not None) == ("exit_code", True)
        assert "question/config.yaml" in measure_baseline(experiment, lab)[1]


def test_a_proposal_and_a_measurement_that_are_on_disk_are_not_asked_for_again(project: Project) -> None:
    """AR-41: the same commit comes of them; a proposer that is asked for nothing is not asked."""
    experiment = make(project)
    with lab_of(experiment, turn(2)) as lab:
        first, _ = attempt(experiment, lab)
    with lab_of(experiment) as lab:
        again, _ = attempt(experiment, lab)
    assert (again.commit, again.started, again.metric, again.seconds) == (
        first.commit, first.started, first.metric, first.seconds,
    )  # fmt: skip


@pytest.mark.parametrize("end", [NoMoreIdeas("enough"), AutoresearchError("nothing to tune")])
def test_where_nothing_is_proposed_there_is_no_trial(project: Project, end: Exception) -> None:
    """AR-44: no row, and no folder that looks like a trial in flight."""
    experiment = make(project)
    with lab_of(experiment, end) as lab:
        with pytest.raises(type(end)):
            attempt(experiment, lab)
        assert len(lab.ledger.trials) == 1
    assert not experiment.trial_folder(1).exists()


def test_a_peek_asks_and_leaves_nothing(project: Project) -> None:
    """AR-40: the next proposal and the texts it starts from, also before there is a baseline."""
    experiment = make(project)
    with open_lab(experiment, Noted()) as lab:
        lab.proposer = Scripted([turn(2), turn(5)])
        proposal, texts = peek(experiment, lab)
        assert (proposal, texts) == (turn(2), {"knob.py": "x = 3  # tune: -10..10\n"})
        brief = lab.proposer.briefs[0]
        assert (brief.trials, brief.trial) == ([], 0)
        assert not Path(brief.folder).exists()
    assert not list((experiment.folder / "trials").glob("*"))
    assert Ledger.load(Repository.discover(project.path), NAME).trials == []


def test_a_baseline_that_fails_is_a_row_that_nothing_is_compared_with(project: Project) -> None:
    """AR-10, AR-15: a crash with its reason, as any other; the branch stays at the base."""
    project.write("bench.py", "print('value: nan')\n")
    base = project.commit()
    experiment = make(project)
    with open_lab(experiment, Noted()) as lab:
        lab.workspace.restore()
        trial, _ = measure_baseline(experiment, lab)
        lab.record(trial, {})
    assert (trial.status, trial.reason, trial.metric, trial.commit) == ("crash", "not_finite", None, base)
    assert project.git("rev-parse", BRANCH) == base
