"""What an evaluation is given, what is read of it, and what is left of it: nothing."""

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Project


def gone(pid: int) -> bool:
    """Is there no such process, or only what is left of one that nobody has collected?"""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_an_evaluation_is_killed_at_its_hard_limit_and_what_it_said_is_kept(project: Project) -> None:
    """AR-14, AM-41, AM-43: 2.5 x the time budget, a crash `timeout`, the output with a marker."""
    project.write(
        "slow.py", "import time\nprint('value: 1')\nif 'x = 4' in open('knob.py').read(): time.sleep(60)\n"
    )
    project.commit()
    assert project.measure_by("slow.py", "--budget", "600ms").code == 0  # fmt: skip
    assert project.run("run", *project.ideas("4")).code == 0
    crash = project.trials("a/b")[1]
    assert (crash["status"], crash["reason"], crash["metric"]) == ("crash", "timeout", None)
    assert crash["seconds"] >= 1.5
    log = project.run("show", "1", "--log").out
    assert "value: 1" in log
    assert "[TIMEOUT]" in log


def test_the_evaluator_is_told_what_it_must_know_and_sees_no_key(project: Project) -> None:
    """AM-41: the variables of the guide; no provider's key, no ssh agent, nothing of git's."""
    project.write("env.py", "import os\nfor n, v in os.environ.items(): print(n, v)\nprint('value: 1')\n")
    project.commit()
    names = (
        "OPENAI_API_KEY",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "SSH_AUTH_SOCK",
        "GIT_DIR",
    )
    secrets = dict.fromkeys(names, "/nowhere")
    made = project.measure_by("env.py", "--budget", "90s", env=secrets)
    assert made.code == 0, made.err
    lines = (project.folder("a/b") / "trials" / "0000" / "run.log").read_text().splitlines()
    told = dict(line.split(" ", 1) for line in lines if " " in line)
    assert not set(secrets) & set(told)
    assert told["AUTORESEARCH_EXPERIMENT"] == "a/b"
    assert told["AUTORESEARCH_TRIAL"] == "0"
    assert told["AUTORESEARCH_TIME_BUDGET"] == "90"
    assert told["AUTORESEARCH_DIR"] == str(project.folder("a/b"))
    assert Path(told["AUTORESEARCH_RESULT"]).parent == Path(told["TMPDIR"])
    assert Path(told["AUTORESEARCH_TRIAL_DIR"]) == project.folder("a/b") / "trials" / "0000" / "files"
    assert "AUTORESEARCH_SEED" in told
    assert told["PATH"] == os.environ["PATH"]
    assert not Path(told["TMPDIR"]).exists()


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("value: 12.5 ms", 12.5),
        ("value: 8.4/10", 8.4),
        ("value: 95%", 95.0),
        ("value: 1,234.5", 1234.5),
        ("value: 1e-7", 1e-7),
        ("**value: 8.4**", 8.4),
        ("value = 8.4", 8.4),
        ("METRIC value=8.4", 8.4),
        ("value: 3\nvalue: 2", 2.0),
    ],
)
def test_numbers_are_read_as_people_write_them(project: Project, printed: str, value: float) -> None:
    """AR-20, AR-21, AR-23: through the whole program, in full precision."""
    project.write("say.py", f"print({printed!r}); print('other: 7')\n")
    project.commit()
    made = project.measure_by("say.py", "--json")
    assert made.code == 0, made.err
    assert made.json["baseline"]["metric"] == value
    assert made.json["baseline"]["metrics"] == {"other": 7.0}


def test_a_json_result_file_outranks_what_was_printed(project: Project) -> None:
    """AR-20"""
    project.write("res.py", "import json, os\nprint('value: 1')\n"
                  "path = os.environ['AUTORESEARCH_RESULT']\n"
        "json.dump({'value': 2, 'more': {'deep': 3}}, open(path, 'w'))\n")  # fmt: skip
    project.commit()
    made = project.measure_by("res.py", "--json")
    assert made.json["baseline"]["metric"] == 2.0
    assert made.json["baseline"]["metrics"] == {"more.deep": 3.0}


def test_reasons_stand_beside_the_status(project: Project) -> None:
    """AR-15, AR-18, AR-19, AR-22, AM-45: skipped, nan, no metric, failing check, constraint, duplicate,
    an edit that is not allowed, a failing proposer; and the loop goes on after each."""
    project.write("judge.py", "import sys\nknob = open('knob.py').read().strip()\n"
                  "print('size:', len(knob))\n"
                  "if knob == 'skip': sys.exit(125)\n"
                  "if knob == 'fail': sys.exit('no luck')\n"
                  "if knob != 'silent': print('value:', knob.split()[2])\n")  # fmt: skip
    project.write("check.py", "import sys\nsys.exit('unchecked' in open('knob.py').read())\n")
    project.commit()
    made = project.measure_by(
        "judge.py", "--constraint", "size <= 22", "--check", f"{sys.executable} check.py"
    )
    assert made.code == 0, made.err

    def idea(text: str) -> dict[str, object]:
        return {"idea": text.strip(), "files": {"knob.py": text}}

    ideas = project.ideas(
        idea("skip\n"), idea("fail\n"), idea("silent\n"), idea("x = nan\n"), idea("x = 1 # unchecked\n"),
        idea("x = 1  # much too long a line\n"), "2", "2", {"idea": "elsewhere", "files": {"bench.py": ""}},
        {"exit": 7, "says": "out of luck"}, {"raw": "no json"}, "3.0",
    )  # fmt: skip
    assert project.run("run", "--loop", "-c", "stop.crashes=null", *ideas).code == 0
    rows = [(row["status"], row["reason"]) for row in project.trials("a/b")[1:]]
    assert rows == [
        ("discard", "skipped"),
        ("crash", "exit_code"),
        ("crash", "no_metric"),
        ("crash", "not_finite"),
        ("crash", "checks_failed"),
        ("discard", "constraint"),
        ("keep", "unconfirmed"),
        ("discard", "duplicate"),
        ("crash", "invalid_edit"),
        ("crash", "no_proposal"),
        ("crash", "no_proposal"),
        ("discard", "not_better"),
    ]
    assert "out of luck" in project.run("show", "10").out
    assert "no luck" in project.run("show", "2", "--log").out
    assert "bench.py" in project.run("show", "9", "--patch").out
