"""Evaluations through the whole product: what of one trial reaches the next, and what must not."""

import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Project
from tests.faults import LINUX_ONLY, NAME, count_calls, eventually, held, living, release

# Leaves a daemon that ignores what can be ignored; says how many daemons of earlier trials still live.
DAEMON = """
    import os, pathlib, signal, sys, time
    shared = pathlib.Path(os.environ["AUTORESEARCH_DIR"], "shared")
    def lives(pid):
        try:
            return os.kill(pid, 0) is None
        except ProcessLookupError:
            return False
    print("alive:", sum(lives(int(path.name)) for path in shared.glob("*")))
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            (shared / str(os.getpid())).touch()
            time.sleep(600)
        os._exit(0)
    before = len(list(shared.glob("*")))
    while len(list(shared.glob("*"))) <= int(os.environ["AUTORESEARCH_TRIAL"]):
        time.sleep(0.005)
    x = float(open("knob.py").read().split()[2])
    if x == 7:
        time.sleep(600)
    print("value:", x * x)
"""


@LINUX_ONLY
def test_a_daemon_is_gone_before_the_next_trial_and_after_the_run(project: Project) -> None:
    """AR-14, AM-44: a double fork in a session of its own, of trials that ended well and at the limit."""
    project.write("bench.py", dedent(DAEMON))
    project.commit()
    assert project.new(NAME, "--budget", "1s", "-c", "sandbox.use=none").code == 0
    assert living() == []
    play = project.ideas("5", "7", "2")
    assert project.run("run", "--loop", *play).code == 0
    assert living() == []
    assert [row["reason"] for row in project.trials()] == ["baseline", "not_better", "timeout", "unconfirmed"]
    assert [row["metrics"].get("alive") for row in project.trials()] == [0, 0, None, 0]
    daemons = [int(path.name) for path in (project.folder() / "shared").iterdir()]
    assert len(daemons) == 4
    assert not [pid for pid in daemons if Path(f"/proc/{pid}").exists()]


def test_a_later_trial_reads_what_an_earlier_one_left(project: Project) -> None:
    """AM-46, AM-41: each trial has a folder of its own, where it leaves files that others read where the
    settings say so; what the first left in `shared` is for all."""
    project.write(
        "bench.py",
        dedent("""
        import os, pathlib
        here = pathlib.Path(os.environ["AUTORESEARCH_TRIAL_DIR"])
        trial = int(os.environ["AUTORESEARCH_TRIAL"])
        before = here.parent.parent / f"{trial - 1:04}" / "files" / "weights.txt"
        print("before:", before.read_text() if trial else -1)
        (here / "weights.txt").write_text(str(trial))
        shared = pathlib.Path(os.environ["AUTORESEARCH_DIR"], "shared", "log")
        if trial == 0:
            shared.write_text("made by 0")
        print("shared:", len(shared.read_text()))
        if trial == 1:
            raise SystemExit(1)
        print("value:", float(open("knob.py").read().split()[2]) ** 2)
        """),
    )
    project.commit()
    project.new(NAME, "-c", f"sandbox.read=[{project.folder() / 'trials'}]")
    assert (project.folder() / "shared").is_dir()
    assert project.run("run", "--loop", *project.ideas("5", "2", "1")).code == 0
    rows = project.trials()
    assert [row["status"] for row in rows] == ["keep", "crash", "keep", "keep"]  # AM-45: goes on after 1
    assert [row["metrics"]["before"] for row in rows] == [-1, 0, 1, 2]
    assert [row["metrics"]["shared"] for row in rows] == [9, 9, 9, 9]
    assert (project.folder() / "trials" / "0002" / "files" / "weights.txt").read_text() == "2"


def test_output_is_on_disk_while_it_runs_and_stays_when_everything_is_killed(project: Project) -> None:
    """AM-42, AM-43: both streams, as they come, also of a program that doesn't flush."""
    count_calls(project)
    bench = (project.path / "bench.py").read_text()
    project.write("bench.py", f"import sys\nprint('begun')\nprint('trouble', file=sys.stderr)\n{bench}")
    project.commit()
    project.new()
    log = project.folder() / "trials" / "0001" / "run.log"
    with held(project, "measured", 1, "run", *project.ideas("2")) as run:
        assert eventually(lambda: log.exists() and "trouble" in log.read_text())
        assert "begun\n" in log.read_text()
        run.kill()
        run.end()
    assert "begun\n" in log.read_text()


