"""Files that are whole or not there, folders that go away, locks that die with their holder."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters import disk
from autoresearch.core.errors import Busy

HOLD = """
import sys
from pathlib import Path
from autoresearch.adapters import disk
with disk.lock(Path(sys.argv[1]), "the experiment"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """One that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


@contextmanager
def nobody(*owned: Path) -> Iterator[None]:
    """As a user without privileges, who owns these; permissions mean nothing to root."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_is_written_is_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    disk.write(path, "one")
    disk.write(path, b"\x00\xff two")
    assert path.read_bytes() == b"\x00\xff two"
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    disk.write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        disk.write(path, "new \ud800")
    (tmp_path / ".trial.json.new").mkdir()  # in the way of the new one
    with pytest.raises(OSError, match="directory"):
        disk.write(path, "new")
    assert path.read_text() == "old"


def test_a_reader_never_sees_half_of_it(tmp_path: Path) -> None:
    """The name always stands for a whole file: the old one stays open to who reads it."""
    path = tmp_path / "results.tsv"
    disk.write(path, "old" * 1000)
    with path.open() as reader:
        disk.write(path, "new")
        assert reader.read() == "old" * 1000
    assert path.read_text() == "new"


def test_a_symbolic_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(mine)
    disk.write(link, "theirs")
    assert mine.read_text() == "mine"
    assert link.read_text() == "theirs"


@given(st.binary(max_size=100))
def test_any_bytes_survive_as_text(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "reply.md"
    disk.write(path, content)
    text = disk.read(path)
    assert text is not None
    disk.write(path, text)
    assert path.read_bytes() == content
    disk.append(path, text)
    assert path.read_bytes() == content * 2


def test_what_is_not_there_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert disk.read(tmp_path / "missing") is None
    assert disk.read(tmp_path) is None
    assert disk.read(tmp_path / "file" / "below") is None
    assert disk.read(tmp_path / "file") == ""


def test_a_folder_goes_away_whatever_its_permissions_are() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        top.chmod(0o755)
        with nobody(top):
            for mode in (0o000, 0o111, 0o444, 0o555):
                inner = top / "gone" / f"{mode:o}" / "inner"
                inner.mkdir(parents=True)
                (inner / "file").write_text("x")
                (inner / "file").chmod(0o000)
                inner.chmod(mode)
                inner.parent.chmod(mode)
            (top / "gone").chmod(0o000)
            with pytest.raises(PermissionError):
                list((top / "gone").iterdir())
            disk.remove(top / "gone")
            assert list(top.iterdir()) == []


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.mkdir()
    (kept / "data").write_text("mine")
    kept.chmod(0o500)
    gone.mkdir()
    (gone / "folder").symlink_to(kept)
    (gone / "file").symlink_to(kept / "data")
    (gone / "nowhere").symlink_to(tmp_path / "missing")
    disk.remove(gone)
    link = tmp_path / "link"
    link.symlink_to(kept)
    disk.remove(link)
    assert list(tmp_path.iterdir()) == [kept]
    assert (kept / "data").read_text() == "mine"
    assert kept.stat().st_mode & 0o777 == 0o500


def test_a_single_file_and_nothing_at_all_can_be_removed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    disk.remove(path)
    disk.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_holder_is_told_who_has_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    assert not disk.locked(lock)
    with another_process(lock) as holder:
        assert disk.locked(lock)
        with (
            pytest.raises(Busy, match=f"the experiment .*process {holder.pid};"),
            disk.lock(lock, "the experiment"),
        ):
            pass
        assert disk.locked(lock)
    assert not disk.locked(lock)


def test_a_lock_dies_with_its_holder_however_it_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with another_process(lock) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert not disk.locked(lock)
        with disk.lock(lock, "it"):
            assert disk.locked(lock)
            assert lock.read_text() == str(os.getpid())
    assert not disk.locked(lock)


def test_an_error_in_the_block_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), disk.lock(tmp_path / "lock", "it"):
        raise KeyError
    with disk.lock(tmp_path / "lock", "it"):
        pass


def test_a_child_process_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with disk.lock(lock, "it"):
        child = subprocess.Popen(["sleep", "60"])
    try:
        assert not disk.locked(lock)
    finally:
        child.kill()
        child.wait()
