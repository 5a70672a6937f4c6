"""Where an experiment lives: in its repository, or in the user's home; and reaching both."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import Project
from tests.end_to_end.traces import refused, traces


def test_in_project_scope_settings_are_tracked_and_results_ignored(project: Project) -> None:
    """AR-02: what people write can be committed; what runs write is not even seen."""
    made = project.run("init", "--json").json
    assert made == {"folder": str(project.path / ".autoresearch"), "scope": "project", "made": True}
    assert project.run("init", "--json").json["made"] is False
    assert project.new().code == 0
    assert project.run("run", *project.ideas("2")).code == 0
    project.git("add", "--all")
    assert project.git("diff", "--cached", "--name-only").splitlines() == [
        ".autoresearch/.gitignore",
        ".autoresearch/config.yaml",
        ".autoresearch/engineering/knob/IDEA.md",
        ".autoresearch/engineering/knob/config.yaml",
        ".autoresearch/version",
    ]
    assert (project.folder() / "results.tsv").is_file()


def test_in_user_scope_the_repository_gets_no_file(project: Project, home: Path) -> None:
    """AR-02: the same tree in ~/.autoresearch, which names the repository; it runs from anywhere."""
    before = project.fingerprint()
    assert project.new("engineering/knob", "--scope", "user").code == 0
    folder = home / ".autoresearch" / "engineering" / "knob"
    assert f"repository: {project.path}\n" in (folder / "config.yaml").read_text()
    assert not (project.path / ".autoresearch").exists()
    assert project.git("status", "--porcelain") == ""

    elsewhere = Project(project.path.parent / "elsewhere")
    elsewhere.path.mkdir()
    done = elsewhere.run("run", "knob", *project.ideas("2"))
    assert done.code == 0, done.err
    assert [trial["metric"] for trial in elsewhere.trials()] == [9.0, 4.0]
    assert (folder / "results.tsv").read_text().count("\n") == 3
    assert elsewhere.run("clean").code == 0
    assert project.git("show", "heads/autoresearch/engineering/knob:knob.py") == "x = 2"
    assert project.fingerprint() == before
    assert list(elsewhere.path.iterdir()) == []


def test_list_shows_both_scopes_and_what_is_asked_of_each(project: Project) -> None:
    """AR-05: domain, name, target, metric, trials, best, state."""
    empty = project.run("list")
    assert (empty.code, empty.out.count("\n")) == (0, 1)
    assert "no experiment here; make one: autoresearch new" in empty.out
    assert project.run("list", "--json").json == {"experiments": []}
    assert project.new("engineering/knob").code == 0
    assert project.new("content/mine", "--scope", "user").code == 0
    assert project.run("run", "knob", *project.ideas("2")).code == 0
    rows = project.run("list", "--json").json["experiments"]
    asked = ("domain", "experiment", "scope", "target", "metric", "direction", "trials", "best", "state")
    assert [tuple(row[name] for name in asked) for row in rows] == [
        ("content", "mine", "user", ["knob.py"], "value", "lower", 0, 9.0, "idle"),
        ("engineering", "knob", "project", ["knob.py"], "value", "lower", 1, 4.0, "paused"),
    ]
    shown = [line.split() for line in project.run("list").out.splitlines()]
    assert shown == [
        ["experiment", "target", "metric", "trials", "best", "change", "state"],
        ["content/mine", "knob.py", "value", "lower", "0", "9", "0", "%", "idle", "(user)"],
        ["engineering/knob", "knob.py", "value", "lower", "1", "4", "-55.6", "%", "paused"],
    ]


def test_one_that_is_damaged_does_not_hide_the_others(project: Project, home: Path) -> None:
    """AR-05: a repository that is gone, a chain that is gone: each in its row, with the mend."""
    gone = Project(project.path.parent / "gone")
    shutil.copytree(project.path, gone.path)
    assert gone.new("content/gone", "--scope", "user").code == 0
    shutil.rmtree(gone.path)
    assert project.new("engineering/fine").code == 0
    assert project.new("engineering/torn").code == 0
    project.git("update-ref", "-d", "refs/autoresearch/engineering/torn")
    done = project.run("list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [
        "content/gone", "engineering/fine", "engineering/torn"
    ]  # fmt: skip
    config = home / ".autoresearch/content/gone/config.yaml"
    assert f"{config} names {gone.path}, which is not there; mend the line repository:" in done.err
    assert "engineering/torn has no records in git" in done.err
    assert done.err.count("\n") == 2
    refused(project.run("run", "gone"), str(config), "which is not there")
    refused(project.run("run", "torn"), "has no records in git", "fetch")


def test_another_tools_folder_in_the_home_does_not_stop_a_project(project: Project, home: Path) -> None:
    """AR-08: it is left alone, and refused where it is meant; the repository's own are worked on."""
    file = home / ".autoresearch" / "config.json"
    file.parent.mkdir()
    file.write_text("{}")
    foreign = f"{file.parent} was not written by this autoresearch"
    refused(project.new("engineering/knob", "--scope", "user"), foreign)
    refused(project.run("init", "--scope", "user"), foreign)
    assert traces(project) == []
    assert project.new().code == 0
    assert project.run("run", *project.ideas("2")).code == 0
    listed = project.run("list", "--json")
    assert [row["experiment"] for row in listed.json["experiments"]] == ["knob"]
    assert listed.err == f"left out: {foreign} (no marker in {file.parent / 'version'}); " \
        "nothing in it was touched; rename that folder to make room\n"  # fmt: skip
    elsewhere = Project(project.path.parent)
    refused(elsewhere.run("list"), foreign)
    assert [path.name for path in file.parent.iterdir()] == ["config.json"]


