"""Checks and evaluations as real processes: what they are given, what is read of them, how they fail."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import Measurement
from autoresearch.research.evaluator import Task
from autoresearch.research.lab import Lab, open_lab
from tests.conftest import Project
from tests.faults import NAME, Noted, make


class Bench:
    """An experiment whose evaluator is `script`, ready to measure what stands in its worktree."""

    def __init__(self, project: Project, lab: Lab, observer: Noted) -> None:
        self.folder = project.folder() / "trials" / "0007"
        self.folder.mkdir(parents=True)
        self.worktree = project.folder() / "worktree"
        self.lab = lab
        self.observer = observer

    def measure(self) -> Measurement:
        task = Task(7, self.folder, "an idea", 7000, self.lab.workspace.worktree.put_back)
        return self.lab.evaluator.measure(task, self.observer)

    def fail(self) -> TrialFailed:
        with pytest.raises(TrialFailed) as failed:
            self.measure()
        return failed.value

    @property
    def log(self) -> str:
        return (self.folder / "run.log").read_text()


@contextmanager
def bench(project: Project, script: str, **settings: Any) -> Iterator[Bench]:
    project.write("bench.py", dedent(script))
    project.write(
        "check.py", "import sys\nprint('checking', *sys.argv[1:])\nsys.exit(sys.argv[1] == 'bad')\n"
    )
    project.commit()
    observer = Noted()
    with open_lab(make(project, **settings), observer) as lab:
        yield Bench(project, lab, observer)


def check(word: str) -> str:
    return f"{sys.executable} -S check.py {word}"


def test_a_measurement_has_the_metric_every_other_number_and_the_seconds(project: Project) -> None:
    """AR-11, AR-20: of each name the last line; the log has the command and all it said."""
    script = "import sys\nprint('value: 3')\nprint('peak_mb: 12.5', file=sys.stderr)\nprint('value: 2e-7')\n"
    with bench(project, script) as it:
        measured = it.measure()
        assert (measured.samples, measured.metrics) == ((2e-7,), {"peak_mb": 12.5})
        assert 0 < measured.seconds < 20
        assert it.log == f"$ {sys.executable} -S bench.py\nvalue: 3\npeak_mb: 12.5\nvalue: 2e-7\n"
        assert it.observer.stages == [(7, "evaluate")]


def test_it_runs_in_the_worktree_and_is_told_what_it_must_know(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AM-41: the variables of the guide, and none of an outer run."""
    monkeypatch.setenv("AUTORESEARCH_OUTER", "yes")
    script = """
        import os
        print(os.environ["TMPDIR"])
        print(os.getcwd())
        for name in sorted(os.environ):
            if name.startswith("AUTORESEARCH"):
                print(name, os.environ[name])
        print("value: 1")
    """
    with bench(project, script, time_budget="90s") as it:
        it.measure()
        folder = project.folder()
        temporary, *said = it.log.splitlines()[1:-1]
        assert said == [
            str(folder / "worktree"),
            f"AUTORESEARCH_DIR {folder}",
            f"AUTORESEARCH_EXPERIMENT {NAME}",
            "AUTORESEARCH_LOOK 0",
            f"AUTORESEARCH_PYTHON {sys.executable}",
            f"AUTORESEARCH_QUESTION {it.lab.question.key}",
            f"AUTORESEARCH_RESULT {temporary}/result.json",
            "AUTORESEARCH_SEED 7000",
            "AUTORESEARCH_STAGE evaluate",
            "AUTORESEARCH_TIME_BUDGET 90",
            "AUTORESEARCH_TRIAL 7",
            f"AUTORESEARCH_TRIAL_DIR {it.folder / 'files'}",
        ]


SECRETS = (
    "FAKE_API_KEY",
    "OPENAI_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "SSH_AUTH_SOCK",
    "PGPASSWORD",
)


