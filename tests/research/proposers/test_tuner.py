"""The tuner proposes readable, new and ever better values from nothing but the marks and the trials."""

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autoresearch.adapters import optuna_study
from autoresearch.core.errors import AutoresearchError, NoMoreIdeas
from autoresearch.core.marks import Value, marks_in, values_of
from autoresearch.core.model import Brief, Metric, Proposal, Proposer, Trial
from autoresearch.research.proposers.tuner import Search, Tuner

Loss = Callable[[Mapping[str, Value]], float | None]
SEARCHES: list[Search] = ["builtin", "optuna"] if optuna_study.installed() else ["builtin"]
TRAIN = "lr = 0.09  # tune: log 1e-5..1e-1\r\nwidth = 250  # tune: 16..256\r\nseed = 1"
SMALL = "n = 2  # tune: 1..3\nact = 'a'  # tune: a | b\n"
BASELINE = Trial(0, None, "c", "t", "keep", "baseline", "baseline", metric=1.0)


def brief(target: Mapping[str, str], *trials: Trial) -> Brief:
    parent = next(trial for trial in reversed(trials) if trial.status == "keep")
    metric, here = Metric("loss", "lower"), Path()
    return Brief("ml/x", "less loss", metric, trials[-1].number + 1, parent, target, {}, trials, here, here)


def row(number: int, proposal: Proposal, value: float | None, kept: bool = False) -> Trial:
    status, reason = ("keep", "unconfirmed") if kept else ("discard", "not_better")
    if value is None:
        status, reason = ("crash", "exit_code")
    return Trial.from_json(
        {
            **BASELINE.as_json(),
            "trial": number,
            "status": status,
            "reason": reason,
            "metric": value,
            "parameters": dict(proposal.parameters),
        }
    )


def play(tuner: Proposer, target: dict[str, str], loss: Loss, count: int) -> list[Trial]:
    """The loop in small: propose, measure, keep what is strictly better."""
    best = loss(values_of(marks_in(target))) or math.inf
    trials = [BASELINE]
    for number in range(1, count + 1):
        proposal = tuner.propose(brief(target, *trials))
        value = loss(proposal.parameters)
        kept = value is not None and value < best
        trials.append(row(number, proposal, value, kept))
        if kept and value is not None:
            best = value
            target = target | {path: text or "" for path, text in proposal.files.items()}
    return trials


def bowl(values: Mapping[str, Value]) -> float:
    lr, width = float(values["lr"]), float(values["width"])
    return (math.log10(lr) + 3) ** 2 + ((width - 96) / 80) ** 2


def test_a_proposal_changes_the_marked_values_and_says_so() -> None:
    target = {"src/train.py": TRAIN, "README.md": "nothing marked here"}
    proposal = Tuner(search="builtin").propose(brief(target, BASELINE))
    lr, width = proposal.parameters["lr"], proposal.parameters["width"]
    assert proposal.files == {
        "src/train.py": TRAIN.replace("0.09 ", f"{lr} ", 1).replace("250 ", f"{width} ", 1)
    }
    assert proposal.idea == f"lr 0.09 → {lr}, width 250 → {width}"
    assert proposal.why == "1 of 3 spread over the ranges"


def test_only_files_that_change_are_written_and_a_long_idea_is_cut_short() -> None:
    marked = "".join(f"p{i} = 5  # tune: 0..9\n" for i in range(6))
    proposal = Tuner(search="builtin").propose(brief({"a.py": marked, "b.py": "x = 1\n"}, BASELINE))
    changes = [name for name, value in proposal.parameters.items() if value != 5]
    assert list(proposal.files) == ["a.py"]
    assert proposal.idea.endswith(f" and {len(changes) - 4} more")
    assert proposal.idea.count("→") == 4


def test_after_the_opening_it_steps_around_the_trial_that_the_files_stand_at() -> None:
    trials = play(Tuner(seed=1, search="builtin"), {"t.py": TRAIN}, bowl, 3)
    best = next(trial.number for trial in reversed(trials) if trial.status == "keep")
    proposal = Tuner(seed=1, search="builtin").propose(brief({"t.py": TRAIN}, *trials))
    assert proposal.why == f"a step around trial {best}, step size 0.2"


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("seed", range(5))
def test_a_bowl_is_descended_from_a_poor_start(search: Search, seed: int) -> None:
    trials = play(Tuner(seed, search), {"train.py": TRAIN}, bowl, 40)
    best = min(trial.metric for trial in trials[1:] if trial.metric is not None)
    assert best < 0.2 * bowl({"lr": 0.09, "width": 250})


