"""What a person sees: real pseudo-terminals, looked at through a terminal emulator while things happen."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pexpect
import pyte
import pytest
from rich.cells import cell_len

from tests.conftest import Project
from tests.end_to_end.laid import Idea, knob, lay

HOSTILE = (
    "[red]markup[/red] \x1b[31mred\x1b[2J\x1b]0;title\x07\x9b1m\ttab\nbreak \u202eturned 速くする速くする"
    + " long" * 50
)
STYLE = re.compile(r"\x1b\[[\d;]*m")
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Measures like bench.py, but only once a file of the trial's name is there: so a test can look meanwhile.
GATED = """\
import os, pathlib, time
gate = pathlib.Path.home() / ("go-" + os.environ["AUTORESEARCH_TRIAL"])
while not gate.exists():
    time.sleep(0.01)
"""


class Terminal:
    """A command in a terminal, and the screen that its user sees."""

    def __init__(
        self,
        project: Project,
        words: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.raw = ""
        environ = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        self.child = pexpect.spawn(
            sys.executable, ["-m", "autoresearch", *words], cwd=str(project.path), env=environ,
            dimensions=(rows, columns), encoding="utf-8", timeout=30,
        )  # fmt: skip

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def shows(self, *patterns: str) -> None:
        """Wait until each pattern is on the screen at once."""
        end = time.monotonic() + 30
        while not all(re.search(pattern, "\n".join(self.lines), re.MULTILINE) for pattern in patterns):
            assert time.monotonic() < end, (patterns, self.lines)
            self._read()

    def ends(self) -> int:
        """The exit code, once it has ended, as a shell gives it."""
        while self._read():
            pass
        self.child.close()
        ended, signal = self.child.exitstatus, self.child.signalstatus
        return 128 + signal if ended is None else int(ended)

    def _read(self) -> bool:
        try:
            said = self.child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += said
        self.stream.feed(said)
        return True


def gated(project: Project) -> tuple[str, ...]:
    bench = (project.path / "bench.py").read_text()
    project.write("bench.py", GATED + bench)
    project.commit("wait to be told")
    (Path.home() / "go-0").touch()
    assert project.new("engineering/knob", "-c", "metric.unit=ms", "-c", "timeout=65s").code == 0
    return ("run", "--loop", *project.ideas("2", "5", "1"))


def test_a_run_is_watched_while_it_goes_on(project: Project) -> None:
    """AR-53, AM-12: which trial, which stage, how long against which limit, the best, the last rows."""
    terminal = Terminal(project, gated(project))
    terminal.shows(r"^best value 9 ms", r"trial 1 · evaluate \d+\.\d+ s of 1m 05s · x = 2$")
    terminal.shows(r"trial 1 · evaluate 1\.\d+ s of")  # it moves
    (Path.home() / "go-1").touch()
    terminal.shows(
        r"trial 1 · keep · value 4 ms -55\.6 %", r"best value 4 ms -55\.6 % \(trial 1\)\n", "trial 2 · eval"
    )
    (Path.home() / "go-2").touch()
    terminal.shows(
        r"trial 1 · keep", r"trial 2 · discard \(not_better\) · value 25 ms", r"trial 3 · evaluate .* x = 1$"
    )
    assert terminal.screen.cursor.hidden
    (Path.home() / "go-3").touch()
    assert terminal.ends() == 0
    assert not terminal.screen.cursor.hidden
    shown = [line for line in terminal.lines if line]
    assert [line.split(" · ")[:2] for line in shown[1:5]] == [
        ["trial 0", "keep"],
        ["trial 1", "keep"],
        ["trial 2", "discard (not_better)"],
        ["trial 3", "keep"],
    ]
    assert shown[5:8] == [
        "stopped: no more ideas: the list is over",
        "3 trials: 2 keep, 1 discard, 0 crash",
        "value 9 → 1 ms -88.9 %",
    ]


def test_on_forty_columns_a_run_stays_readable(project: Project) -> None:
    terminal = Terminal(project, gated(project), columns=40)
    terminal.shows(r"^best value 9 ms", r"\ntrial 1 · evaluate \d\.\d+ s of 1m 05s · .*…?\n")
    sandbox, first = [line for line in terminal.lines if line][:2]
    assert sandbox.startswith("sandbox: ")
    assert first.startswith("trial 0 · keep")
    for trial in "123":
        (Path.home() / f"go-{trial}").touch()
    assert terminal.ends() == 0


def test_ctrl_c_leaves_the_terminal_as_it_was(project: Project) -> None:
    """AR-42, AR-47: exit code 130, a summary, and the cursor is back."""
    terminal = Terminal(project, gated(project))
    terminal.shows("trial 1 · evaluate")
    terminal.child.sendintr()
    assert terminal.ends() == 130
    terminal.shows("stopped: interrupted; go on with: autoresearch run --resume", "0 trials: 0 keep")
    assert not terminal.screen.cursor.hidden
    assert "Traceback" not in terminal.raw


def looking(project: Project) -> list[tuple[str, ...]]:
    lay(project, Idea(4.0, knob(x=2), HOSTILE, HOSTILE, {"run.log": HOSTILE.encode()}), Idea(None, knob(x=5)))
    lay(project, name="marketing/an-experiment-with-quite-a-long-name")
    return [
        ("list",),
        ("dashboard",),
        ("dashboard", "knob"),
        ("dashboard", "knob", "--format", "markdown"),
        ("status", "knob"),
        ("show", "knob", "1", "--log"),
        ("show", "knob", "1"),
    ]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_tables_fit_and_hostile_text_steers_nothing(project: Project, columns: int) -> None:
    """AR-50, AR-51: nothing overflows; the columns that matter most are whole; text is only text."""
    screens = {}
    for words in looking(project):
        terminal = Terminal(project, words, columns=columns)
        assert terminal.ends() == 0
        plain = STYLE.sub("", terminal.raw).replace("\r\n", "\n")
        assert not STEERING.search(plain), words
        screens[words] = plain
        if words[:1] in (("list",), ("dashboard",), ("status",)) and "markdown" not in words:
            assert max(map(cell_len, plain.splitlines())) <= columns, words
    table = screens["dashboard", "knob"]
    for text in ("9", "4", "-55.6 %", "keep", "N/A", "crash"):
        assert re.search(rf"(?m)^ +\d .*(?<!\S){re.escape(text)}(?!\S)", table), (text, table)
    assert ("[red]markup[/red]" in table) is (columns > 40)
    assert ("exit_code" in table) is (columns > 40)
    for words in (("list",), ("dashboard",)):
        assert re.search(r"(?m)^\S*( +\S+)* +idle *$", screens[words])
        assert re.search(r"knob .* 4 .*paused", screens[words])
    assert "markup[/red] ␛[31mred␛[2J␛]0;title␇" in screens["show", "knob", "1"].replace("\n", "")


def test_a_terminal_that_wants_no_colour_gets_no_escape_codes_at_all(project: Project) -> None:
    """AM-12: plain lines, also from a run; nothing is bold, nothing is drawn over."""
    for words in looking(project):
        terminal = Terminal(project, words, env={"NO_COLOR": "1"})
        assert terminal.ends() == 0
        assert "\x1b" not in terminal.raw, words
    terminal = Terminal(project, ("dashboard",), env={"TERM": "dumb"})
    assert terminal.ends() == 0 and "\x1b" not in terminal.raw
    assert project.new("content/title", "--no-measure").code == 0
    words = ("run", "title", "--single", *project.ideas("2"))
    terminal = Terminal(project, words, env={"NO_COLOR": "1"})
    assert terminal.ends() == 0
    assert "trial 1: propose (limit 10m 00s)\r\ntrial 1: evaluate (limit 50.0 s): x = 2\r\n" in terminal.raw
    assert "\x1b" not in terminal.raw


def test_what_is_no_terminal_gets_plain_whole_lines(project: Project) -> None:
    """AM-12, AR-53: whatever other programs' colour variables say, a pipe gets no escape codes."""
    forced = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm-256color"}
    commands = [words for words in looking(project) if words[-1:] not in (("markdown",), ("--log",))]
    for words in commands:
        done = project.run(*words, env=forced)
        assert (done.code, done.err) == (0, "")
        assert "\x1b" not in done.out, words
        assert not any(line != line.rstrip() for line in done.out.splitlines()), words
    long = project.run("list", env=forced).out
    assert "marketing/an-experiment-with-quite-a-long-name  " in long
    assert project.new("content/title", "--no-measure").code == 0
    done = project.run("run", "title", "--loop", *project.ideas("2", "broken"), env=forced)
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    assert re.sub(r"\d\.\d\d s", "N s", done.out).splitlines()[3:] == [
        "trial 1: propose (limit 10m 00s)",
        "trial 1: evaluate (limit 50.0 s): x = 2",
        "trial 1 · keep · value 4 -55.6 % · N s · x = 2",
        "trial 2: propose (limit 10m 00s)",
        "trial 2: evaluate (limit 50.0 s): x = broken",
        f"trial 2 · crash (exit_code) · N s · x = broken · `{sys.executable} bench.py` exited 1",
        "trial 3: propose (limit 10m 00s)",
        "stopped: no more ideas: the list is over",
        "2 trials: 1 keep, 0 discard, 1 crash",
        "value 9 → 4 -55.6 %",
        "N s",
        f"report: {project.folder('content/title')}/REPORT.md",
    ]


