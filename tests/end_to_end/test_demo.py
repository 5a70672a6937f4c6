"""`autoresearch demo`: what a newcomer types first, end to end with real training."""

import os
import subprocess
from pathlib import Path

from tests.conftest import Project


def test_the_demo_goes_from_nothing_to_kept_commits(project: Project, tmp_path: Path) -> None:
    """With no key and no identity in git: baseline, two ideas, dashboard, commits, and what to type next."""
    (Path.home() / ".gitconfig").unlink()
    made = Project(tmp_path / "a demo")
    done = project.run("demo", str(made.path), "--trials", "2", "--budget", "1s")
    assert (done.code, done.err) == (0, "")
    typed = [line for line in done.out.splitlines() if line.startswith("$ ")]
    assert [line.split()[1:3] for line in typed[1:]] == [
        ["autoresearch", "new"],
        ["autoresearch", "run"],
        ["autoresearch", "dashboard"],
        ["git", "log"],
    ]
    name = "engineering/tiny-model"
    trials = made.trials(name)
    assert [trial["trial"] for trial in trials] == [0, 1, 2]
    assert trials[0]["metric"] > 0
    kept = [trial for trial in trials if trial["status"] == "keep"]
    log = made.git("log", "--oneline", "--no-decorate", f"heads/autoresearch/{name}")
    assert len(log.splitlines()) == len(kept)
    assert log in done.out
    assert f"made {made.path}/.autoresearch/{name}\n" in done.out
    assert "0 crash" in done.out
    told = done.out.partition("Now yours. Type next:\n")[2].splitlines()
    assert told[0] == f"  cd '{made.path}'"
    assert [line.split()[-1] for line in told[1:]] == ["1", "10", "apply", "dashboard.html", "--help"]
    for line in (told[1], told[4]):
        subprocess.run(f"{told[0]} && {line}", shell=True, check=True, capture_output=True)
    assert "<svg" in (made.path / "dashboard.html").read_text()


def test_a_folder_that_is_in_use_is_refused(project: Project) -> None:
    before = project.fingerprint()
    done = project.run("demo", str(project.path), "--trials", "1", "--budget", "0.3s")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: {project.path} is not empty; name a new folder\n"
    assert project.fingerprint() == before
    assert project.run("demo", "knob.py").code == 2
    assert project.run("demo", "new", "--trials", "0").code == 2
    assert not os.path.lexists(project.path / "new")


def test_a_budget_that_means_nothing_leaves_a_message_and_no_demo(project: Project, tmp_path: Path) -> None:
    done = project.run("demo", str(tmp_path / "new"), "--budget", "soon")
    assert (done.code, done.out) == (2, "")
    assert "'soon' is no duration" in done.err and len(done.err.splitlines()) == 1
    again = project.run("demo", str(tmp_path / "new"), "--trials", "1", "--budget", "2s")
    assert (again.code, again.err) == (0, "")