@pytest.mark.parametrize("search", SEARCHES)
def test_the_same_seed_and_history_give_the_same_proposal(search: Search) -> None:
    trials = play(Tuner(4, search), {"t.py": TRAIN}, bowl, 8)
    again = play(Tuner(4, search), {"t.py": TRAIN}, bowl, 8)
    assert [trial.parameters for trial in trials] == [trial.parameters for trial in again]
    other = play(Tuner(5, search), {"t.py": TRAIN}, bowl, 8)
    assert [trial.parameters for trial in trials] != [trial.parameters for trial in other]


@pytest.mark.parametrize("search", SEARCHES)
def test_a_small_space_is_tried_once_each_and_then_there_are_no_more_ideas(search: Search) -> None:
    tuner = Tuner(search=search)
    trials = play(tuner, {"t.py": SMALL}, lambda values: None if values["act"] == "b" else 1.0, 5)
    tried = {(trial.parameters["n"], trial.parameters["act"]) for trial in trials[1:]}
    assert tried == {(n, act) for n in (1, 2, 3) for act in "ab"} - {(2, "a")}
    with pytest.raises(NoMoreIdeas, match="every combination of n, act was tried"):
        tuner.propose(brief({"t.py": SMALL}, *trials))


def test_values_that_the_baseline_is_known_to_have_are_not_proposed_again() -> None:
    known = Trial.from_json({**BASELINE.as_json(), "parameters": {"n": 2, "act": "a"}})
    trials = [known, row(1, Proposal("", parameters={"n": 3, "act": "a"}), 0.5, kept=True)]
    target, tuner = {"t.py": SMALL.replace("2", "3", 1)}, Tuner(search="builtin")
    for number in range(2, 6):
        trials.append(row(number, tuner.propose(brief(target, *trials)), 0.9))
    assert {"n": 2, "act": "a"} not in [trial.parameters for trial in trials[1:]]
    with pytest.raises(NoMoreIdeas):
        tuner.propose(brief(target, *trials))


def test_a_space_too_large_to_list_gives_up_when_its_draws_find_nothing_new() -> None:
    target = {"t.py": "x = 1.0  # tune: 1.0..1.0000000000000002\n"}
    trials = [BASELINE, row(1, Proposal("", parameters={"x": 1.0000000000000002}), 0.5)]
    with pytest.raises(NoMoreIdeas, match="1,000 draws found no combination of x"):
        Tuner(search="builtin").propose(brief(target, *trials))


def test_what_was_tried_under_another_question_is_tried_again() -> None:
    old = [
        row(number, Proposal("", parameters={"n": n, "act": act}), 1.0)
        for number, (n, act) in enumerate((n, act) for n in (1, 2, 3) for act in "ab")
    ]
    asked = Trial.from_json({**BASELINE.as_json(), "trial": 6})
    assert Tuner(search="builtin").propose(brief({"t.py": SMALL}, *old, asked)).parameters


def test_nothing_marked_is_said_with_the_mend() -> None:
    with pytest.raises(AutoresearchError) as caught:
        Tuner(search="builtin").propose(brief({"src/x.py": "lr = 0.01\n"}, BASELINE))
    assert str(caught.value) == (
        "nothing to tune in src/x.py; mark a number such as "
        "`lr = 0.01  # tune: log 1e-4..1e-1`, or choose another proposer"
    )


def test_a_mark_that_is_not_understood_is_said_with_file_line_and_mend() -> None:
    with pytest.raises(AutoresearchError, match=r"^src/x\.py:2: .*9\.\.1.*write the smaller number first"):
        Tuner(search="builtin").propose(brief({"src/x.py": "\nn = 5  # tune: 9..1\n"}, BASELINE))


def test_optuna_is_not_imported_before_it_is_asked() -> None:
    code = "import sys; from autoresearch.research.proposers.tuner import Tuner; Tuner(); "
    code += "sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_without_optuna_auto_is_the_built_in_search_and_optuna_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert Tuner(search="auto").propose(brief({"t.py": TRAIN}, BASELINE)) == Tuner(search="builtin").propose(
        brief({"t.py": TRAIN}, BASELINE)
    )
    with pytest.raises(AutoresearchError, match="optuna is not installed; install the extra `optuna`"):
        Tuner(search="optuna")
