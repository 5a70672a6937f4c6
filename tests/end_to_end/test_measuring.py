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


DAEMON = """\
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(os.environ["AUTORESEARCH_DIR"] + "/shared/daemon", "w").write(str(os.getpid()))
        os.close(1); os.close(2)
        time.sleep(300)
    os._exit(0)
while not os.path.exists(os.environ["AUTORESEARCH_DIR"] + "/shared/daemon"):
    time.sleep(0.01)
print("value: 1")
"""


def test_a_daemon_that_an_evaluation_left_is_gone_when_the_trial_is(project: Project) -> None:
    """AR-14, AM-44: double fork and setsid included."""
    project.write("daemon.py", DAEMON)
    project.commit()
    made = project.measure_by("daemon.py")
    assert made.code == 0, made.err
    assert gone(int((project.folder("a/b") / "shared" / "daemon").read_text()))


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
    assert Path(told["AUTORESEARCH_RESULT"]).parent == Path(told["AUTORESEARCH_TRIAL_DIR"])
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


def test_a_later_trial_can_read_what_an_earlier_one_left_for_it_and_nothing_else(project: Project) -> None:
    """AM-46, AR-12: trials/NNNN and shared/ are kept; the worktree and the temporary folder are not."""
    project.write(
        "leave.py",
        "import os, pathlib\n"
        "here = pathlib.Path(os.environ['AUTORESEARCH_TRIAL_DIR'])\n"
        "(here / 'model.bin').write_text(os.environ['AUTORESEARCH_TRIAL'])\n"
        "for name in ('left.txt', os.environ['TMPDIR'] + '/left.txt', 'bench.py'):\n"
        "    with open(name, 'a') as file: file.write('left')\n"
        "print('seen:', len(list(here.parent.glob('*/model.bin'))))\n"
        "print('value:', pathlib.Path('left.txt').read_text().count('left'))\n"
        "print('clean:', int('left' not in pathlib.Path('bench.py').read_text()[:-4]))\n",
    )
    project.commit()
    before = project.fingerprint()
    made = project.measure_by("leave.py")
    assert made.code == 0, made.err
    assert project.run("run", "--loop", *project.ideas("5", "6")).code == 0
    assert [row["metrics"]["seen"] for row in project.trials("a/b")] == [1, 2, 3]
    assert [row["metric"] for row in project.trials("a/b")] == [1, 1, 1]
    assert [row["metrics"]["clean"] for row in project.trials("a/b")] == [1, 1, 1]
    assert (project.folder("a/b") / "shared").is_dir()
    assert project.fingerprint() == before


def test_output_is_on_disk_while_the_evaluation_still_runs(project: Project) -> None:
    """AM-42"""
    project.write("wait.py", "import os, pathlib, time\nprint('begun')\n"
                  "log = pathlib.Path(os.environ['AUTORESEARCH_TRIAL_DIR']) / 'run.log'\n"
                  "end = time.monotonic() + 20\n"
                  "while 'begun' not in log.read_text() and time.monotonic() < end: time.sleep(0.01)\n"
                  "print('value:', int('begun' in log.read_text()))\n")  # fmt: skip
    project.commit()
    made = project.measure_by("wait.py", "--json")
    assert made.json["baseline"]["metric"] == 1.0


def test_measuring_what_did_not_change_removes_no_kept_commit(project: Project) -> None:
    """AR-13, AR-19: the same files as the best so far are a duplicate, and it stays the best."""
    project.new()
    assert project.run("run", "--loop", *project.ideas("2", "2", "2")).code == 0
    assert [row["reason"] for row in project.trials()][1:] == ["unconfirmed", "duplicate", "duplicate"]
    assert project.git("show", "heads/autoresearch/engineering/knob:knob.py") == "x = 2"
