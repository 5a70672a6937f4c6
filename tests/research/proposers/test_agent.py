"""What an agent changed in the worktree is what counts: what of it is a proposal, what is put back, how it
may fail. The agents are fakes (tests/agents.py); the command line with them is in tests/end_to_end."""

import json
import os
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.core.errors import GaveUp
from autoresearch.core.model import Trial
from autoresearch.research import loop
from autoresearch.research.attempt import peek
from autoresearch.research.lab import open_lab
from tests import agents
from tests.agents import Agents, first_on_path, turn
from tests.conftest import Project
from tests.faults import BRANCH, LINUX_ONLY, Noted, leftovers, living, make


@pytest.fixture
def fakes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Agents:
    """claude, codex, gemini and aider, first on PATH."""
    made = agents.install(home / "agents")
    monkeypatch.setenv("PATH", first_on_path(made.programs))
    return made


def run(project: Project, agent: str = "claude", most: int = 1, **more: Any) -> list[Trial]:
    """The trials of an experiment that this agent had ideas for; nothing else is left of it."""
    before = project.fingerprint()
    proposer = {"agent": agent, "timeout": "30s", **more.pop("proposer", {})}
    experiment = make(project, proposer=proposer, **more)
    try:
        with open_lab(experiment, Noted()) as lab:
            loop.run(experiment, lab, most)
            return lab.ledger.trials[1:]
    finally:
        assert leftovers(project) == ""
        assert project.fingerprint() == before


def calls(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder() / "calls.jsonl").read_text().splitlines()]


def verdict(trial: Trial) -> tuple[str, str, str]:
    return trial.status, trial.reason, trial.description


@pytest.mark.parametrize("agent", agents.NEEDED)
def test_what_it_edited_is_the_proposal_and_its_last_line_the_idea(
    project: Project, fakes: Agents, agent: str
) -> None:
    """AR-11, AR-16, AR-51: one line in calls.jsonl for each run of it, with what that took."""
    fakes.play(turn(2), turn(5))
    kept, worse = run(project, agent, most=2)
    assert verdict(kept) == ("keep", "unconfirmed", "x = 2")
    assert verdict(worse) == ("discard", "not_better", "x = 5")
    assert (kept.why, kept.model, kept.proposer) == ("It is less.", agent, "agent")
    assert kept.cost_usd == (0.012 if agent == "claude" else None)
    assert kept.tokens == (None if agent == "aider" else 1150)
    assert project.git("show", f"{BRANCH}:knob.py") == "x = 2"
    assert [start[0] for start in fakes.starts] == [agent, agent]
    first, second = calls(project)
    assert [call["status"] for call in (first, second)] == ["ok", "ok"]
    assert (first["trial"], second["trial"], first["model"]) == (1, 2, agent)
    assert (first["cost_usd"], first["tokens"]) == (kept.cost_usd, kept.tokens)
    assert first["response"]["files"] == {"knob.py": "x = 2\n"}
    assert first["attempts"][0]["status"] == "ok"


def test_it_is_asked_with_the_goal_the_rules_and_what_was_tried(project: Project, fakes: Agents) -> None:
    """AR-46: by standard input, and by a file where it takes one; never in its command line."""
    fakes.play(turn(2), turn(5), turn(1))
    run(project, "claude", most=3)
    assert "Make it small." in fakes.prompt(1)
    assert "target files: knob.py" in fakes.prompt(1)
    assert "x = 5" in fakes.prompt(3) and "x = 5" not in fakes.prompt(2)
    assert not [word for start in fakes.starts for word in start if "Make it small." in word]


