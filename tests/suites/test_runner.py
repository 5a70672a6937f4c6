"""The user's own Python, in child processes: ER-01 to ER-07, ER-22 to ER-28."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from autoresearch.core.errors import AutoresearchError
from autoresearch.suites.custom_scoring import NotScored, by_command, by_python
from autoresearch.suites.runner import Limits, Ran, Runners, Work

ROOT = Path(__file__).parents[2]


def laid(folder: Path, text: str) -> Path:
    path = folder / "runner.py"
    path.write_text(textwrap.dedent(text))
    return path


def answer(messages: Sequence[Mapping[str, str]], given: Mapping[str, Any], ordinal: int) -> dict[str, Any]:
    return {"text": f"{ordinal}: {messages[-1]['content']} {dict(given)}"}


def ran(folder: Path, text: str, data: Any = None, **more: Any) -> Ran:
    with Runners(laid(folder, text), os.environ, 1) as runners:
        return runners.run(Work(data, "case", "model", 0, **more), Limits(20.0), answer)


def test_setup_step_and_evaluate_bring_a_sample_to_its_end_sync_or_async(tmp_path: Path) -> None:
    """ER-02, ER-03, ER-04, ER-06, ER-07."""
    for word in ("", "async "):
        found = ran(tmp_path, f"""
            {word}def setup(run):
                run.context = [{{"role": "user", "content": run.data["question"]}}]
                run.log({{"Setup": "complete"}})
                run.turns = 0

            {word}def step(run):
                run.turns += 1
                run.answer = run.ask(temperature=0)
                print("turn", run.turns)
                return run.turns < 2

            {word}def evaluate(run):
                return CORRECT if run.answer.startswith("2: 1: hello") else INCORRECT
        """, {"question": "hello"})  # fmt: skip
        assert (found.reason, found.score, found.verdict) == ("", 1.0, "pass")
        assert [message["role"] for message in found.context] == ["user", "assistant", "assistant"]
        assert found.logs == [{"Setup": "complete"}]
        assert found.printed == "turn 1\nturn 2\n"
    awaited = ran(
        tmp_path,
        "async def step(run):\n    run.answer = await run.aask([{'role': 'user', 'content': 'x'}])\n",
    )
    assert (awaited.answer, awaited.context, awaited.verdict) == ("1: x {}", [], "none")


@pytest.mark.parametrize("data", [None, 7, 1.5, "é\x00'''", True, [1, None], {"a": {"b": []}}])
def test_data_and_answer_of_any_type_survive(tmp_path: Path, data: Any) -> None:
    """ER-01."""
    found = ran(tmp_path, "def step(run):\n    run.answer = run.data\n", data)
    assert (found.answer, found.reason) == (data, "")


def test_a_setup_that_is_false_means_no_step_and_the_run_is_evaluated(tmp_path: Path) -> None:
    """ER-05."""
    found = ran(tmp_path, """
        def setup(run):
            return False

        def step(run):
            raise AssertionError("no step")

        def evaluate(run):
            return 0.5
    """)  # fmt: skip
    assert (found.score, found.verdict, found.reason) == (0.5, "fail", "")


@pytest.mark.parametrize("where", ["setup", "step", "evaluate"])
def test_an_exception_anywhere_is_an_error_with_its_class_message_and_traceback(
    tmp_path: Path, where: str
) -> None:
    """ER-25, ER-28: not a run that is stuck."""
    text = (
        "def setup(run):\n    run.log('Setup Complete')\n\ndef step(run):\n"
        "    return False\n\ndef evaluate(run):\n    return None\n"
    )
    text = text.replace(f"def {where}(run):\n", f"def {where}(run):\n    raise KeyError('429')\n")
    found = ran(tmp_path, text)
    assert found.failure is not None
    assert (found.reason, found.failure.kind, found.failure.message) == ("error", "KeyError", "'429'")
    assert f"in {where}" in found.failure.traceback
    assert "child.py" not in found.failure.traceback
    assert (found.verdict, found.score) == ("none", None)


def test_a_step_that_is_late_is_an_error_and_can_not_complete_later(tmp_path: Path) -> None:
    """ER-26, ER-27."""
    mark = tmp_path / "late"
    text = (
        f"import time\ndef step(run):\n    if run.data:\n        time.sleep(1.5)\n"
        f"        open({str(mark)!r}, 'w').close()\n    run.answer = 1\n"
    )
    with Runners(laid(tmp_path, text), os.environ, 1) as runners:
        late = runners.run(Work(True, "a", "m", 0), Limits(0.5), answer)
        assert (late.reason, late.answer) == ("timeout", None)
        assert runners.run(Work(False, "a", "m", 0), Limits(20.0), answer).answer == 1
        assert runners.run(Work(True, "a", "m", 0), Limits(20.0, 0.5), answer).reason == "timeout"
        time.sleep(1.6)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("body", "reason", "told"),
    [
        ("import os; os._exit(3)", "died", "exit 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died", "signal 9"),
        ("run.answer = object()", "error", "the answer can't be kept as JSON"),
        ("run.answer = float('nan')", "error", "the answer can't be kept as JSON"),
        ("run.log({1, 2})", "error", "a log entry can't be kept as JSON"),
        ("def f(): f()\n    f()", "error", "recursion"),
        ("raise SystemExit(1)", "error", "1"),
        ("print('x' * 10**7); run.answer = 1; return False", "", ""),
        ("import os; os.write(1, b'garbage\\n'); run.answer = 1", "", ""),
    ],
)
def test_whatever_a_step_does_the_sample_ends_and_the_next_goes_on(
    tmp_path: Path, body: str, reason: str, told: str
) -> None:
    with Runners(
        laid(tmp_path, f"def step(run):\n    if run.data: return False\n    {body}\n"), os.environ, 1
    ) as runners:
        found = runners.run(Work(None, "a", "m", 0), Limits(20.0), answer)
        assert found.reason == reason
        assert told in (found.failure.message if found.failure else "")
        assert len(found.printed) <= 100_000
        assert runners.run(Work(1, "a", "m", 0), Limits(20.0), answer).reason == ""


def test_what_asking_raises_ends_the_sample_and_what_a_call_lacks_is_an_exception_there(
    tmp_path: Path,
) -> None:
    text = (
        "def step(run):\n    try:\n        run.ask([])\n    except CallFailed as error:\n"
        "        run.answer = error.reason\n        if run.data: raise\n"
    )
    with Runners(laid(tmp_path, text), os.environ, 1) as runners:

        def refused(*_: object) -> dict[str, Any]:
            return {"error": "too long", "reason": "refused"}

        def over(*_: object) -> dict[str, Any]:
            raise RuntimeError("all is over")

        assert runners.run(Work(None, "a", "m", 0), Limits(20.0), refused).answer == "refused"
        assert runners.run(Work(1, "a", "m", 0), Limits(20.0), refused).reason == "refused"
        with pytest.raises(RuntimeError):
            runners.run(Work(None, "a", "m", 0), Limits(20.0), over)
        assert runners.run(Work(None, "a", "m", 0), Limits(20.0), refused).answer == "refused"


def test_a_run_that_is_run_again_has_the_context_of_the_one_before_in_its_logs(tmp_path: Path) -> None:
    """ER-24."""
    old = [{"role": "user", "content": "before"}]
    found = ran(tmp_path, "def step(run):\n    pass\n", old_context=old)
    assert list(found.logs) == ["RE RUNNING", {"Old Context": old}]


def test_no_key_reaches_it_and_many_run_at_once(tmp_path: Path) -> None:
    text = (
        "import os, time\ndef step(run):\n    time.sleep(0.3)\n"
        "    run.answer = [os.getpid(), [n for n in os.environ if 'KEY' in n]]\n"
    )
    with Runners(laid(tmp_path, text), {**os.environ, "OPENAI_API_KEY": "sk-secret"}, 3) as runners:
        results: list[Any] = []

        def work() -> None:
            results.append(runners.run(Work(None, "a", "m", 0), Limits(20.0), answer).answer)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 6
    assert len({pid for pid, _ in results}) == 3
    assert all(names == [] for _, names in results)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def setup(run): pass\n", "has no step"),
        ("def step(): pass\n", ":1: step takes other arguments"),
        ("x = 1\ny = z\n", ":2: NameError"),
        ("def step(run:\n", "SyntaxError"),
        ("import os; os._exit(2)\n", "exit 2"),
    ],
)
def test_a_runner_is_checked_before_anything_is_paid(tmp_path: Path, text: str, told: str) -> None:
    """ER-08."""
    with (
        Runners(laid(tmp_path, text), os.environ, 1) as runners,
        pytest.raises(AutoresearchError, match=told),
    ):
        runners.check()


def test_cases_may_come_from_the_runner_with_arguments(tmp_path: Path) -> None:
    """ER-11, ER-13."""
    text = (
        "def load_from_file(path, string_k='1'):\n"
        "    return [{'input': path, 'k': int(string_k)}]\ndef step(run): pass\n"
    )
    with Runners(laid(tmp_path, text), os.environ, 1) as runners:
        assert sorted(runners.check()) == ["load_from_file", "step"]
        assert runners.load("cases.txt", ["7"]) == [{"input": "cases.txt", "k": 7}]
    with (
        Runners(
            laid(tmp_path, "def load(path):\n    return {1}\ndef step(run): pass\n"), os.environ, 1
        ) as runners,
        pytest.raises(AutoresearchError, match="can't be kept as JSON"),
    ):
        runners.load("x", [])


HOLD = """
import os, sys
from pathlib import Path
from autoresearch.suites.runner import Limits, Runners, Work
with Runners(Path(sys.argv[1]), os.environ, 1) as runners:
    runners.run(Work(None, "a", "m", 0), Limits(60.0), lambda *_: {})
