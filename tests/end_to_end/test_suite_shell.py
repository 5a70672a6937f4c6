"""`suite shell`, from a pipe and in a pseudo-terminal: ER-31 to ER-49."""

import json

from tests.conftest import Project
from tests.end_to_end.test_terminal import Terminal
from tests.provider import Provider, own_variables, serve, status
from tests.suites.laid import Echo, suite

__all__ = ["own_variables", "serve"]


def test_a_script_runs_samples_looks_at_them_and_saves_them(project: Project, provider: Provider) -> None:
    """ER-11, ER-13, ER-14, ER-19, ER-32, ER-33, ER-34, ER-36, ER-37, ER-39, ER-40, ER-41, ER-42, ER-43,
    ER-44, ER-45, ER-46, ER-47, ER-49, ER-57, ER-61."""
    provider.plays("Ada", status(400, message="no"), "Cid")
    project.write("greet.toml", suite(provider.base, inputs=("Ada", "Bob", "Cid two")))
    script = """
help
ls
run_n 1
run_n 2
status
"""
    done = project.run("suite", "shell", "greet.toml", stdin=script)
    assert done.code == 1  # the second run_n says so
    assert "a run is going on" in done.err
    assert "rerun_fails, retry [N]" in done.out
    assert "r:REGEX" in done.out
    assert done.out.count("greet:0") == 2  # ls, and run_n lists too
    assert "greet: 2 of 3 samples completed" in done.out
    provider.plays("Bob")
    script = """
ls FAIL
detail a:0
rerun_fails 2
status
ls "Cid two"
show greet:2 a:0
foo
run_n many
load greet.toml 7
stop greet:0
detail r:(
detail
save "all of them.json"
clear_runs
status
quit
ls
"""
    done = project.run("suite", "shell", "greet", stdin=script)
    assert done.code == 1
    assert "error: refused: no" in done.out
    assert "greet: 1 of 1 sample completed" in done.out
    assert "greet: 3 of 3 samples completed" in done.out
    assert done.out.count("Cid two/openai/tester#0: completed") == 1  # the union of two queries
    for line in ("Invalid command 'foo'", "run_n takes a number", "No load_from_file function defined",
                 "no regular expression", "detail takes a query"):  # fmt: skip
        assert line in done.err, done.err
    assert "nothing is loaded" in done.out
    saved = json.loads((project.path / "all of them.json").read_text())
    assert [each["status"] for each in saved] == ["COMPLETE"] * 3
    assert len(provider.seen) == 4


def test_the_prompt_survives_ctrl_c_and_errors_and_knows_history_and_completion(
    project: Project, provider: Provider
) -> None:
    """ER-31, ER-46, ER-48."""
    provider.plays("Ada")
    project.write("greet.toml", suite(provider.base))
    terminal = Terminal(project, ["suite", "shell", "greet.toml"], columns=120)
    terminal.shows("^>$")
    terminal.child.send("stat\t\r")
    terminal.shows("0 of 2 samples completed")
    terminal.child.send("half a line\x03")
    terminal.child.send("run *\r")
    terminal.shows("2 of 2 samples completed")
    terminal.child.send("\x1b[A\x1b[A\r")  # the line before the last: status
    terminal.shows("(?s)2 of 2 samples completed.*2 of 2 samples completed")
    terminal.child.send("nonsense\r")
    terminal.shows("Invalid command")
    terminal.child.send("exit\r")
    assert terminal.ends() == 0


def test_bars_show_how_far_all_and_each_question_are_and_are_not_left_on_the_screen(project: Project) -> None:
    """CX-06, ER-29."""
    with Echo(0.25) as provider:
        project.write("greet.toml", suite(provider.base, inputs=("Ada", "Bob"), samples=12))
        terminal = Terminal(project, ["suite", "run", "greet.toml", "-j", "2"], columns=120)
        terminal.shows(r"^all .*of 24 samples completed.*remaining", r"^Ada .* of 12$")
        assert terminal.ends() == 0
    shown = [line for line in terminal.lines if line]
    assert shown[0].startswith("greet: 24 of 24 samples completed, 24 passed")
    assert not [line for line in shown if line.startswith("all ")]