def test_what_it_changed_outside_the_target_is_put_back_and_named(project: Project, fakes: Agents) -> None:
    """AR-18, AR-12: whether or not the target was changed too; none of it is measured."""
    project.write("lib/a.py", "a = 1\n")
    project.write("gone.txt", "x\n")
    project.commit()
    astray = {
        "bench.py": "print('value: 0')\n", "gone.txt": None, "lib/a.py": "a = 2\n", "new.txt": "x",
        "line\nbreak": "x", "caf\udce9": "x",
    }  # fmt: skip
    code = "os.chmod('propose.py', 0o755)"
    fakes.play(
        {"files": {"knob.py": "x = 2\n", **astray}, "says": "IDEA: both", "code": code},
        {"files": astray, "says": "IDEA: only others"},
        turn(1),
    )
    both, others, clean = run(project, most=3)
    named = "bench.py, caf, gone.txt, lib/a.py, line break, new.txt"
    assert verdict(both) == ("keep", "unconfirmed", "both") and both.metric == 4.0
    assert both.detail == f"put back, as it is not the target: {named}, propose.py"
    assert verdict(others) == ("crash", "invalid_edit", "only others")
    assert others.detail == (
        f"the agent changed nothing of the target\nput back, as it is not the target: {named}"
    )
    assert (clean.metric, clean.detail) == (1.0, "")
    assert project.git("diff", "--name-only", "main", BRANCH) == "knob.py"


def test_of_very_many_files_that_were_put_back_some_are_named_and_the_others_counted(
    project: Project, fakes: Agents
) -> None:
    fakes.play({"files": {f"new/{n:03}": "x" for n in range(300)}, "says": "IDEA: many"})
    (trial,) = run(project)
    assert trial.detail.endswith("new/018, new/019, 280 more")


def test_files_that_match_the_target_may_be_made_and_deleted(project: Project, fakes: Agents) -> None:
    """AR-11: and any bytes survive."""
    project.write("part/old.py", "y = 1\n")
    project.commit()
    fakes.play(
        {
            "files": {
                "part/old.py": None,
                "part/new.dat": "caf\udce9\r\n",
                "part/deep/er.py": "",
                "part.py": "",
            },
            "says": "IDEA: another layout",
        },
        {"files": {"knob.py": "x = 1\n", "part/new.dat": None}, "says": "IDEA: less"},
    )
    first, second = run(project, most=2, target=["knob.py", "part/"])
    assert verdict(first) == ("discard", "not_better", "another layout")
    assert verdict(second) == ("keep", "unconfirmed", "less")
    changed = project.git("diff", "--name-status", "main", first.commit or "").splitlines()
    assert changed == ["A\tpart/deep/er.py", "A\tpart/new.dat", "D\tpart/old.py"]
    (content,) = Repository.discover(project.path).contents([f"{first.commit}:part/new.dat"])
    assert content == b"caf\xe9\r\n"
    assert first.detail == "equal\nput back, as it is not the target: part.py"


