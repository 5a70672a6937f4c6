"""States of a repository and settings that stand in the way: one line each, and nothing lost."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.traces import refused, traces

COMMANDS = ("init", "list", "status", "dashboard", "run", "clean", "apply")


def test_outside_of_a_repository_it_says_so(project: Project) -> None:
    """AR-47: `new` and `init` need one; what needs an experiment says that there is none."""
    outside = Project(project.path.parent / "elsewhere")
    outside.path.mkdir()
    refused(outside.new(), f"{outside.path} is not in a git checkout", "git init")
    refused(outside.run("init"), "is not in a git checkout")
    refused(project.run("list", "-C", str(outside.path)), "is not in a git checkout")
    refused(outside.run("run"), "no experiment here", "autoresearch new")
    refused(outside.run("list", "-C", "nowhere"), "no folder nowhere")
    listed = outside.run("list")
    assert (listed.code, listed.err) == (0, "")
    assert list(outside.path.iterdir()) == []


def test_a_repository_without_a_commit_has_nothing_to_start_from(project: Project) -> None:
    """AR-04: said before anything is made."""
    project.git("checkout", "--quiet", "--orphan", "empty")
    refused(project.new(), f"{project.path} has no commit yet", "git commit")
    refused(project.new("engineering/knob", "--base", "nope"), "no commit 'nope'")
    assert traces(project) == []


def test_a_dirty_checkout_is_fine(project: Project) -> None:
    """AR-12: changes, staged and not, untracked files and a stash stay; what is committed is measured."""
    project.write("README", "one\n")
    project.commit()
    project.write("README", "stashed\n")
    project.git("stash")
    project.write("README", "staged\n")
    project.git("add", "README")
    project.write("README", "changed\n")
    project.write("untracked.py", "import this\n")
    before, stash = project.fingerprint(), project.git("stash", "list")
    assert project.new().code == 0
    assert project.run("run", *project.ideas("2")).code == 0
    assert project.fingerprint() == before
    assert project.git("stash", "list") == stash
    assert not (project.folder() / "worktree" / "untracked.py").exists()


def test_what_would_not_be_measured_as_it_stands_is_named(project: Project) -> None:
    """AR-04: a changed target, a changed program, one that was never added, one that a check names."""
    project.write("knob.py", "x = 2\n")
    refused(project.new(), "knob.py is not committed", "(git add -- knob.py && git commit)", "--base HEAD")
    project.write("bench.py", "print('value: 7')\n")
    refused(project.new(), "bench.py, knob.py are not committed", "(git add -- bench.py knob.py")
    project.write("check.sh", "true\n")
    refused(
        project.new("engineering/knob", "--check", "sh ./check.sh"), "bench.py, check.sh, knob.py are not"
    )
    assert traces(project) == []
    done = project.new("engineering/knob", "--base", "HEAD")
    assert "baseline: value 9 " in done.out  # what is committed, as was asked for
    project.git("rm", "--quiet", "--cached", "bench.py")
    project.git("commit", "--quiet", "-m", "forgotten")
    refused(project.new("engineering/other", "--target", "propose.py"), "bench.py", "not committed")


def test_a_detached_head_and_a_shallow_clone_are_fine(project: Project) -> None:
    """AR-11: HEAD's commit is the base; nothing before it is needed."""
    project.commit("two")
    clone = Project(project.path.parent / "clone")
    source = project.path.as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", source, clone.path], check=True)
    for repository in (clone, project):
        repository.git("checkout", "--quiet", "--detach")
        head = (repository.path / ".git" / "HEAD").read_text()
        assert repository.new().code == 0
        assert repository.run("run", *repository.ideas("2")).code == 0
        assert [trial["metric"] for trial in repository.trials()] == [9.0, 4.0]
        assert (repository.path / ".git" / "HEAD").read_text() == head
    refused(project.run("apply"), "HEAD is detached", "--onto BRANCH")


@pytest.mark.parametrize("branch", ["autoresearch", "autoresearch/engineering"])
def test_a_branch_that_stands_where_ours_go_is_named(project: Project, branch: str) -> None:
    """AR-06: with the command that mends it, which works."""
    project.git("branch", branch)
    mend = f"git branch -m {branch} another-name"
    refused(project.new(), f"branch named '{branch}'", mend)
    assert [trace for trace in traces(project) if trace != f"refs/heads/{branch}"] == []
    subprocess.run(mend.split(), cwd=project.path, check=True)
    assert project.new().code == 0


