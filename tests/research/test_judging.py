"""The keep rule in the real loop: noisy evaluators, real worktrees, what is kept and what is remembered."""

import json
import os

import pytest

from autoresearch.core.keep import BASELINE
from autoresearch.core.model import Proposal, Trial
from autoresearch.research import loop
from autoresearch.research.lab import open_lab
from tests.conftest import Project
from tests.faults import NAME, Noted, Scripted, make
from tests.faults import NOISY_LEVEL as NOISY

NEUTRAL = int(os.environ.get("AUTORESEARCH_NEUTRAL", "25"))  # 200 in `make faults`


def level(value: float, note: object = "") -> Proposal:
    return Proposal(f"{value:g} {note}".strip(), files={"knob.py": f"x = {value:g}  # {note}\n"})


def tried(project: Project, *ideas: Proposal, script: str = NOISY, **settings: object) -> list[Trial]:
    """The trials of these ideas, with the sandbox off: the rule is what is tested."""
    project.write("knob.py", "x = 100\n")
    project.write("bench.py", script)
    project.commit()
    more = {"keep": {}, "sandbox": {"use": "none"}, "stop": {"crashes": None}, **settings}
    experiment = make(project, **more)
    with open_lab(experiment, Noted()) as lab:
        lab.proposer = Scripted(list(ideas))
        loop.run(experiment, lab, len(ideas))
        return lab.ledger.trials


def test_edits_that_change_nothing_are_not_kept(project: Project) -> None:
    """AR-11: neutral edits through the real loop, with a noisy evaluator: at most 1 of 200 is kept."""
    trials = tried(project, *(level(100, n) for n in range(NEUTRAL)), stop={"trials": None, "crashes": None})
    assert sum(trial.status == "keep" for trial in trials[1:]) <= 1
    looks = sum(len(trial.samples) for trial in trials[1:])
    assert looks <= 2 * NEUTRAL


def test_a_real_gain_is_kept_with_what_was_seen_of_it(project: Project) -> None:
    """AR-16: the noise is measured at first, the gain four times at least; all of it is in the record."""
    first, kept, worse = tried(project, level(90), level(95))[:3]
    assert (first.reason, len(first.samples), len(kept.again)) == ("baseline", 1, BASELINE - 1)
    assert (kept.status, kept.reason) == ("keep", "confirmed")
    assert len(kept.samples) >= 4
    assert len(set(kept.samples)) == len(kept.samples)  # each with a seed of its own
    assert kept.metric == pytest.approx(sum(kept.samples) / len(kept.samples))
    assert "claimed" in kept.detail
    assert kept.knowledge and kept.knowledge["kept"] == 1
    assert (worse.status, len(worse.samples)) == ("discard", 1)
    record = project.git("show", f"refs/autoresearch/{NAME}~1:looks.jsonl")
    assert [json.loads(line)["who"] for line in record.splitlines()].count("candidate") == len(kept.samples)


def test_without_noise_two_looks_decide(project: Project) -> None:
    quiet = "print('value:', float(open('knob.py').read().split()[2]))\n"
    _base, kept, equal = tried(project, level(90), level(90, "again"), script=quiet)
    assert (kept.reason, kept.samples) == ("confirmed", (90.0, 90.0))
    assert (equal.reason, equal.samples, equal.detail) == ("not_better", (90.0,), "equal")


@pytest.mark.parametrize("checks", [False, True])
def test_what_is_too_good_is_looked_at_again_and_parked_or_flagged(project: Project, checks: bool) -> None:
    """AR-15: parked where nothing but the metric speaks for it, kept and flagged where the checks pass."""
    more = {"checks": ["true"]} if checks else {}
    trials = tried(project, level(1), level(90), **more)
    jump, after = trials[1:3]
    assert (jump.status, jump.reason) == ("keep" if checks else "discard", "suspect")
    assert len(jump.samples) == 2
    assert jump.commit and project.git("cat-file", "-t", jump.commit) == "commit"
    assert after.parent == (1 if checks else 0)
    assert after.status == ("discard" if checks else "keep")


def test_what_the_tuner_found_is_flagged_but_never_parked(project: Project) -> None:
    """AR-15: it turns marked numbers, and can forge none."""
    project.write("knob.py", "x = 3  # tune: 0.1 | 3\n")
    project.commit()
    project.new()
    assert project.run("run", "--single").code == 0
    row = project.trials()[1]
    assert (row["status"], row["reason"], row["metric"]) == ("keep", "suspect", 0.1**2)


def test_what_was_learnt_of_the_best_is_not_lost_with_a_candidate_that_fails(project: Project) -> None:
    """AR-16: the noise is not measured twice."""
    fails = Proposal("fails", files={"knob.py": "x = oops\n"})
    _base, crashed, kept = tried(project, fails, level(90))
    assert (crashed.status, len(crashed.again), crashed.metric) == ("crash", BASELINE - 1, None)
    assert kept.status == "keep"
    assert len(kept.again) < BASELINE - 1


def test_a_best_that_can_no_longer_be_measured_is_named(project: Project) -> None:
    """AR-15: it is not held against the candidate."""
    script = NOISY + "if os.environ['AUTORESEARCH_TRIAL'] == '1': raise SystemExit(3)\n"
    (_base, crashed) = tried(project, level(90), script=script)
    assert (crashed.status, crashed.reason) == ("crash", "incumbent_failed")
    assert crashed.detail.startswith("exit_code: ")


def test_every_look_has_clean_ground(project: Project) -> None:
    """AR-13: what one measurement leaves in the worktree, the next does not find."""
    leaves = "import os\nassert not os.path.exists('left')\nopen('left', 'w').close()\n"
    trials = tried(project, level(90), script=leaves + NOISY)
    assert trials[1].status == "keep"


def test_a_constraint_is_asked_of_every_look(project: Project) -> None:
    """AR-20"""
    script = f"{NOISY}print('peak:', 5 if level == 100 else 50)\n"
    trials = tried(project, level(90), script=script, constraints=["peak <= 10"])
    assert (trials[1].status, trials[1].reason) == ("discard", "constraint")
