"""Text of anybody's, wrapped for a terminal: nothing gets lost, nothing steers, nothing is too wide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from autoresearch.views.viewer_pane import clean, wrap

TEXT = st.text(st.sampled_from([*"ab  速🙂é\t", "\u0301", "\u200b", "\u00a0", "❤", "\ufe0f"]), max_size=60)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("  indented as it was", ["  indented", "as it was"]),
        ("withoutanyspace", ["withoutany", "space"]),
        ("速くする速くする", ["速くする速", "くする"]),
        ("a\tb", ["a   b"]),
        ("ten column", ["ten column"]),
        ("ten column s", ["ten column", "s"]),
    ],
)
def test_a_line_is_parted_at_spaces_else_where_it_has_to_be(line: str, parts: list[str]) -> None:
    assert list(wrap(line, 10)) == parts


@given(TEXT, st.integers(2, 12))
def test_nothing_but_spaces_gets_lost_and_no_part_is_too_wide(line: str, width: int) -> None:
    """AM-94"""
    parts = list(wrap(line, width))
    assert all(cell_len(part) <= width for part in parts)
    assert "".join(parts).replace(" ", "") == line.expandtabs(4).replace(" ", "")


@given(st.text())
def test_whatever_is_in_it_a_terminal_gets_only_text(text: str) -> None:
    shown = clean(text)
    assert shown.encode().decode() == shown
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert not {"\u2028", "\u2029", "\u202e", "\u2066"} & set(shown)
    assert len(shown) == len(text)
