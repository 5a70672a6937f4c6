"""AM-34: the log of an evaluation in short, without a model."""

from hypothesis import example, given
from hypothesis import strategies as st

from autoresearch.core.log_summary import LONGEST, SHORT, summarize
from autoresearch.core.units import format_number

TRAINING = "$ python train.py\n" + "".join(
    f"step {n:05} | loss: {3 / (n + 1):.4f} | gpu_mem 10.{n % 9} GiB\n"
    + ("nn.py:12: UserWarning: odd\n" if n % 50 == 0 else "")
    + (f"note {n}: {'abcdefghijklmnopqrst'[n // 40]} is {'x' * 60}\n" if n % 40 == 0 else "")
    for n in range(800)
)
CRASH = 'Traceback (most recent call last):\n  File "train.py", line 3, in f\nValueError: bad\n'


def test_a_training_log_says_what_went_wrong_the_numbers_the_memory_and_its_ends() -> None:
    """AM-34"""
    told = summarize(f"{TRAINING}{CRASH}peak_vram_mb: 20480\n", {"val": 0.25})
    assert len(told) <= LONGEST
    for part in (
        f"# Errors (1)\n{CRASH.strip()}", "# Warnings (16)\n[×16] nn.py:12: UserWarning: odd",
        "# Numbers, the last of each name\nval: 0.25\n", "\nloss: 0.0037 (first 3, ×800)",
        "# GPU memory\nat most 20 GiB was used", "\n# The log, 841 lines\n$ python train.py\n",
        " lines left out …]\n", "[×39] step 00799 | loss: 0.0037", "# Frequent lines\n[×16] nn.py:12",
    ):  # fmt: skip
        assert part in told, part
    assert told.endswith("ValueError: bad\npeak_vram_mb: 20480")


def test_lines_that_are_left_out_are_counted() -> None:
    """AM-34: head and tail are kept, and all lines are accounted for."""
    words = ["".join(chr(97 + n // 26**k % 26) for k in range(3)) for n in range(2000)]
    log = [f"{word} says {word * 5}" for word in words]
    told = summarize("\n".join(log)).split("\n")
    place = next(n for n, line in enumerate(told) if "left out" in line)
    left_out = int(told[place].split()[1].replace(",", ""))
    head, tail = told[1:place], told[place + 1 :]
    assert told[0] == "# The log, 2,000 lines"
    assert head == log[: len(head)] and tail == log[-len(tail) :] and len(tail) > len(head) > 3
    assert len(head) + left_out + len(tail) == 2000


def test_an_evaluation_that_was_repeated_is_told_once() -> None:
    """AM-34"""
    log = "".join(f"$ python bench.py\nrun 1\nvalue: {n}\n" for n in range(30))
    assert summarize(log) == (
        "# Numbers, the last of each name\nvalue: 29 (first 0, ×30)\n\n# The log, 90 lines\n"
        "[×30, these 3 lines, as they stood last]\n$ python bench.py\nrun 1\nvalue: 29"
    )


def test_of_gpu_memory_the_most_that_was_used_is_told_not_what_there_is() -> None:
    """AM-34: the report of nvidia-smi, of torch's error, a number with its unit in its name."""
    filler = "\n".join("abcdefghijklmnopqrstuvwxyz")
    for line, most in {
        "| N/A 31C P0 44W | 12288MiB / 24576MiB | GPU 0 |": 12,
        "CUDA out of memory. Tried to allocate 90.00 GiB. GPU 0 has a total capacity of 80 GiB of which "
        "1.2 GiB is free. Of the allocated memory 21.50 GiB is allocated by PyTorch": 21.5,
        "peak_vram_mb: 10240": 10,
        "gpu memory (MiB): 2048, total gpu memory (MiB): 9999": 2,
    }.items():
        assert f"# GPU memory\nat most {format_number(most)} GiB was used" in summarize(
            f"{filler}\n{line}"
        ), line
    assert "GPU memory" not in summarize(f"{filler}\nno gpu found, 3 GiB of memory free")


def test_a_short_log_is_given_as_it_is() -> None:
    """AM-34"""
    log = "$ python bench.py\nvalue: 3\n\n  lines: 2"
    assert summarize(log) == log
    assert summarize("") == summarize("\n\n") == ""


def test_a_command_line_gives_no_numbers() -> None:
    log = "$ LR=0.1 python train.py\n" + "\n".join("abcdefghijklmnopqrstuvwxyz")
    assert "# Numbers" not in summarize(log)


PIECES = st.sampled_from([
    "error: bad\n", "x: 1\n", "Traceback (most recent call last):\n", "  File 'a'\n", "ValueError: b\n", "\r",
    "\x1b[31m", "warning: w\n", "gpu 3 GiB / 4 GiB\n", "$ run\n", "\n", "epoch 1 loss 0.3\n", "\u2028",
    "\x00", "\b", "İ",
])  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=300)), max_size=120).map("".join))
@example("Traceback (most recent call last):\n" * 30)
@example(CRASH * 3000)
@example("error: " + "x" * 100_000)
def test_any_log_has_a_summary_of_bounded_length_that_is_always_the_same(log: str) -> None:
    """AM-34"""
    told = summarize(log, {"value": 1.0})
    assert len(told) <= LONGEST
    assert told == summarize(log, {"value": 1.0})


@given(st.lists(PIECES, max_size=SHORT).map("".join))
def test_the_summary_of_a_short_log_is_its_own(log: str) -> None:
    """AM-34"""
    if len(log.strip("\n").split("\n")) <= SHORT:
        told = summarize(log)
        assert summarize(told) == told
