"""`autoresearch logs view`, as a person meets it: in a real pseudo-terminal, by its keys."""

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.test_terminal import Terminal
from tests.views.viewing import call, lines, mixed

LEFT = "\x1b[?1049l"  # a terminal gets its own screen back
COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9\d|10[0-7])(?:;[\d;]*)?m")


def logged(folder: Path, text: str = "") -> Path:
    """A folder of logs."""
    folder.mkdir(parents=True)
    (folder / "calls.jsonl").write_text(text or lines(*mixed()))
    return folder


def view(project: Project, *words: str, columns: int = 80, **more: str) -> Terminal:
    terminal = Terminal(project, ["logs", "view", *words], columns=columns, rows=24, env=more)
    terminal.shows(r"q quit")
    return terminal


def press(terminal: Terminal, keys: Sequence[str], *patterns: str) -> None:
    for key in keys:
        terminal.child.send(key)
    terminal.shows(*patterns)


@pytest.mark.parametrize("columns", [60, 80])
def test_a_log_is_looked_through_by_keys(project: Project, columns: int) -> None:
    """AM-79, AM-80, AM-83, AM-84, AM-85, AM-86, AM-87, AM-88, AM-89, AM-91, AM-92, AM-93: also on 60 columns;
    and in the end the terminal is as before."""
    logged(project.path / "llm_logs")
    terminal = view(project, columns=columns)
    right, end, home, page = "\x1b[C", "\x1b[F", "\x1b[H", "\x1b[6~"
    press(terminal, [], r"^call 1 of 24 · by time ↑$", r"^trial +0 of engineering/knob$", "^Answer 0\\.$")
    press(terminal, [right], r"^call 2 of 24", r"^status +error: models.propose")
    press(terminal, [end], r"^call 24 of 24", r"^Answer 23\.$")
    press(terminal, [home, page], r"^call 11 of 24")
    press(terminal, ["f"], r"1\. stage plan +12 calls")
    press(terminal, ["2\r"], r"^call 1 of 12 · by time ↑ · only stage propose")
    press(terminal, ["s"], "by stage ↑")
    press(terminal, ["S"], "by stage ↓")
    press(terminal, ["c"], r"^call 1 of 24 · by stage ↓$")
    press(terminal, ["d"], "^context +source a.b:7$", "^parameters +temperature 0.7")
    press(terminal, ["t"], "^timeline · 24 calls$", "^── engineering/knob ──$")
    press(terminal, ["a"], "^statistics · 24 calls$", r"^success +87\.5%$")
    press(terminal, ["h"], "^help", r"^PageUp +10 calls back")
    press(terminal, ["r", "99\r"], "there is no '99' here")
    press(terminal, ["\x1b"], "^help", "q quit")
    terminal.child.send("q")
    assert terminal.ends() == 0
    assert LEFT in terminal.raw and not terminal.screen.cursor.hidden
    assert "Traceback" not in terminal.raw


def test_ctrl_c_leaves_without_a_traceback(project: Project) -> None:
    """AM-89"""
    logged(project.path / "llm_logs")
    terminal = view(project)
    terminal.child.send("\x03")
    assert terminal.ends() == 130
    assert LEFT in terminal.raw and not terminal.screen.cursor.hidden
    assert "Traceback" not in terminal.raw and "error" not in terminal.raw


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_the_terminal_as_it_was(project: Project, number: int, code: int) -> None:
    logged(project.path / "llm_logs")
    terminal = view(project)
    os.kill(terminal.child.pid, number)
    assert terminal.ends() == code
    assert LEFT in terminal.raw and not terminal.screen.cursor.hidden
    assert "Traceback" not in terminal.raw


