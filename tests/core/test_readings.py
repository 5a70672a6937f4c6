"""What evaluators print, in all the shapes that programs and hostile programs give it."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import REASONS, Metric
from autoresearch.core.readings import MOST_NAMES, metric, read

SCORE = Metric("score", "higher")
ONCE = Metric("score", "higher", once=True)
MIB = 1 << 20


def failure(text: str, wanted: Metric = SCORE, result: str | None = None) -> TrialFailed:
    with pytest.raises(TrialFailed) as caught:
        metric(read(text, result), wanted)
    assert caught.value.reason in REASONS
    assert caught.value.status == "crash"
    return caught.value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("score: 8.4", 8.4),
        ("score:8.4", 8.4),
        ("score:\t8.4", 8.4),
        ("score = 8.4", 8.4),
        ("score=8.4", 8.4),
        ("METRIC score=8.4", 8.4),
        ("**score: 8.4**", 8.4),
        ("**score:** 8.4", 8.4),
        ("`score`: 8.4", 8.4),
        ("- score: 8.4", 8.4),
        ("  * score: 8.4", 8.4),
        ("| score | 8.4 |", 8.4),
        ("│ score │ 8.4 │", 8.4),
        ("{'score': 8.4, 'epoch': 3.0}", 8.4),
        ('{"loss": 0.1, "score": 8.4}', 8.4),
        ("score: 8.4.", 8.4),
        ("score: 8.4 (best so far: 9)", 8.4),
        ("score: 8.4 ± 0.3", 8.4),
        ("score: 8.4/10", 8.4),
        ("score: 12.5 ms", 12.5),
        ("score: 12.5ms", 12.5),
        ("score: 1.5x", 1.5),
        ("score: 95%", 95),
        ("score: 95 %", 95),
        ("score: 1,234.5", 1234.5),
        ("score: 1_000", 1000),
        ("score: $0.31", 0.31),
        ("score: 1e-7", 1e-7),
        ("score: -3.5E+2", -350),
        ("score: .5", 0.5),
        ("score: +5.", 5),
        ("score: 0", 0),
        ("\x1b[1;32mscore\x1b[0m: \x1b[1m8.4\x1b[0m", 8.4),
        ("\x1b]0;training\x07score: 8.4", 8.4),
        ("score: 1\rscore: 5\rscore: 8.4\r\n", 8.4),
        ("\0\ufeffscore: 8.4\udcff", 8.4),
        ("step 100 | loss: 0.31 | score: 8.4", 8.4),
        ("epoch 3, loss=0.31, score=95%", 95),
        ("step 100 loss: 0.31 score: 8.4", 8.4),
        ("time: 3 s score: 8.4", 8.4),
        ("Epoch 1/10 - loss: 0.31 - score: 8.4", 8.4),
        ("100%|████| 100/100 [00:01<00:00, 12.1it/s, loss=0.3, score=8.4]", 8.4),
        ("2024-01-01 12:30:45,123 INFO score: 8.4", 8.4),
        ("[2024-01-01 12:30:45,123][INFO] - score: 8.4", 8.4),
        ("INFO:root:score: 8.4", 8.4),
    ],
)
def test_the_metric_is_read_from_any_usual_line(line: str, value: float) -> None:
    """AR-20, AR-21"""
    assert metric(read(f"starting\n{line}\ndone\n"), SCORE) == value


@pytest.mark.parametrize(
    "line",
    [
        "score: N/A",
        "score: 1.2.3",
        "score: 12:30:45",
        "score: 2024-01-01",
        "score: 1/2/2024",
        "score: 3-5",
        "score: 0,31",
        "score: 1,23",
        "score: 1 234",
        "score: 1.5 x 10^-7",
        "score: 0.4 -> 0.3",
        "score: 0x1F",
        "score: 3e10a1",
        "score: 1+2j",
        "score: [0.1, 0.2]",
        "score: tensor(0.31)",
    ],
)
def test_what_is_no_number_is_named_and_never_half_read(line: str) -> None:
    """AR-21: told apart from a program that printed nothing, with the line that can't be read."""
    failed = failure(f"loss: 0.3\n{line}\n")
    assert failed.reason == "unreadable"
    assert f"no number in `{line}`" in failed.detail
    assert "print `score: NUMBER`" in failed.detail


def test_a_quoted_line_is_short_and_safe_to_print() -> None:
    failed = failure("score: \x07\x9b31m\udcff" + "x" * 10_000)
    assert failed.detail.isprintable()
    assert len(failed.detail) < 200


def test_the_last_line_counts() -> None:
    """AR-20"""
    assert metric(read("score: 9\nscore: 3\nloss: 7\n"), SCORE) == 3
    assert metric(read("score: failed\nscore: 3\n"), SCORE) == 3
    assert metric(read("score: nan\nscore: 3\n"), SCORE) == 3


def test_a_number_from_before_a_failure_is_not_taken_for_the_result() -> None:
    readings = read("score: 9\nscore: failed\n")
    assert "score" not in readings.numbers
    assert failure("score: 9\nscore: failed\n").reason == "unreadable"
    assert failure("score: 9\nscore: nan\n").reason == "not_finite"


