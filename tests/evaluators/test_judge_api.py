"""AR-38: a model behind an OpenAI-compatible API as the judge; the API is a server on loopback."""

import ast
import email.utils
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evaluators.judging import Stage, interrupted, serving, stage
from tests.evaluators.programs import FOLDER, Evaluated

KEY = "sk-proj-very/secret-0123456789"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(tmp_path, monkeypatch)


@pytest.fixture
def base(here: Stage) -> Iterator[str]:
    with serving(here.steps) as url:
        yield url


def ask(here: Stage, base: str, *args: str, model: str = "openai/small", key: str = KEY) -> Evaluated:
    who = ("--model", model, "--api-base", base, "--votes", "1")
    done = here.content(*who, *args, OPENAI_API_KEY=key, OPENROUTER_API_KEY=key, MY_PASS=key)
    assert "secret" not in done.out + done.err
    return done


def test_a_model_is_asked_through_the_api_with_its_provider_s_key(here: Stage, base: str) -> None:
    here.steps.play({"marks": 8})
    assert ask(here, base, model="openrouter/vendor/small").numbers["ctr_score"] == 8
    (asked,) = here.steps.asked
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["Authorization"] == f"Bearer {KEY}"
    assert (asked["body"]["model"], asked["body"]["temperature"]) == ("vendor/small", 1)
    assert "| Ten ways to bake bread" in asked["body"]["messages"][0]["content"]


def test_the_base_and_the_key_s_variable_can_be_set(here: Stage, base: str) -> None:
    assert ask(here, base, "--key-env", "MY_PASS", model="own/model").code == 0
    assert ask(here, base, model="own/model").code == 0
    named, keyless = here.steps.asked
    assert (named["headers"]["Authorization"], named["body"]["model"]) == (f"Bearer {KEY}", "own/model")
    assert "Authorization" not in keyless["headers"]


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_the_usual_variables_lead_to_another_server(here: Stage, base: str, variable: str) -> None:
    env = {variable: f"{base}/", "OPENAI_API_KEY": KEY}
    assert here.content("--model", "openai/small", "--votes", "1", **env).code == 0
    assert here.steps.asked[0]["path"] == "/v1/chat/completions"


def test_the_table_of_providers_can_be_read_without_running_it() -> None:
    tree = ast.parse((FOLDER / "_judge.py").read_text())
    (table,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROVIDERS"
    )
    assert table["openrouter"] == ["https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"]
    named = {"openai", "anthropic", "gemini", "ollama", "ollama_chat", "groq", "mistral", "deepseek"}
    assert named < set(table)
    assert all(url.startswith(("https://", "http://localhost:")) for url, _ in table.values())


def test_a_key_that_is_not_set_is_named_and_nobody_is_asked(here: Stage) -> None:
    assert here.content("--model", "groq/llama").failed("GROQ_API_KEY is not set")
    assert here.content("--model", "groq/llama", "--key-env", "MINE").failed("MINE is not set")
    broken = here.content("--model", "groq/llama", GROQ_API_KEY="gsk_one\nsecret")
    assert broken.failed("GROQ_API_KEY")
    assert "secret" not in broken.err


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "refuses"),
        (401, "OPENAI_API_KEY"),
        (402, "no credit left for the key in OPENAI_API_KEY"),
        (403, "OPENAI_API_KEY"),
        (404, "no model small"),
        (302, "refuses"),
    ],
)
def test_what_asking_again_can_not_mend_stops_at_once(here: Stage, base: str, status: int, said: str) -> None:
    error = json.dumps({"error": {"message": "no, THE KEY will not do"}})
    here.steps.play({"status": status, "body": error, "headers": {"Location": f"{base}/elsewhere"}})
    assert ask(here, base).failed(
        "127.0.0.1", said, f"({status}: no, Bearer *** will not do)", "no measurement"
    )
    assert len(here.steps.asked) == 1


