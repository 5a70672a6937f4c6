"""`run --resume`: nothing lost, nothing doubled, nothing paid for twice; and the right experiment.

The kills here have their moment; tests/faults/test_kills.py has them at random.
"""

import shutil
import signal

import pytest

from tests.conftest import Project
from tests.faults import (
    CHAIN,
    LINUX_ONLY,
    NAME,
    calls,
    count_calls,
    eventually,
    git_is_waiting,
    git_waits,
    held,
    hold,
    leftovers,
    living,
    release,
    told,
    with_slow_git,
)

ROWS = [
    (0, "keep", "baseline", 9.0, "baseline"),
    (1, "discard", "not_better", 25.0, "x = 5"),
    (2, "keep", "unconfirmed", 4.0, "x = 2"),
    (3, "keep", "unconfirmed", 1.0, "x = 1"),
]
RECORD = "fast-import --quiet --force --done"
MOVE = "update-ref --no-deref --stdin"
CLEAN = "clean -ffdxq"


@pytest.fixture
def counted(project: Project) -> Project:
    """An experiment whose evaluator and proposer count their calls."""
    count_calls(project)
    made = project.new()
    assert made.code == 0, made.err
    return project


@LINUX_ONLY
def test_a_run_that_is_ended_again_and_again_has_the_rows_of_one_that_was_not(counted: Project) -> None:
    """AR-41, AM-07, AM-09: a proposal is asked for again only where it was cut short itself, and so is a
    measurement; numbers go on; the user's own files and refs stay as they were."""
    before = counted.fingerprint()
    way = ("run", "--loop", *counted.ideas("5", "2", "1"))
    ends = [
        ("asked", 1, signal.SIGKILL, -9),
        ("asked", 2, signal.SIGTERM, 143),
        ("measured", 2, signal.SIGKILL, -9),
        ("measured", 3, signal.SIGINT, 130),
        ("measured", 3, signal.SIGHUP, 129),
    ]
    for stage, trial, number, code in ends:
        with held(counted, stage, trial, *way) as run:
            run.send_signal(number)
            assert run.end().code == code
        assert eventually(lambda: not living())
        assert code == -9 or leftovers(counted) == ""
        assert len(counted.trials()) == trial
        way = ("run", "--resume")
    assert counted.run(*way).code == 0
    assert told(counted.trials()) == ROWS
    assert calls("asked") == {1: 2, 2: 2, 3: 1, 4: 1}  # the fourth time there was nothing left
    assert calls("measured") == {0: 1, 1: 1, 2: 2, 3: 3}
    assert counted.fingerprint() == before


@LINUX_ONLY
def test_a_measurement_that_was_made_is_not_made_again(counted: Project) -> None:
    """AR-41: killed between the measurement and its record."""
    slow = with_slow_git()
    with held(counted, "measured", 1, "run", "--loop", *counted.ideas("5", "2", "1"), env=slow) as run:
        with git_waits(RECORD):
            release()
            assert eventually(git_is_waiting)
            run.kill()
            assert run.end().code == -9
        assert eventually(lambda: not living())
    assert len(counted.trials()) == 1
    assert counted.run("run", "--resume").code == 0
    assert told(counted.trials()) == ROWS
    assert set(calls("measured").values()) | set(calls("asked").values()) == {1}


@LINUX_ONLY
@pytest.mark.parametrize("late", [False, True])
def test_a_git_that_outlives_the_kill_neither_loses_nor_doubles_a_row(counted: Project, late: bool) -> None:
    """AR-41: the commit point that a killed run had begun comes before the next run, or after its record."""
    slow = with_slow_git()
    with held(counted, "measured", 1, "run", "--loop", *counted.ideas("5", "2", "1"), env=slow) as run:
        with git_waits(MOVE):
            release()
            assert eventually(git_is_waiting)
            run.kill()
            run.end()
            assert not late or counted.run("run", "--resume").code == 0
        assert eventually(lambda: not living())
    assert len(counted.trials()) == (4 if late else 2)
    assert late or counted.run("run", "--resume").code == 0
    assert told(counted.trials()) == ROWS
    assert set(calls("measured").values()) == {1}
    assert counted.git("rev-list", "--first-parent", "--count", CHAIN) == "5"


def test_a_lock_that_a_power_cut_left_is_named_and_nothing_is_lost(counted: Project) -> None:
    """AR-41, AR-47: git died with us at the commit point; one line says which file to remove."""
    play = counted.ideas("5", "2", "1")
    lock = counted.path / ".git" / f"{CHAIN}.lock"
    lock.touch()
    done = counted.run("run", "--loop", *play)
    assert done.code == 1
    assert f"error: git update-ref failed: cannot lock ref '{CHAIN}': " in done.err
    assert str(lock) in done.err
    assert done.err.endswith("if none is, remove that lock file by hand\n")
    assert lock.exists()
    lock.unlink()
    assert counted.run("run", "--resume").code == 0
    assert told(counted.trials()) == ROWS
    assert calls("asked") == {1: 1, 2: 1, 3: 1, 4: 1}
    assert calls("measured") == {0: 1, 1: 1, 2: 1, 3: 1}