ODD = {
    "a link": "os.remove('knob.py'); os.symlink('bench.py', 'knob.py')",
    "a link to the outside": "os.remove('knob.py'); os.symlink('/etc/hosts', 'knob.py')",
    "a link to nothing": "os.remove('knob.py'); os.symlink('nothing', 'knob.py')",
    "a folder": "os.remove('knob.py'); os.mkdir('knob.py'); open('knob.py/x', 'w')",
    "a pipe": "os.remove('knob.py'); os.mkfifo('knob.py')",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_target_that_is_no_plain_file_any_more_is_put_back(
    project: Project, fakes: Agents, odd: str
) -> None:
    """AR-18: nothing is read through it."""
    fakes.play({"code": odd, "says": "IDEA: odd"}, turn(2))
    refused, kept = run(project, most=2)
    assert verdict(refused) == ("crash", "invalid_edit", "odd")
    assert refused.detail.endswith(
        f"put back, as it is not the target: {'knob.py, knob.py/x' if 'mkdir' in odd else 'knob.py'}"
    )
    assert verdict(kept) == ("keep", "unconfirmed", "x = 2")


def test_nothing_is_read_through_a_folder_that_became_a_link(
    project: Project, fakes: Agents, tmp_path: Path
) -> None:
    """AR-12, AR-18: what stands outside must not come into a commit."""
    project.write("src/a.py", "a = 1\n")
    project.commit()
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.py").write_text("key = 'secret'\n")
    link = f"shutil.rmtree('src'); os.symlink({str(tmp_path / 'private')!r}, 'src')"
    fakes.play({"code": link, "files": {"knob.py": "x = 2\n"}, "says": "IDEA: less"})
    (trial,) = run(project, target=["knob.py", "src/**"])
    assert verdict(trial) == ("keep", "unconfirmed", "less")
    assert trial.detail == "put back, as it is not the target: src, src/a.py"
    assert project.git("grep", "-c", "secret", trial.commit or "", check=False) == ""
    assert (tmp_path / "private" / "a.py").exists()


GIT = {
    "taken away": "os.remove('.git')",
    "nonsense": "open('.git', 'w').write('nonsense')",
    "a repository": "os.remove('.git'); subprocess.run(['git', 'init', '-q', '.'], check=True)",
    "a pipe": "os.remove('.git'); os.mkfifo('.git')",
    "the user's": "open('.git', 'w').write('gitdir: ../../../../.git')",
}


@pytest.mark.parametrize("damage", GIT.values(), ids=GIT)
def test_whatever_it_did_to_git_its_edit_counts_and_the_worktree_is_sound(
    project: Project, fakes: Agents, damage: str
) -> None:
    """AR-12"""
    fakes.play({"files": {"knob.py": "x = 2\n", "new": ""}, "code": damage, "says": "IDEA: less"}, turn(1))
    first, second = run(project, most=2, sandbox={"use": "none"})
    assert verdict(first) == ("keep", "unconfirmed", "less")
    assert first.detail == "put back, as it is not the target: .git, new"
    assert (verdict(second), second.detail) == (("keep", "unconfirmed", "x = 1"), "")


@pytest.mark.parametrize(
    "code", ["shutil.rmtree(os.getcwd())", "open(GIT + '/index', 'w').write('nonsense')"]
)
def test_a_worktree_that_it_wrecked_is_a_row_and_is_made_again(
    project: Project, fakes: Agents, code: str
) -> None:
    """AR-15, AM-45"""
    git = "GIT = open('.git').read().removeprefix('gitdir: ').strip(); "
    fakes.play({"code": git + code}, turn(1))
    first, second = run(project, most=2, sandbox={"use": "none"})
    assert (first.status, first.reason) == ("crash", "invalid_edit")
    assert first.detail.startswith(("the worktree was damaged: ", "the agent changed nothing of the target"))
    assert verdict(second) == ("keep", "unconfirmed", "x = 1")


COMMITS = {
    "commits": "git commit -qam mine",
    "commits twice": "git commit -qam a; echo 'x = 2  # b' > knob.py; git commit -qam b; git reset -q --hard",
    "another branch": "git checkout -q other",
    "no branch": "git checkout -q --detach; git commit -qam mine",
    "stages it": "git add -A",
    "the branch is gone": f"git checkout -q --detach; git update-ref -d {BRANCH}",
}


@pytest.mark.parametrize("commands", COMMITS.values(), ids=COMMITS)
def test_one_that_commits_or_changes_branches_moves_nothing(
    project: Project, fakes: Agents, commands: str
) -> None:
    """AR-12: what stands in the files counts, and only a record moves the branch."""
    project.git("branch", "other")
    shell = f"subprocess.run({commands!r}, shell=True, check=True)"
    fakes.play({"files": {"knob.py": "x = 2\n"}, "code": shell, "says": "IDEA: less"}, turn(7), turn(1))
    rows = run(project, most=3, sandbox={"use": "none"})
    assert [row.metric for row in rows] == [4.0, 49.0, 1.0]
    assert [row.detail for row in rows] == ["", "", ""]
    assert project.git("rev-list", "--count", f"main..{BRANCH}") == "2"
    assert project.git("log", "-2", "--format=%s", BRANCH).splitlines() == ["x = 1", "less"]


SAID = {
    "error": ({"exit": 1, "complains": "out of luck\n"}, "`claude -p` exited 1\nout of luck"),
    "signal": ({"code": "os.kill(os.getpid(), 9)"}, "`claude -p` exited -9"),
    "is_error": (
        {"says": "API Error: 529 Overloaded", "more": {"is_error": True}, "exit": 1},
        "`claude -p` exited 1\nAPI Error: 529 Overloaded",
    ),
    "is_error, exit 0": (
        {"says": "API Error: 529 Overloaded", "more": {"is_error": True}},
        "`claude -p` says that it failed\nAPI Error: 529 Overloaded",
    ),
}


@pytest.mark.parametrize(("do", "detail"), SAID.values(), ids=SAID)
def test_one_that_fails_is_a_crash_with_what_it_said_and_the_loop_goes_on(
    project: Project, fakes: Agents, do: dict[str, Any], detail: str
) -> None:
    """AR-15, AM-45: also where it edited something before."""
    fakes.play({"files": {"knob.py": "x = 1\n"}, **do}, turn(2))
    failed, kept = run(project, most=2)
    assert verdict(failed) == ("crash", "no_proposal", "(no proposal)")
    assert failed.detail == detail
    assert verdict(kept) == ("keep", "unconfirmed", "x = 2")
    first, second = calls(project)
    assert (first["status"], first["attempts"][0]["status"]) == ("error", "error")
    assert detail.splitlines()[0] in first["error"] and second["error"] is None


def test_why_one_failed_is_not_hidden_by_what_it_said_before(project: Project, fakes: Agents) -> None:
    """AR-15"""
    limit = {"type": "turn.failed", "error": {"message": "You've hit your usage limit."}}
    begun = {"type": "item.completed", "item": {"type": "agent_message", "text": "I begin."}}
    fakes.play({"code": f"show({begun!r}); show({limit!r})", "exit": 1, "complains": "a warning\n"})
    (failed,) = run(project, "codex")
    assert failed.detail.startswith("`codex exec` exited 1\n")
    assert "You've hit your usage limit." in failed.detail and failed.detail.endswith("\na warning")


def test_the_money_of_one_that_failed_is_counted(project: Project, fakes: Agents) -> None:
    """AR-51"""
    fakes.play({"says": "API Error: 529", "more": {"is_error": True}, "exit": 1, "cost": 0.5})
    (failed,) = run(project)
    assert (failed.cost_usd, failed.tokens) == (0.5, 1150)


def test_one_that_asks_a_question_and_changes_nothing_is_a_row_with_what_it_said(
    project: Project, fakes: Agents
) -> None:
    """AR-16, AR-18"""
    fakes.play({"says": "Shall I lower x?\nOr raise it?"}, {"says": ""})
    asked, silent = run(project, most=2)
    assert verdict(asked) == ("crash", "invalid_edit", "Shall I lower x?")
    assert (asked.why, asked.detail) == (
        "Shall I lower x?\nOr raise it?", "the agent changed nothing of the target"
    )  # fmt: skip
    assert asked.cost_usd == 0.012
    assert verdict(silent) == ("crash", "invalid_edit", "changes to nothing")


@LINUX_ONLY
def test_one_that_hangs_is_killed_at_its_limit_with_all_it_started(project: Project, fakes: Agents) -> None:
    """AR-14, AR-15"""
    hang = {
        "files": {"knob.py": "x = 1\n"},
        "code": "subprocess.Popen(['sleep', '600'], start_new_session=True); time.sleep(600)",
    }
    fakes.play(hang)
    (killed,) = run(project, proposer={"timeout": "1s"})
    assert verdict(killed) == ("crash", "no_proposal", "(no proposal)")
    assert (
        killed.detail.startswith("`claude -p` was killed after 1") and "(proposer.timeout)" in killed.detail
    )
    assert (killed.cost_usd, killed.tokens) == (None, None)
    assert not [command for command in living() if command.startswith("sleep ")]


@LINUX_ONLY
def test_a_daemon_that_it_left_writes_nothing_later(project: Project, fakes: Agents) -> None:
    """AR-14"""
    daemon = dedent("""
        import os, time  # the daemon
        if os.fork():
            os._exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
        open("begun", "w")
        while True:
            open("knob.py", "w").write("x = 0\\n")
            time.sleep(0.001)
    """)
    start = f"subprocess.run([sys.executable, '-c', {daemon!r}])\nwhile not os.path.exists('begun'): pass"
    fakes.play({"code": start, "says": "IDEA: later"}, turn(2))
    first, second = run(project, most=2)
    assert first.metric in (0.0, None)  # as it was when the agent ended
    assert second.metric == 4.0
    assert not [command for command in living() if "the daemon" in command]


GARBAGE = {
    "5 MB": b'{"type": "noise"}\n' * 300_000,
    "broken JSON": b'{"type": "result", "result": \n{{{\n[]\n\n"\n',
    "invalid UTF-8": b'\xff\xfe{"\x80\n\x00\n',
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE)
def test_whatever_else_it_prints_its_answer_is_read(project: Project, fakes: Agents, raw: bytes) -> None:
    fakes.play(turn(2, raw=raw.hex()))
    (trial,) = run(project)
    assert verdict(trial) == ("keep", "unconfirmed", "x = 2")
    assert trial.cost_usd == 0.012


def test_one_that_prints_nothing_that_can_be_read_has_still_edited_the_files(
    project: Project, fakes: Agents
) -> None:
    """AR-16: its edits are the evidence, not its words."""
    fakes.play({"files": {"knob.py": "x = 2\n"}, "raw": b"\xff\x00{".hex()})
    (trial,) = run(project)
    assert verdict(trial) == ("keep", "unconfirmed", "changes to knob.py")
    assert (trial.cost_usd, trial.tokens, trial.why) == (None, None, "")


IDEAS = {
    "IDEA: less": "less",
    "idea : less": "less",
    "**IDEA:** less": "less",
    "> - **IDEA: less**": "less",
    "### IDEA: `less`": "less",
    "IDEA:\nless": "less",
    "IDEA: -O3 for `knob`, not -O2": "-O3 for `knob`, not -O2",
    "IDEA: first\n\nIDEA: less\nsince": "less",
    "Less.\n\nMuch less.": "Less.",
    "My IDEA: none": "My IDEA: none",
    "IDEA: \x1b[31mred\x00 \t x": "[31mred x",
    "IDEA: half \ud83d": "half ?",
}


@pytest.mark.parametrize(("said", "idea"), IDEAS.items())
def test_the_idea_is_found_however_it_is_marked(
    project: Project, fakes: Agents, said: str, idea: str
) -> None:
    fakes.play({"files": {"knob.py": "x = 2\n"}, "says": said})
    (trial,) = run(project)
    assert trial.description == idea


LOGGED_OUT = [
    ("claude", {"says": "Invalid API key · Please run /login", "more": {"is_error": True}, "exit": 1}),
    ("claude", {"says": "Not logged in · Please run /login", "more": {"is_error": True}}),
    ("codex", {"complains": "Not logged in\n", "exit": 1}),
    ("codex", {"code": "show({'type': 'turn.failed', 'error': {'message': '401 Unauthorized'}})", "exit": 1}),
    ("gemini", {"complains": "Please set an Auth method in settings.json\n", "exit": 41}),
    ("gemini", {"exit": 41}),
    ("aider", {"says": "litellm.AuthenticationError: Missing API key"}),
]


@pytest.mark.parametrize(("agent", "do"), LOGGED_OUT)
def test_one_that_is_not_logged_in_ends_the_run_and_is_no_row(
    project: Project, fakes: Agents, agent: str, do: dict[str, Any]
) -> None:
    """AR-44: trying again would only fail again."""
    fakes.play(do)
    with pytest.raises(GaveUp) as given_up:
        run(project, agent, most=3)
    message = str(given_up.value)
    assert "it seems not to be logged in; run it once by hand and log in" in message
    assert len(fakes.starts) == 1
    assert not (project.folder() / "trials" / "0001").exists()
    assert [call["status"] for call in calls(project)] == ["error"]


def test_files_about_logging_in_are_no_sign_of_not_being_logged_in(project: Project, fakes: Agents) -> None:
    """What it read stands in its output too."""
    read = "show({'type': 'user', 'content': 'url(/login) # Invalid API key'})\n" + "show({})\n" * 20
    fakes.play({"code": read, "exit": 1, "complains": "overloaded\n"}, turn(2))
    failed, kept = run(project, most=2)
    assert (failed.reason, kept.metric) == ("no_proposal", 4.0)


def test_it_sees_its_own_key_and_no_other(
    project: Project, fakes: Agents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AR-12: nor what leads to the user's repository, or to their ssh keys."""
    own = {"ANTHROPIC_API_KEY": "sk-own", "CLAUDE_CONFIG_DIR": "/c", "HTTPS_PROXY": "http://p", "LANG": "C"}
    others = [
        "OPENAI_API_KEY",
        "OPENROUTER_API_KEY",
        "GEMINI_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
    ]
    steering = ["GIT_DIR", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "SSH_AUTH_SOCK"]
    experiment = make(project, proposer={"agent": "claude"})
    environ = {**os.environ, **own, **dict.fromkeys([*others, *steering], "other")}
    fakes.play(turn(2))
    with open_lab(replace(experiment, environ=environ), Noted()) as lab:
        loop.run(experiment, lab, 1)
    seen = fakes.environment
    assert {name: seen.get(name) for name in own} == own
    assert [name for name in (*others, *steering) if name in seen] == []
    assert [name for name in seen if name.startswith("GIT_")] == []
    assert seen["HOME"] == os.environ["HOME"]


@pytest.mark.parametrize("command", [["bin/mine", "--go"], "cat > asked; python3 -S bin/mine < asked"])
def test_a_command_of_the_users_own_is_asked_in_the_worktree_and_edits_there(
    project: Project, fakes: Agents, command: list[str] | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AR-11: all of its output is what it said, and it sees the user's whole environment."""
    (project.path / "bin").mkdir()
    agents.add(project.path / "bin", "mine")
    script = (project.path / "bin" / "mine").read_text().replace(str(project.path / "bin"), str(fakes.folder))
    project.write("bin/mine", script)
    project.commit()
    monkeypatch.setenv("MY_API_KEY", "k")
    fakes.play(turn(2))
    before = project.fingerprint()
    use = {"use": "agent", "command": command}
    experiment = make(project, proposer=use)
    with open_lab(experiment, Noted()) as lab:
        loop.run(experiment, lab, 1)
        (trial,) = lab.ledger.trials[1:]
    assert (verdict(trial), trial.why) == (("keep", "unconfirmed", "x = 2"), "It is less.")
    assert "Make it small." in fakes.prompt(1)
    assert fakes.environment["MY_API_KEY"] == "k"
    assert project.fingerprint() == before and leftovers(project) == ""


def test_an_answer_that_was_paid_for_is_not_bought_again(project: Project, fakes: Agents) -> None:
    """AR-41: a dry run shows it, and the trial after it tries it."""
    fakes.play(turn(2), turn(1))
    experiment = make(project, proposer={"agent": "claude"})
    for _ in range(2):
        with open_lab(experiment, Noted()) as lab:
            loop.ensure_baseline(experiment, lab)
            assert peek(experiment, lab)[0].idea == "x = 2"
    with open_lab(experiment, Noted()) as lab:
        loop.run(experiment, lab, 1)
        assert (lab.ledger.trials[1].description, lab.ledger.trials[1].cost_usd) == ("x = 2", 0.012)
    assert len(fakes.starts) == 1