@pytest.mark.parametrize(
    ("files", "commands", "words"),
    [
        ({"state.json": "{}"}, COMMANDS, ["was not written by this", "nothing in it was touched", "rename"]),
        ({"version": "2.1\n"}, ("run",), ["was not written by this autoresearch"]),
        ({"version": "autoresearch-git 2\n", "x/y/config.yaml": "?"}, ("run",), ["newer", "update this one"]),
    ],
)
def test_a_folder_that_another_tool_or_a_newer_version_wrote_is_left_alone(
    project: Project, files: dict[str, str], commands: tuple[str, ...], words: list[str]
) -> None:
    """AR-08: every command says so, and reads and writes nothing in it."""
    folder = project.path / ".autoresearch"
    for name, text in files.items():
        project.write(f".autoresearch/{name}", text)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    refused(project.new(), str(folder), *words)
    for command in commands:
        refused(project.run(command), str(folder), *words)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert traces(project) == [".autoresearch"]


def test_a_file_in_place_of_the_folder_is_left_alone_and_an_empty_folder_is_used(project: Project) -> None:
    """AR-08: nothing says that an empty folder is somebody else's."""
    file = project.write(".autoresearch", "mine")
    refused(project.new(), "was not written by this autoresearch")
    assert file.read_text() == "mine"
    file.unlink()
    file.mkdir()
    assert project.new().code == 0


def test_every_mistake_in_the_settings_is_told_at_once_with_its_place(project: Project) -> None:
    """AR-03: three mistakes, three lines: file, line, column, the nearest name; nothing is run."""
    assert project.new().code == 0
    config = project.folder() / "config.yaml"
    good = config.read_text()
    config.write_text(good.replace("20s", "soon").replace("lower", "down") + "stop: {trails: 5}\n")
    done = project.run("run", "-c", "stop.hours=x")
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: 4 mistakes in the settings:",
        f"{config}:4:23: metric.direction: must be lower or higher, not 'down'",
        f"{config}:5:1: time_budget: must be a duration such as 5m or 2h, not 'soon'",
        f"{config}:10:8: stop: unknown key 'trails'; did you mean 'trials'?",
        "-c stop.hours=x: stop.hours: must be a number of hours above 0, such as 8 or 0.5, not 'x'",
    ]
    listed = project.run("list", "--json").json["experiments"]
    assert [(row["state"], "4:23" in row["error"]) for row in listed] == [("damaged", True)]
    config.write_text(good)
    common = project.write(".autoresearch/config.yaml", "stop: {hurs: 3}\n")
    refused(project.run("run"), f"{common}:1:8: stop: unknown key 'hurs'; did you mean 'hours'?")
    refused(project.new("engineering/other"), f"{common}:1:8: stop: unknown key 'hurs'")
    common.unlink()
    assert [trial["reason"] for trial in project.trials()] == ["baseline"]


def test_every_mistake_in_the_options_is_told_at_once(project: Project) -> None:
    """AR-03: without a place in a file that is gone again."""
    done = project.new("engineering/knob", "--budget", "soon", "--constraint", "small", "-c", "stop.trails=5")
    told = done.err.splitlines()
    assert done.code == 1
    assert told[0] == "error: 3 mistakes in the settings:"
    assert [line.split(":")[0] for line in told[1:]] == ["constraints", "time_budget", "stop"]
    assert traces(project) == []


def test_two_loops_on_one_experiment_cannot_run_at_once_and_two_experiments_can(project: Project) -> None:
    """AR-45: the second is told who runs it, and changes nothing; `clean` leaves it alone too."""
    gate = Path(os.environ["HOME"], "gate")
    wait = f"while [ ! -e {gate} ]; do sleep 0.05; done; {sys.executable} bench.py"
    assert project.new("engineering/slow", "--eval", wait, "--no-measure").code == 0
    assert project.new("engineering/other").code == 0
    more = project.ideas("2", "1")
    command = [sys.executable, "-m", "autoresearch", "run", "engineering/slow", "--loop", *more]
    with subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, text=True) as loop:
        assert loop.stdout is not None
        assert "sandbox" in loop.stdout.readline()
        assert "evaluate" in loop.stdout.readline()
        for second in ("run", "clean"):
            busy = f"engineering/slow is already being run by process {loop.pid};"
            refused(project.run(second, "engineering/slow"), busy)
        assert "left alone" in project.run("clean").err
        assert project.run("status", "engineering/slow", "--json").json["summary"]["state"] == "active"
        assert project.run("run", "engineering/other", "--loop", *more).code == 0
        assert loop.poll() is None
        gate.touch()
        loop.communicate(timeout=60)
        assert loop.returncode == 0
    for name in ("engineering/slow", "engineering/other"):
        assert [trial["metric"] for trial in project.trials(name)] == [9.0, 4.0, 1.0]


