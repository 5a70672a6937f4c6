"""The same rows in every format. (With a reader of each format: tests/end_to_end/test_exports.py.)"""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autoresearch.adapters.screen import Column
from autoresearch.views.export import FORMATS, Sheet, as_csv, as_html, as_json, as_markdown

COLUMNS = (Column("trial", number=True), Column("description"))


def sheet(*cells: str, **more: object) -> Sheet:
    rows = [[str(number), cell] for number, cell in enumerate(cells)]
    records = [{"trial": number, "description": cell} for number, cell in enumerate(cells)]
    return Sheet("A title", COLUMNS, rows, "trials", records, {"experiment": "a/b"}, **more)  # type: ignore[arg-type]


def test_json_is_the_records_under_their_key() -> None:
    told = sheet("one")
    assert json.loads(as_json(told)) == {"experiment": "a/b", "trials": [{"trial": 0, "description": "one"}]}
    told = Sheet("", COLUMNS, [], "trials", [{"metric": 0.1 + 0.2, "cost": None}], {})
    assert '"metric": 0.30000000000000004' in as_json(told) and '"cost": null' in as_json(told)


def test_csv_has_numbers_in_full_json_for_what_is_no_number_and_blanks_for_what_is_missing() -> None:
    record = {"metric": 1e-300, "samples": (0.1 + 0.2, 1.0), "metrics": {"ü": 1.0}, "cost": None, "trial": 3}
    rows = list(csv.reader(io.StringIO(as_csv(Sheet("", COLUMNS, [], "", [record], {})), newline="")))
    assert rows == [list(record), ["1e-300", "[0.30000000000000004, 1.0]", '{"ü": 1.0}', "", "3"]]
    assert as_csv(Sheet("", COLUMNS, [], "", [], {})) == "trial,description\r\n"


def test_markdown_has_the_title_the_table_and_what_is_said_below() -> None:
    told = as_markdown(sheet("one | two\nthree", lines=["first", "second"]))
    title, table, *lines = told.split("\n\n")
    assert title == "# A title"
    assert table == "| trial | description |\n| ---: | --- |\n| 0 | one \\| two<br>three |"
    assert lines == ["first", "second\n"]


PRINTABLE = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(PRINTABLE.map(str.strip).filter(lambda text: text == " ".join(text.split())))
def test_any_text_survives_markdown(text: str) -> None:
    """AR-25: read back by a Markdown reader, a cell is what it was."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(as_markdown(sheet(text)))
    cells = [token for token in tokens if token.type == "inline"]
    children = cells[-1].children or []
    assert "".join(child.content for child in children) == text
    assert {child.type for child in children} <= {"text", "text_special"}


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_any_text_survives_csv(one: str, two: str) -> None:
    """AR-25"""
    rows = list(csv.reader(io.StringIO(as_csv(sheet(one, two)), newline="")))
    assert rows[1:] == [["0", one], ["1", two]]


def test_html_is_one_page_that_needs_nothing_else() -> None:
    page = as_html(sheet("<b>", lines=["below & beside"], styles=["red"]))
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert "&lt;b&gt;" in page and "below &amp; beside" in page and '<tr class="red">' in page
    assert not {word for word in ("http:", "https:", "src=", "href=", "<script", "<b>") if word in page}


def test_every_format_can_write_an_empty_sheet() -> None:
    assert all(write(Sheet("A title", COLUMNS, [], "trials", [], {})) for write in FORMATS.values())
