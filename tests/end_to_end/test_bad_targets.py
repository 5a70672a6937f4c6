"""Targets and names that can't be worked on are refused; odd names of files are no reason to."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Done, Project
from tests.end_to_end.traces import refused, traces

ODD = ["my knob.py", "it's \"q\".py", "-dash.py", "é ü.py", "a,b;c.py", "back\\slash.py", "[slug].py",
       "!bang.py", "#hash.py", "a: b.py", "tab\there.py", "sub dir/$HOME.py", "日本.py"]  # fmt: skip


def new(project: Project, *targets: str, name: str = "engineering/knob") -> Done:
    given = [f"--target={target}" for target in targets]
    command = f"{sys.executable} bench.py"
    return project.run(
        "new", *given, "--eval", command, "--metric", "value", "--direction", "lower", "--", name
    )


@pytest.mark.parametrize(
    "name",
    ["../../out", "../out", "/tmp/out", "a/../b", "knob", "", "a b/c", "-a/b", "a/b.lock", "a/b\nc"],
)
def test_a_name_that_leaves_the_folder_or_that_git_cannot_use_is_refused(project: Project, name: str) -> None:
    """AR-06: before anything is made; the line says what a name may be."""
    line = refused(new(project, "knob.py", name=name))
    assert re.search(r"; (for example: engineering/api-speed|use letters, |that file stands )", line)
    assert traces(project) == []
    assert not (project.path.parent / "out").exists()


def outside(project: Project) -> None:
    (project.path.parent / "outside.py").write_text("x = 1\n")


def linked_file(project: Project) -> None:
    outside(project)
    (project.path / "link.py").symlink_to(project.path.parent / "outside.py")


def linked_file_committed(project: Project) -> None:
    linked_file(project)
    project.commit()


def linked_folder_committed(project: Project) -> None:
    outside(project)
    (project.path / "folder").symlink_to(project.path.parent)
    project.commit()


def inner_link(project: Project) -> None:
    (project.path / "link.py").symlink_to("knob.py")
    project.commit()


def link_among_others(project: Project) -> None:
    project.write("src/a.py", "x = 1\n")
    outside(project)
    (project.path / "src/b.py").symlink_to(project.path.parent / "outside.py")
    project.commit()


def ignored(project: Project) -> None:
    project.write(".gitignore", "made.py\n")
    project.write("made.py", "x = 1\n")
    project.commit()


def uncommitted(project: Project) -> None:
    project.write("not yet.py", "x = 1\n")


def submodule(project: Project) -> None:
    inner = Project(project.path.parent / "inner")
    inner.path.mkdir()
    inner.git("init", "--quiet")
    inner.write("knob.py", "x = 1\n")
    inner.commit()
    allowed = ("-c", "protocol.file.allow=always")
    project.git(*allowed, "submodule", "--quiet", "add", str(inner.path), "inner")
    project.commit()


def repository_inside(project: Project) -> None:
    inner = Project(project.path / "inner")
    inner.path.mkdir()
    inner.git("init", "--quiet")
    inner.write("knob.py", "x = 1\n")


def filtered(project: Project) -> None:
    project.write(".gitattributes", "*.bin filter=lfs\n")
    project.write("model.bin", "x = 1\n")
    project.git("config", "filter.lfs.clean", "cat")
    project.commit()


def nothing(_project: Project) -> None:
    pass


@pytest.mark.parametrize(
    ("prepare", "target", "words"),
    [
        (outside, "../outside.py", ["'../outside.py' is off limits", "relative to it"]),
        (outside, "src/../../outside.py", ["is off limits"]),
        (nothing, "/etc/hostname", ["'/etc/hostname' is off limits"]),
        (nothing, ".git/config", ["off limits"]),
        (nothing, ".autoresearch/config.yaml", ["off limits"]),
        (nothing, ".", ["off limits"]),
        (nothing, "", ["must not be empty"]),
        (nothing, "nope.py", ["there is no nope.py in "]),
        (nothing, "src/*.py", ["there is no src/*.py in ", "glob"]),
        (linked_file, "link.py", ["link.py leads out of the repository"]),
        (linked_file_committed, "link.py", ["link.py leads out of the repository"]),
        (linked_folder_committed, "folder/outside.py", ["folder/outside.py leads out of the repository"]),
        (linked_folder_committed, "folder/", ["folder/ leads out of the repository"]),
        (inner_link, "link.py", ["link.py is a symbolic link", "name the file it points at"]),
        (link_among_others, "src/*.py", ["src/b.py leads out of the repository"]),
        (ignored, "made.py", ["made.py is ignored by git"]),
        (uncommitted, "not yet.py", ["not yet.py is not committed", "git add -- 'not yet.py' && git commit"]),
        (submodule, "inner/knob.py", ["inner/knob.py is in another repository", "-C "]),
        (submodule, "inner", ["inner is a submodule", "-C DIR"]),
        (repository_inside, "inner/knob.py", ["inner/knob.py is in another repository"]),
        (filtered, "model.bin", ["model.bin goes through a git filter"]),
    ],
)
def test_a_target_that_cannot_be_worked_on_is_named_with_the_mend(
    project: Project, prepare: Callable[[Project], None], target: str, words: list[str]
) -> None:
    """AR-06: it leaves the repository, or is a link, ignored, missing, uncommitted, in a submodule."""
    prepare(project)
    before = project.fingerprint()
    line = refused(new(project, target), *words)
    assert "config.yaml:" not in line  # the one that was given in words is gone again
    assert traces(project) == []
    assert project.fingerprint() == before


def test_odd_names_of_files_are_targets_as_any_other(project: Project) -> None:
    """AR-06, AR-11: spaces, quotes, a leading dash, accents: made, tried, shown, applied."""
    for name in ODD:
        project.write(name, "y = 1\n")
    project.commit()
    assert new(project, "knob.py", *ODD).code == 0
    idea = {"idea": "all of them", "files": {**dict.fromkeys(ODD, "y = 2\n"), "knob.py": "x = 2\n"}}
    done = project.run("run", *project.ideas(idea))
    assert [trial["reason"] for trial in project.trials()] == ["baseline", "confirmed"], done
    patch = project.run("show", "1", "--patch").out
    assert patch.count("\n+y = 2") == len(ODD)
    subprocess.run(["git", "apply", "--check", "-"], cwd=project.path, input=patch, text=True, check=True)
    assert project.run("apply").code == 0
    assert {(project.path / name).read_text() for name in ODD} == {"y = 2\n"}
    assert project.git("status", "--porcelain", "--", ":!.autoresearch") == ""


def test_the_mend_for_changed_files_can_be_typed_as_it_stands(project: Project) -> None:
    """AR-04: every changed target and program is named, however odd; then `new` works."""
    for name in ODD:
        project.write(name, "y = 1\n")
    project.commit()
    for name in (*ODD, "bench.py"):
        path = project.path / name
        path.write_text(path.read_text() + "# changed\n")
    line = refused(new(project, "knob.py", *ODD), "not committed", "--base HEAD")
    found = re.search(r"commit them \((git add .*) && git commit\)", line)
    assert found
    subprocess.run(["sh", "-c", found[1]], cwd=project.path, check=True)
    project.git("commit", "--quiet", "-m", "as told")
    assert project.git("status", "--porcelain") == ""
    assert new(project, "knob.py", *ODD).code == 0


@pytest.mark.parametrize("name", ["line\nbreak.py", "no \udcff text.py"])
def test_a_name_that_no_settings_file_can_hold_is_refused(project: Project, name: str) -> None:
    """AR-06: a line break, or bytes that are no text: one line, without them."""
    try:
        project.write(name, "y = 1\n")
    except OSError:
        assert sys.platform == "darwin"  # its file system refuses such a name itself
        return
    project.commit()
    line = refused(new(project, name))
    assert line[:-1].isprintable()
    assert traces(project) == []


def test_a_target_is_named_from_the_root_wherever_one_stands(project: Project) -> None:
    """AR-03: as in the settings; and a folder may be named by `./` and by a glob."""
    project.write("src/knob.py", "x = 3  # tune: -10..10\n")
    project.commit()
    inside = Project(project.path / "src")
    refused(new(inside, "nope.py"), f"there is no nope.py in {project.path}")
    assert new(inside, "./src/knob.py").code == 0
    assert new(project, "src/*.py", name="engineering/glob").code == 0
    assert Path(project.folder("engineering/glob"), "config.yaml").is_file()
