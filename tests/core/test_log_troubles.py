"""What went wrong, found in logs of many programs."""

import pytest

from autoresearch.core.log_lines import Lines
from autoresearch.core.log_troubles import Troubles, find

CHAINED = """\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    step()
KeyError: 'lr'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 5, in <module>
    recover()
ValueError: no state"""


def found(log: str) -> Troubles:
    return find(Lines.of(log))


@pytest.mark.parametrize(
    "line",
    [
        "ValueError: bad", "foo.c:3:5: error: unknown type name 'itn'", "make: *** [Makefile:3: all] Error 2",
        "/usr/bin/ld: undefined reference to `f'", "RuntimeError: CUDA error: device-side assert triggered",
        "torch.cuda.OutOfMemoryError: CUDA out of memory.", "bash: line 1: nvcc: command not found",
        "Segmentation fault (core dumped)", "Killed", "sh: ./a: Permission denied", "E   assert 1 == 2",
        "FAILED tests/test_x.py::test_y - AssertionError", "error[E0308]: mismatched types",
        "thread 'main' panicked at src/main.rs:2:5:", "panic: runtime error: index out of range",
        'Exception in thread "main" java.lang.NullPointerException', "npm ERR! code ELIFECYCLE",
        "cat: x: No such file or directory", "[TIMEOUT]", "a.out: a.c:3: main: Assertion `x' failed.",
        "2 failed, 3 passed in 0.1s", "OSError: [Errno 28] No space left on device",
    ],
)  # fmt: skip
def test_errors_of_many_programs_are_known(line: str) -> None:
    """AM-34"""
    told = found(f"one\ntwo\n{line}\nthree")
    assert (told.count, told.warnings) == (1, [])
    assert line in told.errors[0].told(1000)


@pytest.mark.parametrize(
    "line",
    ["test error: 0.31", "val_error 0.2", "mean_squared_error=1e-3", "0 errors, 0 warnings",
     "no errors found", "error rate: 3 %", "0 failed, 12 passed",
     "epoch 3 error 0.2 lr 0.1", "terrors of the deep", "skill: 3"],
)  # fmt: skip
def test_a_metric_that_is_named_like_an_error_is_none(line: str) -> None:
    """AM-34"""
    assert found(line).count == 0


def test_a_traceback_is_told_whole_with_those_it_is_chained_to() -> None:
    """AM-34: also where a launcher puts its mark before each line."""
    for prefix in ("", "[rank0]: "):
        marked = "\n".join(prefix + line for line in CHAINED.split("\n"))
        told = found(f"begin\n{marked}\nafter\nmore")
        assert told.count == 1
        assert told.errors[0].told(2000) == [line.rstrip() for line in marked.split("\n")]


def test_a_deep_traceback_keeps_its_beginning_and_most_of_its_end() -> None:
    frames = "".join(f'  File "a.py", line {n}, in f\n    g({n})\n' for n in range(500))
    told = (
        found(f"Traceback (most recent call last):\n{frames}RecursionError: too deep\n").errors[0].told(600)
    )
    assert told[0] == "Traceback (most recent call last):" and told[-1] == "RecursionError: too deep"
    assert len("\n".join(told)) < 700 and any("left out" in line for line in told)


def test_an_error_stands_among_the_lines_around_it_and_is_told_once() -> None:
    """AM-34: with context, not across the next command."""
    log = "one\ntwo\nthree\nfoo.c:3:5: error: bad\n    3 | itn x;\n      | ^~~\n$ make again\n"
    told = found(log * 4)
    assert (told.count, len(told.errors)) == (4, 1)
    assert told.errors[0].told(500) == [
        "[×4] two", "three", "foo.c:3:5: error: bad", "    3 | itn x;", "      | ^~~",
    ]  # fmt: skip


def test_warnings_are_told_once_with_their_counts() -> None:
    """AM-34"""
    log = (
        "a.py:3: UserWarning: an error may follow\n  warnings.warn(x)\n" * 3
        + "foo.c:1:1: warning: unused x\n"
    )
    told = found(log)
    assert told.count == 0
    assert told.warnings == [
        ("a.py:3: UserWarning: an error may follow", 3), ("foo.c:1:1: warning: unused x", 1),
    ]  # fmt: skip
