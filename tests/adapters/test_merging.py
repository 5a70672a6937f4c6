"""Commits brought to a branch: merged in memory, moved as one, and nothing at all where it can't be done."""

from pathlib import Path

import pytest

from autoresearch.adapters.git import Commit, Repository, pending_ref
from autoresearch.adapters.merging import Step, bring
from autoresearch.core.errors import RepositoryError
from tests.conftest import Project

MAIN, OTHER = "refs/heads/main", "refs/heads/other"
PENDING = pending_ref("engineering/knob")
TEXT = "".join(f"line {n}\n" for n in range(20))


class Kept:
    """A project and candidates on top of what its HEAD was at first."""

    def __init__(self, project: Project) -> None:
        project.write("text.txt", TEXT)
        project.write("data.bin", bytes(range(256)))
        self.base = project.commit("base")
        self.project = project
        self.repository = Repository.discover(project.path)

    def step(self, parent: str = "", message: str = "kept work\n", **files: bytes | None) -> Step:
        old = parent or self.base
        content = {name.replace("_", "."): data for name, data in files.items()}
        made, _tree = self.repository.commit(
            PENDING, Commit("idea\n", content, [old], modes={"run.sh": "100755"})
        )
        return Step(old, made, message)

    def everything(self) -> tuple[object, ...]:
        return (
            self.project.fingerprint(),
            self.project.git("status", "--short"),
            self.project.git("stash", "list"),
        )


@pytest.fixture
def kept(project: Project) -> Kept:
    return Kept(project)


def test_a_branch_that_is_checked_out_gets_the_commit_and_the_files(kept: Kept) -> None:
    project = kept.project
    project.write("notes.txt", "mine")
    project.write("bench.py", "# being edited\n")
    project.write("staged.txt", "staged")
    project.git("add", "staged.txt")
    step = kept.step(
        text_txt=TEXT.replace("line 3\n", "line three\n").encode(), run_sh=b"#!/bin/sh\n", data_bin=None
    )
    made = bring(kept.repository, MAIN, [step])
    assert made is not None
    assert project.git("rev-parse", "HEAD") == made
    assert project.git("log", "-1", "--format=%an <%ae>|%cn|%P|%B") == (
        f"Ada Lovelace <ada@example.org>|Ada Lovelace|{kept.base}|kept work"
    )
    assert project.git("status", "--short").splitlines() == ["M bench.py", "A  staged.txt", "?? notes.txt"]
    assert "line three\n" in (project.path / "text.txt").read_text()
    assert (project.path / "run.sh").stat().st_mode & 0o111
    assert not (project.path / "data.bin").exists()


def test_a_branch_that_is_not_checked_out_moves_and_no_file_changes(kept: Kept) -> None:
    project = kept.project
    project.git("branch", "other")
    project.write("text.txt", "being edited\n")
    files = {path: path.read_bytes() for path in project.path.iterdir() if path.is_file()}
    step = kept.step(text_txt=b"new\n")
    made = bring(kept.repository, OTHER, [step])
    assert project.git("rev-parse", "other", "main").split() == [made, kept.base]
    assert project.git("show", "other:text.txt") == "new"
    assert {path: path.read_bytes() for path in project.path.iterdir() if path.is_file()} == files
    assert project.git("status", "--short") == "M text.txt"


def test_what_the_branch_did_meanwhile_stays(kept: Kept) -> None:
    project = kept.project
    step = kept.step(text_txt=TEXT.replace("line 3\n", "line three\n").encode())
    project.write("text.txt", TEXT.replace("line 17\n", "line seventeen\n"))
    project.write("new.txt", "theirs\n")
    tip = project.commit("meanwhile")
    bring(kept.repository, MAIN, [step])
    text = (project.path / "text.txt").read_text()
    assert "line three\n" in text and "line seventeen\n" in text
    assert (project.path / "new.txt").read_text() == "theirs\n"
    assert project.git("rev-parse", "HEAD^") == tip


def test_each_step_is_a_commit_and_one_that_changes_nothing_is_none(kept: Kept) -> None:
    one = kept.step(message="one\n", text_txt=TEXT.replace("line 1\n", "1\n").encode())
    two = kept.step(
        one.new, "two\n", text_txt=TEXT.replace("line 1\n", "1\n").replace("line 9\n", "9\n").encode()
    )
    assert bring(kept.repository, MAIN, [one]) is not None
    assert bring(kept.repository, MAIN, [one, two]) is not None
    assert kept.project.git("log", "--format=%s").splitlines()[:3] == ["two", "one", "base"]
    before = kept.everything()
    assert bring(kept.repository, MAIN, [one, two]) is None
    assert bring(kept.repository, MAIN, []) is None
    assert kept.everything() == before


def test_a_conflict_names_the_files_and_changes_nothing_also_in_a_later_step(kept: Kept) -> None:
    project = kept.project
    fine = kept.step(data_bin=b"1")
    bad = kept.step(text_txt=TEXT.replace("line 3\n", "line three\n").encode(), bench_py=None)
    project.write("text.txt", TEXT.replace("line 3\n", "line drei\n"))
    project.write("bench.py", "# theirs\n")
    project.commit("meanwhile")
    before = kept.everything()
    with pytest.raises(RepositoryError, match=r"bench\.py, text\.txt; nothing was changed; .*git merge"):
        bring(kept.repository, MAIN, [fine, bad])
    assert kept.everything() == before


@pytest.mark.parametrize("name", ["text.txt", "new.txt"])
def test_uncommitted_work_in_the_way_is_named_and_kept(kept: Kept, name: str) -> None:
    """Edited, or never added: either way it exists nowhere else."""
    kept.project.write(name, "mine, and nowhere else\n")
    before = kept.everything()
    with pytest.raises(RepositoryError, match=rf"{name} .*nothing was changed; commit or stash"):
        bring(kept.repository, MAIN, [kept.step(text_txt=b"new\n", new_txt=b"new\n")])
    assert kept.everything() == before


def test_a_branch_in_another_worktree_moves_with_its_files(kept: Kept, tmp_path: Path) -> None:
    kept.project.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other é"))
    before = kept.project.git("status", "--short"), kept.project.git("rev-parse", "HEAD")
    bring(kept.repository, OTHER, [kept.step(text_txt=b"new\n")])
    assert (tmp_path / "other é/text.txt").read_text() == "new\n"
    assert Project(tmp_path / "other é").git("status", "--short") == ""
    assert (kept.project.git("status", "--short"), kept.project.git("rev-parse", "HEAD")) == before


def test_a_worktree_that_is_gone_is_a_clear_refusal(kept: Kept, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    kept.project.git("worktree", "add", "--quiet", "-b", "other", str(gone))
    gone.rename(tmp_path / "elsewhere")
    with pytest.raises(RepositoryError, match="gone") as refused:
        bring(kept.repository, OTHER, [kept.step(text_txt=b"new\n")])
    assert "\n" not in str(refused.value)
    assert kept.project.git("rev-parse", "other") == kept.base
