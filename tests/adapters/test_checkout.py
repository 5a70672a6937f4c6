"""What is changed, ignored, filtered and checked out in the user's checkout: looked at, never written."""

import os
import subprocess
from pathlib import Path

import pytest

from autoresearch.adapters import checkout
from autoresearch.adapters.git import Repository
from tests.conftest import Project

ODD = [
    "a b.txt",
    "-rf",
    "--all",
    'say "x".txt',
    "caf\u00e9.txt",
    "star*.txt",
    "[x].txt",
    ":(top)y",
    "a\\b",
    "new\nline",
]


def repository(project: Project) -> Repository:
    return Repository.discover(project.path)


def test_changed_is_what_differs_from_head_however_it_does(project: Project) -> None:
    for name in (
        "edited",
        "staged",
        "both",
        "deleted",
        "removed",
        "mode",
        "same",
        "touched",
        "moved",
        "lib/deep",
    ):
        project.write(name, "1\n")
    project.commit()
    for name in ("edited", "staged", "both", "lib/deep"):
        project.write(name, "2\n")
    project.git("add", "staged", "both")
    project.write("both", "1\n")  # as in HEAD, but the index is not
    (project.path / "deleted").unlink()
    project.git("rm", "--quiet", "removed")
    (project.path / "mode").chmod(0o755)
    os.utime(project.path / "touched", (1, 1))
    project.git("mv", "moved", "moved-to")
    project.write("never-added", "1\n")
    project.write("lib/never-added", "1\n")
    differ = {"edited", "staged", "both", "deleted", "removed", "mode", "moved", "moved-to", "never-added"}
    asked = [*differ, "same", "touched", "lib", "gone"]
    before = project.fingerprint()
    found = checkout.changed(repository(project), asked)
    assert sorted(found) == sorted({*differ, "lib/deep", "lib/never-added"})
    assert checkout.changed(repository(project), ["same"]) == []
    assert checkout.changed(repository(project), []) == []
    assert project.fingerprint() == before, "the index is not even refreshed"


def test_odd_names_are_names_and_no_patterns_or_options(project: Project) -> None:
    for name in ODD:
        project.write(name, "1\n")
    project.write("star1.txt", "not asked for\n")
    project.write("x.txt", "not asked for\n")
    assert sorted(checkout.changed(repository(project), ODD)) == sorted(ODD)
    project.commit()
    assert checkout.changed(repository(project), ODD) == []


def test_the_users_way_of_looking_at_a_status_changes_nothing(project: Project) -> None:
    project.write("knob.py", "x = 4\n")
    project.write("new.txt", "1\n")
    for key, value in {
        "status.showUntrackedFiles": "no", "status.relativePaths": "true", "status.short": "false",
        "status.renames": "copies", "color.ui": "always", "core.quotePath": "true", "status.branch": "true",
    }.items():  # fmt: skip
        project.git("config", key, value)
    (project.path / "sub").mkdir()
    assert checkout.changed(repository(Project(project.path / "sub")), ["knob.py", "new.txt"]) == [
        "knob.py",
        "new.txt",
    ]


def test_ignored_is_what_any_exclude_file_says(project: Project, home: Path) -> None:
    project.write(".gitignore", "*.log\n/data/\n!keep.log\n")
    project.write(".git/info/exclude", "private\n")
    (home / "excludes").write_text("*.swp\n")
    project.git("config", "core.excludesFile", str(home / "excludes"))
    project.write("data/a", "")
    found = repository(project)
    asked = {
        "a.log": True,
        "keep.log": False,
        "data/a": True,
        "private": True,
        "x.swp": True,
        "knob.py": False,
        "-x": False,
    }
    assert {name: checkout.ignored(found, name) for name in asked} == asked


def test_filtered_is_what_goes_through_a_driver(project: Project) -> None:
    project.write(".gitattributes", '*.bin filter=lfs\n*.txt -filter\n"caf\\303\\251.dat" filter=crypt\n')
    names = ["a.bin", "a.txt", "café.dat", "knob.py", "--x.bin"]
    assert checkout.filtered(repository(project), names) == ["a.bin", "café.dat", "--x.bin"]
    assert checkout.filtered(repository(project), []) == []


def test_every_worktree_is_listed_with_its_branch_the_main_one_first(
    project: Project, tmp_path: Path
) -> None:
    found = repository(project)
    assert checkout.worktrees(found) == [(project.path, "refs/heads/main")]
    project.git("worktree", "add", "--quiet", "-b", "side/é", str(tmp_path / "a b\nc"))
    project.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "loose"))
    project.git("worktree", "lock", str(tmp_path / "loose"))
    rest = {(tmp_path / "a b\nc", "refs/heads/side/é"), (tmp_path / "loose", "")}
    first, *others = checkout.worktrees(found)
    assert first == (project.path, "refs/heads/main")
    assert set(others) == rest
    first, *others = checkout.worktrees(repository(Project(tmp_path / "loose")))
    assert (first, set(others)) == ((project.path, "refs/heads/main"), rest)


@pytest.mark.parametrize("autocrlf", ["false", "true"])
def test_a_file_has_the_id_that_git_would_give_it_and_nothing_is_stored(
    project: Project, autocrlf: str
) -> None:
    project.git("config", "core.autocrlf", autocrlf)
    found = repository(project)
    project.write("dos.txt", b"a\r\nb\r\n")
    project.write("-x.txt", b"caf\xe9")
    stored = set((project.path / ".git/objects").rglob("*"))
    ids = checkout.hash_files(found, ["knob.py", "dos.txt", "-x.txt"])
    assert set((project.path / ".git/objects").rglob("*")) == stored
    assert checkout.hash_files(found, []) == []
    subprocess.run(["git", "add", "--all"], cwd=project.path, check=True, capture_output=True)
    assert ids == [project.git("rev-parse", f":{name}") for name in ("knob.py", "dos.txt", "-x.txt")]


def test_in_a_worktree_of_the_users_it_is_that_checkout_that_counts(project: Project, tmp_path: Path) -> None:
    """AR-12: the experiment starts from its HEAD, and `apply` moves its branch, not the main checkout's."""
    side = Project(tmp_path / "side")
    project.git("worktree", "add", "--quiet", "-b", "side", str(side.path))
    side.write("knob.py", "x = 2\n")
    here = side.commit("on the side")
    before = project.fingerprint()
    made = side.new()
    assert made.code == 0, made.err
    assert side.run("run", *side.ideas("1")).code == 0
    rows = side.trials()
    assert [row["metric"] for row in rows] == [4.0, 1.0]
    assert rows[0]["commit"] == here
    assert project.fingerprint() == before
    assert side.run("apply").code == 0
    assert side.git("rev-parse", "side^", "main").split() == [here, project.git("rev-parse", "HEAD")]
    assert (side.path / "knob.py").read_text() == "x = 1\n"
    assert (project.path / "knob.py").read_text() == "x = 3  # tune: -10..10\n"