def test_neither_a_check_nor_the_evaluation_sees_a_secret(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AR-11: an allow-list; what the settings let through by name comes through, git's variables never."""
    for name in (*SECRETS, "GIT_AUTHOR_NAME"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("VIRTUAL_ENV", "/venv")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    script = "import os\nfor n, v in os.environ.items(): print(n, v)\nprint('value: 1')\n"
    let = ["HF_TOKEN", "LEVEL=3", "GIT_AUTHOR_NAME"]
    monkeypatch.setenv("HF_TOKEN", "given")
    with bench(project, script, checks=[f"{sys.executable} -S bench.py"], environment=let) as it:
        it.measure()
        assert "hush" not in it.log
        assert it.log.count("HF_TOKEN given\n") == it.log.count("LEVEL 3\n") == 2
        for kept in (f"PATH {os.environ['PATH']}", "VIRTUAL_ENV /venv", "CUDA_VISIBLE_DEVICES 1"):
            assert it.log.count(f"{kept}\n") == 2


def test_a_temporary_folder_of_its_own_is_taken_away(project: Project) -> None:
    """AM-41: TMPDIR, also where the evaluation made it hard to delete."""
    script = """
        import os
        print(os.environ["TMPDIR"])
        os.makedirs(os.environ["TMPDIR"] + "/a/b")
        os.chmod(os.environ["TMPDIR"] + "/a", 0o500)
        print("value: 1")
    """
    with bench(project, script) as it:
        it.measure()
        assert not Path(it.log.splitlines()[1]).exists()


def test_checks_run_first_in_their_order_and_must_pass(project: Project) -> None:
    """AR-11, AR-15: the first that fails is `checks_failed`; nothing after it runs."""
    with bench(project, "print('value: 1')", checks=[check("one"), check("bad"), check("three")]) as it:
        failure = it.fail()
        assert (failure.reason, failure.status) == ("checks_failed", "crash")
        assert failure.detail.startswith(f"`{check('bad')}` exited 1\n")
        assert failure.detail.endswith("\nchecking bad")
        assert failure.seconds > 0
        assert it.log == f"$ {check('one')}\nchecking one\n$ {check('bad')}\nchecking bad\n"
        assert it.observer.stages == [(7, "check"), (7, "check")]


def test_numbers_that_a_check_prints_are_no_measurement(project: Project) -> None:
    """AR-20: only the evaluation is read; its seconds and those of the checks count."""
    with bench(project, "print('other: 1')", checks=["echo value: 5"]) as it:
        assert it.fail().reason == "no_metric"


def test_a_check_that_hangs_fails_at_the_limit(project: Project) -> None:
    """AR-14, AR-15: the hard limit holds for each check."""
    with bench(project, "print('value: 1')", checks=["sleep 600"], timeout="300ms") as it:
        failure = it.fail()
        assert failure.reason == "checks_failed"
        assert failure.detail.startswith("`sleep 600` was killed after ")
        assert "[TIMEOUT]" in it.log


@pytest.mark.parametrize(
    ("script", "reason", "status", "detail"),
    [
        ("raise SystemExit(125)", "skipped", "discard", "exited 125"),
        ("print('value: 1')\nraise SystemExit(3)", "exit_code", "crash", "exited 3\nvalue: 1"),
        ("print('valve: 1')", "no_metric", "crash", "found: valve; did you mean valve?"),
        ("", "no_metric", "crash", "no line `value: NUMBER` in the output"),
        ("print('value: nan')", "not_finite", "crash", "value is nan"),
        ("print('value: a lot')", "unreadable", "crash", "no number in `value: a lot`"),
        ("import nothing_like_it", "exit_code", "crash", "No module named 'nothing_like_it'"),
    ],
)  # fmt: skip
def test_each_way_to_fail_has_its_reason(
    project: Project, script: str, reason: str, status: str, detail: str
) -> None:
    """AR-15, AR-21, AM-45: what the program did, told apart from what could not be read."""
    with bench(project, script) as it:
        failure = it.fail()
        assert (failure.reason, failure.status) == (reason, status)
        assert detail in failure.detail, failure.detail


def test_a_signal_that_ended_it_is_named(project: Project) -> None:
    """AR-15: as a crash that is no exit code."""
    script = "import os\nprint('value: 1', flush=True)\nos.kill(os.getpid(), 9)"
    with bench(project, script, evaluate=[sys.executable, "bench.py"]) as it:
        assert it.fail().detail == f"`{sys.executable} bench.py` was ended by signal 9\nvalue: 1"


def test_two_values_are_a_crash_where_one_is_wanted_once(project: Project) -> None:
    """AR-15: `metric: {once: true}`."""
    once = {"name": "value", "direction": "lower", "once": True}
    with bench(project, "print('value: 1')\nprint('value: 2')", metric=once) as it:
        assert it.fail().reason == "ambiguous"


def test_the_hard_limit_is_two_and_a_half_budgets_and_output_until_then_is_kept(project: Project) -> None:
    """AR-14, AM-43, AM-44: numbers that were printed before are no measurement; a marker ends the log."""
    script = """
        import subprocess, time
        subprocess.Popen(["sleep", "600"])
        print("value: 1\\nhalf a line", end="", flush=True)
        time.sleep(600)
    """
    with bench(project, script, time_budget="200ms") as it:
        failure = it.fail()
        assert failure.reason == "timeout"
        assert 0.5 <= failure.seconds < 20
        assert it.log.endswith("value: 1\nhalf a line\n[TIMEOUT] killed after 0.5 s\n")
        assert failure.detail.startswith(f"`{sys.executable} -S bench.py` was killed after 0.")


def test_a_timeout_of_its_own_outranks_the_budget(project: Project) -> None:
    """AR-14: `timeout:` may be shorter than 2.5 budgets, and longer."""
    with bench(project, "import time\ntime.sleep(600)", time_budget="10m", timeout="300ms") as it:
        assert it.fail().reason == "timeout"
        assert "[TIMEOUT] killed after 0.3 s" in it.log


def test_the_result_file_outranks_what_was_printed(project: Project) -> None:
    """AR-20: name by name, nested ones by their dotted name; one that an earlier try left doesn't count."""
    script = """
        import json, os
        print("value: 1\\nprinted: 5")
        if os.path.exists("write"):
            with open(os.environ["AUTORESEARCH_RESULT"], "w") as result:
                json.dump({"value": 2, "more": {"deep": 3}}, result)
    """
    with bench(project, script) as it:
        (it.worktree / "write").touch()
        measured = it.measure()
        assert (measured.value, measured.metrics) == (2.0, {"more.deep": 3.0, "printed": 5.0})
        (it.worktree / "write").unlink()
        measured = it.measure()
        assert (measured.value, measured.metrics) == (1.0, {"printed": 5.0})


def test_a_result_file_that_is_no_json_is_a_crash(project: Project) -> None:
    """AR-15, AR-21"""
    script = "import os\nprint('value: 1')\nopen(os.environ['AUTORESEARCH_RESULT'], 'w').write('value: 2')\n"
    with bench(project, script) as it:
        failure = it.fail()
        assert failure.reason == "unreadable"
        assert failure.detail.startswith("the result file is no JSON")


def test_a_failed_evaluation_keeps_the_numbers_that_it_gave(project: Project) -> None:
    """AR-20, AR-16: every number printed is stored, of a crash too."""
    with bench(project, "print('loss: 4\\nvalue: 2')\nraise SystemExit(1)") as it:
        failure = it.fail()
        assert (failure.reason, failure.metrics) == ("exit_code", {"loss": 4.0, "value": 2.0})


def test_a_command_given_as_a_list_is_not_read_by_a_shell(project: Project) -> None:
    """AR-20: a string is; the log shows both as they could be typed."""
    words = [sys.executable, "-c", "import sys; print('value:', len(sys.argv[1]))", "$HOME; exit 9"]
    with bench(project, "", evaluate=words, checks=['test -n "$HOME" && echo $((6 * 7))']) as it:
        assert it.measure().value == 13
        assert "\n42\n" in it.log
        assert it.log.endswith(" '$HOME; exit 9'\nvalue: 13\n")


def test_standard_input_is_empty_and_a_child_that_holds_the_output_is_not_waited_for(
    project: Project,
) -> None:
    """AR-14: nothing waits for a key to be pressed, nor for a pipe to be closed."""
    script = """
        import subprocess, sys
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        print("value:", len(sys.stdin.read()))
    """
    with bench(project, script) as it:
        assert it.measure().value == 0


def test_what_a_killed_run_had_measured_half_is_not_read_with_the_next(project: Project) -> None:
    """AR-41"""
    with bench(project, "print('value: 2')") as it:
        (it.folder / "run.log").write_text("value: 1\nhalf")
        assert it.measure().value == 2
        assert it.log == f"value: 1\nhalf\n$ {sys.executable} -S bench.py\nvalue: 2\n"