@LINUX_ONLY
def test_a_kill_after_the_last_record_leaves_nothing_to_do(counted: Project) -> None:
    """AR-41: of two ideas that were asked for, both are recorded; the next start brings the views along."""
    play = counted.ideas("5", "2", "1")
    slow = with_slow_git()
    with held(counted, "measured", 2, "run", "--loop", "--max-experiments", "2", *play, env=slow) as run:
        with git_waits(CLEAN):
            release()
            assert eventually(git_is_waiting)
            run.kill()
            run.end()
        assert eventually(lambda: not living())
    assert (counted.folder() / "results.tsv").read_text().count("\n") == 3
    assert counted.run("run", "--resume").code == 0
    assert told(counted.trials()) == ROWS[:3]
    assert (counted.folder() / "results.tsv").read_text().count("\n") == 4
    assert (counted.folder() / "worktree" / "knob.py").read_text() == "x = 2\n"


def test_what_is_asked_at_the_resume_outranks_what_was_asked_before(counted: Project) -> None:
    """AR-41, AR-40: `--max-experiments N` means N more ideas, `--single` one; the proposer stays."""
    play = counted.ideas(*map(str, range(20, 10, -1)))
    with held(counted, "measured", 3, "run", "--loop", "--max-experiments", "4", *play) as run:
        run.kill()
        run.end()
    assert counted.run("run", "--resume", "--single").code == 0
    assert len(counted.trials()) == 4
    with held(counted, "measured", 5, "run", "--loop", "--max-experiments", "4", *play) as run:
        run.kill()
        run.end()
    assert counted.run("run", "--resume", "--max-experiments", "3").code == 0
    assert len(counted.trials()) == 8
    assert [row["description"] for row in counted.trials()][1:] == [f"x = {x}" for x in range(20, 13, -1)]


def test_resume_goes_on_with_the_experiment_that_was_cut_short(counted: Project) -> None:
    """AR-41: whatever was made, run to its end, looked at or cleaned since; and a name outranks it."""
    play = counted.ideas("5", "2")
    assert counted.new("a/first").code == 0
    with held(counted, "measured", 1, "run", "knob", "--loop", *play) as run:
        run.kill()
        run.end()
    assert counted.run("run", "first", "--loop", *play).code == 0
    assert counted.new("z/last").code == 0
    assert counted.run("clean").code == 0
    done = counted.run("run", "--resume", "--json")
    assert (done.json["experiment"], done.json["stopped"]["rule"]) == (NAME, "no_more_ideas")
    assert told(counted.trials()) == ROWS[:3]
    assert counted.run("run", "last", "--resume", "--single", *play, "--json").json["experiment"] == "z/last"


def test_of_two_that_were_cut_short_the_one_that_got_on_later_is_resumed(counted: Project) -> None:
    """AR-41: not the one that was started later."""
    play = counted.ideas(*map(str, range(20, 10, -1)))
    assert counted.new("z/other").code == 0
    with held(counted, "measured", 2, "run", "knob", "--loop", *play) as one:
        with held(counted, "measured", 2, "run", "other", "--loop", *play) as other:
            other.kill()
            other.end()
        hold("measured", 4)
        assert eventually(lambda: calls("measured")[4])
        one.kill()
        one.end()
    done = counted.run("run", "--resume", "--single", "--json")
    assert (done.json["experiment"], done.json["trials"][0]["trial"]) == (NAME, 4)


def test_numbers_continue_where_all_views_are_gone(counted: Project) -> None:
    """AM-07, AR-41: the records alone say which trial is next."""
    play = counted.ideas("5", "2", "1")
    assert counted.run("run", "--loop", "--max-experiments", "2", *play).code == 0
    table = (counted.folder() / "results.tsv").read_text()
    shutil.rmtree(counted.folder() / "trials")
    (counted.folder() / "results.tsv").write_text("nonsense")
    (counted.folder() / "trials" / "0099").mkdir(parents=True)
    assert counted.run("run", "--resume", *play).code == 0
    assert told(counted.trials()) == ROWS
    assert (counted.folder() / "results.tsv").read_text().startswith(table)
    assert calls("asked") == {1: 1, 2: 1, 3: 1, 4: 1}


def test_where_nothing_was_run_yet_there_is_nothing_to_resume(project: Project) -> None:
    """AR-41, AR-47: one line that says what to type."""
    project.new("a/first", "--no-measure")
    project.new("a/second", "--no-measure")
    done = project.run("run", "--resume")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: no experiment was run here yet; name the one to run: autoresearch run EXP\n"
