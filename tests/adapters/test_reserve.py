"""Space that is held back, and given back where a disk is full."""

import errno
import os
from pathlib import Path

import pytest

from autoresearch.adapters import reserve
from autoresearch.core.errors import DiskFull


class Act:
    """Fails with each of the errors, then works; counts its calls."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_it_takes_up_real_space_once(tmp_path: Path) -> None:
    for _ in range(2):
        reserve.hold(tmp_path)
    (made,) = tmp_path.iterdir()
    assert made.stat().st_size == reserve.SIZE
    assert made.stat().st_blocks * 512 >= reserve.SIZE
    made.write_bytes(b"")  # a kill cut it short
    reserve.hold(tmp_path)
    assert made.stat().st_size == reserve.SIZE


@pytest.mark.parametrize("error", [NO_SPACE, OSError(errno.EDQUOT, ""), DiskFull("git found no space")])
def test_it_is_given_back_once_where_the_disk_is_full(tmp_path: Path, error: Exception) -> None:
    reserve.hold(tmp_path)
    path = tmp_path / "trials" / "0001" / "looks.jsonl"
    act = Act(error)
    assert reserve.with_reserve(path, act) == "done"
    assert (act.calls, list(tmp_path.iterdir())) == (2, [])
    with pytest.raises(type(error)):
        reserve.with_reserve(path, Act(error))


def test_another_error_and_another_file_of_its_name_are_left_alone(tmp_path: Path) -> None:
    reserve.hold(tmp_path)
    act = Act(OSError(errno.EIO, ""))
    with pytest.raises(OSError):
        reserve.with_reserve(tmp_path / "file", act)
    assert (act.calls, len(list(tmp_path.iterdir()))) == (1, 1)
    mine = tmp_path / "mine" / reserve.NAME
    mine.parent.mkdir()
    mine.write_text("a user's")
    assert reserve.with_reserve(mine.parent / "file", Act(NO_SPACE)) == "done"
    assert mine.read_text() == "a user's"


def test_what_fails_where_there_is_space_is_not_the_disks_fault(tmp_path: Path) -> None:
    reserve.refuse_full(tmp_path)
