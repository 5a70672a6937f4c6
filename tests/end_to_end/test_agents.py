"""`run` with a command-line agent, as a person types it. What of an agent's work counts, and how it may fail,
is in tests/research/proposers/test_agent.py."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests import agents
from tests.agents import Agents, first_on_path, turn
from tests.conftest import Done, Project
from tests.faults import LINUX_ONLY, calls, count_calls, eventually, held, leftovers, living

LOOP = ("run", "--loop", "--max-experiments")


@pytest.fixture
def fakes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Agents:
    """claude, codex, gemini and aider, first on PATH."""
    made = agents.install(home / "agents")
    monkeypatch.setenv("PATH", first_on_path(made.programs))
    return made


def logged(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder() / "calls.jsonl").read_text().splitlines()]


def refused(done: Done, *words: str) -> bool:
    """Exit 1 with one line on standard error that has these words."""
    assert done.code == 1, done
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert done.err.startswith("error: ")
    return all(word in done.err for word in words)


@pytest.mark.parametrize("agent", agents.NEEDED)
def test_an_agent_is_named_on_the_command_line(project: Project, fakes: Agents, agent: str) -> None:
    """AR-11, AR-12, AR-40: and the user's checkout is the same as before, byte for byte."""
    project.new()
    project.write("knob.py", "x = 100  # being edited\n")
    before = project.fingerprint()
    fakes.play(turn(2), {"files": {"bench.py": "print('value: 0')"}, "says": "IDEA: cheat"}, turn(1))
    done = project.run(*LOOP, "3", "--proposer", agent)
    assert done.code == 0, done.err
    rows = project.trials()
    assert [(row["metric"], row["status"], row["reason"], row["description"]) for row in rows][1:] == [
        (4.0, "keep", "unconfirmed", "x = 2"),
        (None, "crash", "invalid_edit", "cheat"),
        (1.0, "keep", "unconfirmed", "x = 1"),
    ]
    assert project.fingerprint() == before and leftovers(project) == ""
    assert project.git("show", "heads/autoresearch/engineering/knob:knob.py") == "x = 1"
    shown = project.run("show", "2").out
    assert "the agent changed nothing of the target" in shown
    assert "put back, as it is not the target: bench.py" in shown
    assert [(call["trial"], call["model"]) for call in logged(project)] == [
        (1, agent),
        (2, agent),
        (3, agent),
    ]


def test_what_it_was_asked_and_said_is_kept_with_the_trial(project: Project, fakes: Agents) -> None:
    """AR-16: its standard error too."""
    project.new()
    fakes.play(turn(2, complains="a warning\n"))
    assert project.run("run", "--proposer", "claude").code == 0
    shown = project.run("show", "1", "--prompt").out
    assert "You improve the files of this folder" in shown
    assert "IDEA: x = 2" in shown
    assert shown.rstrip().endswith("a warning")
    assert "claude" in project.run("show", "1").out
    (row,) = project.trials()[1:]
    assert (row["cost_usd"], row["tokens"]) == (0.012, 1150)


def test_one_that_is_not_installed_is_one_line_before_anything_is_measured(
    project: Project, tmp_path: Path
) -> None:
    count_calls(project)
    assert project.new("engineering/knob", "--no-measure").code == 0
    done = project.run("run", "--proposer", "claude", env={"PATH": "/usr/bin:/bin"})
    assert refused(done, "the agent `claude` is not installed; see the documentation of Claude Code; ")
    done = project.run("run", "--proposer", "codex", env={"PATH": "/usr/bin:/bin"})
    assert refused(done, "the agent `codex` is not installed", "then run `codex login`")
    assert project.trials() == [] and not calls("measured")


def test_one_that_is_not_logged_in_is_exit_4_and_no_row(project: Project, fakes: Agents) -> None:
    """AR-44, AR-47: with what it said, and what to do."""
    project.new()
    fakes.play({"says": "Invalid API key · Please run /login", "more": {"is_error": True}, "exit": 1})
    done = project.run(*LOOP, "5", "--proposer", "claude")
    assert done.code == 4
    said = "error: `claude -p` exited 1: it seems not to be logged in; run it once by hand and log in\n"
    assert done.err.startswith(said)
    assert "Please run /login" in done.err and "Traceback" not in done.err
    assert [row["reason"] for row in project.trials()] == ["baseline"]
    assert len(fakes.starts) == 1
    fakes.play(turn(2))
    assert project.run("run", "--resume").code == 0
    assert [row["description"] for row in project.trials()][:2] == ["baseline", "x = 2"]


