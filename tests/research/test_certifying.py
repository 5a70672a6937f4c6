"""`certify` and `keep`: the whole gain measured again in turns, and a trial that is adopted by hand."""

import pytest

from tests.conftest import Project
from tests.faults import NAME, NOISY_LEVEL

RULES = ("-c", "keep.confirm=normal", "-c", "sandbox.use=none")


def level(value: float, note: object = "") -> dict[str, object]:
    return {"idea": f"{value:g} {note}".strip(), "files": {"knob.py": f"x = {value:g}  # {note}\n"}}


@pytest.fixture
def tuned(project: Project) -> Project:
    """An experiment whose level went from 100 to 90, with 1 percent of noise."""
    project.write("knob.py", "x = 100\n")
    project.write("bench.py", NOISY_LEVEL)
    project.commit()
    assert project.new(NAME, *RULES).code == 0
    assert project.run("run", "--loop", *project.ideas(level(90), level(95)), *RULES).code == 0
    assert [row["status"] for row in project.trials()] == ["keep", "keep", "discard"]
    return project


def test_the_gain_is_measured_in_turns_and_stands_in_the_record_and_the_tables(tuned: Project) -> None:
    """AR-16: claimed until then, certified from then on; the branch stays where it is."""
    head = tuned.git("rev-parse", f"refs/heads/autoresearch/{NAME}")
    assert "that gain is claimed" in tuned.run("status").out
    done = tuned.run("certify", "--pairs", "6", "--json")
    assert done.code == 0, done.err
    found = done.json["certified"]
    assert found["low"] < 10 < found["high"]
    assert found["high"] - found["low"] < 5
    assert (found["pairs"], found["percent"]) == (6, True)
    row = tuned.trials()[-1]
    assert (row["status"], row["reason"], row["commit"]) == ("keep", "certified", head)
    assert len(row["samples"]) == 6
    assert tuned.git("rev-parse", f"refs/heads/autoresearch/{NAME}") == head
    shown = tuned.run("dashboard", "--json").json["experiments"][0]
    assert shown["certified"] == found
    assert (shown["trials"], shown["kept"]) == (2, 1)
    status = tuned.run("status").out
    assert "certified: gain " in status
    assert "that gain is claimed" not in status
    assert tuned.run("run", *tuned.ideas(level(90), level(95), level(1), level(80)), *RULES).code == 0
    assert tuned.trials()[-1]["parent"] == 3
    assert tuned.run("apply", "--json").json["commit"]


def test_what_was_measured_before_a_stop_is_not_measured_again(tuned: Project) -> None:
    """AR-41"""
    stopped = tuned.run("certify", "--pairs", "5", env={"AUTORESEARCH_KILL_AT": "look saved 4"})
    assert stopped.code == -9
    looks = tuned.folder() / "trials" / "0003" / "looks.jsonl"
    before = looks.read_text()
    assert before.count("\n") == 4
    assert tuned.run("certify", "--pairs", "5").code == 0
    assert looks.read_text().startswith(before)
    assert looks.read_text().count("\n") == 10


def test_a_run_does_not_take_what_was_measured_for_a_certificate(tuned: Project) -> None:
    assert tuned.run("certify", "--pairs", "5", env={"AUTORESEARCH_KILL_AT": "look saved 4"}).code == -9
    assert tuned.run("run", *tuned.ideas(level(90), level(95), level(99)), *RULES).code == 0
    row = tuned.trials()[-1]
    assert (row["reason"], len(row["samples"])) == ("not_better", 1)


def test_without_a_keep_there_is_nothing_to_certify(project: Project) -> None:
    project.new()
    done = project.run("certify")
    assert done.code == 1
    assert done.err == f"error: {NAME} has kept nothing yet; there is no gain to certify\n"


def test_a_trial_that_is_adopted_by_hand_is_where_the_next_starts(project: Project) -> None:
    """AR-15: the suspect is the last that a run says, and the first that status and dashboard say, until
    somebody decides."""
    project.new()
    ran = project.run("run", "--loop", *project.ideas("0.1", "2"))
    assert ran.out.splitlines()[-1].startswith("look at trial 1: value 0.01 is too good to")
    rows = project.trials()
    assert [(row["status"], row["reason"]) for row in rows[1:]] == [
        ("discard", "suspect"),
        ("keep", "unconfirmed"),
    ]
    for command in (("status",), ("dashboard", NAME)):
        assert project.run(*command).out.startswith("look at trial 1: value 0.01 is too good to")
    assert project.run("status", "--json").json["suspects"][0]["trial"] == 1
    adopted = project.run("keep", "1")
    assert adopted.code == 0, adopted.err
    row = project.trials()[-1]
    assert (row["status"], row["reason"], row["commit"]) == ("keep", "adopted", rows[1]["commit"])
    assert project.git("rev-parse", f"refs/heads/autoresearch/{NAME}") == rows[1]["commit"]
    assert not project.run("status").out.startswith("look at")
    project.run("run", *project.ideas("0.1", "2", "9", "0.05"))
    assert project.trials()[-1]["parent"] == 3
    assert project.run("apply").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("9",), "has no trial 9"),
        (("0",), "trial 0 of engineering/knob is the best already"),
        (("1",), "trial 1 of engineering/knob was not measured"),
        (("knob",), "give one experiment"),
    ],
)
def test_what_cannot_be_adopted_is_one_line(project: Project, words: tuple[str, ...], says: str) -> None:
    project.new()
    project.run("run", *project.ideas({"idea": "broken", "files": {"knob.py": "x = oops\n"}}))
    before = project.trials()
    done = project.run("keep", *words)
    assert done.code in (1, 2)
    assert says in done.err
    assert project.trials() == before