def test_what_an_evaluation_changes_is_not_what_is_kept(project: Project) -> None:
    """AR-11, AR-12: the candidate is the proposal; files that the evaluation wrote reach no later trial."""
    project.write(
        "bench.py",
        dedent("""
        import os, pathlib, shutil
        x = float(open("knob.py").read().split()[2])
        print("left:", len(set(os.listdir(".")) - {".git", "bench.py", "knob.py", "propose.py", "sub"}))
        print("changed:", int("cheat" in open("propose.py").read()))
        pathlib.Path("knob.py").write_text("x = 0\\n")
        with open("propose.py", "a") as file:
            file.write("# cheat")
        os.makedirs("new/deep")
        pathlib.Path("new/deep/file").touch()
        os.chmod("new/deep", 0o500)
        os.mkfifo("pipe")
        os.symlink("/", "root")
        shutil.rmtree(".git") if os.path.isdir(".git") else os.remove(".git")
        print("value:", x * x)
        """),
    )
    project.commit()
    before = project.fingerprint()
    project.new(NAME, "-c", "sandbox.use=none")
    assert project.run("run", "--loop", *project.ideas("5", "2", "1")).code == 0
    rows = project.trials()
    assert [row["metric"] for row in rows] == [9, 25, 4, 1]
    assert {(row["metrics"]["left"], row["metrics"]["changed"]) for row in rows} == {(0, 0)}
    assert project.git("show", f"heads/autoresearch/{NAME}:knob.py") == "x = 1"
    assert project.git("diff", "--stat", rows[0]["commit"], rows[3]["commit"]).count("|") == 1
    assert project.fingerprint() == before


def test_a_constraint_that_is_not_met_is_a_discard_that_says_so(project: Project) -> None:
    """AR-11, AR-15: also where the number is missing, or stands in the result file; the loop goes on."""
    project.write(
        "bench.py",
        dedent("""
        import json, os
        x = float(open("knob.py").read().split()[2])
        print("value:", x * x)
        if x != 2:
            json.dump({"mem": {"peak": 500 * abs(x)}}, open(os.environ["AUTORESEARCH_RESULT"], "w"))
        """),
    )
    project.commit()
    made = project.new(NAME, "--constraint", "mem.peak <= 600", "--constraint", "value > 0")
    assert made.code == 0, made.err  # the baseline is what it is
    assert project.run("run", "--loop", *project.ideas("1.5", "2", "1", "0")).code == 0
    rows = project.trials()
    assert [(row["status"], row["reason"]) for row in rows][1:] == [
        ("discard", "constraint"),
        ("discard", "constraint"),
        ("keep", "unconfirmed"),
        ("discard", "constraint"),
    ]
    assert "mem.peak is 750, must be <= 600" in project.run("show", "1").out
    assert "mem.peak was not printed, must be <= 600" in project.run("show", "2").out
    assert "value is 0, must be > 0" in project.run("show", "4").out
    assert rows[1]["metrics"] == {"mem.peak": 750.0}


def test_keys_reach_the_proposer_and_not_the_evaluator(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AR-11: what the user's own program may see, code that nobody has read may not; no file has them."""
    for name in ("FAKE_API_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, f"hush-{name}")
    lines = "import os\nfor name, value in sorted(os.environ.items()): print(name, value)\n"
    project.write("bench.py", f"{lines}print('value:', float(open('knob.py').read().split()[2]) ** 2)\n")
    project.write(
        "propose.py",
        dedent("""
        import json, os
        print(json.dumps({"idea": os.environ["FAKE_API_KEY"][:4], "files": {"knob.py": "x = 2"}}))
        """),
    )
    project.commit()
    project.new(NAME, "--check", f"{sys.executable} bench.py")
    command = f"proposer.command={sys.executable} propose.py"
    assert project.run("run", "--proposer", "command", "-c", command).code == 0
    assert project.trials()[1]["description"] == "hush"
    log = project.run("show", "1", "--log").out
    assert "hush" not in log
    assert log.count(f"PATH {os.environ['PATH']}\n") == 2
    told = [path for path in project.folder().rglob("*") if path.is_file() and b"hush-" in path.read_bytes()]
    assert told == []


def test_a_candidate_that_is_let_go_by_the_evaluator_is_no_crash(project: Project) -> None:
    """AR-15: exit 125 is a discard `skipped`, so it doesn't count towards crashes in a row."""
    project.write(
        "bench.py",
        dedent("""
        x = float(open("knob.py").read().split()[2])
        if x > 4:
            raise SystemExit(125)
        print("value:", x * x)
        """),
    )
    project.commit()
    project.new()
    done = project.run("run", "--loop", *project.ideas("5", "6", "7", "2"), "-c", "stop.crashes=1")
    assert done.code == 0
    assert [row["reason"] for row in project.trials()][1:] == [*["skipped"] * 3, "unconfirmed"]
    assert "discard" in done.out and "skipped" in done.out


def test_a_run_that_is_let_go_on_finishes_the_measurement_in_hand(project: Project) -> None:
    """AR-11: nothing but its own end, the limit or the user ends an evaluation."""
    count_calls(project)
    project.new()
    with held(project, "measured", 1, "run", *project.ideas("2")) as run:
        assert project.run("status", "--json").json["in_flight"] == "trial 1: x = 2"
        release()
        assert run.end().code == 0
    assert project.trials()[1]["metric"] == 4.0
