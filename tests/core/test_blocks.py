"""Search/replace blocks: applied exactly, or refused with what to do instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.blocks import MOST, apply, begins_with_block, has_blocks, is_patch

OLD = "import re\n\ndef f():\n    return 1\n\ndef g():\n    return 1\n"


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (block("import re\n", "import os\n"), OLD, OLD.replace("re\n", "os\n", 1)),
        (block("def f():\n    return 1\n", ""), OLD, "import re\n\n\ndef g():\n    return 1\n"),
        ("First:\n" + block("a\n", "b\n") + "then:\n" + block("b\n", "c\nd\n"), "a\n", "c\nd\n"),
        (block("x = 1\n", "x = 2\n"), "foo_x = 1\nx = 1\n", "foo_x = 1\nx = 2\n"),
        (block("x = 1\n", "x = 2\n"), "foo_x = 1\nx = 1", "foo_x = 1\nx = 2"),
        (block("a\n", "b\n"), "a", "b"),
        (block("a\n\n", "b\n"), "x\na\n\ny\n", "x\nb\ny\n"),
        (block("a  \nb\n", "c\n"), "a\nb\t\nd\n", "c\nd\n"),
        (block("a\n", "c\n"), "a\n\x0cb\u2028a\n", "c\n\x0cb\u2028a\n"),
        (block("", "x = 1\n"), None, "x = 1\n"),
        (block("", "x = 1\n"), "", "x = 1\n"),
        (block("\n", "x = 1\n"), None, "x = 1\n"),
        (block("T\n=======\nold\n", "T\n=======\nnew\n"), "T\n=======\nold\n", "T\n=======\nnew\n"),
        (block("old\n", "new\n=======\n"), "old\n", "new\n=======\n"),
        (block("a\n", ">>>>>>> REPLACE\nb\n"), "a\n", ">>>>>>> REPLACE\nb\n"),
        (block("<<<<<<< HEAD\na\n", "b\n"), "<<<<<<< HEAD\na\n", "b\n"),
        (block("a\r\n", "b\r\n"), "a\r\nc", "b\r\nc"),
        (block("c\n", "d\n"), "a\r\nc", "a\r\nd"),
        ("<<<<<<<SEARCH \r\na\n======= \n>>>>>>>  REPLACE", "a\nb\n", "b\n"),
    ],
)  # fmt: skip
def test_blocks_are_applied_in_order(body: str, old: str | None, new: str) -> None:
    assert apply(body, old) == new


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (block("    return 1\n", "    return 2\n"), "block 1: SEARCH 'return 1' is there more than once"),
        (block("def h():\n", ""), "block 1: SEARCH 'def h():' is not in the file"),
        (block("ef f():\n", ""), "not in the file"),
        (block("import re\n", "x\n") + block("import re\n", "y\n"), "block 2: SEARCH 'import re' is not in"),
        (block("", "x\n"), "SEARCH is empty"),
        (block(" \n\n", "x\n"), "SEARCH is empty"),
        (block("def f():\n  return 1\n", "x\n"), "not in the file"),
        ("<<<<<<< SEARCH\nimport re\n=======\nx\n", "block 1 has no >>>>>>> REPLACE"),
        ("<<<<<<< SEARCH\nimport re\n" + block("def f():\n", ""), "block 1 has no >>>>>>> REPLACE"),
        ("<<<<<<< SEARCH\nimport re\n>>>>>>> REPLACE\n", "block 1 has no ======="),
        (block("import re\n", "import re\n") * (MOST + 1), "more than 100 blocks"),
        (block("x" * 100 + "\n", ""), f"SEARCH '{'x' * 59}…' is not"),
    ],
)
def test_a_block_that_does_not_fit_is_refused_with_what_to_do(body: str, said: str) -> None:
    with pytest.raises(ValueError, match="; ") as refused:
        apply(body, OLD)
    assert said in str(refused.value)


def test_places_that_overlap_are_two() -> None:
    with pytest.raises(ValueError, match="more than once"):
        apply(block("a\na\n", "b\n"), "a\na\na\n")
    with pytest.raises(ValueError, match="more than once"):
        apply(block("a \na\n", "b\n"), "a\na\na\n")


@pytest.mark.parametrize(
    ("body", "patch"),
    [
        ("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n", True),
        ("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@ def f\n", True),
        ("\n@@ -1,2 +1 @@\n", True),
        ("--- a\ntitle: x\n---\n", False),
        ("---\na: 1\n", False),
        ("@decorator\n", False),
        ("x\n@@ -1 +1 @@\n", False),
    ],
)
def test_a_patch_is_known_by_its_head(body: str, patch: bool) -> None:
    assert is_patch(body) == patch


def test_a_text_without_markers_has_no_blocks() -> None:
    assert not has_blocks("a\n<<<<<<< HEAD\n=======\n>>>>>>> branch\n")
    assert not begins_with_block("a\n" + block("a\n", "b\n"))
    assert begins_with_block("\n" + block("a\n", "b\n"))


LINES = st.lists(st.sampled_from(["a", "b", " a", "a ", "", "=======", "c\r", "\u2028"]), max_size=12)


@given(LINES, st.data())
def test_any_lines_that_are_there_once_are_replaced_and_nothing_else_is(
    lines: list[str], data: st.DataObject
) -> None:
    old = "".join(f"{line}\n" for line in lines)
    first = data.draw(st.integers(0, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    search = "".join(f"{line}\n" for line in lines[first:last])
    once = f"\n{old}".count(f"\n{search}") == 1
    if not once or not search.strip() or "=======" in search:
        return
    try:
        new = apply(block(search, "new\n"), old)
    except ValueError as refused:
        assert "more than once" in str(refused)  # where they overlap
    else:
        assert new == "".join(f"{line}\n" for line in [*lines[:first], "new", *lines[last:]])


@given(st.text(alphabet="ab\n<=>SEARCHREPLACE \r"), st.none() | st.text(alphabet="ab\n\r "))
def test_any_body_is_applied_or_refused(body: str, old: str | None) -> None:
    try:
        apply(f"<<<<<<< SEARCH\n{body}", old)
    except ValueError as refused:
        assert "; " in str(refused)
