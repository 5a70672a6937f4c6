"""Answers that are programs, run against their tests in the sandbox."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.adapters.sandbox import Sandbox, choose
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Execution, Match, Test, TestResult
from autoresearch.suites.execute import Executors

QUICK = Execution(timeout=5.0)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose("auto", os.environ)


@pytest.fixture
def executors(sandbox: Sandbox) -> Iterator[Executors]:
    with Executors(sandbox, {**os.environ, "OPENAI_API_KEY": "sk-secret"}, 2) as opened:
        yield opened


def one(
    executors: Executors, program: str, test: Test, execution: Execution = QUICK, **files: str
) -> TestResult:
    (found,) = executors.run(program, [test], files, execution)
    return found


def test_each_test_is_the_answer_and_its_code_with_its_stdin_and_the_results_keep_their_order(
    executors: Executors,
) -> None:
    """CX-19, CX-20, CX-21, CX-23, CX-25."""
    tests = [
        Test("print(double(int(input())))", "21\n", "42"),
        Test("print(double(2))", "", " 4 \n\n"),
        Test("print(double(2))", "", "5"),
        Test("print(double('a'))", "", "aa"),
        Test("assert double(3) == 6"),
        Test("assert double(3) == 7, 'not seven'"),
        Test("double()"),
        Test("print('x' * 9 + 'y')", "", "x" * 10, Match("fuzzy_w_cutoff")),
    ]
    found = executors.run("def double(x):\n    return 2 * x", tests, {}, QUICK)
    assert [each.status for each in found] == [
        "passed", "passed", "failed", "passed", "passed", "failed", "crashed", "passed",
    ]  # fmt: skip
    assert found[2].why == "wanted '5', got '4'"
    assert found[5].why == "AssertionError: not seven"
    assert "TypeError" in found[6].why
    assert found[0].got == "42\n"


def test_code_is_a_file_and_no_shell_reads_it(executors: Executors) -> None:
    """CX-30: $HOME, back-ticks and a line EOF in generated code."""
    program = "text = '''\n$HOME `id` \\\\ EOF\nEOF\n'''\nprint(text)"
    assert one(executors, program, Test(expect="$HOME `id` \\ EOF\nEOF")).status == "passed"
    weird = "print('\\x00 é \\u2028'.strip())  # '''\r\n"
    assert one(executors, weird, Test(expect="\x00 é")).status == "passed"


def test_what_input_reads_is_echoed_where_that_is_wanted(executors: Executors) -> None:
    """CX-22, CX-24."""
    test = Test("print(int(input('n? ')) + 1)", "4\n", "n? 4\n5")
    assert one(executors, "", test, replace(QUICK, echo_stdin=True)).status == "passed"
    assert one(executors, "", test).got == "n? 5\n"
    loud = Test("import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr)", "", "out\nerr")
    assert one(executors, "", loud, replace(QUICK, stream="both")).status == "passed"
    assert one(executors, "", loud).status == "failed"


@pytest.mark.parametrize(
    ("program", "status", "why"),
    [
        ("while True: pass", "timed_out", "after"),  # CX-27
        ("print('x' * 3000000)", "output_limit", "more than"),
        ("x = bytearray(10**9)\nimport time; time.sleep(9)", "memory_limit", ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed", ""),
        ("raise SystemExit(3)", "crashed", ""),
        ("def broken(:", "crashed", "SyntaxError"),
    ],
)
def test_how_a_program_ends_is_told(executors: Executors, program: str, status: str, why: str) -> None:
    """CX-27, CX-28: limits on time, output and memory."""
    execution = replace(QUICK, timeout=1.5, memory=200 * 1024 * 1024)
    found = one(executors, program, Test("pass"), execution)
    assert found.status == status
    assert why in found.why
    assert len(found.got) < 5000


@pytest.mark.parametrize(
    "cheat",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "import os; os.execv('/bin/true', ['true'])",
        "import os\nif os.fork(): os._exit(0)",
        "import atexit, os; atexit.register(os._exit, 0)\nraise SystemExit",
        "print('passed'); open('passed', 'w').close(); raise SystemExit",
        "import builtins; builtins.AssertionError = SystemExit",
        "import sys; sys.excepthook = lambda *_: __import__('os')._exit(0)",
        "import os\nfor name in os.listdir('.'): print(open(name).read()[:0])\nos._exit(0)",
        "import threading, os; threading.Timer(0, os._exit, [0]).start(); import time; time.sleep(1)",
    ],
)
def test_exit_0_alone_never_means_that_a_test_passed(executors: Executors, cheat: str) -> None:
    assert one(executors, cheat, Test("assert 1 == 2")).status in ("crashed", "failed")


def test_what_is_expected_is_nowhere_in_the_sandbox(executors: Executors) -> None:
    look = """
import os
paths = ["/proc/self/environ", "/proc/self/cmdline", "/proc/1/environ", "/proc/1/cmdline"]
for top in ("/tmp", os.getcwd(), os.path.expanduser("~")):
    paths += [os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names]
for path in paths:
    try:
        if b"the-" + b"secret-answer" in open(path, "rb").read(100000):
            print(path)
    except OSError:
        pass
print("looked", [name for name in os.environ if "KEY" in name or name.startswith("AUTORESEARCH")])
"""
    found = one(executors, look, Test(expect="the-secret-answer"))
    assert (found.status, found.got) == ("failed", "looked []\n")


def test_no_test_sees_what_another_left_and_nothing_outside_is_reached(
    executors: Executors, tmp_path: Path
) -> None:
    """CX-26, CX-28, CX-29: read-only, no network, each test on its own."""
    leave = (
        "import os; print(sorted(os.listdir('.')), os.path.exists('/tmp/left')); "
        "open('left', 'w'); open('/tmp/left', 'w')"
    )
    tests = [Test(leave, expect="['main.py'] False")] * 2
    assert [each.status for each in executors.run("", tests, {}, QUICK)] == ["passed"] * 2
    (tmp_path / "mine").write_text("mine")
    reach = f"""
import socket
acts = [lambda: open({str(tmp_path / "mine")!r}).read(), lambda: open("/usr/x", "w")]
acts.append(lambda: socket.create_connection(("127.0.0.1", 80), 1))
for act in acts:
    try:
        act()
        print("reached")
    except OSError:
        print("no")
"""
    assert one(executors, reach, Test(expect="no\nno\nno")).status == "passed"
    assert not Path("/tmp/left").exists()


def test_support_files_are_there_and_can_not_escape(executors: Executors) -> None:
    """CX-33."""
    found = executors.run(
        "import helper; print(helper.x, open('data/a.txt').read())",
        [Test(expect="1 $HOME")],
        {"helper.py": "x = 1", "data/a.txt": "$HOME"},
        QUICK,
    )
    assert found[0].status == "passed"
    with pytest.raises(AutoresearchError, match="outside"):
        executors.run("", [Test()], {"../x": ""}, QUICK)


def test_other_languages_are_run_too_and_one_that_is_not_there_is_said(executors: Executors) -> None:
    """CX-05, CX-31: what is missing is a clear line; nothing is fetched."""
    shell = replace(QUICK, command=("sh",), file="main.sh")
    assert one(executors, 'read x; echo "got $x"', Test("", "5\n", "got 5"), shell).status == "passed"
    with pytest.raises(AutoresearchError, match="can't be started"):
        one(executors, "", Test("", "", "x"), replace(QUICK, command=("no-such-program",)))
