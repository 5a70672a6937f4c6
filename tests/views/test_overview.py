"""An experiment in one row, derived from its trials."""

from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository
from autoresearch.core.model import Trial
from autoresearch.research.experiment import Experiment, find, open_named, project_home
from autoresearch.views.overview import COLUMNS, cells, in_flight, overview, overviews, state
from tests.conftest import Project
from tests.end_to_end.laid import NAME, Idea, knob, lay

TRIALS = (Idea(4.0, knob(x=2)), Idea(5.0, knob(x=4)), Idea(None, knob(x=5)), Idea(1.0, knob(x=1)))


def opened(project: Project, *overrides: str) -> Experiment:
    repository = Repository.discover(project.path)
    return open_named(NAME, project_home(repository), repository, overrides)


def test_the_row_counts_ideas_and_says_how_far_they_came(project: Project) -> None:
    """AR-50: domain, experiment, metric, trials, kept, discarded, crashed, baseline, best, change, state."""
    trials = lay(project, *TRIALS).trials
    row = overview(opened(project), trials)
    assert cells(row) == [
        "engineering",
        "knob",
        "value",
        "4",
        "2",
        "1",
        "1",
        "9",
        "1",
        "-88.9 %",
        "",
        "paused",
    ]
    assert len(cells(row)) == len(COLUMNS)
    assert row.as_json() == {
        "domain": "engineering", "experiment": "knob", "scope": "project", "state": "paused",
        "target": ["knob.py", "more/*"], "metric": "value", "direction": "lower", "trials": 4, "kept": 2,
        "discarded": 1, "crashed": 1, "baseline": 9.0, "best": 1.0, "change": -800 / 9, "certified": None,
        "error": "",
    }  # fmt: skip


def test_what_is_not_there_yet_is_none(project: Project) -> None:
    lay(project, baseline=None)
    row = overview(opened(project), [])
    assert (row.baseline, row.best, row.change, row.trials, row.state) == (None, None, None, 0, "idle")
    assert cells(row)[-5:] == ["N/A", "N/A", "", "", "idle"]


def test_after_the_question_changed_the_best_is_of_the_new_one(project: Project) -> None:
    trials = lay(project, *TRIALS).trials
    again = replace(trials[0], number=5, metric=50.0)
    row = overview(opened(project), [*trials, again])
    assert (row.baseline, row.best, row.change) == (50.0, 50.0, 0.0)
    assert row.trials == 4


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("stop.trials=5", "paused"),
        ("stop.trials=4", "done"),
        ("stop.target=1", "done"),
        ("stop.target=0.5", "paused"),
        ("stop.patience=1", "paused"),
        ("stop.hours=1", "paused"),
    ],
)
def test_the_state_is_what_a_run_would_do_next(project: Project, override: str, said: str) -> None:
    """AR-50: done where a rule says stop at once, paused where there is more to try."""
    trials = lay(project, *TRIALS).trials
    assert state(opened(project, override), trials) == said


def test_the_state_is_active_while_somebody_runs_it(project: Project) -> None:
    """AR-50"""
    ledger = lay(project, *TRIALS)
    experiment = opened(project)
    with disk.lock(experiment.lock, NAME):
        assert state(experiment, ledger.trials) == "active"
        assert overviews(find(experiment.repository), experiment.repository)[0].state == "active"
    assert state(experiment, ledger.trials) == "paused"
    assert state(experiment, list[Trial]()) == "idle"


def test_a_damaged_experiment_is_a_row_that_says_why(project: Project) -> None:
    lay(project, *TRIALS)
    lay(project, name="content/title")
    (project.folder() / "config.yaml").write_text("nonsense: [")
    repository = Repository.discover(project.path)
    titles, damaged = overviews(find(repository), repository)
    assert (titles.experiment, titles.state, titles.error) == ("title", "idle", "")
    assert (damaged.experiment, damaged.state, damaged.trials) == ("knob", "damaged", 0)
    assert "config.yaml" in damaged.error


def test_a_trial_in_flight_is_named(project: Project) -> None:
    lay(project, *TRIALS)
    experiment = opened(project)
    assert in_flight(experiment, 5) == ""
    folder: Path = experiment.trial_folder(5)
    folder.mkdir(parents=True)
    assert in_flight(experiment, 5) == "trial 5: asking for an idea"
    (folder / "proposal.json").write_text('{"idea": "two\\nlines", "files": {}, "started": "now"}')
    assert in_flight(experiment, 5) == "trial 5: two lines"
