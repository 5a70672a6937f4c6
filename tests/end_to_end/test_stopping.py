"""Runs stop by themselves, and say by which rule; exit codes can be scripted."""

import pytest

from tests.conftest import Project


@pytest.mark.parametrize(
    ("setting", "ideas", "rule", "tried"),
    [
        ("stop.target=4", ["2.5", "2", "1"], "target", 2),
        ("stop.trials=2", ["5", "6", "7"], "trials", 2),
        ("stop.patience=2", ["2", "5", "6", "1"], "patience", 3),
        ("stop.hours=0.0000001", ["2", "1"], "hours", 0),
        ("stop.trials=9", ["2", "1"], "no_more_ideas", 2),
    ],
)
def test_a_run_stops_by_a_rule_and_says_which(
    project: Project, setting: str, ideas: list[str], rule: str, tried: int
) -> None:
    """AR-44, AR-40, AR-47: exit 0."""
    project.new()
    done = project.run("run", "--loop", "-c", setting, *project.ideas(*ideas), "--json")
    assert done.code == 0, done.err
    assert done.json["stopped"]["rule"] == rule
    assert done.json["stopped"]["why"]
    assert len(done.json["trials"]) == tried


def test_crashes_in_a_row_pause_the_loop_with_what_was_said_and_what_to_do(project: Project) -> None:
    """AR-43, AR-44, AR-47, AM-45: exit 4; a crash before a success doesn't count; it goes on again."""
    project.new()
    crash = {"idea": "broken", "files": {"knob.py": "y = 1\n"}}
    crashes = [{"idea": f"broken {n}", "files": {"knob.py": f"y = {n}\n"}} for n in range(2, 8)]
    ideas = project.ideas(crash, "2", *crashes)
    done = project.run("run", "--loop", *ideas)
    assert done.code == 4
    assert "5 crashes in a row" in done.err
    assert "AttributeError" in done.err or "TypeError" in done.err  # the log's tail
    assert "autoresearch run --resume" in done.err
    assert len(project.trials()) == 8
    again = project.run("run", "--resume", *ideas)
    assert again.code == 0, again.err
    assert len(project.trials()) == 9


def test_single_is_the_default_and_max_experiments_counts_ideas(project: Project) -> None:
    """AR-40: --single, --loop, --max-experiments, --path"""
    project.new()
    ideas = project.ideas("5", "6", "7", "8")
    assert project.run("run", *ideas).code == 0
    assert len(project.trials()) == 2
    elsewhere = project.path.parent
    done = Project(elsewhere).run(
        "run", "--path", str(project.path), "--loop", "--max-experiments", "2", *ideas
    )
    assert done.code == 0, done.err
    assert len(project.trials()) == 4
    assert project.run("run", "--single", "--max-experiments", "2").code == 2


def test_a_dry_run_shows_the_idea_and_leaves_everything_as_it_was(project: Project) -> None:
    """AR-40"""
    project.new()
    folder = project.folder()
    before = (project.fingerprint(), project.git("for-each-ref"), sorted(folder.rglob("*")))
    done = project.run("run", "--dry-run", *project.ideas("2"))
    assert done.code == 0, done.err
    assert "-x = 3" in done.out
    assert "+x = 2" in done.out
    assert (project.fingerprint(), project.git("for-each-ref"), sorted(folder.rglob("*"))) == before


def test_a_changed_question_is_measured_anew_and_shown_as_a_break(project: Project) -> None:
    """AR-10, AR-51: rows before are not compared with rows after."""
    project.new()
    ideas = project.ideas("2", "0.5", "0.5", "0.2")
    assert project.run("run", *ideas).code == 0
    config = project.folder() / "config.yaml"
    config.write_text(config.read_text().replace("lower", "higher"))
    done = project.run("run", "--loop", "--max-experiments", "1", *ideas)
    assert done.code == 0, done.err
    assert "the question has changed" in done.err
    rows = [(row["status"], row["reason"], row["metric"]) for row in project.trials()]
    assert rows == [
        ("keep", "baseline", 9.0),
        ("keep", "unconfirmed", 4.0),
        ("keep", "baseline", 4.0),
        ("discard", "not_better", 0.25),
    ]
    summary = project.run("status", "--json").json["summary"]
    assert (summary["baseline"], summary["best"], summary["direction"]) == (4.0, 4.0, "higher")


def test_a_baseline_that_fails_at_run_is_a_row_and_an_error(project: Project) -> None:
    """AR-22: NaN as a baseline is a crash; mended, the next run measures it again."""
    project.write("nan.py", "import os\nprint('value:', os.environ.get('MENDED', 'nan'))\n")
    project.commit()
    made = project.measure_by("nan.py", "--no-measure", "-c", "environment=[MENDED]")
    assert made.code == 0, made.err
    done = project.run("run", *project.ideas("2"))
    assert done.code == 1
    assert "not_finite" in done.err
    assert [(row["status"], row["reason"]) for row in project.trials("a/b")] == [("crash", "not_finite")]
    assert project.run("run", *project.ideas("2", "2"), env={"MENDED": "1"}).code == 0
    assert [row["reason"] for row in project.trials("a/b")][1:] == ["baseline", "not_better"]
