"""A disk that fills up: one line that says what to do, and with space again it goes on with nothing lost."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.traces import refused, traces


@pytest.fixture
def small_disk(project: Project) -> Iterator[Project]:
    """The project on a file system of 6 MB."""
    folder = project.path.parent / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        clone = Project(folder / "project")
        subprocess.run(["git", "clone", "--quiet", project.path, clone.path], check=True)
        yield clone
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> None:
    """Until not a byte is left."""
    with (disk / "fill").open("wb", buffering=0) as file:
        for size in (2**16, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_full_disk_stops_the_run_and_loses_nothing(small_disk: Project) -> None:
    """AR-41: filled in the middle of a trial; with space again, `run --resume` does what was left to do."""
    project, disk = small_disk, small_disk.path.parent
    once = disk.parent / "filled"
    source = (project.path / "bench.py").read_text()
    project.write(
        "bench.py",
        f"""\
import os, pathlib, shutil
if os.environ["AUTORESEARCH_TRIAL"] == "2" and not os.path.exists({str(once)!r}):
    pathlib.Path({str(once)!r}).touch()
    try:
        with open({str(disk / "fill")!r}, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        pass
{source}""",
    )
    project.commit()
    reach = ("-c", f"sandbox.write=[{disk.parent}]", "-c", "sandbox.disk=100G")
    assert project.new("engineering/knob", *reach).code == 0
    ideas = project.ideas("2", "5", "1")
    done = project.run("run", "--loop", *ideas)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "pace left on device" in done.err
    assert "free some" in done.err
    assert len(project.trials()) == 2
    again = project.run("run", "--resume")
    assert again.code == 1
    assert "free some" in again.err
    refused(project.new("engineering/second"), "pace left on device", "free some")
    assert not project.folder("engineering/second").parent.joinpath("second").exists()
    assert "engineering/second" not in project.git("for-each-ref")
    (disk / "fill").unlink()
    assert project.run("run", "--resume").code == 0
    assert [(t["trial"], t["metric"]) for t in project.trials()] == [(0, 9.0), (1, 4.0), (2, 25.0), (3, 1.0)]
    assert project.git("fsck", "--no-dangling") == ""


def test_a_disk_that_is_full_from_the_start_gets_no_half_made_folder(small_disk: Project) -> None:
    """AR-04, AR-08: it would be taken for another tool's afterwards."""
    fill(small_disk.path.parent)
    refused(small_disk.new(), "No space left on device", "free some disk space")
    refused(small_disk.run("init"), "No space left on device")
    assert traces(small_disk) == []
    (small_disk.path.parent / "fill").unlink()
    assert small_disk.new().code == 0
