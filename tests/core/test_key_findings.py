"""Findings: what they cite, what is drawn from trials alone, and when one is withdrawn."""

from dataclasses import replace

from autoresearch.core.key_findings import KeyFinding, from_trials, held_against, overturned
from autoresearch.core.model import Metric, Trial

LOWER = Metric("ms", "lower")
BASE = Trial(0, None, "c0", "t0", "keep", "baseline", "baseline", metric=10.0, parameters={"lr": 0.1})


def trial(number: int, status: str, metric: float | None, parent: int = 0, **more: object) -> Trial:
    reason = {"keep": "confirmed", "discard": "not_better", "crash": "timeout"}[status]
    given = {"number": number, "parent": parent, "status": status, "reason": reason, "metric": metric, **more}
    return replace(BASE, description=f"idea {number}", commit=f"c{number}", **given)  # type: ignore[arg-type]


KEPT = [BASE, trial(1, "keep", 8.0)]


def cites(*numbers: int) -> KeyFinding:
    return KeyFinding("F1", "smaller is faster", numbers, max(numbers))


def test_a_finding_stands_until_its_trial_is_measured_to_be_no_better() -> None:
    """The trial was measured again, beside later candidates, and is no better than what it replaced."""
    once = [*KEPT, trial(2, "discard", 9.0, 1, again=(10.1, 10.3))]
    assert held_against([cites(1)], once, LOWER) == [cites(1)]
    often = [*once, trial(3, "discard", 9.0, 1, again=(10.2,))]
    (found,) = held_against([cites(1)], often, LOWER)
    assert found.withdrawn == "measured 3 times more, it is 10.2, no better than 10 of trial 0"
    good = [*once, trial(3, "discard", 9.0, 1, again=(8.0, 8.1, 7.9, 8.0))]
    assert held_against([cites(1)], good, LOWER) == [cites(1)]


def test_a_certified_gain_that_may_be_none_withdraws_what_rests_on_it() -> None:
    certified = replace(trial(2, "keep", 9.9, 1), commit="c1", reason="certified")
    none = replace(certified, certified={"gain": 0.1, "low": -0.4, "high": 0.6})
    some = replace(certified, certified={"gain": 2.0, "low": 1.4, "high": 2.6})
    assert "its interval holds no gain" in overturned(1, [*KEPT, none], LOWER)
    assert overturned(1, [*KEPT, some], LOWER) == ""


def test_what_rests_on_no_gain_is_not_withdrawn_by_measurements() -> None:
    trials = [*KEPT, trial(2, "crash", None, 1, again=(11.0, 11.0, 11.0))]
    assert overturned(2, trials, LOWER) == overturned(0, trials, LOWER) == overturned(99, trials, LOWER) == ""
    assert held_against([cites(2)], trials, LOWER) == [cites(2)]


def test_a_reason_that_was_given_before_stays() -> None:
    gone = replace(cites(1), withdrawn="trial 4 shows the opposite")
    trials = [*KEPT, trial(2, "discard", 9.0, 1, again=(10.1, 10.3, 10.3))]
    assert held_against([gone], trials, LOWER) == [gone]


def test_without_a_model_the_trials_speak() -> None:
    """What helped, what crashed and how often, what was tried of each number; each cites its trials."""
    tried = [trial(n, "discard", 9.0, 1, parameters={"lr": 0.1 * n}) for n in (2, 3)]
    kept = trial(1, "keep", 8.0, parameters={"lr": 0.2})
    found = from_trials([BASE, kept, *tried, trial(4, "crash", None, 1), trial(5, "crash", None, 1)], LOWER)
    assert [(one.text, one.trials) for one in found] == [
        ("-20.0 % on trial 0: idea 1", (1,)),
        ("Crashed 2 times: timeout", (4, 5)),
        ("lr: the best trial has 0.2; 3 values from 0.1 to 0.3 were tried", (1,)),
    ]
    assert from_trials([], LOWER) == [] == from_trials([BASE], LOWER)


def test_what_the_trials_say_is_withdrawn_like_all_else() -> None:
    again = trial(2, "discard", 9.0, 1, again=(10.1, 10.3, 10.3))
    assert from_trials([*KEPT, again], LOWER)[0].withdrawn


def test_trials_before_the_question_changed_are_not_compared() -> None:
    new = replace(BASE, number=2, parent=1, commit="c1")
    assert from_trials([*KEPT, new], LOWER) == []
