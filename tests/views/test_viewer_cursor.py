"""Where the viewer is, while calls come, are filtered and are sorted."""

from pathlib import Path

from autoresearch.calls.index import Filter, Index
from autoresearch.views.viewer_cursor import Cursor
from tests.views.viewing import call, lines, log


def test_it_stays_at_its_call_wherever_new_ones_come(tmp_path: Path) -> None:
    path = log(tmp_path, *(call(number) for number in (10, 20, 30)))
    with Index.open(tmp_path, [path]) as index:
        cursor = Cursor(index, Filter(), lambda: [path])
        cursor.go(1)
        assert not cursor.refresh()
        with path.open("a") as file:
            file.write(lines(call(5), call(15), call(25)))
        assert cursor.refresh()
        assert cursor.entry is not None
        assert (cursor.entry.trial, cursor.at, cursor.count) == (20, 3, 6)


def test_calls_that_do_not_match_change_only_the_total(tmp_path: Path) -> None:
    path = log(tmp_path, call(1), call(2, stage="plan"))
    with Index.open(tmp_path, [path]) as index:
        cursor = Cursor(index, Filter(stage="plan"), lambda: [path])
        with path.open("a") as file:
            file.write(lines(call(3), "damaged"))
        assert cursor.refresh()
        assert (cursor.at, cursor.count, cursor.total, cursor.damaged) == (0, 1, 3, 1)


def test_a_log_that_was_replaced_is_begun_anew(tmp_path: Path) -> None:
    path = log(tmp_path, *(call(number) for number in range(9)))
    with Index.open(tmp_path, [path]) as index:
        cursor = Cursor(index, Filter(), lambda: [path])
        cursor.go(8)
        path.write_text(lines(call(50), call(51)))
        assert cursor.refresh()
        assert cursor.entry is not None
        assert (cursor.entry.trial, cursor.at, cursor.count) == (51, 1, 2)


def test_logs_that_come_to_be_are_found(tmp_path: Path) -> None:
    with Index.open(tmp_path, []) as index:
        cursor = Cursor(index, Filter(), lambda: sorted(tmp_path.glob("*.jsonl")))
        assert cursor.entry is None
        log(tmp_path, call(1))
        assert cursor.refresh()
        assert cursor.entry is not None and cursor.count == 1


def test_one_call_is_read_at_a_time(tmp_path: Path) -> None:
    """Where it goes, whatever there is: past either end it stays at the last one."""
    with Index.open(tmp_path, [log(tmp_path, *(call(number) for number in range(5)))]) as index:
        cursor = Cursor(index, Filter(), list)
        for wanted, there in ((3, 3), (99, 4), (-7, 0)):
            cursor.go(wanted)
            assert cursor.entry is not None
            assert (cursor.at, cursor.entry.trial) == (there, there)
