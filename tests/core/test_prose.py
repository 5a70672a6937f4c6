"""AM-59: no number in the report is a model's own."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.prose import LONGEST, PROSE_SCHEMA, SECTIONS, fill, named, read_prose, without_numbers

NAMES = ("best", "gain", "trial 7", "metric 7", "change 12")
GOOD = "A cache helped. It brought {gain}, see {trial 7} with {metric 7}."


def reply(text: str = GOOD, **other: str) -> str:
    return json.dumps({**dict.fromkeys(SECTIONS, GOOD), "summary": text, **other})


def test_four_sections_are_read_from_json() -> None:
    """AM-59"""
    assert read_prose(f"Here it is:\n```json\n{reply()}\n```", NAMES) == dict.fromkeys(SECTIONS, GOOD)
    assert PROSE_SCHEMA["required"] == list(PROSE_SCHEMA["properties"]) == list(SECTIONS)


@pytest.mark.parametrize(
    "claim",
    [
        "It is 12.5 ms now.", "It took 3 tries.", "Faster by 12%.", "Faster by twelve percent.",
        "twelve per cent", "It is twice as fast.", "half the time", "Three times faster.", "A tenfold gain.",
        "a two-fold gain",
        "An order of magnitude.", "a third of the time", "zero point three", "five milliseconds", "½ of it",
        "Twenty ideas.", "hundreds of trials", "$5", "-0.3", "5x faster", "an 8-bit type", "trial-7 did it",
        "trial7 did it", "loss=0.31", "`12.5 ms`", "`0.3`", "١٢ ms", "about-5", "(3)", "#7", "trial 7",
        "1e-3", "v 2", "3rd", "10 percentage points", "reached 0.93.",
        "Seven ideas were kept.", "Nine out of ten ideas crashed.", "Three of the ideas helped.",
        "The seventh idea won.", "It crashed twice.", "It was tried three times.", "Two-fold.",
        "Twenty-five tries.",
        "They halved the loss.", "Halving the loss.", "The speed doubled.", "It tripled.", "Cut in half.",
        "`half the time`", "Several times faster.", "one second less", "a couple of tries",
        "The loss is zero.",
        "Loss1.105 now.", "loss1.105", "loss 1.105", "`loss 1.105`", "`lr=0.1`", "`range(10)`", "python3.11",
        "loss-5", "x2 faster", "{best} ms", "{best}ms", "{best} seconds", "{best}e3", "{gain} percent better",
        "{gain} % better", "{gain}-fold", "{gain} times faster", "-{gain}", "${best}", "half{gain}",
    ],
)  # fmt: skip
def test_a_number_of_its_own_is_refused_with_the_reason(claim: str) -> None:
    """AM-59: digits of any script and wherever they stand, number words, multiples, a unit behind a name."""
    with pytest.raises(ValueError, match=r"^summary: .*number of your own.*braces"):
        read_prose(reply(f"It went well. {claim}"), NAMES)
    assert without_numbers(reply(f"It went well. {claim}"), NAMES)["summary"] == "It went well."


@pytest.mark.parametrize(
    "text",
    [
        "conv2d in fp16 with L2 on x86_64, x86, utf-8, GPT-4, SHA-256, C++17, np.float32 and `conv2d`.",
        "`lr` and `range(n)` were tried, `two_pass` too.", "One of the ideas helped; no one knows why.",
        "One idea was kept.", "A percentage means nothing here.",
        "In double precision, half-precision, k-fold.",
        "p50_ms fell: {gain}.", "({best}), {metric 7}; **{gain}** and {trial 7}'s idea, {best} often.",
        "The best ({ best }) is {metric  7}.", "A third-party tensor, rendered at last.",
        "At first, a second look.", "O(n²) became O(n).", "It behaves well - often.", "p95/p50_ms is fine",
    ],
)  # fmt: skip
def test_identifiers_and_names_are_no_numbers_of_its_own(text: str) -> None:
    """AM-59"""
    assert read_prose(reply(text), NAMES)["summary"] == text


def test_an_unknown_name_a_missing_section_and_a_long_one_are_refused_with_the_reason() -> None:
    """AM-59"""
    with pytest.raises(ValueError, match=r"challenges: there is no number named \{metric 8\}"):
        read_prose(reply(challenges="It was {metric 8}."), NAMES)
    with pytest.raises(ValueError, match="conclusions must be a text"):
        read_prose(json.dumps({"summary": "a", "challenges": "b", "future_work": "c"}), NAMES)
    with pytest.raises(ValueError, match="summary has 2,501 characters; at most 2,500 will do"):
        read_prose(reply("x" * (LONGEST + 1)), NAMES)
    with pytest.raises(ValueError, match="no JSON object"):
        read_prose("I would rather not.", NAMES)


def test_sentences_that_break_the_rule_are_dropped_where_nothing_else_helps() -> None:
    """AM-59: for a model that can't keep it."""
    told = without_numbers(
        json.dumps({"summary": "Good idea. It won by 12 %. See {trial 7}!\n- one\n- 2 more\n\nEnd {x}. Fine.",
                    "challenges": "5 crashes.", "conclusions": 3}),
        NAMES,
    )  # fmt: skip
    assert told == {
        "summary": "Good idea. See {trial 7}!\n- one\n\nFine.", "challenges": "", "conclusions": "",
        "future_work": "",
    }  # fmt: skip
    with pytest.raises(ValueError, match="no sentence"):
        without_numbers(json.dumps({"summary": "12 ms."}), NAMES)


def test_names_are_filled_with_what_the_records_say() -> None:
    """AM-59: a trial's number is never far from the trial."""
    figures = {"gain": "-25.0 %", "trial 7": "trial 7", "metric 7": "6 ms", "change 7": "-1 %"}
    assert fill("{ gain} by {trial 7}: {metric 7}.", figures) == "-25.0 % by trial 7: 6 ms."
    assert fill("It is {metric  7}, {change 7}. It is {metric 7}.", figures) == (
        "It is 6 ms (trial 7), -1 %. It is 6 ms (trial 7)."
    )
    assert fill("{metric 9}", figures) == "N/A (trial 9)"
    assert named("{gain} {metric 7} {trial  12}, {metric x}") == {7, 12}


WORDS = st.sampled_from([
    "It", "is", "5", "12.5", "%", "percent", "twice as", ".", ". ", "{gain}", "{metric 7}", "{x}", "`",
    "fp16", "half the", "ten", "-", "3x", "{", "}", " ", "²", "four", "times faster", "trial", "$", "\n",
])  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=40).map(" ".join))
def test_what_is_left_of_any_text_keeps_the_rule(text: str) -> None:
    """AM-59"""
    try:
        left = without_numbers(json.dumps({"summary": text, "challenges": "Fine."}), NAMES)
    except ValueError:
        return
    assert read_prose(json.dumps({name: left[name] or "Fine." for name in SECTIONS}), NAMES)
    bare = re.sub(r"\{[^{}]*\}|[^\W\d_][\w+-]*", "", left["summary"])
    assert not re.search(r"\d", bare)


@given(st.text(max_size=400))
def test_any_reply_is_read_or_refused(text: str) -> None:
    """AM-59"""
    for read in (read_prose, without_numbers):
        for given_reply in (text, reply(text)):
            try:
                assert set(read(given_reply, NAMES)) == set(SECTIONS)
            except ValueError as refused:
                assert "\n" not in str(refused)
    assert isinstance(fill(text, {}), str)
