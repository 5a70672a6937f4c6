"""What the dashboard shows, of one experiment and of all."""

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.screen import Screen
from autoresearch.core.rows import as_row
from autoresearch.research.experiment import find, open_named, project_home
from autoresearch.views.dashboard import SHOWN, draw, of_experiment, of_overviews
from autoresearch.views.export import as_csv
from autoresearch.views.overview import overviews
from tests.conftest import Project
from tests.end_to_end.laid import NAME, Idea, knob, lay


def test_the_sheet_of_an_experiment_is_derived_from_its_trials(project: Project) -> None:
    """AR-51"""
    trials = lay(project, Idea(4.0, knob(x=2)), Idea(None, knob(x=5)), Idea(5.0, knob(x=4))).trials
    repository = Repository.discover(project.path)
    sheet = of_experiment(open_named(NAME, project_home(repository), repository), trials)
    assert sheet.title == "engineering/knob: value, lower is better"
    assert list(sheet.records) == [as_row(trial) for trial in trials]
    assert [row[0] for row in sheet.rows] == ["0", "1", "2", "3"]
    assert sheet.progress == [(0, 9.0, True), (1, 4.0, True), (3, 5.0, False)]
    assert sheet.lines == [
        "3 trials: 1 keep, 1 discard, 1 crash (paused)",
        "best: value 4 -55.6 % (trial 1)",
    ]


def test_the_sheet_of_all_has_a_row_for_each_and_says_what_is_damaged(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """AR-50"""
    lay(project, Idea(4.0, knob(x=2)))
    lay(project, name="content/title")
    (project.folder("content/title") / "config.yaml").write_text("nonsense: [")
    repository = Repository.discover(project.path)
    sheet = of_overviews(overviews(find(repository), repository))
    assert [row[:2] for row in sheet.rows] == [["content", "title"], ["engineering", "knob"]]
    assert len(sheet.lines) == 1 and "content/title/config.yaml" in sheet.lines[0]
    draw(sheet, Screen())
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Experiments"
    assert [line.split()[0] for line in shown[1:4]] == ["domain", "content", "engineering"]
    assert shown[-1] == sheet.lines[0]


def test_a_screen_gets_the_newest_rows_and_an_export_gets_all(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = lay(project, Idea(4.0, knob(x=2)))
    trials = [*ledger.trials, *[ledger.trials[1]] * SHOWN]
    repository = Repository.discover(project.path)
    sheet = of_experiment(open_named(NAME, project_home(repository), repository), trials)
    draw(sheet, Screen())
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == f"the newest {SHOWN} of {SHOWN + 2}; all of them: --format csv"
    assert len(shown) == 1 + 1 + 1 + SHOWN + len(sheet.lines)
    assert len(as_csv(sheet).splitlines()) == 1 + len(trials)
