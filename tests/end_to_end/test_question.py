"""The question changes: a new baseline first, a break in the tables, and no comparison across it."""

import sys

import pytest

from tests.conftest import Project
from tests.faults import BRANCH, NAME, calls, count_calls, held, told

CHANGED = "the question has changed: a new baseline is measured first"


def edit(project: Project, old: str, new: str) -> None:
    path = project.folder() / "config.yaml"
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))


@pytest.fixture
def begun(project: Project) -> tuple[Project, tuple[str, ...]]:
    """An experiment with one kept idea (x = 2), and the way to try the others: trial N plays number N."""
    project.write("other.py", "y = 1\n")
    project.write("check.py", "import sys\nsys.exit('2.5' in open('knob.py').read())\n")
    project.commit()
    project.new()
    play = project.ideas("2", "2.5", "3", "1")
    assert project.run("run", *play).code == 0
    return project, play


def reasons(project: Project) -> list[str]:
    return [row["reason"] for row in project.trials()]


def test_another_metric_is_compared_with_its_own_baseline(begun: tuple[Project, tuple[str, ...]]) -> None:
    """AR-10: what was best by the old metric is measured anew, then judged by the new one alone."""
    project, play = begun
    edit(project, "name: value", "name: lines")
    edit(project, "direction: lower", "direction: higher")
    done = project.run("run", "--loop", *play)
    assert done.code == 0, done.err
    assert CHANGED in done.err
    assert told(project.trials()) == [
        (0, "keep", "baseline", 9.0, "baseline"),
        (1, "keep", "unconfirmed", 4.0, "x = 2"),
        (2, "keep", "baseline", 1.0, "baseline"),
        (3, "discard", "not_better", 1.0, "x = 3"),
        (4, "discard", "not_better", 1.0, "x = 1"),
    ]
    rows = project.trials()
    assert rows[2]["commit"] == rows[1]["commit"] == project.git("rev-parse", BRANCH)
    assert [row["parent"] for row in rows] == [None, 0, 1, 2, 2]
    summary = project.run("status", "--json").json["summary"]
    assert (summary["baseline"], summary["best"], summary["metric"]) == (1.0, 1.0, "lines")


def test_the_tables_show_the_break(begun: tuple[Project, tuple[str, ...]]) -> None:
    """AR-51, AR-10: a row that says baseline, and changes counted from it; the summary too."""
    project, play = begun
    edit(project, "direction: lower", "direction: higher")
    done = project.run("run", "--loop", "--max-experiments", "1", *play)
    assert "value 4 → 9 +125.0 %" in done.out
    table = [line.split() for line in project.run("dashboard", "knob").out.splitlines()[2:6]]
    assert [row[0] for row in table] == ["0", "1", "2", "3"]
    assert ["baseline" in row for row in table] == [True, False, True, False]
    assert table[1][3:5] == ["-55.6", "%"]
    assert table[3][3:5] == ["+125.0", "%"]
    assert "value         9 +125.0 %" in project.run("show", "3").out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: [knob.py]", "target: [knob.py, other.py]"),
        ("time_budget: 20s", "time_budget: 21s"),
        ("time_budget: 20s", f"time_budget: 20s\nchecks: ['{sys.executable} check.py']"),
        ("time_budget: 20s", "time_budget: 20s\nconstraints: [lines <= 5]"),
        (" bench.py", " bench.py --again"),
    ],
)
def test_each_part_of_the_question_counts(begun: tuple[Project, tuple[str, ...]], old: str, new: str) -> None:
    """AR-10: target list, budget, checks, constraints and command, each changed alone."""
    project, play = begun
    edit(project, old, new)
    done = project.run("run", *play)
    assert done.code == 0, done.err
    assert CHANGED in done.err
    assert reasons(project) == ["baseline", "unconfirmed", "baseline", "not_better"]
    assert CHANGED not in project.run("run", *play).err
    assert reasons(project)[4:] == ["unconfirmed"]


def test_what_is_no_part_of_the_question_asks_for_no_baseline(begun: tuple[Project, tuple[str, ...]]) -> None:
    """AR-10, AR-13: the goal, the stop rules, the proposer, a comment; nor is anything measured twice."""
    project, play = begun
    edit(
        project,
        "time_budget: 20s",
        "time_budget: 20s\nstop: {patience: 9}  # be patient\nproposer: {seed: 4}",
    )
    (project.folder() / "IDEA.md").write_text("Something else, in other words.\n")
    done = project.run("run", *play)
    assert CHANGED not in done.err
    assert reasons(project) == ["baseline", "unconfirmed", "not_better"]


