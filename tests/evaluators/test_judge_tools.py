"""AR-38: the user's own command-line tools as judges. The fakes refuse other flags than those of a judge."""

import os
import signal
from pathlib import Path

import pytest

from tests.evaluators.judging import Stage, interrupted, stage
from tests.evaluators.programs import evaluate

TOOLS = ("claude", "codex", "gemini")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(tmp_path, monkeypatch)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_asked_through_standard_input_in_an_empty_folder(here: Stage, tool: str) -> None:
    """AR-38: claude, codex and gemini, with their current headless flags."""
    here.steps.play({"marks": 8})
    assert here.content("--tool", tool, "--votes", "1").numbers["ctr_score"] == 8
    (asked,) = here.steps.asked
    assert "| Ten ways to bake bread" in asked["stdin"]
    assert "bread" not in " ".join(asked["argv"])
    assert asked["folder"] == []


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_can_be_told_its_model(here: Stage, tool: str) -> None:
    assert here.content("--tool", tool, "--model", "small-one", "--votes", "1").code == 0
    (asked,) = here.steps.asked
    assert asked["argv"][asked["argv"].index("--model") + 1] == "small-one"


def test_claude_keeps_the_login_of_a_subscription_where_there_is_no_key(here: Stage) -> None:
    assert here.content("--votes", "1", ANTHROPIC_API_KEY="").code == 0
    assert here.content("--votes", "1", ANTHROPIC_API_KEY="sk-ant-0123456789").code == 0
    without, keyed = (asked["argv"] for asked in here.steps.asked)
    assert ("--safe-mode" in without, "--bare" in without) == (True, False)
    assert ("--safe-mode" in keyed, "--bare" in keyed) == (False, True)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_sees_no_key_of_another_provider(here: Stage, tool: str) -> None:
    own = {"claude": "ANTHROPIC_API_KEY", "codex": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}
    keys = {name: f"the-value-of-{name}" for name in (*own.values(), "OPENROUTER_API_KEY", "GITHUB_TOKEN")}
    result = {"AUTORESEARCH_RESULT": str(here.path / "result.json")}
    assert here.content("--tool", tool, "--votes", "1", **keys, **result).code == 0
    (asked,) = here.steps.asked
    assert {name for name in keys if asked["environ"].get(name)} == {own[tool]}
    assert "AUTORESEARCH_RESULT" not in asked["environ"]


def test_an_answer_of_claude_may_be_text_or_stand_in_a_list_of_events(here: Stage) -> None:
    marks = '"curiosity": 7, "specificity": 7, "emotional": 7, "scroll_stop": 7, "seo": 7'
    here.steps.play(
        {"says": f'Here it is:\n```json\n{{"nonce": "CODE", {marks}}}\n```\nGood luck!', "list": True}
    )
    assert here.content("--votes", "1").numbers["ctr_score"] == 7


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_says_why_it_can_not_answer_is_quoted(here: Stage, tool: str) -> None:
    here.steps.play({"error": "Not logged in · Please run /login", "exit": 1})
    assert here.content("--tool", tool).failed(f"`{tool}` exited 1", "Please run /login", "no measurement")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("prints", ["", "Segmentation fault", "{}", "[]", "null", "[" * 100_000])
def test_a_tool_that_answers_in_no_known_form_is_no_measurement(here: Stage, tool: str, prints: str) -> None:
    here.steps.play({"prints": prints})
    assert here.content("--tool", tool).failed(f"`{tool}`", "no measurement")


def test_an_error_exit_is_no_measurement_even_with_an_answer(here: Stage) -> None:
    here.steps.play({"marks": 10, "exit": 3})
    assert here.content().failed("`claude` exited 3")


def test_a_tool_that_hangs_is_ended_with_all_that_it_started(here: Stage) -> None:
    here.steps.play({"hang": True})
    done = here.content("--timeout", "1", MARK=str(here.path))
    assert done.failed("`claude` gave no answer within 1 s")
    assert left_over(here) == []


def test_an_interrupted_judge_ends_the_tools_that_it_asks(here: Stage) -> None:
    here.steps.play({"hang": True})
    assert interrupted(here, "--tool", "claude", MARK=str(here.path)) == 143
    assert left_over(here) == []


def left_over(here: Stage) -> list[int]:
    """The processes that lived on with this stage's variable MARK, where /proc tells; they live no more."""
    mark = f"MARK={here.path}\0".encode()
    environs = [path.parent / "environ" for path in Path("/proc").glob("[0-9]*/stat")]
    found = [int(path.parent.name) for path in environs if mark in _bytes(path)]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_tool_that_is_not_there_is_named(here: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    assert here.content("--tool", "gemini").failed("`gemini`", "PATH")


def test_a_key_that_a_tool_mutters_is_not_shown(here: Stage) -> None:
    key = "sk-ant-api03-very-secret"
    for padding in range(0, 240, 20):  # wherever a message may be cut
        here.steps.play({"prints": "", "mutters": f"bad key {key} {'x' * padding}", "exit": 1})
        done = here.content("--votes", "1", ANTHROPIC_API_KEY=key)
        assert done.failed("`claude` exited 1")
        assert "secret" not in done.err


def test_every_judge_names_its_settings_in_its_help(tmp_path: Path) -> None:
    settings = {
        "content": "--target --tool --model --api-base --key-env --votes --timeout",
        "copy": "--target --platform --tool --model --api-base --key-env --votes --timeout",
        "prompt": "--target --cases --tool --model --generator-tool --generator-model --jobs --votes",
    }
    for judge, names in settings.items():
        done = evaluate(f"llm_judge_{judge}", "--help", at=tmp_path)
        assert done.code == 0
        assert set(names.split()) <= set(done.out.replace("[", " ").split())
