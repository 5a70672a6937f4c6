"""When a run stops, and what it says then."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.model import Metric, Trial
from autoresearch.core.stopping import Session, Stop, ideas, stop

LOWER, HIGHER = Metric("ms", "lower"), Metric("score", "higher")
BASELINE = Trial(0, None, "c", "t", "keep", "baseline", "baseline", metric=10.0)
KINDS = {
    "k": replace(BASELINE, status="keep", reason="unconfirmed", metric=5.0),
    "d": replace(BASELINE, status="discard", reason="not_better", metric=20.0),
    "x": replace(BASELINE, status="crash", reason="exit_code", metric=None),
    "b": BASELINE,
}


@dataclass(frozen=True)
class Rules:
    trials: int | None = None
    hours: float | None = None
    target: float | None = None
    patience: int | None = None
    crashes: int | None = None
    cost: float | None = None


def history(kinds: str) -> list[Trial]:
    return [replace(KINDS[kind], number=number) for number, kind in enumerate(kinds)]


def rule(
    rules: Rules, kinds: str, before: int = 0, hours: float = 0.0, most: int | None = None
) -> str | None:
    found = stop(rules, LOWER, history(kinds), Session(before, hours, most))
    return found.rule if found else None


@given(st.text("kdxb", max_size=30), st.floats(0, 1e6))
def test_without_a_rule_nothing_stops_a_run(kinds: str, hours: float) -> None:
    assert rule(Rules(), kinds, hours=hours) is None


def test_a_baseline_is_no_idea_also_when_the_question_changed() -> None:
    assert ideas(history("bkdxbk")) == 4
    assert rule(Rules(trials=3), "bkdbb") is None
    assert rule(Rules(trials=3), "bkdbx") == "trials"


def test_trials_count_over_all_sessions_and_a_session_may_ask_for_its_own_number() -> None:
    assert rule(Rules(trials=3), "bddd", before=4) == "trials"
    assert rule(Rules(trials=3), "bddd", before=4, most=2) is None
    assert rule(Rules(trials=3), "bddddd", before=4, most=2) == "max_experiments"
    assert rule(Rules(), "bdddddb", before=4, most=3) is None


def test_the_target_is_reached_at_equality_and_beyond_by_what_was_kept() -> None:
    assert rule(Rules(target=5.0), "bk") == "target"
    assert rule(Rules(target=6.0), "bkdx") == "target"
    assert rule(Rules(target=4.999), "bk") is None
    assert rule(Rules(target=20.0), "x") is None
    assert stop(Rules(target=5.0), HIGHER, history("bk"), Session(0, 0.0)) is not None
    assert stop(Rules(target=5.1), HIGHER, history("bk"), Session(0, 0.0)) is None
    assert stop(Rules(target=15.0), HIGHER, history("bkd"), Session(0, 0.0)) is None  # 20 was not kept


def test_the_target_also_counts_what_earlier_sessions_kept() -> None:
    assert rule(Rules(target=5.0), "bkd", before=3) == "target"


def test_patience_counts_what_brought_nothing_since_the_last_gain_of_this_session() -> None:
    assert rule(Rules(patience=3), "bddx") == "patience"
    assert rule(Rules(patience=3), "bdkdx") is None
    assert rule(Rules(patience=3), "bdkdxd") == "patience"
    assert rule(Rules(patience=3), "bdddd", before=5) is None
    assert rule(Rules(patience=3), "bddddddd", before=5) == "patience"


def test_only_crashes_in_a_row_give_up() -> None:
    assert rule(Rules(crashes=3), "bxxdx") is None
    assert rule(Rules(crashes=3), "bxxkxx") is None
    assert rule(Rules(crashes=3), "bxxx", before=2) is None
    found = stop(Rules(crashes=3), LOWER, history("bdxxx"), Session(0, 0.0))
    assert found == Stop("crashes", "paused after 3 crashes in a row", gave_up=True)


def test_only_crashes_are_giving_up() -> None:
    rules = Rules(trials=1, hours=1.0, target=5.0, patience=1)
    for one in (
        replace(rules, hours=None, target=None, patience=None),
        replace(rules, trials=None, target=None, patience=None),
        replace(rules, trials=None, hours=None, patience=None),
        replace(rules, trials=None, hours=None, target=None),
    ):
        found = stop(one, LOWER, history("bkd"), Session(0, 2.0))
        assert found is not None and not found.gave_up


def test_hours_are_those_of_this_session() -> None:
    assert rule(Rules(hours=8.0), "bd", hours=7.99) is None
    assert rule(Rules(hours=8.0), "bd", hours=8.0) == "hours"
    assert rule(Rules(hours=8.0), "bd", hours=0.0) is None


def test_what_was_spent_is_that_of_the_whole_experiment() -> None:
    """AR-44"""
    trials = history("bd")
    assert stop(Rules(cost=5.0), LOWER, trials, Session(2, 0.0, spent=4.99)) is None
    found = stop(Rules(cost=5.0), LOWER, trials, Session(2, 0.0, spent=5.0))
    assert found is not None and (found.rule, found.gave_up) == ("cost", False)
    assert found.why == "$5.00 are spent (stop.cost)"
    assert stop(Rules(cost=0.0), LOWER, trials, Session(2, 0.0)) is not None


def test_a_reason_names_its_rule_or_its_number() -> None:
    told = {
        "trials": stop(Rules(trials=2), LOWER, history("bdd"), Session(0, 0.0)),
        "patience": stop(Rules(patience=2), LOWER, history("bdd"), Session(0, 0.0)),
        "hours": stop(Rules(hours=1.5), LOWER, history("bdd"), Session(0, 1.6)),
        "max_experiments": stop(Rules(), LOWER, history("bdd"), Session(0, 0.0, 2)),
        "target": stop(Rules(target=10.0), LOWER, history("bdd"), Session(0, 0.0)),
    }
    assert {name: found.rule if found else None for name, found in told.items()} == {n: n for n in told}
    assert [found.why for found in told.values() if found] == [
        "2 trials (stop.trials)",
        "no gain in 2 trials (stop.patience)",
        "1.5 hours are over (stop.hours)",
        "2 trials, as asked",
        "target reached: ms 10",
    ]


@given(st.text("kdx", max_size=20), st.integers(1, 30))
def test_the_loop_makes_just_as_many_ideas_as_were_asked_for(kinds: str, most: int) -> None:
    done = 0
    while done < len(kinds) and rule(Rules(), "b" + kinds[:done], before=1, most=most) is None:
        done += 1
    assert done == min(most, len(kinds))
