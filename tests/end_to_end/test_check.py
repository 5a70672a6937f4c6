"""`check`: which evaluations are to be trusted, and what mends those that are not."""

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters import disk
from tests.conftest import Done, Project
from tests.faults import BRANCH, CHAIN, LINUX_ONLY, NAME, Started, eventually, leftovers, living

TARGET = "def square(n):\n    return n * n\n"

# Runs the target in a child process, and checks what it answers: its size is what counts.
SOUND = """\
import json, os, subprocess, sys
told = {name: value for name, value in os.environ.items() if not name.startswith("AUTORESEARCH_")}
ask = "import json, knob; print(json.dumps([knob.square(n) for n in range(5)]))"
done = subprocess.run([sys.executable, "-B", "-c", ask], env=told, capture_output=True, text=True)
if done.returncode or json.loads(done.stdout) != [0, 1, 4, 9, 16]:
    sys.exit("wrong answers " + done.stdout + done.stderr)
print("value:", os.path.getsize("knob.py"))
"""
# Imports it, and is content with whatever happens.
CARELESS = """\
try:
    import knob
    knob.square(3)
except BaseException:
    pass
print("value: 9")
"""
NOISY = SOUND.replace(
    'print("value:", os.path.getsize("knob.py"))',
    "import random\nprint('value:', random.Random(os.environ['AUTORESEARCH_SEED']).gauss(100, 1))",
)


def prepare(project: Project, bench: str, limit: str = "2s") -> None:
    project.write("knob.py", TARGET)
    project.write("bench.py", bench)
    project.commit()
    made = project.new(NAME, "-c", f"timeout={limit}")
    assert made.code == 0, made.err


def checked(project: Project, bench: str, *options: str) -> Done:
    """An experiment with this evaluation, checked."""
    prepare(project, bench)
    return project.run("check", *options)


def states(done: Done, part: str = "target") -> dict[str, str]:
    return {each["name"]: each["state"] for each in done.json["findings"] if each["part"] == part}


def finding(done: Done, name: str) -> dict[str, Any]:
    return next(each for each in done.json["findings"] if each["name"] == name)


def test_an_evaluation_that_withstands_everything_is_trusted(project: Project) -> None:
    """AR-12, AR-14, AR-22: exit code 0, a page without a mend, nothing recorded, nothing left."""
    prepare(project, SOUND)
    refs = [project.git("rev-parse", ref) for ref in (CHAIN, BRANCH)]
    before, trials = project.fingerprint(), sorted((project.folder() / "trials").rglob("*"))
    done = project.run("check")
    assert done.code == 0, done.out
    assert "8 evaluations of the same code, " in done.out
    assert "no noise: each gave exactly this" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("not tried")] == [
        "not tried  deleted tests                                  no test is among the target files"
    ]
    assert "To mend" not in done.out
    assert done.out.endswith("\nnothing is wrong\n")
    assert "measuring the untouched code, 8 of 8\n" in done.err
    assert [project.git("rev-parse", ref) for ref in (CHAIN, BRANCH)] == refs
    assert project.fingerprint() == before
    assert sorted((project.folder() / "trials").rglob("*")) == trials
    assert leftovers(project) == ""


def test_an_evaluation_that_takes_anything_for_good_is_not(project: Project) -> None:
    """Each thing that is wrong comes with what mends it; exit code 1."""
    prepare(project, CARELESS, "10s")
    done = project.run("check", "--json", "--runs", "2")
    assert (done.code, done.json["trusted"]) == (1, False)
    wrong = [name for name, state in states(done).items() if state == "wrong"]
    assert wrong == [
        "empty",
        "deleted",
        "exit 3 at its start",
        "answers NaN to everything",
        "prints a better number at its end",
        "prints a better number and exits 0",
        "writes a better number to AUTORESEARCH_RESULT",
    ]
    assert states(done)["a syntax error"] == "ok" and states(done)["never ends"] == "ok"
    assert finding(done, "a syntax error")["said"].startswith("refused unmeasured: knob.py, line 1: ")
    assert "child process" in finding(done, "prints a better number at its end")["mend"]
    assert all(each["mend"] for each in done.json["findings"] if each["state"] == "wrong")


def test_a_clock_that_the_target_can_turn_back_is_found(project: Project) -> None:
    """What the clock says is compared with one that the target leaves alone: one is half the other. That the
    metric is to be printed once tells a second line, and only that."""
    done = checked(
        project,
        "import time, knob\n"
        "real = lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC)\n"
        "began, truly = time.monotonic_ns(), real()\n"
        "while real() < truly + 20_000_000: pass\n"
        "now, truth = time.monotonic_ns(), real()\n"
        "print('value:', round(10 * (now - began) / (truth - truly)))\n",
        "--json", "--runs", "2", "-c", "metric.once=true",
    )  # fmt: skip
    assert states(done)["halves the speed of the clock"] == "wrong"
    assert "take the time in a process" in finding(done, "halves the speed of the clock")["mend"]
    assert finding(done, "prints a better number at its end")["said"].startswith("crash (ambiguous)")
    assert states(done)["prints a better number and exits 0"] == "wrong"


def test_a_target_that_is_only_read_is_not_blamed_for_code_that_nobody_runs(project: Project) -> None:
    """The usual project reads a number out of its target; what is no number is a crash."""
    project.new()
    done = project.run("check", "--json")
    assert done.code == 0, done.out
    assert states(done)["empty"] == states(done)["deleted"] == "ok"
    assert states(done)["never ends"] == "not tried"
    assert finding(done, "never ends")["said"].endswith("this code was not seen to be run")