def test_a_spent_quota_is_not_waited_for(here: Stage, base: str) -> None:
    here.steps.play({"status": 429, "body": json.dumps({"error": {"code": "insufficient_quota"}})})
    assert ask(here, base).failed("no quota left for the key in OPENAI_API_KEY")
    assert len(here.steps.asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "body": "oops"},
        {"status": 429, "body": "", "headers": {"Retry-After": "0"}},
        {"status": 429, "body": "", "headers": {"Retry-After": "0.25"}},
        {"status": 503, "body": "", "headers": {"Retry-After": email.utils.formatdate(0, usegmt=True)}},
        {"status": 503, "body": "", "headers": {"Retry-After": "soon"}},
        {"drop": True},
        {"body": "<html>busy</html>"},
        {"body": '{"error": {"code": 502, "message": "upstream"}}'},
    ],
)
def test_passing_trouble_is_asked_through_again(here: Stage, base: str, trouble: dict[str, object]) -> None:
    here.steps.play(trouble, {"marks": 6})
    assert ask(here, base).numbers["ctr_score"] == 6
    assert len(here.steps.asked) == 2


@pytest.mark.parametrize("trouble", [{"status": 500, "body": "oops THE KEY"}, {"drop": True}])
def test_lasting_trouble_ends_after_three_more_requests(
    here: Stage, base: str, trouble: dict[str, object]
) -> None:
    here.steps.play(trouble)
    assert ask(here, base).failed("127.0.0.1", "asked 4 times", "no measurement")
    assert len(here.steps.asked) == 4


def test_a_server_that_wants_a_long_pause_is_given_up(here: Stage, base: str) -> None:
    for pause in ("3600", "inf", email.utils.formatdate(time.time() + 9000, usegmt=True)):
        here.steps.play({"status": 429, "body": "slow down", "headers": {"Retry-After": pause}})
        assert ask(here, base).failed("429", "try again later")
        assert len(here.steps.asked) == 1


def test_a_server_that_is_not_there_is_named(here: Stage) -> None:
    with serving(here.steps) as gone:
        pass
    assert ask(here, gone).failed("127.0.0.1", "refused", "asked 4 times")


def test_an_answer_that_only_drips_is_given_up_in_time(here: Stage, base: str) -> None:
    here.steps.play({"drip": True}, {"marks": 6})
    assert ask(here, base, "--timeout", "1").numbers["ctr_score"] == 6


def test_a_model_that_takes_no_temperature_is_asked_without(here: Stage, base: str) -> None:
    here.steps.play({"no_temperature": True, "marks": 7})
    assert ask(here, base, "--votes", "3").numbers["ctr_score"] == 7
    assert "temperature" not in here.steps.asked[-1]["body"]


def test_an_answer_in_parts_is_put_together_without_the_thoughts(here: Stage, base: str) -> None:
    here.steps.play({"body": json.dumps({"choices": [{"message": {"content": [{"type": "thinking"}]}}]})})
    assert ask(here, base).failed("could not be read")
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "no JSON, THE KEY"}]
    here.steps.play({"body": json.dumps({"choices": [{"message": {"content": parts}}]})})
    assert ask(here, base).failed("could not be read", "no JSON, Bearer ***")


def test_a_key_is_never_shown_wherever_a_message_is_cut(here: Stage, base: str) -> None:
    for padding in range(140, 220, 10):
        error = json.dumps({"error": {"message": f"{'x' * padding} THE KEY"}}).replace("/", "\\/")
        here.steps.play({"status": 401, "body": error})
        who = ("--model", "own/model", "--api-base", base, "--key-env", "MINE", "--votes", "1")
        done = here.content(*who, MINE=KEY)
        assert done.failed("the key in MINE")
        assert "secret" not in done.err


def test_an_interrupted_judge_does_not_wait_for_the_answer(here: Stage, base: str) -> None:
    here.steps.play({"drip": True})
    assert interrupted(here, "--model", "own/model", "--api-base", base) == 143
