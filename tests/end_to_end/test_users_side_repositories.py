"""The user's side is never touched: in every kind of repository, and wherever one stands in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.users import NEW, changed, live, plan, settle, users

Kind = Callable[[Project], Project]
FILES = ("-c", "protocol.file.allow=always")


def clone(project: Project, *options: str) -> Project:
    """A clone of the user's, with something in it that is not committed yet."""
    project.git("reset", "--quiet", "--hard")
    made = Project(project.path.parent / "clone")
    project.git(*FILES, "clone", "--quiet", *options, project.path.as_uri(), str(made.path))
    made.write("notes.txt", "changed\n")
    return made


def shallow(project: Project) -> Project:
    return clone(project, "--depth", "1")


def partial(project: Project) -> Project:
    """Old files are fetched when they are asked for."""
    project.git("config", "uploadpack.allowFilter", "true")
    made = clone(project, "--filter=blob:none")
    assert "?" in made.git("rev-list", "--objects", "--missing=print", "--all")
    return made


def borrowing(project: Project) -> Project:
    """Its objects are those of another repository."""
    made = Project(project.path.parent / "clone")
    project.git("clone", "--quiet", "--shared", str(project.path), str(made.path))
    return made


def sha256(project: Project) -> Project:
    made = Project(project.path.parent / "sha256")
    project.git("init", "--quiet", "--object-format=sha256", str(made.path))
    for name in ("knob.py", "bench.py", "propose.py"):
        made.write(name, (project.path / name).read_bytes())
    made.commit()
    return settle(made)


def linked(project: Project) -> Project:
    """A worktree of the user's, beside the main one."""
    project.git("worktree", "add", "--quiet", "-b", "topic", "../linked")
    made = Project(project.path.parent / "linked")
    made.write("notes.txt", "on the topic\n")
    made.git("add", "notes.txt")
    return made


def linked_with_own_settings(project: Project) -> Project:
    made = linked(project)
    project.git("config", "extensions.worktreeConfig", "true")
    made.git("config", "--worktree", "user.name", "Ada on the topic")
    project.git("config", "--worktree", "user.name", "Ada at home")
    return made


def linked_to_bare(project: Project) -> Project:
    project.git("clone", "--quiet", "--bare", str(project.path), "../bare.git")
    made = Project(project.path.parent / "checkout")
    project.git("-C", "../bare.git", "worktree", "add", "--quiet", str(made.path), "main")
    return made


def linked_to_sparse(project: Project) -> Project:
    """The main one is sparse, the one beside it is not: it has what is measured."""
    project.git("reset", "--quiet", "--hard")
    project.git("worktree", "add", "--quiet", "-b", "topic", "../linked")
    made = Project(project.path.parent / "linked")
    made.write("bench.py", "import far.knob\n" + (made.path / "bench.py").read_text())
    made.write("far/knob.py", "")
    made.commit()
    project.git("sparse-checkout", "set", "--cone", "src")
    assert (made.path / "far/knob.py").exists()
    return made


def separate(project: Project) -> Project:
    """Its `.git` is a file that leads elsewhere."""
    project.git("init", "--quiet", "--separate-git-dir", "../elsewhere.git")
    assert (project.path / ".git").is_file()
    return project


def told_where(project: Project) -> Project:
    project.git("config", "core.worktree", str(project.path))
    return project


def detached(project: Project) -> Project:
    project.git("checkout", "--quiet", "--detach")
    return project


def cone(project: Project) -> Project:
    """A sparse checkout: most folders are not there."""
    for name in ("far/a.txt", "far/deep/b.txt", "near/c.txt"):
        project.write(name, f"{name}\n")
    project.commit()
    project.git("sparse-checkout", "set", "--cone", "near")
    assert not (project.path / "far").exists()
    return project


def sparse_index(project: Project) -> Project:
    cone(project)
    project.git("sparse-checkout", "reapply", "--sparse-index")
    return project


def no_cone(project: Project) -> Project:
    cone(project)
    project.git("sparse-checkout", "set", "--no-cone", "/*", "!/far/deep/")
    assert (project.path / "far/a.txt").exists() and not (project.path / "far/deep").exists()
    return project


def with_submodule(project: Project) -> Project:
    inner = Project(project.path.parent / "inner")
    project.git("clone", "--quiet", str(project.path), str(inner.path))
    project.git(*FILES, "submodule", "--quiet", "add", inner.path.as_uri(), "parts/inner")
    project.git("commit", "--quiet", "-m", "a part")
    project.write("parts/inner/notes.txt", "changed within\n")
    project.git("config", "submodule.recurse", "true")
    return project


def with_submodule_away(project: Project) -> Project:
    with_submodule(project)
    project.git("submodule", "--quiet", "deinit", "--force", "--all")
    return project


def in_submodule(project: Project) -> Project:
    return Project(with_submodule(project).path / "parts" / "inner")


KINDS = [
    shallow, partial, borrowing, sha256, linked, linked_with_own_settings, linked_to_bare, linked_to_sparse,
    separate, told_where, detached, cone, sparse_index, no_cone, with_submodule, with_submodule_away,
    in_submodule,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_any_kind_of_repository_stays_as_it_is_and_so_do_those_around_it(
    project: Project, home: Path, kind: Kind
) -> None:
    """AR-12: a whole experiment, made, run and cleaned away."""
    here = kind(settle(project))
    plan(here)
    before = users(project.path.parent, home)
    live(here)
    assert changed(before, users(project.path.parent, home)) == []


@pytest.mark.parametrize("kind", [cone, sparse_index, no_cone])
def test_a_target_that_the_sparse_checkout_leaves_out_is_named_with_the_mend(
    project: Project, kind: Kind
) -> None:
    """AR-06, AR-12"""
    kind(settle(project))
    before = users(project.path.parent)
    done = project.run(*NEW, "--target", "far/deep/b.txt")
    mend = "git sparse-checkout add far/deep"
    assert done.err == f"error: target far/deep/b.txt is not in your sparse checkout; {mend}\n"
    assert changed(before, users(project.path.parent)) == []


def test_a_repository_that_says_its_checkout_is_elsewhere_is_refused_here(project: Project) -> None:
    """AR-06, AR-12"""
    (project.path.parent / "elsewhere").mkdir()
    project.git("config", "core.worktree", "../../elsewhere")
    before = users(project.path.parent)
    done = project.run(*NEW)
    assert done.code == 1 and "is not in a git checkout" in done.err, done.err
    assert changed(before, users(project.path.parent)) == []