def test_a_heading_with_nothing_behind_it_says_nothing() -> None:
    assert metric(read("score: 9\nscore:\n"), SCORE) == 9


@pytest.mark.parametrize("shown", ["NaN", "nan", "-nan", "inf", "-inf", "+Infinity", "INF", "1e999"])
def test_nan_and_infinities_are_recognised_and_never_a_metric(shown: str) -> None:
    """AR-22"""
    readings = read(f"score: {shown}")
    assert not math.isfinite(readings.values["score"])
    assert readings.numbers == {}
    failed = failure(f"score: {shown}")
    assert failed.reason == "not_finite"
    assert str(float(shown)) in failed.detail


def test_words_that_begin_like_nan_are_words() -> None:
    assert read("score: nancy\nloss: info").values == {}


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back_exactly(value: float) -> None:
    """AR-23"""
    for line in (f"score: {value!r}", f"METRIC score={value!r}", f"a=1, score={value!r}, b=2"):
        assert metric(read(line), SCORE) == value
    assert metric(read("", json.dumps({"score": value})), SCORE) == value


@settings(deadline=None)
@given(st.floats(-1e15, 1e15), st.sampled_from([",.3f", ",", "_", "e", ".17g", "g"]))
def test_every_way_to_format_a_number_is_read_back(value: float, form: str) -> None:
    shown = format(value, form)
    assert metric(read(f"score: {shown}"), SCORE) == float(shown.replace(",", ""))


def test_close_small_values_are_told_apart() -> None:
    """AR-23"""
    one, other = (metric(read(f"score: {text}"), SCORE) for text in ("1e-7", "4e-7"))
    assert Metric("score", "lower").better(one, than=other)


@pytest.mark.parametrize(
    "name",
    ["val/loss", "pass@1", "p50 ms", "p50.ms", "error-rate", "acc %", "top 5", "latency (ms)", "λ", "ERROR"],
)
def test_names_may_have_signs_and_spaces(name: str) -> None:
    for line in (f"{name}: 3", f"{name} = 3", f"METRIC {name}=3", f"a: 1 | {name}: 3 | b: 2"):
        assert metric(read(line), Metric(name, "lower")) == 3


def test_every_number_is_kept_under_its_name() -> None:
    """AR-20"""
    text = "step: 10 | loss: 0.5\n{'eval_loss': 0.4, 'epoch': 3}\npeak (mb): 600 MB\nscore = 1\n"
    assert read(text).numbers == {
        "step": 10,
        "loss": 0.5,
        "eval_loss": 0.4,
        "epoch": 3,
        "peak (mb)": 600,
        "score": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        "12:30:45",
        "at 12:30",
        "2024-01-01T12:30:45",
        "2024-01-01T12:30",
        "http://x:80",
        "see https://example.org:8080/a?b=1&c=2",
        "src/a.py:12",
        'File "/home/me/a.py", line 12, in f',
        "/home/me/a.py:12: error",
        "127.0.0.1:8080",
        "a <= 3, b >= 3, c == 3, d != 3, e => 3",
        "python train.py --lr=0.1",
        "version 1.2.3: 4.5.6",
    ],
)
def test_times_addresses_places_and_versions_are_no_numbers(text: str) -> None:
    assert read(text).values == {}


def test_a_name_is_matched_exactly_first_then_without_case() -> None:
    assert metric(read("Score: 1\nscore: 2\nSCORE: 3"), SCORE) == 2
    assert metric(read("Score: 1"), SCORE) == 1
    assert failure("Score: 1\nSCORE: 3").reason == "no_metric"


def test_a_longer_name_is_not_the_metric() -> None:
    assert failure("best score: 9\nscore_old: 8\n").reason == "no_metric"


def test_a_missing_metric_names_what_was_found_and_what_is_near() -> None:
    failed = failure("p95_ms: 3\nruns: 20\n", Metric("p50_ms", "lower"))
    assert failed.reason == "no_metric"
    assert failed.detail == (
        "no line `p50_ms: NUMBER` in the output; found: p95_ms, runs; did you mean p95_ms?"
    )


def test_a_missing_metric_among_many_numbers_is_still_one_line() -> None:
    failed = failure("\n".join(f"case-{n}: {n}" for n in range(50)))
    assert "case-9 and 40 more" in failed.detail
    assert "case-10," not in failed.detail


def test_a_program_that_prints_nothing_has_no_metric() -> None:
    assert failure("").reason == "no_metric"
    assert "nor any other number" in failure("hello\n").detail


def test_once_makes_two_different_values_ambiguous() -> None:
    assert metric(read("score: 1\nscore: 2"), SCORE) == 2
    assert metric(read("score: 1\nscore: 1.0"), ONCE) == 1
    failed = failure("score: 1\nscore: 2\nscore: 2\n", ONCE)
    assert failed.reason == "ambiguous"
    assert "1.0" in failed.detail
    assert "2.0" in failed.detail
    assert failure("score: 1\nscore: n/a\nscore: 2", ONCE).reason == "ambiguous"


