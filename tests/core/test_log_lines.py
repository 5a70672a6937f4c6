"""A log as lines that a person saw, folded where it repeats."""

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.log_lines import FIRST, LAST, WIDTH, Lines, folded


def told(log: str) -> list[str]:
    return [line for fold in folded(Lines.of(log)) for line in fold.told()]


def test_of_a_progress_bar_there_stands_what_a_person_saw_last() -> None:
    """AM-34: ANSI codes, carriage returns and backspaces leave nothing behind."""
    bar = "\r".join(f"\x1b[32m{n:3}%|{'#' * (n // 10)}\x1b[0m" for n in range(101))
    assert Lines.of(f"start\r\n{bar}\r\n10/10\b\b\b\b\bdone\nend\n").text == [
        "start", f"100%|{'#' * 10}", "done", "end",
    ]  # fmt: skip


def test_lines_that_differ_by_numbers_alone_are_one_with_a_count() -> None:
    """AM-34"""
    log = "".join(f"epoch {n} loss {1 / n:.2f} at 0x{n:x}\n" for n in range(1, 121))
    assert told(f"begin\n{log}end") == ["begin", "[×120] epoch 120 loss 0.01 at 0x78", "end"]


def test_an_evaluation_that_stands_there_many_times_is_one_with_a_count() -> None:
    """AM-34"""
    log = "".join(f"$ python bench.py\nrun 1\nrun 2\nvalue: {n}\n" for n in range(30))
    assert told(log) == [
        "[×30, these 3 lines, as they stood last]", "$ python bench.py", "[×2] run 2", "value: 29",
    ]  # fmt: skip


def test_a_long_line_is_cut_in_the_middle_and_steers_nothing() -> None:
    (line,) = told("a" * 1000 + "\x07" + "b" * 1000)
    assert len(line) <= WIDTH + 10 and line.startswith("aaa") and line.endswith("bbb")
    assert told("boo\x00\u202e") == ["boo␀�"]


def test_of_a_very_long_log_lines_in_the_middle_are_counted_only() -> None:
    lines = Lines.of("".join(f"{n}\n" for n in range(FIRST + LAST + 5)))
    assert (len(lines), lines.left_out) == (FIRST + LAST, 5)
    assert (lines.text[0], lines.text[FIRST], lines.text[-1]) == ("0", str(FIRST + 5), str(FIRST + LAST + 4))


@given(st.lists(st.sampled_from(["a", "b", "step 1", "step 2", "", "$ x"]), max_size=60))
def test_folding_loses_no_line(lines: list[str]) -> None:
    log = Lines.of("\n".join(lines))
    assert sum(fold.stands_for for fold in folded(log)) == len(log) == len(log.shapes)
