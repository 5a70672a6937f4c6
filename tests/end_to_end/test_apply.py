"""Taking kept work: `apply` onto branches of the user's, as people who know git expect it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.laid import NAME, START, Idea, everything, knob, lay, status


def subjects(project: Project, revisions: str) -> Sequence[str]:
    return project.git("log", "--reverse", "--format=%s", revisions).splitlines()


def test_one_commit_with_the_evidence_comes_to_the_branch_that_is_checked_out(project: Project) -> None:
    """The checkout follows, uncommitted work beside it survives, and the message says what was measured."""
    ledger = lay(project, Idea(4.0, knob(x=2)), Idea(16.0, knob(x=4)), Idea(1.0, knob(x=2, y=1)))
    before = project.git("rev-parse", "HEAD")
    project.write("bench.py", "print('mine')\n")
    project.write("staged.py", "staged = 1\n")
    project.git("add", "staged.py")
    project.write("untracked file.txt", "mine")
    done = project.run("apply")
    assert (done.code, done.err) == (0, "")
    assert project.git("rev-parse", "HEAD~1") == before
    assert (project.path / "knob.py").read_text() == knob(x=2, y=1)["knob.py"]
    assert (project.path / "bench.py").read_text() == "print('mine')\n"
    assert status(project) == [
        "M bench.py",
        "A  staged.py",
        '?? "untracked file.txt"',
    ]
    message = project.git("log", "-1", "--format=%an <%ae>%n%B")
    assert message.splitlines()[:2] == ["Ada Lovelace <ada@example.org>", "value: 9 → 1 (-88.9 %)"]
    assert "- idea 1 (trial 1: 4)\n- idea 3 (trial 3: 1)" in message
    assert "idea 2" not in message
    assert "`python bench.py`" in message and "4 trials in all" in message
    trailers = project.git("log", "-1", "--format=%(trailers:only,unfold)").splitlines()
    assert trailers == [
        f"Autoresearch-Experiment: {NAME}",
        "Autoresearch-Trials: 1 3",
        f"Autoresearch-Record: {ledger.records[-1]} (refs/autoresearch/{NAME})",
    ]
    assert project.git("rev-parse", f"heads/autoresearch/{NAME}") == ledger.head


@pytest.mark.parametrize("how", ["--squash", "--pick"])
def test_work_that_is_there_already_is_not_applied_twice(project: Project, how: str) -> None:
    lay(project, Idea(4.0, knob(x=2)), Idea(1.0, knob(x=1)))
    assert project.run("apply", how).code == 0
    before = everything(project)
    done = project.run("apply", how)
    assert (done.code, done.out, done.err) == (0, "main has it all already\n", "")
    done = project.run("apply", how, "--json")
    assert done.json == {"experiment": NAME, "branch": "main", "commit": None}
    assert everything(project) == before


def test_each_kept_idea_becomes_a_commit_of_its_own(project: Project) -> None:
    why = "It is\nsmaller."
    lay(project, Idea(4.0, knob(x=2)), Idea(16.0, knob(x=4)), Idea(1.0, knob(x=2, y=1), why=why))
    before = project.git("rev-parse", "HEAD")
    assert project.run("apply", "--pick").code == 0
    assert subjects(project, f"{before}..") == ["idea 1", "idea 3"]
    message = project.git("log", "-1", "--format=%b")
    assert message.startswith("It is\nsmaller.\n\nvalue: 4 → 1 (-75.0 %). Measured by `python bench.py`")
    assert "Autoresearch-Trials: 3\n" in message
    assert project.git("show", "HEAD~1:knob.py") + "\n" == knob(x=2)["knob.py"]


@pytest.mark.parametrize("how", ["--squash", "--pick"])
def test_after_more_trials_only_what_is_new_is_brought(project: Project, how: str) -> None:
    """The same line may have been changed again since: that is no conflict with work of one's own."""
    lay(project, Idea(4.0, knob(x=2)), Idea(1.0, knob(x=1)))
    assert project.run("apply", "1", how).code == 0
    between = project.git("rev-parse", "HEAD")
    done = project.run("apply", how)
    assert (done.code, done.err) == (0, "")
    assert (project.path / "knob.py").read_text() == knob(x=1)["knob.py"]
    message = project.git("log", "--format=%B", f"{between}..")
    assert "idea 2" in message and "value: 4 → 1" in message
    assert "idea 1" not in message