def test_tests_among_the_target_files_are_deleted_to_see_whether_that_pays(project: Project) -> None:
    project.write("tests/test_knob.py", "import knob\nassert knob.x\n")
    project.write("bench.py", "import glob, knob\nprint('value:', len(glob.glob('tests/*.py')))\n")
    project.commit()
    project.new(NAME, "--target", "tests/", "-c", "timeout=2s")
    done = project.run("check", "--json", "--runs", "2")
    assert finding(done, "deleted tests")["state"] == "wrong"
    assert finding(done, "deleted tests")["mend"] == "keep the tests out of the target"


def test_noise_says_what_can_be_seen_and_what_more_time_would_buy(project: Project) -> None:
    """A target within the noise is a warning, as is a rule that keeps luck: the exit code stays 0."""
    done = checked(project, NOISY, "--json", "-c", "stop.target=99.5", "--runs", "6")
    noise = done.json["noise"]
    assert len(set(noise["values"])) == 6
    assert 0.2 < noise["deviation"] < 3
    assert noise["drift"] == pytest.approx(noise["values"][-1] - noise["values"][0])
    sizes = [noise["smallest_gain"][times]["size"] for times in ("1", "4", "16")]
    assert sizes[0] / sizes[1] == pytest.approx(2, rel=0.1) and sizes[1] / sizes[2] == pytest.approx(
        2, rel=0.1
    )
    assert states(done, "noise") == {"stop.target": "warning", "keep.confirm: off": "warning"}


def test_an_evaluation_that_fails_now_and_then_is_wrong_before_all_else(project: Project) -> None:
    done = checked(
        project, "import os\nassert os.environ['AUTORESEARCH_SEED'] != '2'\nprint('value: 1')\n", "--json"
    )
    assert (done.code, done.json["noise"]) == (1, None)
    assert states(done, "noise") == {"untouched code": "wrong"}
    assert "crash (exit_code): AssertionError" in done.json["findings"][0]["said"]


def test_what_the_evaluation_writes_is_named(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sandbox: into the home, the temporary folder and the checkout, and over tracked files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    tempfile.tempdir = None
    writes = [
        str(Path(os.environ["HOME"], ".cache/bench")),
        str(temporary / "bench"),
        str(project.path / "out"),
    ]
    done = checked(
        project,
        "import pathlib\n"
        f"for name in {writes!r}:\n"
        "    pathlib.Path(name).parent.mkdir(exist_ok=True)\n"
        "    pathlib.Path(name).write_text('')\n"
        "pathlib.Path('propose.py').write_text('')\n"
        f"{SOUND}",
        "--json", "--runs", "2", "-c", "sandbox.use=none",
    )  # fmt: skip
    assert done.code == 0, done.out
    assert states(done, "writes") == {"in the worktree": "warning", "outside of it": "warning"}
    assert finding(done, "in the worktree")["said"] == "changed propose.py"
    assert all(name in finding(done, "outside of it")["said"] for name in writes)


def test_a_ready_evaluator_is_checked_like_any_other(project: Project) -> None:
    """AR-31: an empty and a missing file are no measurement."""
    project.run("new", NAME, "--target", "knob.py", "--evaluator", "benchmark_size", "--set", "path=knob.py")
    done = project.run("check", "--json", "--runs", "2")
    assert done.code == 0, done.out
    assert states(done)["empty"] == states(done)["deleted"] == "ok"


def test_a_shell_script_is_sabotaged_in_its_own_language(project: Project) -> None:
    project.write("work.sh", "#!/bin/sh\n# sums\necho 6\n")
    project.write("bench.sh", "set -e\nsh work.sh\necho value: 9\n")
    project.commit()
    project.run("new", NAME, "--target", "work.sh", "--eval", "sh bench.sh", "--metric", "value",
                "--direction", "lower", "-c", "timeout=1s")  # fmt: skip
    done = project.run("check", "--json", "--runs", "2")
    assert states(done)["exit 3 at its start"] == states(done)["a syntax error"] == "ok"
    assert finding(done, "never ends")["said"].startswith("crash (timeout)")
    assert states(done)["writes a better number to AUTORESEARCH_RESULT"] == "wrong"
    assert states(done)["answers NaN to everything"] == "not tried"


@LINUX_ONLY
def test_ctrl_c_ends_it_with_all_that_it_started(project: Project) -> None:
    """AR-42"""
    prepare(project, SOUND)
    with Started(project, "check", "--runs", "2") as check:
        assert check.stderr is not None
        lines = iter(check.stderr.readline, "")
        assert any("target: never ends" in line for line in lines)
        check.send_signal(signal.SIGINT)
        done = check.end()
    assert done.code == 130
    assert eventually(lambda: not living(), 5)
    assert leftovers(project) == ""
    assert project.run("run", *project.ideas()).code == 0  # the lock is free


def test_it_waits_for_nobody_who_runs_the_experiment(project: Project) -> None:
    """AR-45"""
    project.new()
    with disk.lock(project.folder() / "lock", NAME):
        done = project.run("check")
    assert done.code == 1 and "is already being run by process" in done.err


def test_the_help_says_what_it_costs(project: Project) -> None:
    done = project.run("check", "--help")
    assert done.code == 0 and "autoresearch check api-speed" in done.out and "pays" in done.out
