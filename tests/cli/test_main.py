"""The command line itself: help, finding commands, exit codes, the one error handler."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from autoresearch import __version__
from autoresearch.cli import main
from tests.conftest import Project


def test_the_bare_command_shows_help_grouped_by_purpose(project: Project) -> None:
    bare, asked, short = (project.run(*words) for words in ((), ("--help",), ("-h",)))
    assert (bare.code, bare.err) == (0, "")
    assert bare.out == asked.out == short.out
    places = [bare.out.index(f"\n{title}:\n") for title in ("Make", "Run", "Look", "Take")]
    assert places == sorted(places)
    for name, line in main.COMMANDS.items():
        assert re.search(rf"(?m)^  {name} +{re.escape(line)}$", bare.out)
    assert "autoresearch demo" in bare.out and "autoresearch new engineering/speed" in bare.out
    assert project.run("--version").out == f"autoresearch {__version__}\n"


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_help_with_an_example(project: Project, name: str) -> None:
    done = project.run(name, "--help")
    assert (done.code, done.err) == (0, "")
    usage, _, rest = done.out.partition("\n")
    assert usage.startswith(f"Usage: autoresearch {name} ")
    assert re.search(rf"(?m)^  autoresearch {name}\b", rest), "an example on a line of its own"
    assert max(map(len, done.out.splitlines())) <= 100
    assert project.run(name, "-h").out == done.out


def test_every_command_that_shows_something_gives_one_json_document(project: Project) -> None:
    """And nothing else on standard output: what is for people goes to standard error."""
    names = set(main.COMMANDS) - {"demo"}  # which is a story for people
    for words in (
        ("init",),
        ("new", "a/knob", "--target", "knob.py", "--eval", f"{sys.executable} bench.py", "--metric", "value",
         "--direction", "lower"),
        ("run", "--dry-run"),
        ("run", "--loop", "--max-experiments", "2"),
        ("list",),
        ("evaluators",),
        ("status",),
        ("show", "1"),
        ("dashboard",),
        ("plan",),
        ("tasks",),
        ("report",),
        ("logs", "ls"),
        ("suite", "ls"),
        ("apply", "1"),
        ("keep", "2"),
        ("certify", "--pairs", "5"),
        ("check", "--runs", "2"),
        ("clean",),
        ("doctor",),
    ):  # fmt: skip
        done = project.run(*words, "--json")
        assert done.code == 0, done.err
        assert isinstance(done.json, dict), words
        assert "\x1b" not in done.out
        assert not re.search(r": -?(NaN|Infinity)", done.out)
        names.discard(words[0])
        if words[0] == "run" and "--loop" in words:
            assert [row["trial"] for row in done.json["trials"]] == [1, 2]
            assert done.json["stopped"]["rule"] == "max_experiments"
            assert "trial 2 · " in done.err
        if words[0] == "new":
            assert done.json["baseline"]["metric"] == 9.0
    assert not names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stauts",), "no command 'stauts'; did you mean 'status'?"),
        (("frobnicate",), "no command 'frobnicate'"),
        (("run", "--lop"), "--lop"),
        (("run", "a", "b"), "unexpected extra argument"),
        (("show",), "Missing argument"),
        (("dashboard", "--format", "pdf"), "'pdf'"),
        (("run", "--single", "--max-experiments", "3"), "--single tries one idea"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(project: Project, words: tuple[str, ...], said: str) -> None:
    """AR-47"""
    done = project.run(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1 and done.err.startswith("error: ") and "--help" in done.err


def test_exit_codes_can_be_scripted(project: Project) -> None:
    """AR-47: 0 done or stopped by a rule, 1 to be mended, 4 gave up; each error is one line and its mend."""
    done = project.run("status")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: no experiment here; make one: autoresearch new DOMAIN/NAME --help\n"
    assert project.new().code == 0
    assert project.run("run", "--loop", *project.ideas("2")).code == 0
    assert project.run("run", "--loop", "-c", "stop.trials=1").code == 0
    words = project.ideas("2", "broken", "broken too")
    done = project.run("run", "--loop", *words, "-c", "stop.crashes=2")
    assert done.code == 4
    first, *rest = done.err.splitlines()
    assert first.startswith(
        "error: paused after 2 crashes in a row; look: autoresearch show engineering/knob 3 --log"
    )
    assert rest and all(line.startswith("    ") for line in rest)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_with_the_code_that_shells_expect(
    project: Project, number: signal.Signals, code: int
) -> None:
    """AR-47"""
    assert project.new().code == 0
    there = Path.home() / "there"
    project.write(
        "propose.py", f"import pathlib, time\npathlib.Path({str(there)!r}).touch()\ntime.sleep(60)\n"
    )
    asked = ("-c", f"proposer.command={sys.executable} {project.path}/propose.py")
    command = [sys.executable, "-m", "autoresearch", "run", *asked]
    with subprocess.Popen(
        command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while not there.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in said


def explode() -> None:
    raise RuntimeError("a secret detail")


def test_a_bug_is_one_line_that_names_the_log(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """AR-47: exit 3, and the log has what a report needs."""
    module = type(sys)("autoresearch.cli.explode")
    module.command = click.command()(explode)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(main.COMMANDS, "explode", "A command with a bug.")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main.main(["explode"])
    assert ended.value.code == 3
    told = capsys.readouterr()
    assert told.out == ""
    found = re.fullmatch(r"error: a bug in autoresearch; please report it with (\S+)\n", told.err)
    assert found
    log = Path(found[1]).read_text()
    assert "RuntimeError: a secret detail" in log and f"autoresearch {__version__}" in log


def test_an_error_of_the_system_is_one_line_too(project: Project, tmp_path: Path) -> None:
    done = project.run("dashboard", "-o", str(tmp_path / "missing" / "file"), "--format", "csv")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: No such file or directory: {tmp_path}/missing/file\n"


def test_what_an_error_quotes_cannot_steer_the_terminal(project: Project) -> None:
    done = project.run("status", "no\x1b[31msuch\nthing", env={"TERM": "xterm"})
    assert done.code == 1 and "\x1b" not in done.err


def test_git_autoresearch_is_the_same_program() -> None:
    scripts = Path(sys.executable).parent
    for name in ("autoresearch", "git-autoresearch"):
        done = subprocess.run(
            [scripts / name, "--version"], capture_output=True, text=True, env=os.environ, check=True
        )
        assert done.stdout == f"autoresearch {__version__}\n"


def test_init_makes_a_place_for_experiments_once(project: Project, home: Path) -> None:
    """AR-02: in the repository or in the user's home."""
    for words, folder in (((), project.path), (("--scope", "user"), home)):
        made = folder / ".autoresearch"
        assert project.run("init", *words).out.startswith(f"made {made}\n")
        assert sorted(path.name for path in made.iterdir()) == [".gitignore", "config.yaml", "version"]
        assert project.run("init", *words).out.startswith(f"already there: {made}\n")
    assert project.run("init", "--json").json["made"] is False
