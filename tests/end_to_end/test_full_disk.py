"""A disk that fills up: one line that says what to do, and with space again it goes on with nothing lost."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.traces import refused, traces


@pytest.fixture
def small_disk(project: Project) -> Iterator[Project]:
    """The project on a file system of 12 MB."""
    folder = project.path.parent / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True)
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
    """AR-41: filled in the middle of a trial. What was measured then is still recorded, with the space that
    was held back; no other trial begins. With space again, `run --resume` does what was left to do."""
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
    assert [trial["metric"] for trial in project.trials()] == [9.0, 4.0, 25.0]
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


def test_an_evaluation_that_found_no_space_is_nobodys_fault(small_disk: Project) -> None:
    """AR-41: it is not scored; with space again the same idea is measured, and nobody is asked again."""
    project, disk = small_disk, small_disk.path.parent
    bench = "open('built', 'w').write('x' * 100_000)\n" + (project.path / "bench.py").read_text()
    project.write("bench.py", bench)
    project.commit()
    assert project.new("engineering/knob", "-c", "sandbox.disk=100G").code == 0
    count = disk.parent / "count"
    play = f"import json, shutil\nopen({str(count)!r}, 'a').write('.')\nopen({str(disk / 'fill')!r}, 'wb')"
    play += ".write(bytes(OF))\nprint(json.dumps({'idea': 'two', 'files': {'knob.py': 'x = 2\\n'}}))\n"
    play = play.replace("OF", "shutil.disk_usage('.').free - 60_000")
    project.write("play.py", play)
    words = (
        "--single",
        "--proposer",
        "command",
        "-c",
        f"proposer.command={sys.executable} {project.path}/play.py",
    )
    done = project.run("run", *words)
    assert (done.code, len(project.trials())) == (1, 1), done
    assert "free some disk space" in done.err
    (disk / "fill").unlink()
    assert project.run("run", *words).code == 0
    assert [trial["metric"] for trial in project.trials()] == [9.0, 4.0]
    assert count.read_text() == "."