"""


def test_a_child_ends_with_us_also_when_we_are_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    path = laid(
        tmp_path,
        (
            f"import os, time\ndef step(run):\n"
            f"    open({str(pid)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
        ),
    )
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], cwd=ROOT)
    while not (pid.exists() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stat = Path(f"/proc/{pid.read_text()}/stat")
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.02)


def test_answers_are_scored_by_the_users_python_or_program(tmp_path: Path) -> None:
    text = (
        "def score(answer, case):\n"
        "    return {'x': None, 'bad': 7}.get(answer, answer == case['targets'][0])\n"
    )
    case = {"id": "a", "targets": ["yes"]}
    with Runners(laid(tmp_path, text), os.environ, 1) as runners:
        runners.check(("score",))
        assert [by_python(runners, given, case).verdict for given in ("yes", "no", "x")] == [
            "pass",
            "fail",
            "none",
        ]
        with pytest.raises(NotScored, match="gave 7"):
            by_python(runners, "bad", case)
    told = {"answer": "yes", "targets": ["yes"]}
    look = (
        f"{sys.executable} -c 'import json, sys; told "
        f'= json.load(sys.stdin); print("score: 0.25"); sys.exit(told["answer"] != "yes")\''
    )
    judged = by_command(look, told, cwd=tmp_path, environ=os.environ)
    assert (judged.score, judged.verdict) == (0.25, "pass")
    assert by_command("exit 1", told, cwd=tmp_path, environ=os.environ).score == 0
    with pytest.raises(NotScored, match="exited 5: broken"):
        by_command("echo broken >&2; exit 5", told, cwd=tmp_path, environ=os.environ)
    with pytest.raises(NotScored, match="no verdict"):
        by_command("sleep 9", told, cwd=tmp_path, environ=os.environ, limit=0.3)
