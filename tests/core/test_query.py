"""The language in which samples are asked for: ER-50 to ER-61."""

from typing import Any

import pytest

from autoresearch.core.errors import AutoresearchError
from autoresearch.core.query import HELP, OLD_WORDS, select
from autoresearch.core.suite import Outcome, Sample


def outcome(number: int, case: str, **more: Any) -> Outcome:
    return Outcome(number, Sample(case, "vendor/small" if number % 2 else "vendor/large", 0), **more)


ALL = [
    outcome(0, "polite", status="completed", verdict="pass", score=1.0, split="dev", seconds=1.5),
    outcome(1, "polite", status="completed", verdict="fail", score=0.4, split="dev", cost_usd=0.02),
    outcome(2, "rude", status="error", reason="timeout", split="val"),
    outcome(3, "rude", status="pending", split="val"),
    outcome(4, "has blank", status="cancelled", reason="stopped"),
]


def found(*queries: str, last: tuple[int, ...] = ()) -> list[int]:
    return [each.number for each in select(ALL, queries, last)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("polite", [0, 1]),  # ER-50: in the name
        ("LARGE", [0, 2, 4]),
        ("FAIL", [2, 4]),  # ER-50: and the status, in either words
        ("pending", [3]),
        ("READY", [3]),
        ("r:^rude/.*small", [3]),  # ER-51
        ("r:^(error|FAIL)$", [2, 4]),
        ("greet:2", [2]),  # ER-56
        ("status:error", [2]),
        ("status:fail", [2, 4]),
        ("verdict:fail", [1]),
        ("model:small", [1, 3]),
        ("model:vendor/large", [0, 2, 4]),
        ("case:rude", [2, 3]),
        ("split:val", [2, 3]),
        ("reason:timeout", [2]),
        ("score<0.5", [1]),
        ("score>=0.4", [0, 1]),
        ("seconds>1", [0]),
        ("cost>$0.01", [1]),
        ("!polite", [2, 3, 4]),
        ("!score<0.5", [0, 2, 3, 4]),
        ("polite verdict:pass", [0]),
        ("'has blank'", [4]),  # ER-49
    ],
)
def test_each_form_finds_its_samples(query: str, numbers: list[int]) -> None:
    assert found(query) == numbers


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("a:1", [1]),  # ER-52
        ("a:[1-2]", [1, 2]),  # ER-53: both ends
        ("a:1-2", [1, 2]),  # ER-58: no brackets
        ("a:[2-2]", [2]),  # ER-58
        ("a:0,2", [0, 2]),  # ER-58
        ("2", [2]),  # ER-61: a bare index
        ("[0-1]", [0, 1]),
        ("*", [0, 1, 2]),  # ER-55
        ("a:1-9", [1, 2]),
    ],
)
def test_lines_are_those_of_the_last_list(query: str, lines: list[int]) -> None:
    last = (4, 2, 3)
    assert sorted(found(query, last=last)) == sorted(last[line] for line in lines)


def test_text_starts_from_all_and_several_queries_are_added_up() -> None:
    """ER-54, ER-57."""
    assert found("polite", last=(2,)) == [0, 1]
    assert found("a:0", "polite", last=(2,)) == [0, 1, 2]
    assert found() == [0, 1, 2, 3, 4]
    assert found("no such") == []  # ER-59: who asked says so


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("r:(", "no regular expression"),  # ER-60
        ("a:9", "not in the last list"),
        ("a:x", "names no lines"),
        ("", "empty query"),
        ("scor<1", "did you mean 'score'?"),
        ("score<high", "no number"),
        ("statu:error", "did you mean 'status'?"),
    ],
)
def test_what_means_nothing_is_said_in_a_line(query: str, told: str) -> None:
    with pytest.raises(AutoresearchError, match=told.replace("?", r"\?")):
        found(query)


def test_every_status_has_its_older_word() -> None:
    """ER-21: READY, INCOMPLETE, COMPLETE, FAIL."""
    assert {each.status for each in ALL} | {"running"} == set(OLD_WORDS)
    assert set(OLD_WORDS.values()) == {"READY", "INCOMPLETE", "COMPLETE", "FAIL"}
    assert all(form in HELP for form in ("r:", "a:3", "a:[1-5]", "status:error", "score<0.5", "!term"))
