"""`calls.jsonl`: appended to and nothing else, without keys, read back from its end."""

import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autoresearch.calls.log import BLOCK, CallLog
from autoresearch.core.errors import GaveUp
from autoresearch.core.model import Trial
from autoresearch.core.redaction import Redactor
from tests.calls.asking import asking, at, question
from tests.provider import KEY, Provider, own_variables, reply, serve, status  # noqa: F401

NO_KEYS = Redactor({})
ONE = [Trial(0, None, None, None, "keep", "baseline", "baseline", cost_usd=0.5)]


def call(key: str, trial: int, cost: float | None = 1.0, **more: Any) -> dict[str, Any]:
    response = {"text": f"answer to {key}", "finish": "stop"}
    given = {"key": key, "trial": trial, "status": "ok", "model": "m", "cost_usd": cost, "tokens": 5}
    return {**given, "response": response, "request": {"messages": []}, "attempts": [], **more}


def texts(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


def test_a_log_that_is_not_there_is_empty(path: Path) -> None:
    log = CallLog.open(path, NO_KEYS, [])
    assert (log.answered("a"), log.spent, log.of_trial(0).cost_usd) == (None, 0.0, None)
    assert not path.exists()


def test_lines_are_only_ever_added(path: Path) -> None:
    """AM-71"""
    CallLog.open(path, NO_KEYS, []).write(call("a", 0))
    before = path.read_bytes()
    CallLog.open(path, NO_KEYS, []).write(call("b", 0))
    assert path.read_bytes().startswith(before)
    assert [each["key"] for each in texts(path)] == ["a", "b"]


def test_a_call_is_on_disk_when_it_is_written(path: Path) -> None:
    log = CallLog.open(path, NO_KEYS, [])
    log.write(call("a", 0))
    assert texts(path)[0]["response"]["text"] == "answer to a"


def test_the_calls_of_the_trial_in_flight_are_read_back(path: Path) -> None:
    log = CallLog.open(path, NO_KEYS, [])
    for key, trial in (("old", 0), ("a", 1), ("b", 1)):
        log.write(call(key, trial))
    again = CallLog.open(path, NO_KEYS, ONE)
    assert again.answered("old") is None
    assert again.answered("a")["response"]["text"] == "answer to a"  # type: ignore[index]
    assert again.spent == 2.5  # the trial before, as it was recorded, and two calls
    assert (again.of_trial(1).cost_usd, again.of_trial(1).tokens) == (2.0, 10)


def test_what_is_not_known_of_a_trial_does_not_hide_what_is_known(path: Path) -> None:
    """AR-44: a call that was interrupted, and one that was answered; the next run counts what is known."""
    log = CallLog.open(path, NO_KEYS, [])
    log.write(call("a", 0, None, status="interrupted", tokens=None, response=None))
    assert (log.of_trial(0).cost_usd, log.of_trial(0).tokens, log.spent) == (None, None, 0.0)
    log.write(call("a", 0))
    assert (log.of_trial(0).cost_usd, log.of_trial(0).tokens, log.spent) == (1.0, 5, 1.0)


@pytest.mark.parametrize("torn", ['{"key": "b", "tri', "\0\0\0\0", '{"a": "\udcff'])
def test_a_line_that_a_power_cut_tore_stays_alone(path: Path, torn: str) -> None:
    CallLog.open(path, NO_KEYS, []).write(call("a", 0))
    with path.open("ab") as file:
        file.write(torn.encode(errors="surrogateescape"))
    log = CallLog.open(path, NO_KEYS, [])
    log.write(call("c", 0))
    lines = path.read_bytes().split(b"\n")
    assert lines[1] == torn.encode(errors="surrogateescape")
    again = CallLog.open(path, NO_KEYS, [])
    assert again.answered("a")
    assert again.answered("c")


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "null",
        "[]",
        "7",
        '"text"',
        "{}",
        '{"trial": 0}',
        '{"trial": "0"}',
        "{not json}",
        '{"trial": null}',
    ],
)
def test_damaged_lines_are_passed_over(path: Path, damaged: str) -> None:
    CallLog.open(path, NO_KEYS, []).write(call("a", 0))
    with path.open("a") as file:
        file.write(damaged + "\n")
    log = CallLog.open(path, NO_KEYS, [])
    assert log.answered("a")
    assert log.spent == 1.0


