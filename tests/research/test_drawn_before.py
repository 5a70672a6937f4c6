"""Whose words are these? By what was drawn before."""

from pathlib import Path

from autoresearch.core.sections import joined, split
from autoresearch.research.drawn_before import DrawnBefore

FIRST = "# Tasks\n\n- a\n- b\n"
SECOND = "# Tasks\n\n- b\n- c\n"


def drawn(folder: Path, *pages: str) -> DrawnBefore:
    found = DrawnBefore(folder / ".drawn")
    for page in pages:
        found.note("TASKS.md", page)
    return DrawnBefore(folder / ".drawn")  # what is remembered is on disk


def test_a_page_as_it_was_ever_drawn_is_nobodys_edit(tmp_path: Path) -> None:
    """Nor is one that an editor held for a while and saved unchanged."""
    known = drawn(tmp_path, FIRST, SECOND)
    assert known.unedited("TASKS.md", FIRST) and known.unedited("TASKS.md", SECOND + "\n\n")
    assert not known.unedited("TASKS.md", FIRST + "- d\n")
    assert not known.unedited("PLAN.md", FIRST) and not known.knows("PLAN.md")


def test_only_lines_that_were_never_drawn_are_a_persons(tmp_path: Path) -> None:
    known = drawn(tmp_path, FIRST, SECOND)
    assert (
        known.added("TASKS.md", "# Tasks\nhello\n\n- a\n- b changed\n\nbye\n")
        == "hello\n\n- b changed\n\nbye"
    )
    assert known.added("TASKS.md", "- c\n- a\n") == ""


def test_a_section_whose_end_was_deleted_is_not_lost(tmp_path: Path) -> None:
    known = drawn(tmp_path, split(joined(FIRST, ""))[0])
    broken = joined(FIRST, "mine").replace("<!-- end of yours -->\n", "")
    assert known.added("TASKS.md", split(broken)[0]) == "mine"
