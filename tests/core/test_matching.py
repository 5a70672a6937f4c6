"""Comparing answers with what is wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.matching import NOTHING_WANTED, judged, number_in, ratio, wrong_with
from autoresearch.core.suite import Match


def score(kind: str, answer: str, *targets: str, **options: object) -> float | None:
    return judged(Match(kind, options), answer, targets).score


def test_an_exact_match_takes_no_notice_of_space_around() -> None:
    """CX-23: both stripped."""
    assert score("exact", " 42\n", "42") == 1
    assert score("exact", " 42\n", "42", strip=False) == 0
    assert score("exact", "Yes", "yes") == 0
    assert score("exact", "Yes", "yes", case=False) == 1
    assert score("exact", "b", "a", "b") == 1


def test_where_nothing_is_wanted_nothing_is_judged() -> None:
    assert judged(Match(), "anything", ()) == NOTHING_WANTED
    assert NOTHING_WANTED.score is None


def test_fuzzy_is_the_indel_ratio_and_with_a_cutoff_it_is_one_or_nothing() -> None:
    """CX-38: `exact`, `fuzzy` (Indel ratio 0..1), `fuzzy_w_cutoff` (at least 90 -> 1)."""
    assert score("fuzzy", "hallo", "hello") == pytest.approx(0.8)
    assert judged(Match("fuzzy"), "hallo", ["hello"]).verdict == "fail"
    assert judged(Match("fuzzy", {"cutoff": 0.8}), "hallo", ["hello"]).verdict == "pass"
    assert judged(Match("fuzzy", {"cutoff": 80}), "hallo", ["hello"]).verdict == "pass"
    assert score("fuzzy_w_cutoff", "a" * 9 + "b", "a" * 10) == 1  # 2 * 9 / 20
    assert score("fuzzy_w_cutoff", "a" * 8 + "bc", "a" * 10) == 0
    assert score("fuzzy_w_cutoff", "a" * 8 + "bc", "a" * 10, cutoff=70) == 1


def common(one: str, other: str) -> int:
    """The length of the longest common subsequence, as it is defined."""
    row = [0] * (len(other) + 1)
    for a in one:
        before, row = row, [0]
        for at, b in enumerate(other):
            row.append(before[at] + 1 if a == b else max(before[at + 1], row[at]))
    return row[-1]


@given(st.text("abcé\n", max_size=40), st.text("abcé\n", max_size=40))
def test_the_ratio_is_what_its_definition_says(one: str, other: str) -> None:
    length = len(one) + len(other)
    assert ratio(one, other) == pytest.approx(2 * common(one, other) / length if length else 1.0)
    assert ratio(one, other) == ratio(other, one)


def test_patterns_numbers_json_and_parts() -> None:
    assert score("regex", "the answer is 42.", r"\b42\b") == 1
    assert score("regex", "the answer is 42.", "42", whole=True) == 0
    assert score("regex", "YES", "yes", case=False) == 1
    assert score("numeric", "I think it is 1,234.50 in all", "1234.5") == 1
    assert score("numeric", "about 99", "100", relative=0.02) == 1
    assert score("numeric", "about 97", "100", relative=0.02) == 0
    assert score("numeric", "no idea", "100") == 0
    assert score("json", '{"a": 1, "b": [1, 2]}', '{"b": [1, 2], "a": 1.0}') == 1
    assert score("json", '{"a": true}', '{"a": 1}') == 0
    assert score("json", '{"a": 1, "b": 2}', '{"a": 1}', subset=True) == 1
    assert score("json", "no json", "{}") == 0
    assert score("contains", "Hello, Ada!", "ada", case=False) == 1
    assert score("contains", "Hello, Ada!", "Bob", "Ada") == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5.", 5),
        ("-3e2", -300),
        ("1,234", 1234),
        ("a 0.5% b", 0.5),
        ("12 apples, 3 pears", 3),
        ("−7", -7),
        ("x", None),
    ],
)
def test_the_last_number_counts(text: str, number: float | None) -> None:
    assert number_in(text) == number


def test_why_an_answer_is_no_pass_is_a_line() -> None:
    why = judged(Match(), "got\nthis " * 50, ["that"]).why
    assert why.startswith("wanted 'that', got 'got")
    assert len(why) < 150
    assert "\n" not in why


@pytest.mark.parametrize(
    ("match", "targets", "told"),
    [
        (Match("exakt"), (), "did you mean 'exact'?"),
        (Match("fuzzy", {"cutof": 1}), (), "did you mean 'cutoff'?"),
        (Match("fuzzy", {"cutoff": "high"}), (), "must be a number"),
        (Match("fuzzy", {"cutoff": 900}), (), "cutoff must be from 0 to 1"),
        (Match("exact", {"case": 1}), (), "must be true or false"),
        (Match("regex"), ("(",), "is no regular expression"),
        (Match("command"), (), ""),
        (Match("judge", {"rubric": "be strict"}), (), ""),
    ],
)
def test_what_can_not_be_compared_is_said_with_the_mend(
    match: Match, targets: tuple[str, ...], told: str
) -> None:
    found = wrong_with(match, targets)
    assert told in found
    assert bool(found) == bool(told)