def test_exit_codes_can_be_scripted(project: Project) -> None:
    """AR-47: 0 done or stopped by a rule, 1 the user's to mend, 2 wrong usage, 4 gave up."""
    refused(project.run("nwe"), "did you mean 'new'?", code=2)
    refused(project.run("new", "a/b", "--targt", "x"), "--targt", "--target", code=2)
    refused(project.run("run", "--max-experiments", "0"), "--max-experiments", code=2)
    refused(project.run("show"), "TRIAL", code=2)
    refused(project.run("run"), "no experiment here", code=1)
    assert project.new().code == 0
    ended = project.run("run", "--loop", "--json", *project.ideas("2"))
    assert (ended.code, ended.json["stopped"]["rule"]) == (0, "no_more_ideas")
    crashes = project.ideas(*[{"exit": 3, "says": "out of ideas"}] * 9)
    gave_up = project.run("run", "--loop", *crashes)
    assert gave_up.code == 4
    assert re.match("error: .*5 crashes.*autoresearch show engineering/knob", gave_up.err)
    assert "    out of ideas" in gave_up.err


def test_a_bug_is_told_from_a_mistake_and_its_log_is_named(project: Project, tmp_path: Path) -> None:
    """AR-47: exit 3, one line; here a library that we stand on is broken in a way that nobody foresaw."""
    broken = tmp_path / "broken" / "git"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('who could have known')\n")
    logs = tmp_path / "logs"
    logs.mkdir()
    done = project.run("list", env={"PYTHONPATH": str(broken.parent), "TMPDIR": str(logs)})
    (log,) = logs.iterdir()
    refused(done, "a bug in autoresearch", str(log), code=3)
    assert "who could have known" in log.read_text()


def test_numbers_are_read_as_people_print_them(project: Project) -> None:
    """AR-20, AR-21: as a baseline through `new`; all of them are stored, of each name the last, whole."""
    said = """\
value: 12.5 ms
score: 8.4/10
accuracy = 95%
rows: 1,234.5
loss=4e-7
**bold: 8.4**
METRIC tokens=17
value: 0.1000000000000000055
took 3.5 seconds on 2026-01-02T12:30:00
"""
    project.write("said.txt", said)
    written = "{'rows': 7, 'deep': {'er': 1e-7}}"
    result = f"json.dump({written}, open(os.environ['AUTORESEARCH_RESULT'], 'w'))\n"
    project.write("say.py", f"import json, os\nprint(open('said.txt').read())\n{result}")
    project.commit()
    made = project.new("engineering/knob", "--eval", f"{sys.executable} say.py", "--json")
    baseline = made.json["baseline"]
    assert baseline["metric"] == 0.1
    assert baseline["metrics"] == {
        "score": 8.4, "accuracy": 95.0, "loss": 4e-7, "bold": 8.4, "tokens": 17.0, "rows": 7.0,
        "deep.er": 1e-7,
    }  # fmt: skip


def test_what_is_no_number_is_a_crash_with_its_own_reason(project: Project) -> None:
    """AR-21, AR-22: NaN, infinity, a word, silence and a failure of the program are told apart."""
    project.write("say.py", "exec(open('knob.py').read())\n")
    project.write("knob.py", "print('value: 3')\n")
    project.commit()
    assert project.new("engineering/knob", "--eval", f"{sys.executable} say.py").code == 0
    said = ["print('value: nan')", "print('value: -Infinity')", "print('value: much')", "", "1 / 0"]
    ideas = [{"idea": text or "silence", "files": {"knob.py": f"{text}\n"}} for text in said]
    assert project.run("run", "--loop", "-c", "stop.crashes=9", *project.ideas(*ideas)).code == 0
    trials = project.trials()[1:]
    assert [trial["reason"] for trial in trials] == [
        "not_finite", "not_finite", "unreadable", "no_metric", "exit_code"
    ]  # fmt: skip
    assert {(trial["status"], trial["metric"]) for trial in trials} == {("crash", None)}
    assert "`value: much`" in project.run("show", "3").out