def test_the_repository_of_another_folder_is_worked_on_with_c(project: Project, home: Path) -> None:
    """AR-40: before the command or behind it, as `-C` or as `--path`."""
    assert project.new().code == 0
    elsewhere = Project(home)
    for words in (
        ("-C", str(project.path), "list", "--json"),
        ("list", "--path", str(project.path), "--json"),
        ("--path", str(project.path), "list", "--json"),
    ):
        assert [row["experiment"] for row in elsewhere.run(*words).json["experiments"]] == ["knob"]
    assert elsewhere.run("run", "-C", str(project.path), *project.ideas("2")).code == 0
    assert len(project.trials()) == 2


def test_in_a_worktree_of_the_users_the_experiment_is_that_worktrees(project: Project) -> None:
    """AR-01, AR-12: files in the worktree in which it was made; the records are the repository's."""
    other = Project(project.path.parent / "other")
    project.git("worktree", "add", "--quiet", "-b", "side", str(other.path))
    other.write("knob.py", "x = 5\n")
    other.commit()
    done = other.new()
    assert "baseline: value 25 " in done.out, done.err
    assert (other.folder() / "config.yaml").is_file()
    assert not (project.path / ".autoresearch").exists()
    assert other.run("run", *project.ideas("2")).code == 0
    assert other.git("status", "--porcelain", "--", ":!.autoresearch") == ""
    assert other.git("branch", "--show-current") == "side"
    assert [trial["metric"] for trial in project.trials()] == [25.0, 4.0]


def test_a_clone_with_tracked_settings_but_no_records_is_told_what_to_fetch(project: Project) -> None:
    """AR-17: the command is in the message, and mends it."""
    assert project.new().code == 0
    project.git("add", ".autoresearch")
    project.git("commit", "--quiet", "-m", "the experiment")
    clone = Project(project.path.parent / "clone")
    subprocess.run(["git", "clone", "--quiet", project.path, clone.path], check=True)
    line = refused(clone.run("run"), "engineering/knob has no records in git")
    command = "git fetch origin refs/autoresearch/engineering/knob:refs/autoresearch/engineering/knob"
    assert command in line
    clone.git(*command.split()[1:])
    assert clone.run("run", *project.ideas("2")).code == 0
    assert [trial["metric"] for trial in clone.trials()] == [9.0, 4.0]
