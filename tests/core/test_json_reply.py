"""JSON out of replies: as models really write them."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.json_reply import find_object, list_of, text_of, truth_of

WANTED = {"plan": "a {b} c", "tasks": [{"id": "T1"}]}
BARE = '{"plan": "a {b} c", "tasks": [{"id": "T1"}]}'
REPLIES = {
    "bare": BARE,
    "with a mark": "\ufeff" + BARE,
    "fenced": f"```json\n{BARE}\n```",
    "fenced, with prose": f"Here it is.\n\n```\n{BARE}\n```\nI hope {{that}} helps.",
    "in prose": f"Sure: {BARE} Good luck!",
    "after braces that are no JSON": f"The set {{a, b}} is small. {BARE}",
    "after thinking": f'<think>{{"plan": "no"}}</think>\n{BARE}',
    "with commas too many": '{"plan": "a {b} c", "tasks": [{"id": "T1",},],}',
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=list(REPLIES))
def test_it_is_found(reply: str) -> None:
    """AM-26: what can be repaired is, and nothing is lost."""
    assert find_object(reply) == WANTED


def test_line_breaks_inside_of_a_text_are_read() -> None:
    assert find_object('{"plan": "one\ntwo"}') == {"plan": "one\ntwo"}


def test_no_text_is_changed_by_a_repair() -> None:
    assert find_object('{"a": "x, ]", "b": [1,],}') == {"a": "x, ]", "b": [1]}


@pytest.mark.parametrize("reply", ["", "no", "[1, 2]", "{", '{"a": ', "{}x{", "```json\n```"])
def test_what_holds_none_is_refused(reply: str) -> None:
    if reply == "{}x{":
        reply = "{ }x{"
    with pytest.raises(ValueError, match="no JSON object"):
        find_object(reply)


@given(st.text(alphabet='{}[]",:a1\\n \n`', max_size=200))
def test_any_reply_is_an_object_or_is_refused(reply: str) -> None:
    with suppress(ValueError):
        assert isinstance(find_object(reply), dict)


def test_many_brackets_take_no_time() -> None:
    with pytest.raises(ValueError):
        find_object("{" * 200_000)


WRONG: list[tuple[Any, str]] = [
    (lambda v: text_of(v, "number"), "number must be a text"),
    (lambda v: text_of(v, "none"), "none must be a text"),
    (lambda v: list_of(v, "number", str, "ids"), "number must be a list of ids"),
    (lambda v: truth_of(v, "number"), "number must be true or false"),
]


@pytest.mark.parametrize("read, says", WRONG)
def test_another_kind_of_value_is_refused_by_name(read: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read({"number": 1})
    assert text_of({}, "none", needed=False) == "" and list_of({}, "none", str, "ids") == []
