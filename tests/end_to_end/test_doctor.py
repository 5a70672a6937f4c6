"""`autoresearch doctor`: what a person reads in ten seconds, what a script reads, and what a repair says."""

import hashlib
import os
from pathlib import Path

import pytest

from autoresearch.adapters import disk
from autoresearch.adapters.sandbox import available
from tests.conftest import Project
from tests.faults import CHAIN, NAME, make


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if all(why for level, why in available().items() if level != "none"):
        pytest.skip("the doctor has something to say of this machine")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in list(os.environ):
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)


def everything(project: Project) -> dict[str, str]:
    """Every file there is, those of git and of the experiments too."""
    return {
        str(path.relative_to(project.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in project.path.rglob("*")
        if path.is_file()
    }


def leave(project: Project) -> list[Path]:
    """Something of ours that can be mended, and a lock that is not ours."""
    half, lock = project.folder() / ".results.tsv.new", project.path / ".git/index.lock"
    for path in (half, lock):
        path.touch()
        os.utime(path, (1, 1))
    return [half, lock]


def test_where_all_is_well_it_says_so_in_a_table_and_exits_0(project: Project) -> None:
    make(project)
    done = project.run("doctor")
    assert (done.code, done.err) == (0, ""), done
    heading, *rows, last = done.out.splitlines()
    assert (heading.split(), last) == (["state", "where", "what"], "all is well")
    assert [row.split()[:2] for row in rows] == [
        ["ok", "git"], ["ok", "sandbox"], ["ok", "disk"], ["ok", "keys"], ["ok", "agents"], ["ok", NAME]
    ]  # fmt: skip


def test_looking_changes_nothing_and_a_repair_says_what_it_did_line_by_line(project: Project) -> None:
    """AR-12, AR-42: what is not ours stays, and a second repair has nothing to do."""
    make(project)
    half, lock = leave(project)
    before = everything(project)
    looked = project.run("doctor")
    assert (looked.code, everything(project)) == (0, before), "warnings are no failure"
    assert looked.out.splitlines()[-3:] == [
        f"{NAME}: 1 file half written ({half}); autoresearch doctor --repair",
        f"git: another program left the lock {lock}; it is not ours: if no git is running, remove it by hand",
        "0 wrong, 2 warnings",
    ]
    mended = project.run("doctor", "--repair")
    assert (mended.code, mended.out.splitlines()[0]) == (0, f"removed {half}")
    assert [path.exists() for path in (half, lock)] == [False, True]
    assert {name for name in before if name not in everything(project)} == {
        str(half.relative_to(project.path))
    }
    assert project.run("doctor", "--repair").out.splitlines()[0] == "nothing to repair"


def test_something_wrong_is_exit_1_and_json_has_it_all(project: Project) -> None:
    make(project)
    lock = project.path / ".git" / f"{CHAIN}.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    done = project.run("doctor", "--json", env={"GROQ_API_KEY": "sk-topsecret"})
    assert (done.code, done.err, "topsecret" in done.out) == (1, "", False)
    assert (done.json["wrong"], done.json["warnings"], done.json["repaired"]) == (1, 0, [])
    assert {
        "where": NAME, "what": f"a killed git left the lock {lock}", "state": "wrong",
        "mend": "autoresearch doctor --repair", "repairable": True,
    } in done.json["findings"]  # fmt: skip
    assert {"where": "keys", "what": "groq (GROQ_API_KEY in the environment)", "state": "ok", "mend": None,
            "repairable": False} in done.json["findings"]  # fmt: skip
    mended = project.run("doctor", "--repair", "--json")
    assert (mended.code, mended.json["wrong"], mended.json["repaired"]) == (0, 0, [f"removed {lock}"])


def test_an_experiment_that_is_being_run_is_left_alone_by_a_repair(project: Project) -> None:
    """AR-41: its half-written file may be whole in a moment."""
    experiment = make(project)
    half, _ = leave(project)
    with disk.lock(experiment.lock, NAME):
        done = project.run("doctor", "--repair")
    assert (done.code, half.exists()) == (0, True)
    assert "is being run by another process: left alone" in done.out


def test_a_narrow_terminal_still_has_every_mend_in_full(project: Project) -> None:
    make(project)
    half, _ = leave(project)
    done = project.run("doctor", env={"COLUMNS": "60"})
    assert f"{NAME}: 1 file half written ({half}); autoresearch doctor --repair" in done.out


def test_the_help_says_what_is_sent(project: Project) -> None:
    told = " ".join(project.run("doctor", "--help").out.split())
    assert "nothing is sent" in told and "Keys are never shown" in told