def test_where_several_are_meant_a_terminal_is_asked(project: Project) -> None:
    lay(project)
    lay(project, name="marketing/knob")
    terminal = Terminal(project, ["status"])
    terminal.shows(r"Which experiment \(engineering/knob, marketing/knob\):$")
    terminal.child.sendline("marketing/knob")
    assert terminal.ends() == 0
    assert "marketing/knob: idle" in terminal.lines
    terminal = Terminal(project, ["status", "knob"])
    terminal.shows("Which experiment")
    terminal.child.sendintr()
    while terminal.child.isalive():  # one that comes just as it begins to wait for a key can get lost
        terminal.child.sendintr()
        time.sleep(0.2)
    assert terminal.ends() == 130


def test_a_terminal_without_unicode_still_shows_the_rest(project: Project) -> None:
    for words in looking(project)[2::2]:
        done = project.run(*words, env={"PYTHONIOENCODING": "ascii"})
        assert (done.code, done.err) == (0, ""), words


def test_a_reader_that_leaves_early_gets_no_traceback(project: Project) -> None:
    """`autoresearch dashboard | head -1`"""
    lay(project, *(Idea(9.0 - n, knob(x=n), "x" * 150_000) for n in range(3)))
    for words in (("--format", "csv"), ("--format", "html"), ("--json",), ()):
        command = [sys.executable, "-m", "autoresearch", "dashboard", "knob", *words]
        with subprocess.Popen(
            command,
            cwd=project.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "99999"},
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode in (0, 1, 141), words
