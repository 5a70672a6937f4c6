"""A call as `calls.jsonl` tells of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autoresearch.calls import record
from autoresearch.core.calls import Model
from tests.calls.asking import HELLO, asking, at, question
from tests.provider import Provider, own_variables, reply, serve, status  # noqa: F401

CHAIN = (Model("openai/a"), Model("openai/b"))


def test_a_call_is_one_line_with_all_that_was_asked_and_said(provider: Provider, tmp_path: Path) -> None:
    """AM-62, AM-63, AM-64, AM-65, AM-67, AM-68, AM-69, AM-70, AM-73"""
    provider.plays(reply("x = 2", tokens=(70, 30)))
    model = at(provider, options={"top_p": 0.5})
    asked = asking(tmp_path, model, "requests.temperature=0.7", "requests.max_tokens=900")
    asked.models.ask(question(trial=7, context={"parent": 12}))
    (call,) = asked.calls
    assert call["request"] == {"messages": HELLO, "parameters": {"temperature": 0.7, "max_tokens": 900}}
    assert call["response"] == {"text": "x = 2", "finish": "stop", "id": "gen-1", "model": "served-model"}
    assert (call["experiment"], call["trial"], call["stage"]) == ("engineering/knob", 7, "propose")
    source = call["context"].pop("source")
    assert re.fullmatch(r"tests\.calls\.test_record:\d+", source)
    assert call["context"] == {"parent": 12}
    assert (call["model"], call["status"], call["error"]) == ("openai/tester", "ok", None)
    assert call["tokens"] == 100
    (attempt,) = call["attempts"]
    assert (attempt["input_tokens"], attempt["output_tokens"], attempt["counted"]) == (70, 30, True)
    assert attempt["options"] == {"top_p": 0.5}
    assert provider.seen[0].body["top_p"] == 0.5


def test_how_long_a_call_took_stands_where_it_is_looked_for(provider: Provider, tmp_path: Path) -> None:
    """AM-69, AM-74"""
    asked = asking(tmp_path, at(provider))
    asked.models.ask(question())
    (call,) = asked.calls
    assert call["seconds"] > 0
    assert 0 < call["attempts"][0]["seconds"] <= call["seconds"]


def test_a_call_has_an_id_of_its_own_and_a_time(provider: Provider, tmp_path: Path) -> None:
    """AM-65"""
    asked = asking(tmp_path, at(provider))
    for trial in (1, 2, 3):
        asked.models.ask(question(trial=trial))
    assert len({call["id"] for call in asked.calls}) == 3
    for call in asked.calls:
        started = datetime.fromisoformat(call["started"])
        assert started.utcoffset() == UTC.utcoffset(None)
        assert started <= datetime.now(UTC)


def test_retries_and_repairs_are_attempts_of_one_call(provider: Provider, tmp_path: Path) -> None:
    """AM-66, AM-73, AM-75"""
    provider.plays(status(429), status(500), reply(""), reply("there"))
    asked = asking(tmp_path, at(provider))
    asked.models.ask(question())
    (call,) = asked.calls
    assert call["status"] == "ok"
    attempts = call["attempts"]
    assert [each["status"] for each in attempts] == ["error", "error", "ok", "ok"]
    said = ["the provider says 429", "the provider says 500", "the answer was empty", None]
    assert [each["error"] for each in attempts] == said
    assert [each.get("http_status") for each in attempts] == [429, 500, None, None]


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_tokens_that_the_provider_does_not_count_are_estimated_and_marked(
    provider: Provider, tmp_path: Path, usage: object
) -> None:
    provider.plays(reply("three little words", usage=usage))
    asked = asking(tmp_path, at(provider, input_price=1, output_price=2))
    asked.models.ask(question())
    (attempt,) = asked.calls[0]["attempts"]
    assert not attempt["counted"]
    assert 0 < attempt["input_tokens"] < 40
    assert 0 < attempt["output_tokens"] < 10
    assert asked.calls[0]["cost_usd"] > 0


def test_the_same_question_has_the_same_key() -> None:
    assert record.key(question(), CHAIN, 0.3) == record.key(question(need=5), CHAIN, 0.3)


@pytest.mark.parametrize(
    "other",
    [
        record.key(question("plan"), CHAIN, 0.3),
        record.key(question(trial=2), CHAIN, 0.3),
        record.key(question(messages=HELLO[1:]), CHAIN, 0.3),
        record.key(question(), CHAIN[::-1], 0.3),
        record.key(question(), (replace(CHAIN[0], options={"top_p": 1}), CHAIN[1]), 0.3),
        record.key(question(), (replace(CHAIN[0], api_base="http://x"), CHAIN[1]), 0.3),
        record.key(question(), CHAIN, None),
    ],
)
def test_another_question_has_another_key(other: str) -> None:
    assert other != record.key(question(), CHAIN, 0.3)


def test_a_price_that_is_not_known_does_not_hide_what_is_known() -> None:
    known = {"cost_usd": 1.0, "input_tokens": 1, "output_tokens": 2}
    unknown = {"cost_usd": None, "input_tokens": 3, "output_tokens": 4}
    free = {"cost_usd": 0.0, "input_tokens": 5, "output_tokens": 6}
    failed = {"status": "error"}
    assert record.sums([known, failed]) == {"cost_usd": 1.0, "tokens": 3}
    assert record.sums([known, unknown]) == {"cost_usd": 1.0, "tokens": 10}
    assert record.sums([unknown]) == {"cost_usd": None, "tokens": 7}
    assert record.sums([failed, free]) == {"cost_usd": 0.0, "tokens": 11}
    assert record.sums([failed]) == {"cost_usd": None, "tokens": 0}
