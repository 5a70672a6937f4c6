"""When `apply` refuses: one line that names what is in the way and the mend, and nothing is changed."""

import pytest

from tests.conftest import Project
from tests.end_to_end.laid import NAME, START, Idea, everything, knob, lay


@pytest.mark.parametrize("how", ["--squash", "--pick"])
def test_a_conflict_is_refused_by_name_and_nothing_is_changed(project: Project, how: str) -> None:
    lay(project, Idea(4.0, {**knob(x=2), "more/a b.py": "ours\n"}))
    project.write("knob.py", START.replace("x = 3", "x = 30"))
    project.write("more/a b.py", "theirs\n")
    project.commit("their own work")
    project.write("untracked.txt", "mine")
    before = everything(project)
    done = project.run("apply", how)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert "knob.py, more/a b.py" in done.err and "nothing was changed" in done.err
    assert everything(project) == before


@pytest.mark.parametrize("autostash", ["false", "true"])
def test_uncommitted_changes_are_never_overwritten(project: Project, autostash: str) -> None:
    """Whatever the user's merge settings are, nothing of theirs is stashed or written over."""
    project.git("config", "merge.autoStash", autostash)
    project.git("config", "merge.verifySignatures", "true")
    lay(project, Idea(4.0, {**knob(x=2), "more/new.py": "ours\n"}))
    for name, text in (("knob.py", "# mine\n" + START), ("more/new.py", "mine, untracked\n")):
        project.git("checkout", "--quiet", "--", ".")
        project.write(name, text)
        before = everything(project)
        done = project.run("apply")
        assert (done.code, done.out) == (1, "")
        assert len(done.err.splitlines()) == 1
        assert name in done.err and "commit or stash" in done.err
        assert everything(project) == before


def test_with_a_detached_head_a_branch_must_be_named(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    project.git("checkout", "--quiet", "--detach")
    before = everything(project)
    done = project.run("apply")
    assert (done.code, done.err) == (1, "error: HEAD is detached; name a branch: --onto BRANCH\n")
    assert everything(project) == before
    assert project.run("apply", "--onto", "main").code == 0
    assert (project.path / "knob.py").read_text() == START
    assert project.git("show", "main:knob.py") + "\n" == knob(x=2)["knob.py"]


@pytest.mark.parametrize(
    ("onto", "said"),
    [
        ("nowhere", "no branch 'nowhere'"),
        ("main~0", "no branch 'main~0'"),
        ("ma*", "no branch 'ma*'"),
        ("HEAD", "no branch 'HEAD'"),
        (f"autoresearch/{NAME}", "belongs to an experiment"),
    ],
)
def test_only_a_branch_of_the_users_is_written(project: Project, onto: str, said: str) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    before = everything(project), project.git("for-each-ref")
    done = project.run("apply", "--onto", onto)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1 and said in done.err
    assert (everything(project), project.git("for-each-ref")) == before


def test_an_experiments_branch_that_is_checked_out_is_not_moved_either(project: Project) -> None:
    ledger = lay(project, Idea(4.0, knob(x=2)), Idea(16.0, knob(x=4)))
    project.git("checkout", "--quiet", f"autoresearch/{NAME}")
    done = project.run("apply", "2")
    assert done.code == 1 and "belongs to an experiment" in done.err
    assert project.git("rev-parse", f"heads/autoresearch/{NAME}") == ledger.head


def test_a_branch_without_a_commit_is_refused(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    project.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    done = project.run("apply")
    assert done.code == 1 and "no branch 'unborn' with a commit" in done.err


def test_there_must_be_something_to_take(project: Project) -> None:
    lay(project, Idea(16.0, knob(x=4)))
    before = everything(project)
    for words, said in (
        ((), "has kept nothing yet"),
        (("7",), "has no trial 7"),
        (("0",), "trial 0 of engineering/knob changed nothing"),
        (("elsewhere",), "no experiment 'elsewhere'"),
    ):
        done = project.run("apply", *words)
        assert (done.code, done.out) == (1, ""), words
        assert said in done.err
    assert project.run("apply", "knob", "1", "2").code == 2
    assert everything(project) == before


def test_a_merge_that_is_not_concluded_is_left_to_its_owner(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    head = project.git("rev-parse", "HEAD")
    (project.path / ".git" / "MERGE_HEAD").write_text(f"{head}\n")
    before = everything(project)
    done = project.run("apply")
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1 and "not concluded your merge" in done.err
    assert everything(project) == before