def test_a_long_log_before_the_trial_in_flight_is_not_read(path: Path) -> None:
    """Memory is the measure: fifty megabytes of earlier trials, and a few blocks are read."""
    old = json.dumps(call("old", 0, request={"messages": "x" * 1_000_000})) + "\n"
    with path.open("w") as file:
        for _ in range(50):
            file.write(old)
    CallLog.open(path, NO_KEYS, ONE).write(call("new", 1))
    tracemalloc.start()
    try:
        log = CallLog.open(path, NO_KEYS, ONE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert log.answered("new")
    assert peak < 12 * BLOCK


def test_a_line_longer_than_a_block_is_read_whole(path: Path) -> None:
    text = "é" * BLOCK
    CallLog.open(path, NO_KEYS, []).write(call("a", 0, response={"text": text, "finish": "stop"}))
    CallLog.open(path, NO_KEYS, []).write(call("b", 0))
    found = CallLog.open(path, NO_KEYS, []).answered("a")
    assert found is not None
    assert found["response"]["text"] == text


@pytest.mark.parametrize("text", ["é😀\u2028\u2029\x85\r\n\0", "a \ud800 half", "a byte \udcff", '"\\'])
def test_any_text_comes_back_as_it_was(path: Path, text: str) -> None:
    CallLog.open(path, NO_KEYS, []).write(call("a", 0, response={"text": text, "finish": "stop"}))
    found = CallLog.open(path, NO_KEYS, []).answered("a")
    assert found is not None
    assert found["response"]["text"] == text
    assert len(texts(path)) == 1


def test_what_is_kept_in_memory_is_not_the_prompts(path: Path) -> None:
    """A night of calls is some gigabytes of prompts."""
    log = CallLog.open(path, NO_KEYS, [])
    log.write(call("warm", 0))
    tracemalloc.start()
    try:
        for trial in range(1, 21):
            log.write(call("a", trial, request={"messages": "x" * 1_000_000}))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
    assert log.spent == 21.0


def test_a_key_that_comes_back_from_the_provider_is_in_no_line(provider: Provider, tmp_path: Path) -> None:
    """AM-72: in an error, in an answer, in headers."""
    provider.plays(
        status(500, {"x-key": KEY}, f"wrong key {KEY}"),
        reply(f"your key is {KEY}", id=KEY, model=KEY),
        status(401, {}, f"Bearer {KEY}"),
    )
    asked = asking(tmp_path, at(provider, "openrouter/vendor/tester", api_key_env="OPENROUTER_API_KEY"))
    answer = asked.models.ask(question(messages=[{"role": "user", "content": f"it is {KEY}"}]))
    with pytest.raises(GaveUp) as gave_up:
        asked.models.ask(question(trial=2))
    assert KEY in provider.seen[0].headers["authorization"]
    assert answer.text == "your key is [OPENROUTER_API_KEY]"  # as it would be read back
    assert KEY not in str(gave_up.value)
    assert KEY not in asked.path.read_text()
    assert "[OPENROUTER_API_KEY]" in asked.path.read_text()
    assert asked.calls[0]["response"]["text"] == "your key is [OPENROUTER_API_KEY]"


@pytest.mark.parametrize(
    "key", ['with "quotes" and \\', "-----BEGIN\nabcdef\n-----END", "schlüssel-schlüssel"]
)
def test_a_key_of_any_characters_is_found_in_the_line(path: Path, key: str) -> None:
    """AM-72"""
    log = CallLog.open(path, Redactor({"MY_TOKEN": key}), [])
    log.write(call("a", 0, request={"messages": f"it is {key}!"}))
    log.write(call("b", 0, request={"messages": f"it is {key}! \udcff"}))
    assert [each["request"]["messages"][:17] for each in texts(path)] == ["it is [MY_TOKEN]!"] * 2


def test_a_password_in_a_url_that_failed_is_in_no_line_and_code_stays_code(
    provider: Provider, tmp_path: Path
) -> None:
    """AM-72: an answer that a killed run reads back is the one that came."""
    code = 'url = f"postgres://{user}:{password}@localhost/db"\n'
    url = "http://ada:hunter2hunter2@127.0.0.1:9/v1"
    provider.plays(status(500, {}, f"no way to {url}"), reply(code))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question(trial=0)).text == code
    assert asking(tmp_path, at(provider)).models.ask(question(trial=0)).text == code
    down = asking(tmp_path, f"models.propose={{model: openai/tester, api_base: '{url}'}}")
    with pytest.raises(GaveUp):
        down.models.ask(question(trial=0))
    assert "hunter2hunter2" not in asked.path.read_text()
    assert asked.calls[0]["attempts"][0]["error"] == "no way to http://ada:[password]@127.0.0.1:9/v1"