def test_an_unknown_agent_is_refused_with_those_there_are(project: Project, fakes: Agents) -> None:
    project.new()
    done = project.run("run", "--proposer", "cluade")
    assert refused(
        done, "no agent 'cluade'; there are aider, claude, codex, gemini; or give proposer.command"
    )
    assert not fakes.starts


def test_a_file_of_ones_own_describes_another_agent(project: Project, fakes: Agents) -> None:
    """Its keys are in docs/agents.md; a broken one is one line."""
    project.new()
    agents.add(fakes.programs, "claude-next", state=fakes.folder)
    own = project.path / ".autoresearch" / "agents" / "next.toml"
    own.parent.mkdir()
    own.write_text(
        'command = ["claude-next", "--in", "{directory}", "--also", "{targets}"]\n'
        'environment = ["NEXT_*"]\n[reply]\nwhere = {type = "answer"}\ntext = "said"\ncost = "usd"\n'
    )
    answer = {"type": "answer", "said": "IDEA: mine", "usd": 0.25}
    fakes.play({"files": {"knob.py": "x = 2\n"}, "code": f"show({answer!r})"})
    done = project.run("run", "--proposer", "next", env={"NEXT_KEY": "own", "OPENAI_API_KEY": "other"})
    assert done.code == 0, done.err
    (row,) = project.trials()[1:]
    assert (row["description"], row["metric"], row["cost_usd"]) == ("mine", 4.0, 0.25)
    worktree = str(project.folder() / "worktree")
    assert fakes.starts == [["claude-next", "--in", worktree, "--also", "knob.py"]]
    assert fakes.environment["NEXT_KEY"] == "own" and "OPENAI_API_KEY" not in fakes.environment
    own.write_text('comand = ["claude-next"]\n')
    assert refused(project.run("run", "--proposer", "next"), str(own), "unknown key 'comand'")


@pytest.mark.parametrize("shell", [False, True])
def test_a_command_of_ones_own_is_an_agent_too(project: Project, fakes: Agents, shell: bool) -> None:
    """AR-11"""
    script = agents.add(fakes.programs, "my-agent", state=fakes.folder).read_text()
    project.write("my-agent", script).chmod(0o755)
    project.commit()
    project.new()
    config = project.folder() / "config.yaml"
    command = "cat > asked && ./my-agent < asked" if shell else "[./my-agent]"
    config.write_text(f"{config.read_text()}proposer: {{use: agent, command: {command}}}\n")
    fakes.play(turn(2))
    done = project.run("-C", str(project.path / ".autoresearch"), "run", env={"OPENAI_API_KEY": "mine"})
    assert done.code == 0, done.err
    (row,) = project.trials()[1:]
    assert (row["description"], row["metric"]) == ("x = 2", 4.0)
    shown = project.run("show", "1").out
    assert ("put back, as it is not the target: asked" in shown) == shell
    assert fakes.environment["OPENAI_API_KEY"] == "mine", "it is the user's own"


def test_a_command_that_is_not_committed_is_not_there(project: Project) -> None:
    project.new()
    done = project.run("run", "-c", "proposer={use: agent, command: [./my-agent]}")
    assert refused(done, "`./my-agent` is not installed", "among the committed files")


def test_claude_is_told_what_is_left_of_the_money_and_the_run_ends_when_it_is_gone(
    project: Project, fakes: Agents
) -> None:
    """AR-44: exit 0, and it says so; so does the next run."""
    project.new()
    fakes.play(turn(2, cost=0.4), {"exit": 1, "complains": "no luck"}, turn(1, cost=0.595), turn(0))
    limited = ("--proposer", "claude", "-c", "stop.cost=$1")
    done = project.run("run", "--loop", *limited)
    assert done.code == 0, done.err
    budgets = [start[start.index("--max-budget-usd") + 1] for start in fakes.starts]
    assert budgets == ["1.00", "0.60", "0.60"]
    assert "are spent" in done.out and "stop.cost" in done.out
    assert [row["description"] for row in project.trials()] == ["baseline", "x = 2", "(no proposal)", "x = 1"]
    again = project.run("run", "--loop", *limited)
    assert again.code == 0 and "stop.cost" in again.out
    assert len(fakes.starts) == 3


