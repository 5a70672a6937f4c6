"""Temporary folders of killed runs: ours, old, and of no use to anybody."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch.adapters.scratch import AGE, left_behind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What `tempfile` made for us long ago."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = Path(tempfile.mkdtemp(prefix="autoresearch-"))
    age(folder)
    yield folder


def age(path: Path) -> None:
    then = time.time() - AGE - 60
    os.utime(path, (then, then), follow_symlinks=False)


def test_an_old_folder_that_nobody_uses_is_left_behind(old: Path) -> None:
    assert left_behind() == [old]


def test_a_new_one_a_link_a_file_and_what_others_made_are_not(old: Path) -> None:
    Path(tempfile.mkdtemp(prefix="autoresearch-"))
    age(Path(tempfile.mkdtemp(prefix="autoresearch-demo-")))
    age(Path(tempfile.mkdtemp(prefix="somebody-")))
    (old.parent / "autoresearch-abcd_123").symlink_to(old)
    (old.parent / "autoresearch-abcd1234").write_text("a file")
    for name in ("autoresearch-abcd_123", "autoresearch-abcd1234"):
        age(old.parent / name)
    assert left_behind() == [old]


@pytest.mark.parametrize("how", ["argument", "environment", "folder"])
def test_one_that_a_process_knows_of_is_not(old: Path, how: str) -> None:
    words = [sys.executable, "-c", "print(flush=True); input()", *([str(old)] if how == "argument" else [])]
    told = {**os.environ, **({"TOLD": f"{old}/result.json"} if how == "environment" else {})}
    with subprocess.Popen(
        words, env=told, cwd=old if how == "folder" else None, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert left_behind() == []
        process.communicate(b"\n")
    assert left_behind() == [old]
