"""Whatever a model or a program wrote is text in Markdown, read back by a Markdown reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from autoresearch.core.text import harmless, one_line
from autoresearch.views.markdown import coded, inline, line, prose, quoted, row, table

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ANY = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


def kinds(tokens: list[Token]) -> set[str]:
    return {token.type for token in tokens} | {c.type for token in tokens for c in token.children or []}


@given(ANY.map(one_line).filter(lambda text: text == text.strip() != ""))
def test_any_line_is_text_wherever_it_stands(text: str) -> None:
    """At the beginning of a line, and of an item."""
    for before in ("", "- "):
        tokens = READER.parse(before + line(text, 10_000))
        (inline,) = [token for token in tokens if token.type == "inline"]
        assert "".join(child.content for child in inline.children or []) == text
        assert kinds(tokens) <= {
            "inline", "text", "text_special", "paragraph_open", "paragraph_close", "bullet_list_open",
            "bullet_list_close", "list_item_open", "list_item_close",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("# no title", set()), ("- one\n- two", {"bullet_list_open"}), ("use `x = 1` here", {"code_inline"}),
        ("![spy](http://x/y.png) <b>bold</b> [a](b)", set()), ("===\n---\n> no\n12. no", set()),
        ("    no code\n\n```\nno fence\n```", set()), ("a\n\n\n\nb", set()), ("| a | b |\n|---|---|", set()),
    ],
)  # fmt: skip
def test_of_prose_items_and_code_stay_and_nothing_else(text: str, there: set[str]) -> None:
    tokens = READER.parse(prose(text))
    marked = {kind for kind in kinds(tokens) if kind.endswith("_open") or "code" in kind or "html" in kind}
    assert marked - {"paragraph_open", "list_item_open"} == there


@given(st.text(max_size=200))
def test_no_prose_makes_headings_links_html_or_tables(text: str) -> None:
    for drawn in (prose(text), f"a: {coded(text)}", f"- a: {inline(text)}", quoted(text, 5)):
        assert not kinds(READER.parse(drawn)) & {
            "heading_open", "html_block", "html_inline", "link_open", "image", "table_open", "hr", "fence",
        }  # fmt: skip


def test_a_quotation_is_bounded_and_steers_nothing() -> None:
    assert quoted("\x1bone\n\n`two`\nthree\nfour", 3) == "> ␛one\n>\n> `two`\n> (… 2 more lines)"
    assert harmless(quoted("a\x00b", 1)) == quoted("a\x00b", 1)


def test_a_table_has_a_rule_for_its_numbers() -> None:
    assert table(["a", "b"], [True, False], [["1", "x | y\nz"]]) == [
        "| a | b |", "| ---: | --- |", "| 1 | x \\| y<br>z |",
    ]  # fmt: skip
    assert row(["*"]) == "| \\* |"
