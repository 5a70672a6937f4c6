"""Text that is stored and shown: nothing of it is lost, nothing of it reaches the terminal as a command."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.text import as_json, ends, last_lines, one_line

ANY = st.text(st.characters(), max_size=40)  # lone surrogates too
VALUES = st.recursive(
    ANY | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_any_value_survives_as_json_in_utf_8(value: object) -> None:
    assert json.loads(as_json(value).decode("utf-8")) == value


def test_json_can_be_read_by_people_and_ends_its_line() -> None:
    assert (
        as_json({"idea": "größer", "n": [1e-7]})
        == '{\n "idea": "größer",\n "n": [\n  1e-07\n ]\n}\n'.encode()
    )


def test_bytes_that_were_no_utf_8_become_escapes_and_come_back() -> None:
    text = b"caf\xe9 \xff\x00".decode(errors="surrogateescape")
    stored = as_json({"text": text})
    assert stored.isascii()
    assert json.loads(stored)["text"].encode(errors="surrogateescape") == b"caf\xe9 \xff\x00"


@given(ANY, st.integers(1, 30))
def test_one_line_is_one_line_that_a_terminal_can_be_trusted_with(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs")]
    assert one_line(line, most) == line
    line.encode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a\tb\r\n c  ", "a b c"),
        ("a\x1b[31mred\x07", "a [31mred"),
        ("a\u2028b\x85c\x00d", "a b c d"),
        ("", ""),
        ('größe | "x" \\n', 'größe | "x" \\n'),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_one_line_keeps_the_words(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.binary(max_size=200), st.integers(1, 50), st.integers(1, 50))
def test_the_ends_of_a_log_are_its_first_and_last_bytes_and_the_rest_is_counted(
    content: bytes, head: int, tail: int
) -> None:
    kept = ends(content, head, tail)
    if len(content) <= head + tail:
        assert kept == content
        return
    assert kept.startswith(content[:head])
    assert kept.endswith(content[-tail:])
    assert kept[head:-tail] == f"\n[… {len(content) - head - tail} bytes left out …]\n".encode()


def test_many_bytes_left_out_are_counted_for_people() -> None:
    assert "[… 9,999,990 bytes left out …]" in ends(b"x" * 10**7, 5, 5).decode()


def test_the_last_lines_are_those_that_say_something() -> None:
    log = "one\n\n  two  \n \t \r\nthree\n\n"
    assert last_lines(log) == "one\n  two\nthree"
    assert last_lines(log, 2) == "  two\nthree"
    assert last_lines("", 2) == last_lines("\n \n", 2) == ""
    assert last_lines("x" * 301) == "x" * 299 + "…"
    assert last_lines("x" * 300) == "x" * 300
    assert last_lines("\n".join(map(str, range(50)))).splitlines() == [str(n) for n in range(30, 50)]
