"""Our worktree: as committed again whatever was done to it, and the user's checkout never moves."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository, branch_ref
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import RepositoryError
from tests.adapters.test_disk import nobody
from tests.conftest import Project

BRANCH = branch_ref("engineering/knob")
FILES = {
    "knob.py",
    "bench.py",
    "propose.py",
    "lib/a.py",
    "lib/run.sh",
    "-rf",
    'caf\u00e9 "x".txt',
    ".gitignore",
}


@pytest.fixture
def tree(project: Project) -> Worktree:
    """A worktree of a project that has a little of everything, and work of the user's in it."""
    project.write("lib/a.py", "a = 1\n")
    project.write("lib/run.sh", "#!/bin/sh\n").chmod(0o755)
    project.write("-rf", b"caf\xe9\r\nno end")
    project.write('caf\u00e9 "x".txt', "x\n")
    project.write(".gitignore", "*.log\nbuild/\n")
    project.commit()
    project.git("branch", "autoresearch/engineering/knob")
    project.write("knob.py", "x = 100  # being edited\n")
    project.write("notes.txt", "mine\n")
    made = Worktree(Repository.discover(project.path), project.folder() / "worktree", BRANCH)
    assert made.ensure()
    return made


def as_committed(tree: Worktree) -> bool:
    """Just the files of the branch, with its bytes and modes; and git agrees that this is our worktree."""
    there = {str(path.relative_to(tree.path)) for path in tree.path.rglob("*") if not path.is_dir()}
    assert there == FILES | {".git"}
    assert not any(path.is_symlink() for path in tree.path.rglob("*"))
    assert (tree.path / "knob.py").read_text() == "x = 3  # tune: -10..10\n"
    assert (tree.path / "-rf").read_bytes() == b"caf\xe9\r\nno end"
    assert os.access(tree.path / "lib/run.sh", os.X_OK) and not os.access(tree.path / "lib/a.py", os.X_OK)
    said = tree.repository.run("status", "--porcelain", "--ignored", at=tree.path).stdout
    head = tree.repository.run("symbolic-ref", "HEAD", at=tree.path).stdout.decode().strip()
    return said == b"" and head == BRANCH


def admin(path: Path) -> Path:
    """git's own folder for a worktree."""
    return Path((path / ".git").read_text().removeprefix("gitdir: ").strip())


def test_it_is_made_once_and_stands_on_the_branch(project: Project, tree: Worktree) -> None:
    assert as_committed(tree)
    assert not tree.ensure()
    assert project.git("status", "--short") == "M knob.py\n?? .autoresearch/\n?? notes.txt"


def replaced_by_a_link(path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(path.parents[3])


def replaced_by_a_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("x")


def pointing_at_the_users_repository(path: Path) -> None:
    (path / ".git").write_text(f"gitdir: {path.parents[3] / '.git'}\n")


def linked_to_the_users_repository(path: Path) -> None:
    (path / ".git").unlink()
    (path / ".git").symlink_to(path.parents[3] / ".git")


def a_repository_of_its_own(path: Path) -> None:
    (path / ".git").unlink()
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)


