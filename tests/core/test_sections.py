"""A person's section: it survives, and so does what they wrote elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.sections import joined, marks, split, together

TEXT = st.text(alphabet="ab <>!-#\n", max_size=60)


@given(TEXT, TEXT)
def test_what_was_joined_is_split_again(drawn: str, yours: str) -> None:
    page = joined(drawn, yours)
    body, found = split(page)
    assert found == yours.strip("\r\n")
    assert body.rstrip() == drawn.rstrip()
    assert joined(body, found) == joined(drawn, yours.strip("\r\n"))


def test_a_page_without_a_section_is_drawn_whole() -> None:
    assert split("# Plan\n") == ("# Plan\n", "")


def test_windows_line_ends_do_no_harm() -> None:
    page = joined("# Tasks\n", "mine").replace("\n", "\r\n")
    assert split(page)[1] == "mine"


def test_sections_are_put_together() -> None:
    assert together("", "b") == "b" and together("a", "") == "a" and together("a", "b") == "a\n\nb"


def test_the_lines_around_a_section_are_known() -> None:
    assert [marks(line) for line in joined("a\n", "b").splitlines()] == [False, False, True, False, True]