def test_another_branch_gets_it_and_the_checkout_stays(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    project.git("branch", "perf/fast")
    project.write("knob.py", "uncommitted\n")
    files = {**project.fingerprint(), "refs": ""}
    done = project.run("apply", "knob", "--onto", "perf/fast", "--json")
    assert done.json == {
        "experiment": NAME,
        "branch": "perf/fast",
        "commit": project.git("rev-parse", "perf/fast"),
    }
    assert project.git("show", "perf/fast:knob.py") + "\n" == knob(x=2)["knob.py"]
    assert {**project.fingerprint(), "refs": ""} == files


def test_a_branch_that_moved_on_is_merged_three_way(project: Project) -> None:
    lay(
        project, Idea(4.0, knob(x=2)), Idea(1.0, {**knob(x=1), "more/new.py": "new\n", "more/tool": "tool\n"})
    )
    project.write("knob.py", START.replace("y = 3", "y = 33"))
    project.write("other.py", "theirs\n")
    moved = project.commit("their own work")
    assert project.run("apply", "--pick").code == 0
    assert (project.path / "knob.py").read_text() == START.replace("x = 3", "x = 1").replace(
        "y = 3", "y = 33"
    )
    assert (project.path / "other.py").read_text() == "theirs\n"
    assert (project.path / "more" / "new.py").read_text() == "new\n"
    assert subjects(project, f"{moved}..") == ["idea 1", "idea 2"]
    assert project.git("log", "--merges") == ""
    assert status(project) == []


def test_a_trial_may_be_chosen_also_one_that_was_discarded(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)), Idea(5.0, knob(x=2, y=1)), Idea(1.0, knob(x=1)))
    project.git("branch", "first")
    assert project.run("apply", "knob", "2").code == 0
    assert (project.path / "knob.py").read_text() == knob(x=2, y=1)["knob.py"]
    assert "Autoresearch-Trials: 1 2\n" in project.git("log", "-1", "--format=%B")
    assert project.run("apply", "1", "--onto", "first").code == 0
    assert project.git("show", "first:knob.py") + "\n" == knob(x=2)["knob.py"]


def test_a_branch_that_is_checked_out_in_another_worktree_moves_with_it(
    project: Project, tmp_path: Path
) -> None:
    lay(project, Idea(4.0, knob(x=2)), Idea(1.0, knob(x=2, y=1)))
    there = tmp_path / "other worktree"
    project.git("worktree", "add", "--quiet", "-b", "perf", str(there))
    assert project.run("apply", "1", "--onto", "perf").code == 0
    assert (there / "knob.py").read_text() == knob(x=2)["knob.py"]
    assert (project.path / "knob.py").read_text() == START
    (there / "knob.py").write_text("mine\n")
    done = project.run("apply", "--onto", "perf")
    assert done.code == 1 and str(there) in done.err
    assert (there / "knob.py").read_text() == "mine\n"
    (there / "knob.py").write_text(str(knob(x=2)["knob.py"]))
    done = project.run("-C", str(there), "apply", "knob")
    assert (done.code, done.err) == (0, "")
    assert (there / "knob.py").read_text() == knob(x=2, y=1)["knob.py"]


def test_hooks_and_signing_of_the_user_have_no_part_in_it(project: Project, tmp_path: Path) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    marker = tmp_path / "a hook has run"
    for name in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "post-merge",
        "reference-transaction",
        "pre-merge-commit",
    ):
        hook = project.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n")
        hook.chmod(0o755)
    project.git("config", "commit.gpgSign", "true")
    project.git("config", "gpg.program", "/bin/false")
    done = project.run("apply", "--pick")
    assert (done.code, done.err) == (0, "")
    assert not marker.exists()
    assert (project.path / "knob.py").read_text() == knob(x=2)["knob.py"]


def test_a_reason_that_is_hardly_text_is_no_obstacle(project: Project) -> None:
    lay(project, Idea(4.0, {"knob.py": None, "more/ü.py": "new\n"}, why="no UTF-8 \udcff, a NUL \0"))
    done = project.run("apply", "--pick")
    assert (done.code, done.err) == (0, "")
    assert project.git("log", "-1", "--format=%b").startswith("no UTF-8 ?, a NUL")
    assert not (project.path / "knob.py").exists()
    assert (project.path / "more" / "ü.py").read_text() == "new\n"