DAMAGES: list[Callable[[Path], object]] = [
    shutil.rmtree,
    replaced_by_a_link,
    replaced_by_a_file,
    pointing_at_the_users_repository,
    linked_to_the_users_repository,
    a_repository_of_its_own,
    lambda path: (path / ".git").unlink(),
    lambda path: (path / ".git").write_bytes(b"\xff\x00 nonsense"),
    lambda path: (path / ".git").write_text("gitdir: /nowhere\n"),
    lambda path: shutil.rmtree(admin(path)),
    lambda path: (admin(path) / "index.lock").touch(),
    lambda path: (admin(path) / "HEAD.lock").touch(),
    lambda path: (admin(path) / "index").write_bytes(b"nonsense"),
    lambda path: (admin(path) / "commondir").write_text("/nowhere\n"),
    lambda path: (admin(path) / "gitdir").write_text("/nowhere/.git\n"),
    lambda path: (admin(path) / "HEAD").write_text("ref: refs/heads/main\n"),
    lambda path: (admin(path) / "HEAD").write_text("nonsense"),
    lambda path: (admin(path) / "locked").write_text("by somebody"),
    lambda path: (admin(path) / "MERGE_HEAD").write_text("0" * 40),
    lambda path: subprocess.run(["git", "checkout", "--quiet", "--detach", "HEAD"], cwd=path, check=True),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_worktree_is_made_again_and_the_users_checkout_is_untouched(
    project: Project, tree: Worktree, damage: Callable[[Path], object]
) -> None:
    """AR-12"""
    before = project.fingerprint()
    damage(tree.path)
    tree.reset()
    assert as_committed(tree)
    assert project.fingerprint() == before
    assert not tree.ensure(), "and it is sound for good"


@pytest.mark.parametrize(("trial", "staged"), [(1, True), (1, False), (3, True), (3, False)])
def test_what_an_evaluation_left_is_gone_before_the_next_trial(
    project: Project, tree: Worktree, trial: int, staged: bool
) -> None:
    """`trial`: the index is left as it is where an earlier reset made it and nobody has written it since."""
    before, path = project.fingerprint(), tree.path
    for _ in range(1, trial):
        tree.reset()
    (path / "knob.py").write_text("x = 4  # tune: -10..10\n")  # as long as it was
    (path / "lib/run.sh").chmod(0o644)
    (path / "lib/a.py").chmod(0o755)
    (path / "bench.py").unlink()
    (path / "bench.py").mkdir()
    (path / "bench.py/file").write_text("x")
    (path / "propose.py").unlink()
    (path / "propose.py").symlink_to(project.path / "notes.txt")
    (path / ".gitignore").write_text("*\n")
    (path / "out.log").write_text("ignored")
    (path / "build/deep").mkdir(parents=True)
    (path / "build/deep/file").write_text("ignored")
    (path / "--force").write_text("x")
    (path / "line\nbreak").write_text("x")
    os.mkfifo(path / "pipe")
    (path / "empty/er").mkdir(parents=True)
    (path / "outside").symlink_to(project.path)
    if staged:
        subprocess.run(["git", "add", "--all"], cwd=path, check=True)
    nested = Project(path / "nested")
    nested.path.mkdir()
    nested.git("init", "--quiet")
    nested.write("file", "x")
    nested.commit()
    tree.reset()
    assert as_committed(tree)
    assert {p.name for p in path.iterdir()} == {name.split("/")[0] for name in FILES} | {".git"}
    assert project.fingerprint() == before


def test_folders_that_were_made_unreadable_are_swept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        top.chmod(0o755)
        monkeypatch.setenv("HOME", temporary)
        with nobody(top):
            project = Project(top / "project")
            project.path.mkdir()
            project.git("init", "--quiet")
            project.write("lib/a.py", "a = 1\n")
            who = ("-c", "user.name=N", "-c", "user.email=n@x.org")
            project.git("add", "--all")
            project.git(*who, "commit", "--quiet", "-m", "start")
            project.git("branch", "autoresearch/engineering/knob")
            tree = Worktree(Repository.discover(project.path), project.folder() / "worktree", BRANCH)
            for mode in (0o000, 0o500):
                tree.reset()
                (tree.path / "junk/deep").mkdir(parents=True)
                (tree.path / "junk/deep/file").write_text("x")
                for folder in ("junk/deep", "junk", "lib"):
                    (tree.path / folder).chmod(mode)
                tree.reset()
                assert {path.name for path in tree.path.iterdir()} == {".git", "lib"}
                assert (tree.path / "lib/a.py").read_text() == "a = 1\n"


def test_it_follows_the_branch(project: Project, tree: Worktree) -> None:
    tree.reset()
    project.git("commit", "--quiet", "-am", "the user's own edit")
    project.git("update-ref", BRANCH, "HEAD")
    tree.reset()
    assert (tree.path / "knob.py").read_text() == "x = 100  # being edited\n"


def test_what_is_spared_stays_and_only_that(tree: Worktree) -> None:
    for name in ("data [1]", "lib/deep cache", "data 1", "other"):
        (tree.path / name).mkdir()
        (tree.path / name / "file").write_text("x")
    tree.reset(spare=["data [1]", "lib/deep cache/"])
    assert (tree.path / "data [1]/file").exists() and (tree.path / "lib/deep cache/file").exists()
    assert not (tree.path / "data 1").exists() and not (tree.path / "other").exists()


def test_files_are_put_in_place_with_their_bytes_and_modes(tree: Worktree) -> None:
    tree.write(
        {
            "lib/run.sh": b"new\n",
            "lib/a.py": b"caf\xe9\r\nno end",
            "new/deep/-x y": b"",
            "bench.py": None,
            "gone": None,
        },
        {"lib/run.sh": "100755", "lib/a.py": "100644"},
    )
    assert (tree.path / "lib/a.py").read_bytes() == b"caf\xe9\r\nno end"
    assert os.access(tree.path / "lib/run.sh", os.X_OK) and not os.access(tree.path / "lib/a.py", os.X_OK)
    assert (tree.path / "new/deep/-x y").read_bytes() == b""
    assert not (tree.path / "bench.py").exists()


def test_a_link_in_the_way_is_not_written_through(project: Project, tree: Worktree) -> None:
    before = project.fingerprint()
    (tree.path / "out").symlink_to(project.path)
    for name in ("out/knob.py", "out/new/file", "out/notes.txt"):
        for content in (b"theirs", None):
            with pytest.raises(RepositoryError, match="behind a symbolic link"):
                tree.write({name: content}, {})
    (tree.path / "knob.py").unlink()
    (tree.path / "knob.py").symlink_to(project.path / "knob.py")
    tree.write({"knob.py": b"x = 1\n"}, {})
    assert not (tree.path / "knob.py").is_symlink()
    assert (tree.path / "knob.py").read_text() == "x = 1\n"
    assert project.fingerprint() == before


def test_a_file_does_not_take_the_place_of_a_folder(tree: Worktree) -> None:
    with pytest.raises(RepositoryError, match="lib is a folder"):
        tree.write({"lib": b"x"}, {})
    assert (tree.path / "lib/a.py").exists()


def test_a_file_has_the_same_bytes_reset_or_written_whatever_git_would_make_of_its_line_ends(
    project: Project, tree: Worktree
) -> None:
    """Else a candidate would be measured with other line ends than the baseline."""
    project.git("config", "core.autocrlf", "true")
    for again in range(2):
        tree.reset()
        assert (tree.path / "knob.py").read_bytes() == b"x = 3  # tune: -10..10\n"
        if not again:
            tree.remove()


def test_behind_a_link_it_is_still_recognised(project: Project, tmp_path: Path) -> None:
    """A home folder is often a link."""
    project.git("branch", "autoresearch/engineering/knob")
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")
    tree = Worktree(Repository.discover(project.path), tmp_path / "home/x/worktree", BRANCH)
    assert tree.ensure()
    assert not tree.ensure()


def test_removing_it_leaves_no_note_in_git_and_the_branch_stands(project: Project, tree: Worktree) -> None:
    tree.remove()
    tree.remove()
    assert not tree.path.exists()
    assert len(project.git("worktree", "list").splitlines()) == 1
    assert not (project.path / ".git/worktrees").exists()
    assert project.git("rev-parse", "--verify", BRANCH) == project.git("rev-parse", "HEAD")
    with pytest.raises(RepositoryError, match="is missing"):
        Worktree(tree.repository, tree.path, "refs/heads/missing").ensure()


def test_what_was_changed_is_told_however_it_was_changed(tree: Worktree) -> None:
    """Also what was staged or committed; an ignored file is no change."""
    at = tree.repository.resolve(BRANCH) or ""
    assert tree.changed(at) == set()
    (tree.path / "knob.py").write_text("x = 4  # tune: -10..10\n")  # as long as it was
    (tree.path / "bench.py").unlink()
    (tree.path / "lib/run.sh").chmod(0o644)
    (tree.path / "propose.py").rename(tree.path / "moved.py")
    (tree.path / "lib/a.py").unlink()
    (tree.path / "lib/a.py").symlink_to("run.sh")
    for name in ("line\nbreak", "new/deep/-x y", "out.log", "build/file", 'caf\u00e9 "y".txt'):
        (tree.path / name).parent.mkdir(parents=True, exist_ok=True)
        (tree.path / name).write_text("x")
    (tree.path / "caf\udce9").write_text("no UTF-8 in its name")
    (tree.path / "-rf").write_bytes(b"caf\xe9\r\nno end")  # as it was, only newer
    changed = {
        "knob.py", "bench.py", "lib/run.sh", "lib/a.py", "propose.py", "moved.py",
        "line\nbreak", "new/deep/-x y", 'caf\u00e9 "y".txt', "caf\udce9",
    }  # fmt: skip
    assert tree.changed(at) == changed
    for command in (
        ["add", "--all"],
        ["commit", "--quiet", "--all", "-m", "theirs"],
        ["checkout", "--quiet", "--detach"],
    ):
        subprocess.run(["git", *command], cwd=tree.path, check=True)
        assert tree.changed(at) == changed
    tree.repository.run("update-ref", BRANCH, at)
    tree.reset()
    assert tree.changed(at) == set()


def test_what_the_user_ignores_and_how_they_show_changes_does_not_hide_any(
    project: Project, tree: Worktree, home: Path
) -> None:
    """Settings of git that shorten or replace what `git diff` and `git ls-files` print."""
    at = tree.repository.resolve(BRANCH) or ""
    for name, value in {
        "diff.renames": "copies", "diff.external": "false", "diff.noprefix": "true", "diff.relative": "true",
        "core.quotePath": "true", "status.showUntrackedFiles": "no", "diff.ignoreSubmodules": "all",
        "color.ui": "always", "core.fileMode": "true",
    }.items():  # fmt: skip
        project.git("config", "--global", name, value)
    (tree.path / "lib/a.py").rename(tree.path / "lib/b\u00e9.py")
    (tree.path / "knob.py").write_text("x = 5\n")
    assert tree.changed(at) == {"lib/a.py", "lib/b\u00e9.py", "knob.py"}


def test_a_change_in_a_broken_worktree_is_told_or_an_error_and_no_empty_answer(tree: Worktree) -> None:
    at = tree.repository.resolve(BRANCH) or ""
    (tree.path / "bench.py").write_text("print('value: 0')\n")
    (admin(tree.path) / "index").write_bytes(b"nonsense")
    assert tree.changed(at) == {"bench.py"}
    with pytest.raises(RepositoryError):
        tree.changed("0" * 40)


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_a_change_that_the_index_was_told_to_hide_is_seen_and_put_back(tree: Worktree, flag: str) -> None:
    """AR-12, AR-18: else what one trial wrote would still be there for the next."""
    tree.reset()
    for _ in range(2):
        subprocess.run(["git", "update-index", flag, "bench.py"], cwd=tree.path, check=True)
        (tree.path / "bench.py").write_text("print('value: 0')\n")
        at = tree.repository.resolve(BRANCH) or ""
        assert tree.changed(at) == {"bench.py"}
        tree.reset()
        assert as_committed(tree)
        subprocess.run(["git", "update-index", flag, "bench.py"], cwd=tree.path, check=True)
        (tree.path / "bench.py").write_text("print('value: 0')\n")
        tree.reset()
        assert as_committed(tree)
