"""Agents as data: the files that describe them, their command lines, and what their output says."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters import resources
from autoresearch.adapters.settings_sections import ProposerSettings
from autoresearch.core.errors import SettingsError
from autoresearch.research.proposers.presets import Preset, Reading, Said, find, read
from tests.agents import NEEDED

RESULT = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "IDEA: less",
    "total_cost_usd": 0.012,
    "usage": {"input_tokens": 100, "output_tokens": 50},
}


def named(agent: str, home: Path | None = None) -> Preset:
    return find(ProposerSettings(agent=agent), home or Path("/nowhere"))


def lines(*events: object) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


@pytest.mark.parametrize("agent", NEEDED)
def test_the_command_of_each_has_every_option_without_which_it_would_ask_a_person(agent: str) -> None:
    """And the prompt is never one of its words."""
    preset = named(agent)
    line = preset.line({"directory": "/w", "prompt": "/p.md"}, ["a.py", "b c.py"])
    assert set(NEEDED[agent].split()) <= set(line)
    assert not [word for word in line if "{" in word]
    assert preset.prompt == ("file" if agent == "aider" else "stdin")
    assert preset.login and preset.environment and preset.install


def test_blanks_are_filled_and_a_file_is_never_taken_for_an_option() -> None:
    preset = Preset("x", ["x", "-C", "{directory}", "{prompt}", "{targets}", "{other}"])
    filled = preset.line({"directory": "/w", "prompt": "/p.md"}, ["a.py", "-rf"])
    assert filled == ["x", "-C", "/w", "/p.md", "a.py", "./-rf", "{other}"]


def test_only_where_there_is_a_limit_is_it_told() -> None:
    """AR-44"""
    claude = named("claude")
    assert "--max-budget-usd" not in claude.line({"directory": "/w", "prompt": "/p"}, [])
    assert claude.line({"directory": "/w", "prompt": "/p", "budget": "4.20"}, [])[-2:] == [
        "--max-budget-usd",
        "4.20",
    ]
    assert [agent for agent in NEEDED if named(agent).with_budget] == ["claude"]


def test_every_agent_that_comes_along_can_be_read() -> None:
    found = {path.stem for path in (resources.folder("templates") / "agents").glob("*.toml")}
    assert found == set(NEEDED)
    for agent in found:
        assert named(agent).name == agent


def test_one_of_the_users_own_stands_before_ours(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "claude.toml").write_text('command = ["my-claude"]\n[reply]\ntokens = ["a.b"]\n')
    found = named("claude", tmp_path)
    assert found == Preset("claude", ["my-claude"], reply=Reading(tokens=["a.b"]))


def test_an_unknown_one_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "mine.toml").write_text('command = ["mine"]')
    with pytest.raises(SettingsError) as refused:
        named("cluade", tmp_path)
    assert str(refused.value) == (
        "proposer.agent: no agent 'cluade'; there are aider, claude, codex, gemini, mine; "
        "or give proposer.command"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs a command, such as"),
        ("command", "Expected '='"),
        ("command = []", "command must be a list of texts, the program first, not []"),
        ('command = "x --go"', "command must be a list"),
        ('command = ["x", 3]', "command must be a list"),
        ('comand = ["x"]', "unknown key 'comand'; the keys are command, with_budget"),
        ('name = "y"', "unknown key 'name'"),
        ('command = ["x"]\nprompt = "argv"', 'prompt must be "stdin" or "file", not \'argv\''),
        ('command = ["x"]\nlogin = "log in"', "login must be a list of texts"),
        ('command = ["x"]\nenvironment = "X_*"', "environment must be a list of texts"),
        ('command = ["x"]\nreply = "text"', "reply must be a table"),
        ('command = ["x"]\n[reply]\nwhere = "result"', "where must be a table"),
        ('command = ["x"]\n[reply]\njoin = 1', "join must be true or false"),
        ('command = ["x"]\n[reply]\nkind = "x"', "unknown key 'kind'; the keys are where, text"),
        ('command = ["x"]\ncommand = ["y"]', "Cannot overwrite"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_line_with_its_path(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "agents").mkdir()
    path = tmp_path / "agents" / "mine.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        named("mine", tmp_path)
    message = str(refused.value)
    assert says in message
    assert message.startswith(f"{path}: ") and message.endswith("; every key is explained in docs/agents.md")
    assert len(message.splitlines()) == 1


def test_a_program_is_looked_for_on_the_path_given_and_with_a_slash_where_it_will_run(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "my-agent"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    environ = {"PATH": str(program.parent)}
    assert Preset("x", ["my-agent"]).missing(environ, tmp_path), "not executable"
    program.chmod(0o755)
    assert not Preset("x", ["my-agent"]).missing(environ, tmp_path)
    assert Preset("x", ["my-agent"]).missing({"PATH": str(tmp_path)}, tmp_path)
    assert not Preset("x", ["bin/my-agent"]).missing({}, tmp_path)
    assert not Preset("x", ["./bin/my-agent"]).missing({}, tmp_path)
    assert not Preset("x", [str(program)]).missing({}, Path("/nowhere"))
    assert Preset("x", ["./my-agent"]).missing(environ, tmp_path)
    assert not Preset("x", "anything | at all").missing({}, tmp_path)


def test_claude_says_all_in_its_last_line() -> None:
    """AR-51: what was read from the cache counts too."""
    usage = {"input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 50, "service_tier": "x"}
    said = read(named("claude"), lines({"type": "system"}, {**RESULT, "usage": usage}))
    assert said == Said("IDEA: less", False, 0.012, 1150)
    why = "Invalid API key · Please run /login"
    failed = {**RESULT, "is_error": True, "result": why}
    assert read(named("claude"), lines(failed)) == Said(why, True, 0.012, 150)
    stopped = {k: v for k, v in RESULT.items() if k != "result"} | {"subtype": "error_max_turns"}
    assert read(named("claude"), lines(stopped)) == Said("", False, 0.012, 150)


def test_codex_says_it_in_its_last_message() -> None:
    said = read(
        named("codex"),
        lines(
            {"type": "item.completed", "item": {"type": "agent_message", "text": "I begin."}},
            {"type": "item.completed", "item": {"type": "agent_message", "text": "IDEA: less"}},
            {"type": "item.completed", "item": {"type": "reasoning", "text": "no"}},
            {"type": "turn.completed", "usage": {"input_tokens": 100, "output_tokens": 50}},
        ),
    )
    assert said == Said("IDEA: less", False, None, 150)


def test_the_pieces_of_gemini_are_joined_and_a_line_ends_where_it_used_a_tool() -> None:
    def piece(text: str, role: str = "assistant") -> dict[str, Any]:
        return {"type": "message", "role": role, "content": text, "delta": True}

    stats = {"type": "result", "stats": {"input_tokens": 100, "output_tokens": 50}}
    tool = {"type": "tool_use"}
    events = [
        piece("asked", "user"),
        piece("Now "),
        piece("then."),
        tool,
        piece("IDE"),
        piece("A: less"),
        stats,
    ]
    assert read(named("gemini"), lines(*events)) == Said("Now then.\nIDEA: less", False, None, 150)


def test_plain_text_is_what_was_said() -> None:
    assert read(named("aider"), "\n{not json\nIDEA: less\n") == Said("{not json\nIDEA: less")


@pytest.mark.parametrize(
    "noise",
    [
        "no json\n",
        "{\n",
        "{}\n[1]\nnull\n7\n",
        '{"type":\n',
        '{"a":' * 100_000 + "\n",
        '{"n": ' + "9" * 5_000 + "}\n",
        '{"type": "result", "result": 3}\n',
        '{"type": ["result"], "usage": 3, "total_cost_usd": "much"}\n',
        '{"usage": {"input_tokens": true, "output_tokens": "5"}, "total_cost_usd": NaN}\n',
        '{"total_cost_usd": -1, "usage": {"input_tokens": -5}}\n',
        '{"total_cost_usd": 1e999, "usage": {"output_tokens": ' + "9" * 400 + "}}\n",
        "{\ufffd\ufffd}\n",
        "x" * 5_000_000 + "\n",
    ],
)
def test_lines_that_are_no_event_are_passed_over(noise: str) -> None:
    """AR-44: nor is what can't be true a cost."""
    good = Said("IDEA: less", False, 0.012, 150)
    assert read(named("claude"), noise) == Said("")
    assert read(named("claude"), noise + lines(RESULT)) == good
    assert read(named("claude"), lines(RESULT) + noise) == good


def test_a_text_may_hold_any_character_and_half_a_one_can_be_written() -> None:
    odd = "IDEA: a\u2028b\x85c\x1dd \u00e9 \U0001f600"
    assert read(named("claude"), lines({**RESULT, "result": odd})).text == odd
    half = json.dumps({**RESULT, "result": "half \ud83d"})
    assert read(named("claude"), half).text == "half ?"


def test_the_page_on_agents_explains_every_key_and_its_example_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "agents.md").read_text()
    explained = re.findall(r"^\| `(\w+(?:\.\w+)?)` \|", page.partition("## Another agent")[2], re.MULTILINE)
    keys = [field.name for field in fields(Preset) if field.name not in ("name", "reply")]
    assert explained == keys + [f"reply.{field.name}" for field in fields(Reading)]
    (tmp_path / "agents").mkdir()
    example = page.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "agents" / "mine.toml").write_text(example)
    written = tomllib.loads(example)
    assert [*written, *written["reply"]] == [*keys, "reply", *(field.name for field in fields(Reading))]
    line = named("mine", tmp_path).line({"directory": "/w", "prompt": "/p", "budget": "4.20"}, [])
    assert line == ["my-agent", "--headless", "--dir", "/w", "--json", "--max-cost", "4.20"]