def test_a_result_file_outranks_what_was_printed() -> None:
    """AR-20"""
    result = '{"score": 5, "time": {"p50": 1.5, "p95": 2}, "note": "fine", "passed": true}'
    readings = read("score: 1\nscore: 2\nloss: 3\n", result)
    assert metric(readings, ONCE) == 5
    assert readings.numbers == {"score": 5, "time.p50": 1.5, "time.p95": 2, "loss": 3}


@pytest.mark.parametrize("value", ["null", "true", '"8.4"', "[8.4]"])
def test_what_is_no_number_in_the_result_file_is_unreadable_whatever_was_printed(value: str) -> None:
    failed = failure("score: 1", result=f'{{"score": {value}}}')
    assert failed.reason == "unreadable"
    assert "in the result file" in failed.detail


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", "1" + "0" * 5000])
def test_a_result_file_may_hold_no_infinity_either(value: str) -> None:
    """AR-22"""
    assert failure("score: 1", result=f'{{"score": {value}}}').reason == "not_finite"


@pytest.mark.parametrize(
    "result", ["", "{", "score: 8.4", "[1]", "8.4", "null", "[" * 100_000, '{"a":' * 10_000]
)
def test_a_result_file_that_is_no_json_object_is_unreadable(result: str) -> None:
    failed = failure("score: 1", result=result)
    assert failed.reason == "unreadable"
    assert "the result file is no JSON" in failed.detail


def test_the_first_names_are_stored_and_those_that_were_asked_for() -> None:
    lines = [f"n{n}: {n}" for n in range(1000)] + ["n5: 55", "score: 8.4", "peak_mb: 600", "last: 0"]
    readings = read("\n".join(lines), '{"written": 1}', keep=("score", "Peak_MB", "absent"))
    first = {"written": 1.0} | {f"n{n}": 55.0 if n == 5 else float(n) for n in range(MOST_NAMES - 1)}
    assert readings.numbers == first | {"score": 8.4, "peak_mb": 600}


def test_the_metric_is_found_behind_any_number_of_other_names() -> None:
    assert metric(read("\n".join(f"n{n}: {n}" for n in range(1000)) + "\nscore: 8.4"), SCORE) == 8.4


def test_endless_names_are_not_kept() -> None:
    assert read("x" * 101 + ": 1\n", json.dumps({"y" * 101: 1, "a\nb": 2, "c": {"z" * 99: 3}})).values == {}


PIECES = [
    "score",
    "a",
    "1",
    ":",
    "=",
    " ",
    ".",
    ",",
    "-",
    "_",
    "(",
    ")",
    "|",
    "\n",
    "\r",
    "\x1b[",
    "e",
    "nan",
    "%",
]


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)), st.one_of(st.none(), st.text()))
def test_no_text_raises_anything_but_a_failed_trial(text: str, result: str | None) -> None:
    try:
        value = metric(read(text, result), ONCE)
    except TrialFailed as failed:
        assert failed.reason in REASONS
    else:
        assert math.isfinite(value)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_whatever_stands_above_the_last_line_counts(noise: str) -> None:
    assert metric(read(f"{noise}\nscore: 8.4"), SCORE) == 8.4


@pytest.mark.timeout(30)
@pytest.mark.parametrize("before", ["", "a", "a ", "a:", "a: 1"])
@pytest.mark.parametrize(
    "piece", [*"a1:.-(=|/*é\0\t\n \x1b", "a ", "a. ", "a:", "a: ", "a: 1 ", "a (b) ", "|a|b|\n"]
)
def test_a_long_output_of_any_shape_is_read_at_once(before: str, piece: str) -> None:
    """A pattern that backtracks would need many minutes for these, not a fraction of a second."""
    text = before + piece * (MIB // 4 // len(piece))
    assert metric(read(f"{text}\nscore: 8.4"), SCORE) == 8.4


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece",
    [
        "a:1\n",
        ":",
        "1,234,",
        "a:1_",
        "a: 1e1 x",
        "INFO ",
        "nan ",
        "a: 1 111 ",
        "\x1b[0",
        "\x1b]",
        "one two three four five six ",
    ],
)
def test_two_mebibytes_are_read_at_once(piece: str) -> None:
    text = piece * (2 * MIB // len(piece))
    assert failure(text).reason == "no_metric"


@pytest.mark.timeout(30)
def test_long_numbers_and_many_names_are_read_at_once() -> None:
    assert metric(read("score: 1." + "1" * 2 * MIB), SCORE) == pytest.approx(10 / 9)
    assert failure("score: 1" + ",234" * (MIB // 2)).reason == "not_finite"
    assert len(read("\n".join(f"n{n}:{n}" for n in range(150_000))).values) == 150_000
    assert failure("\n".join(f"scores{n}:{n}" for n in range(150_000))).reason == "no_metric"
