"""A person's section: it survives, and so does what they wrote elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.sections import added, joined, split, together

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


def test_lines_that_a_person_put_anywhere_are_found() -> None:
    drawn = "# Tasks\n\n- a\n- b\n"
    assert added(drawn, "# Tasks\nhello\n\n- a\n- b changed\n") == "hello\n- b changed"
    assert added(drawn, "# Tasks\n") == ""


def test_a_section_whose_end_was_deleted_is_not_lost() -> None:
    page = joined("# Tasks\n", "mine")
    broken = page.replace("<!-- end of yours -->\n", "")
    body, yours = split(broken)
    assert yours == "" and added(split(joined("# Tasks\n", ""))[0], body) == "mine"


def test_sections_are_put_together() -> None:
    assert together("", "b") == "b" and together("a", "") == "a" and together("a", "b") == "a\n\nb"