@pytest.mark.parametrize("agent", ["codex", "gemini", "aider"])
def test_a_limit_that_an_agent_can_not_hold_is_refused(project: Project, fakes: Agents, agent: str) -> None:
    """AR-44: rather than not held."""
    project.new()
    done = project.run("run", "--proposer", agent, "-c", "stop.cost=$5")
    assert refused(done, f"stop.cost can't be held: {agent} takes no limit", "set stop.trials")
    assert not fakes.starts


@LINUX_ONLY
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_while_it_measures_does_not_ask_the_agent_again(
    project: Project, fakes: Agents, number: signal.Signals
) -> None:
    """AR-41: its answer is paid for, and counted once."""
    count_calls(project)
    project.new()
    fakes.play(turn(2), turn(1))
    way = (*LOOP, "2", "--proposer", "claude")
    with held(project, "measured", 1, *way) as run:
        run.send_signal(number)
        run.end()
    assert eventually(lambda: not living())
    assert project.run("run", "--resume").code == 0
    rows = project.trials()
    assert [row["description"] for row in rows] == ["baseline", "x = 2", "x = 1"]
    assert [row["cost_usd"] for row in rows] == [None, 0.012, 0.012]
    assert [start[0] for start in fakes.starts] == ["claude", "claude"]
    assert calls("measured") == {0: 1, 1: 2, 2: 1}


@LINUX_ONLY
def test_an_answer_that_only_the_log_has_is_read_from_there(project: Project, fakes: Agents) -> None:
    """AR-41: killed between the answer and the proposal."""
    count_calls(project)
    project.new()
    fakes.play({**turn(2), "files": {"knob.py": "x = 2\n", "new": ""}}, turn(1))
    with held(project, "measured", 1, "run", "--proposer", "claude") as run:
        run.kill()
        run.end()
    (project.folder() / "trials" / "0001" / "proposal.json").unlink()
    assert project.run("run", "--resume").code == 0
    (row,) = project.trials()[1:]
    assert (row["description"], row["metric"], row["cost_usd"]) == ("x = 2", 4.0, 0.012)
    assert "put back, as it is not the target: new" in project.run("show", "1").out
    assert len(fakes.starts) == 1 and len(logged(project)) == 1


@LINUX_ONLY
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_while_the_agent_works_leaves_nothing_of_it(
    project: Project, fakes: Agents, number: signal.Signals
) -> None:
    """AR-14, AR-41, AR-42: and asks it again."""
    project.new()
    before = project.fingerprint()
    waits = "Path(os.environ['HOME'], 'waiting').touch()\ntime.sleep(600)"
    fakes.play({"files": {"knob.py": "x = 7\n", "bench.py": ""}, "code": waits}, turn(2))
    with held(project, "asked", 1, "run", "--proposer", "claude") as run:
        run.send_signal(number)
        run.end()
    assert eventually(lambda: not living())
    assert number == signal.SIGKILL or leftovers(project) == ""
    assert project.run("run", "--resume").code == 0
    (row,) = project.trials()[1:]
    assert (row["description"], row["metric"]) == ("x = 2", 4.0)
    assert leftovers(project) == "" and project.fingerprint() == before
    assert len(fakes.starts) == 2


def test_a_dry_run_shows_the_idea_and_leaves_nothing(project: Project, fakes: Agents) -> None:
    """AR-40, AR-41: the trial after it tries what was paid for."""
    project.new()
    before = project.fingerprint()
    fakes.play(turn(2), turn(1))
    done = project.run("run", "--dry-run", "--proposer", "claude", "--json")
    assert done.json["idea"] == "x = 2" and done.json["files"] == {"knob.py": "x = 2\n"}
    assert [row["reason"] for row in project.trials()] == ["baseline"]
    assert leftovers(project) == "" and project.fingerprint() == before
    assert project.run("run", "--proposer", "claude").code == 0
    assert project.trials()[1]["description"] == "x = 2"
    assert len(fakes.starts) == 1