def test_a_question_that_comes_back_is_measured_again(begun: tuple[Project, tuple[str, ...]]) -> None:
    """AR-10, AR-13: an old baseline is never compared with across what came between; the branch stays."""
    project, play = begun
    best = project.git("rev-parse", BRANCH)
    edit(project, "name: value", "name: lines")
    assert project.run("run", *play).code == 0
    edit(project, "name: lines", "name: value")
    assert project.run("run", "-c", "stop.target=100", *play).code == 0
    assert reasons(project) == ["baseline", "unconfirmed", "baseline", "not_better", "baseline"]
    assert {row["commit"] for row in project.trials() if row["status"] == "keep"} >= {best}
    assert project.git("rev-parse", BRANCH) == best


def test_identical_files_are_measured_again_under_another_question(
    begun: tuple[Project, tuple[str, ...]],
) -> None:
    """AR-19: only rows of the same question make a duplicate."""
    project, _ = begun
    edit(project, "direction: lower", "direction: higher")
    play = project.ideas("2", "", "2", "3  # tune: -10..10", "2")
    assert project.run("run", "--loop", "--max-experiments", "3", *play).code == 0
    assert [(row["reason"], row["metric"]) for row in project.trials()][2:] == [
        ("baseline", 4.0),
        ("duplicate", None),
        ("unconfirmed", 9.0),
        ("duplicate", None),
    ]


def test_a_new_baseline_that_fails_compares_nothing_until_it_is_mended(
    begun: tuple[Project, tuple[str, ...]],
) -> None:
    """AR-10, AR-47: one row, exit 1 and the mend; the best of before stays where it is."""
    project, play = begun
    best = project.git("rev-parse", BRANCH)
    edit(project, "name: value", "name: valve")
    for tries in (1, 2):
        done = project.run("run", "--loop", *play)
        assert done.code == 1
        assert "the baseline could not be measured (no_metric)" in done.err
        assert "did you mean value?" in done.err
        assert reasons(project) == ["baseline", "unconfirmed", *["no_metric"] * tries]
    assert project.git("rev-parse", BRANCH) == best
    edit(project, "name: valve", "name: value")
    assert project.run("run", *project.ideas("", "", "", "1")).code == 0
    assert told(project.trials())[-1] == (4, "keep", "unconfirmed", 1.0, "x = 1")


def test_a_ready_evaluator_of_the_folder_is_part_of_the_question(project: Project) -> None:
    """AR-10: evaluate.py beside the settings, edited by the user."""
    project.new()
    edit(project, " bench.py", " $AUTORESEARCH_DIR/evaluate.py")
    evaluate = project.folder() / "evaluate.py"
    evaluate.write_text((project.path / "bench.py").read_text())
    play = project.ideas("5", "2", "1", "0.5")
    assert project.run("run", *play).code == 0
    assert project.run("run", *play).code == 0
    assert reasons(project) == ["baseline", "baseline", "unconfirmed", "unconfirmed"]
    evaluate.write_text(evaluate.read_text() + "# better\n")
    assert project.run("run", *project.ideas(*[""] * 4, "0.4")).code == 0
    assert reasons(project)[4:] == ["baseline", "unconfirmed"]


def test_an_evaluator_that_the_user_goes_on_editing_stays_as_it_was(project: Project) -> None:
    """AR-10, AR-12: what is measured is what was committed when the experiment began; it says so."""
    project.new()
    project.write("bench.py", "print('value: -1')\n")
    done = project.run("run", *project.ideas("2", "5"))
    assert done.code == 0
    assert "bench.py differs in your checkout; here it stays as it was in " in done.err
    project.commit()
    assert project.run("run", *project.ideas("2", "5")).code == 0
    assert [row["metric"] for row in project.trials()] == [9.0, 4.0, 25.0]


def test_a_proposal_made_for_another_question_is_not_measured_under_this_one(project: Project) -> None:
    """AR-41, AR-10: a run killed in a trial, then edited settings: baseline first, then a new idea."""
    count_calls(project)
    project.new()
    with held(project, "measured", 1, "run", *project.ideas("5", "2")) as run:
        run.kill()
        run.end()
    edit(project, "direction: lower", "direction: higher")
    assert project.run("run", "--resume").code == 0
    assert told(project.trials()) == [
        (0, "keep", "baseline", 9.0, "baseline"),
        (1, "keep", "baseline", 9.0, "baseline"),
        (2, "discard", "not_better", 4.0, "x = 2"),
    ]
    assert calls("asked") == {1: 1, 2: 1}


def test_the_name_of_an_experiment_that_changed_stays(begun: tuple[Project, tuple[str, ...]]) -> None:
    """AR-11: every row of both questions is in one results.tsv, in one chain."""
    project, play = begun
    edit(project, "time_budget: 20s", "time_budget: 30s")
    assert project.run("run", *play).code == 0
    lines = (project.folder() / "results.tsv").read_text().splitlines()
    assert [line.split("\t")[4] for line in lines[1:]] == reasons(project)
    assert (
        project.git("log", "--first-parent", "--format=%s", f"refs/autoresearch/{NAME}").count("baseline")
        == 4
    )
