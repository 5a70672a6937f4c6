"""What the viewer writes into files."""

import json
from pathlib import Path

import pytest

from autoresearch.calls.index import Filter, Index
from autoresearch.core.errors import AutoresearchError
from autoresearch.views.viewer_export import BLOCK, place, write_all, write_one
from tests.views.viewing import call, log


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_or_lines_as_the_name_says(tmp_path: Path, count: int) -> None:
    """AM-90"""
    calls = [call(number, answer="é \ud83d \u2028") for number in range(count)]
    with Index.open(tmp_path, [log(tmp_path, *calls)]) as index:
        for name in ("a.json", "a.jsonl", "a"):
            assert list(write_all(index, index.all(Filter()), tmp_path / name)) == []
    assert json.loads((tmp_path / "a.json").read_text()) == calls
    assert json.loads((tmp_path / "a").read_text()) == calls
    lines = (tmp_path / "a.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines if line] == calls


def test_one_call_is_an_object_that_people_can_read(tmp_path: Path) -> None:
    """AM-90"""
    with Index.open(tmp_path, [log(tmp_path, call(1), call(2))]) as index:
        entry = index.page(Filter(), start=1)[0]
        list(write_one(index, entry, tmp_path / "one.json"))
        list(write_one(index, entry, tmp_path / "one.jsonl"))
    assert json.loads((tmp_path / "one.json").read_text()) == call(2)
    assert len((tmp_path / "one.json").read_text().splitlines()) > 20
    assert (tmp_path / "one.jsonl").read_text() == json.dumps(call(2)) + "\n"


def test_what_is_broken_off_leaves_what_was_there(tmp_path: Path) -> None:
    before = tmp_path / "out.jsonl"
    before.write_text("mine")
    path = log(tmp_path, *(call(number) for number in range(BLOCK * 2)))
    with Index.open(tmp_path, [path]) as index:
        writing = write_all(index, index.all(Filter()), before)
        assert next(writing) == BLOCK
        writing.close()
        assert before.read_text() == "mine"
        path.write_text("x" * path.stat().st_size)
        with pytest.raises(AutoresearchError, match="was changed meanwhile"):
            list(write_all(index, index.all(Filter()), before))
    assert before.read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"out.jsonl", "calls.jsonl"}


def test_only_a_file_of_ones_own_may_be_written(tmp_path: Path) -> None:
    """AM-90: no folder, no device, no log, also not by a link."""
    path = log(tmp_path)
    (tmp_path / "link").symlink_to(path)
    for name, said in (("", "is a folder"), ("calls.jsonl", "is the log"), ("link", "is the log")):
        with pytest.raises(ValueError, match=said):
            place(f"{tmp_path}/{name}", [path])
    with pytest.raises(ValueError, match="is no file"):
        place("/dev/null", [path])
    with pytest.raises(OSError, match="name too long"):
        place("x" * 999, [path])
    assert place("~/x.json", [path]) == Path.home().resolve() / "x.json"
