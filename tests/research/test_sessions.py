"""What a run was asked to do, on disk until it was done."""

from dataclasses import replace
from pathlib import Path

from autoresearch.core.model import Trial
from autoresearch.research import sessions
from autoresearch.research.sessions import Asked

IDEA = Trial(1, 0, None, None, "discard", "not_better", "an idea")
BASELINE = replace(IDEA, number=0, parent=None, status="keep", reason="baseline")


def test_what_was_asked_is_found_again_until_it_was_done(tmp_path: Path) -> None:
    """AR-41: its overrides in their order, whatever is in them."""
    asked = Asked(7, ["stop.hours=8", "evaluate=python 'é \n\udcff'"], 3)
    assert sessions.unfinished(tmp_path) is None
    sessions.begin(tmp_path, asked)
    assert sessions.unfinished(tmp_path) == asked
    sessions.begin(tmp_path, replace(asked, most=None))
    assert sessions.unfinished(tmp_path) == replace(asked, most=None)
    sessions.end(tmp_path)
    assert sessions.unfinished(tmp_path) is None
    sessions.end(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_rest_is_what_was_not_tried_since_it_began() -> None:
    """AR-41: counted in ideas; a baseline is none; a new beginning stands at the newest trial."""
    trials = [BASELINE, IDEA, IDEA, replace(BASELINE, number=3), IDEA]
    assert Asked(5, []).rest(trials) == Asked(5, [], 5)
    assert Asked(5, [], 0).rest(trials) == Asked(2, [], 5)
    assert Asked(5, [], 2).rest(trials) == Asked(3, [], 5)
    assert Asked(5, [], 5).rest(trials) == Asked(5, [], 5)


def test_where_all_was_tried_nothing_is_left_to_do() -> None:
    """AR-41: a kill between the last record and the end of the run is no reason for one more idea."""
    assert Asked(2, [], 1).rest([BASELINE, IDEA, IDEA]) == Asked(0, [], 3)
    assert Asked(1, [], 1).rest([BASELINE, IDEA, IDEA]) == Asked(0, [], 3)


def test_a_run_without_a_number_of_ideas_goes_on_without_one() -> None:
    """AR-41: the stop rules of the settings end it."""
    assert Asked(None, ["a=1"], 1).rest([BASELINE, IDEA]) == Asked(None, ["a=1"], 2)
