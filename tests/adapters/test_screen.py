"""What is drawn on a terminal of a given width, and what reaches a pipe."""

import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from autoresearch.adapters.screen import Column, Screen, aligned, diff, table, words

COLUMNS = (
    Column("trial", number=True),
    Column("value", number=True, rank=1),
    Column("cost", number=True, rank=3),
    Column("description", flexible=True, rank=2),
)
ROWS = (("1", "1.5", "", "a short one"), ("12", "1e-300", "", "速くする " * 10))


def drawn(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The lines of a table on a terminal that is so wide."""
    console = Console(file=io.StringIO(), width=width or 500, color_system=None)
    console.print(table(columns, rows, width=width))
    out: io.StringIO = console.file  # type: ignore[assignment]
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_columns_that_are_empty_are_left_out_and_numbers_stand_on_the_right() -> None:
    assert drawn(COLUMNS, ROWS, 0) == [
        "trial   value  description",
        "    1     1.5  a short one",
        "   12  1e-300  " + ("速くする " * 10).rstrip(),
    ]
    assert drawn(COLUMNS, [], 0) == ["trial  value  cost  description"]


def test_a_flexible_column_is_cut_and_then_the_least_important_ones_go() -> None:
    assert drawn(COLUMNS, ROWS, 40)[1:] == [
        "    1     1.5  a short one",
        "   12  1e-300  速くする 速くする 速くす…",
    ]
    assert drawn(COLUMNS, ROWS, 34) == ["trial   value", "    1     1.5", "   12  1e-300"]
    assert drawn(COLUMNS, ROWS, 12) == ["trial", "    1", "   12"]


CELLS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(
    st.lists(
        st.builds(Column, CELLS, st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1, max_size=6
    ),
    st.integers(40, 200),
    st.data(),
)
def test_no_line_is_wider_than_the_terminal_where_columns_may_go(
    columns: list[Column], width: int, data: st.DataObject
) -> None:
    """Any text, any columns: only those that always stay can be too wide together."""
    rows = data.draw(st.lists(st.tuples(*(CELLS for _ in columns)), max_size=3))
    columns = [Column(c.title, c.number, True, c.rank) if c.rank == 0 else c for c in columns]
    stay = sum(22 for column in columns if column.rank == 0)
    if stay <= width:
        assert all(cell_len(line) <= width for line in drawn(columns, rows, width))


def test_text_is_only_text() -> None:
    """Neither rich's markup nor the terminal's own codes mean anything; tabs and lines stay."""
    hostile = "[red]x[/] :smile: \x1b[31m\x07\x00\r\x9b \u202e\tt\nl"
    assert words(hostile).plain == "[red]x[/] :smile: ␛[31m␇␀␍\ufffd \ufffd\tt\nl"
    assert words(hostile).spans == []
    assert drawn([Column("d", flexible=True)], [(hostile,)], 80)[1] == "[red]x[/] :smile: [31m \ufffd t l"
    assert diff("--- a\n+++ b\n-\x1b[2J\n+\x0cb").plain == "--- a\n+++ b\n-␛[2J\n+␌b"


def test_a_pipe_gets_whole_lines_without_padding(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    assert not screen.live
    assert screen.width > 1000
    screen.line("a " * 200, "bold red")
    screen.show(table(COLUMNS, ROWS, width=screen.width))
    screen.note("a remark")
    screen.error("no such thing; make one")
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "a " * 200
    assert lines[1:] == drawn(COLUMNS, ROWS, 0)
    assert told.err == "a remark\nerror: no such thing; make one\n"


def test_for_a_machine_standard_output_has_the_document_alone(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    screen = Screen(machine=True)
    screen.line("for people")
    screen.show(table(COLUMNS, ROWS))
    screen.json({"value": 0.1 + 0.2, "missing": None, "text": "ü\udcff\ud800\x1b"})
    told = capsysbinary.readouterr()
    assert json.loads(told.out) == {
        "value": 0.30000000000000004,
        "missing": None,
        "text": "ü\udcff\ud800\x1b",
    }
    assert told.out.isascii() and told.out.endswith(b"}\n")
    assert b"for people" in told.err


def test_bytes_that_are_no_text_pass_through_a_pipe(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    Screen().raw(b"\xff\x1b[31m\r\n".decode(errors="surrogateescape"))
    assert capsysbinary.readouterr().out == b"\xff\x1b[31m\r\n"


@pytest.mark.parametrize("width", [0, 20, 40, 80])
def test_a_table_as_lines_is_the_table_that_is_drawn(width: int) -> None:
    assert aligned(COLUMNS, ROWS, width) == [line.rstrip() for line in drawn(COLUMNS, ROWS, width)]