def test_it_begins_with_the_logs_here_or_beside_or_with_those_that_are_named(
    project: Project,
) -> None:
    """AM-78"""
    named = logged(project.path / "elsewhere" / "logs", lines(call(1)))
    inner = Project(project.path / "inner")
    inner.path.mkdir()
    done = inner.run("logs", "view", "-d", "nowhere")
    assert done.code == 1
    logged(project.path / "llm_logs", lines(call(1), call(2)))
    terminal = view(inner)
    press(terminal, ["q"], "^call 1 of 2 ·")
    logged(inner.path / "llm_logs", lines(call(1), call(2), call(3)))
    press(view(inner), ["q"], "^call 1 of 3 ·")
    press(view(inner, "-d", str(named)), ["q"], "^call 1 of 1 ·")
    press(view(inner, "--trial", "2"), ["q"], r"^call 1 of 1 · .* only trial 2 \(3 in all\)")


def test_where_there_is_no_log_it_says_so(project: Project) -> None:
    """AM-78"""
    for words, said in ((("-d", "nowhere"), "error: no folder nowhere; "), ((), "error: ")):
        terminal = Terminal(project, ["logs", "view", *words], rows=24)
        assert terminal.ends() == 1
        assert said in terminal.raw and LEFT not in terminal.raw
        assert len(terminal.raw.strip().splitlines()) == 1


def test_a_growing_log_is_followed_and_damaged_lines_are_counted(project: Project) -> None:
    """AM-95"""
    path = logged(project.path / "llm_logs", lines(call(1), '{"half', call(2))) / "calls.jsonl"
    terminal = view(project)
    terminal.shows(r"^call 1 of 2 · by time ↑ · 1 damaged line skipped$")
    with path.open("a") as log:
        log.write(lines(call(3)))
    terminal.shows(r"^call 1 of 3 · by time ↑ · 1 damaged line skipped$", r"^Answer 1\.$")
    terminal.child.send("q")
    assert terminal.ends() == 0


def test_a_call_is_written_to_a_file(project: Project) -> None:
    """AM-90"""
    logged(project.path / "llm_logs")
    terminal = view(project)
    press(terminal, ["j"], "^write this call to", r"^call-00000000\.json")
    press(terminal, ["\r"], "^written:")
    terminal.child.send("q")
    assert terminal.ends() == 0
    assert (project.path / "call-00000000.json").exists()


def test_no_color_means_none(project: Project) -> None:
    logged(project.path / "llm_logs")
    for no_color in ("1", ""):
        terminal = view(project, NO_COLOR=no_color)
        press(terminal, ["\x1b[C"], r"^call 2 of 24", "^status +error")
        terminal.child.send("q")
        assert terminal.ends() == 0
        assert bool(COLOUR.search(terminal.raw)) is not bool(no_color)


def test_what_is_no_terminal_is_told_what_to_use(project: Project) -> None:
    logged(project.path / "llm_logs")
    done = project.run("logs", "view")
    assert (done.code, done.out) == (1, "")
    mend = "use: autoresearch logs ls, autoresearch logs show"
    assert done.err == f"error: the viewer needs a terminal that it can draw on; {mend}\n"


def test_a_terminal_that_cannot_draw_is_told_so_too(project: Project) -> None:
    logged(project.path / "llm_logs")
    terminal = Terminal(project, ["logs", "view"], env={"TERM": "dumb"})
    assert terminal.ends() == 1
    assert "the viewer needs a terminal that it can draw on" in terminal.raw and "\x1b" not in terminal.raw


def test_without_textual_it_says_how_to_get_it(project: Project, tmp_path: Path) -> None:
    logged(project.path / "llm_logs")
    hides = tmp_path / "hides"
    hides.mkdir()
    (hides / "sitecustomize.py").write_text('import sys\nsys.modules["textual"] = None\n')
    done = project.run("logs", "view", env={"PYTHONPATH": str(hides)})
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        'error: the viewer needs textual, which isn\'t installed; pip install "autoresearch-git[tui]"; '
        "without it: autoresearch logs ls, autoresearch logs show\n"
    )
    assert project.run("logs", "ls", env={"PYTHONPATH": str(hides)}).code == 0
