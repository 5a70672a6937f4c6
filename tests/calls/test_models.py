"""Asking a model over HTTP: what is retried, what is repaired, what stands in, what ends the run at once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from autoresearch.core.errors import AutoresearchError, GaveUp, TrialFailed
from tests.calls.asking import asking, at, question
from tests.provider import (  # noqa: F401
    KEY,
    Answer,
    Provider,
    drip,
    drop,
    hang,
    own_variables,
    raw,
    redirect,
    reply,
    serve,
    status,
)

NOWHERE = "models.propose={model: openai/tester, api_base: 'http://127.0.0.1:9/v1'}"
ROUTES = ["openai/tester", "openrouter/vendor/tester"]  # litellm has a path of its own for each


def test_an_answer_is_given_as_it_came(
    provider: Provider, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    provider.plays(reply("x = 2\n"))
    asked = asking(tmp_path, at(provider), "requests.temperature=0.7", "requests.max_tokens=900")
    answer = asked.models.ask(question())
    assert (answer.text, answer.model, answer.finish) == ("x = 2\n", "openai/tester", "stop")
    (seen,) = provider.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.body["messages"] == list(question().messages)
    assert (seen.body["model"], seen.body["temperature"], seen.body["max_tokens"]) == ("tester", 0.7, 900)
    assert asked.waits == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (400, "see what the provider says"),
        (401, "check the key"),
        (402, "add credit"),
        (403, "check what the key may do"),
        (404, "it may be retired or misspelt; name another model: --model, or models.propose in config.yaml"),
        (422, "see what the provider says"),
    ],
)
def test_what_waiting_does_not_heal_ends_the_run_after_one_request(
    provider: Provider, tmp_path: Path, route: str, code: int, mend: str
) -> None:
    """AM-25, AR-44: the line names the stage, which is the setting, the model and the mend."""
    provider.plays(status(code, {}, "no, not this"))
    asked = asking(tmp_path, at(provider, route))
    with pytest.raises(GaveUp) as gave_up:
        asked.models.ask(question())
    assert str(gave_up.value).startswith(f"models.propose: {route} ({code}): no, not this; {mend}")
    assert (len(provider.seen), asked.waits, asked.statuses) == (1, [], ["error"])


@pytest.mark.parametrize("route", ROUTES)
def test_a_quota_that_is_used_up_is_not_waited_for(provider: Provider, tmp_path: Path, route: str) -> None:
    """AR-44"""
    provider.plays(status(429, {}, "You exceeded your current quota", code="insufficient_quota"))
    asked = asking(tmp_path, at(provider, route))
    with pytest.raises(GaveUp, match=r"\(429\): You exceeded your current quota; check the quota of the key"):
        asked.models.ask(question())
    assert (len(provider.seen), asked.waits) == (1, [])


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("header", "waited"), [("7", 7.0), ("0.25", 0.25), ("0", 0.0)])
def test_a_limit_of_the_rate_is_waited_out_as_the_provider_asks(
    provider: Provider, tmp_path: Path, route: str, header: str, waited: float
) -> None:
    """AM-76, AM-77"""
    provider.plays(status(429, {"Retry-After": header}), reply("there"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "there"
    assert asked.waits == [waited]
    assert asked.statuses == ["error", "ok"]


def test_a_time_of_day_to_come_back_is_understood(provider: Provider, tmp_path: Path) -> None:
    """AM-77"""
    then = datetime.now(UTC) + timedelta(seconds=90)
    provider.plays(status(429, {"Retry-After": format_datetime(then, usegmt=True)}), reply("there"))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question()).text == "there"
    (waited,) = asked.waits
    assert 0 < waited <= 90
    assert len(asked.notes) == 2  # the price, and why nothing happens for so long
    assert asked.notes[1].startswith("the provider says 429; trying again in ")


def test_a_delay_that_stands_in_the_words_of_the_error_is_understood(
    provider: Provider, tmp_path: Path
) -> None:
    """The same words as for a quota that is used up; but one says when to come back."""
    said = "You exceeded your current quota, please check your plan and billing details. Retry in 12.5s."
    provider.plays(status(429, {}, said), reply("there"))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question()).text == "there"
    assert asked.waits == [12.5]


def test_without_a_word_of_when_the_waits_double_and_end(provider: Provider, tmp_path: Path) -> None:
    """AM-76"""
    provider.plays(status(429))
    asked = asking(tmp_path, at(provider))
    with pytest.raises(GaveUp, match=r"openai/tester \(429\): the provider says 429; check the quota"):
        asked.models.ask(question())
    assert asked.waits == [1.0, 2.0, 4.0]
    assert asked.statuses == ["error"] * 4


def test_nobody_is_kept_waiting_for_a_day(provider: Provider, tmp_path: Path) -> None:
    provider.plays(status(429, {"Retry-After": "86400"}))
    asked = asking(tmp_path, at(provider))
    with pytest.raises(GaveUp, match="the provider says 429"):
        asked.models.ask(question())
    assert (len(provider.seen), asked.waits) == (1, [])


@pytest.mark.parametrize("route", ROUTES)
def test_a_server_that_stumbles_is_asked_again(provider: Provider, tmp_path: Path, route: str) -> None:
    """AM-76"""
    provider.plays(status(500), status(503), reply("there"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "there"
    assert asked.waits == [1.0, 2.0]
    assert [each["http_status"] for each in asked.calls[0]["attempts"][:2]] == [500, 503]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("play", [hang, drip])
def test_a_request_ends_at_its_limit_whatever_trickles_in(
    provider: Provider, tmp_path: Path, route: str, play: Callable[[], Answer]
) -> None:
    """AM-77"""
    provider.plays(play(), reply("there"))
    asked = asking(tmp_path, at(provider, route), "requests.timeout=0.5", "requests.retries=0")
    with pytest.raises(GaveUp) as gave_up:
        asked.models.ask(question())
    assert str(gave_up.value) == (
        f"models.propose: {route}: no answer within 0.50 s; see whether the server at {provider.base} is up, "
        "then go on with: autoresearch run --resume"
    )
    assert asked.calls[0]["seconds"] >= 0.5


@pytest.mark.parametrize("route", ROUTES)
def test_an_answer_that_breaks_off_on_its_way_is_asked_for_again(
    provider: Provider, tmp_path: Path, route: str
) -> None:
    provider.plays(drop(), reply("there"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "there"
    assert "peer closed connection" in asked.calls[0]["attempts"][0]["error"]
    assert asked.calls[0]["attempts"][0]["http_status"] is None


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    """AM-72"""
    asked = asking(tmp_path, NOWHERE.replace("http://", "http://ada:hunter2hunter2@"))
    with pytest.raises(GaveUp) as gave_up:
        asked.models.ask(question())
    assert str(gave_up.value).endswith(
        "Connection refused; see whether the server at http://ada:[password]@127.0.0.1:9/v1 is up, "
        "then go on with: autoresearch run --resume"
    )
    assert asked.waits == [1.0, 2.0, 4.0]
    assert "hunter2hunter2" not in asked.path.read_text()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raw('{"id": "x", "choi'), "the answer is no JSON"),
        (raw("<html><body>Welcome</body></html>"), "the answer is no JSON"),
        (raw(""), "the answer is no JSON"),
        (raw("{}"), "what came back is not the answer of a model"),
        (reply("x", choices=[]), "what came back is not the answer of a model"),
        (reply("x", choices=None), "what came back is not the answer of a model"),
        (reply("x", choices=[{"index": 0, "finish_reason": "stop"}]), "what came back is not the answer"),
    ],
)
def test_what_is_no_answer_at_all_is_asked_for_again_and_told(
    provider: Provider,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    route: str,
    answer: Answer,
    said: str,
) -> None:
    """AM-76"""
    provider.plays(answer, reply("there"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "there"
    assert asked.calls[0]["attempts"][0]["error"].startswith(said)
    provider.plays(answer)
    with pytest.raises(GaveUp, match=f"models.propose: {route}: {said}"):
        asked.models.ask(question(trial=2))
    assert "Traceback" not in asked.path.read_text()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("route", ROUTES)
def test_an_error_within_a_good_status_is_an_error(provider: Provider, tmp_path: Path, route: str) -> None:
    """OpenRouter has sent its 200 when the provider behind it fails."""
    behind = {"message": "Provider returned error", "code": 429, "metadata": {"raw": "slow down"}}
    broke = raw(json.dumps({"error": {"message": "Insufficient credits", "code": 402}}))
    provider.plays(raw(json.dumps({"error": behind})), reply("there"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "there"
    assert asked.waits == [1.0]
    provider.plays(broke)
    with pytest.raises(GaveUp, match=r"\(402\): Insufficient credits; add credit"):
        asked.models.ask(question(trial=2))


@pytest.mark.parametrize("route", ROUTES)
def test_an_answer_that_broke_off_behind_the_provider_is_not_taken_for_whole(
    provider: Provider, tmp_path: Path, route: str
) -> None:
    choice = {
        "index": 0,
        "finish_reason": "error",
        "error": {"code": 502, "message": "upstream died"},
        "message": {"role": "assistant", "content": "half of an ans"},
    }
    provider.plays(reply("", choices=[choice]), reply("whole"))
    asked = asking(tmp_path, at(provider, route))
    assert asked.models.ask(question()).text == "whole"
    assert asked.calls[0]["attempts"][0]["error"] == "upstream died"


def test_what_the_provider_behind_openrouter_says_is_told(provider: Provider, tmp_path: Path) -> None:
    metadata = {"raw": "this model is gone", "provider_name": "Acme"}
    provider.plays(status(404, {}, "Provider returned error", metadata=metadata))
    asked = asking(tmp_path, at(provider, "openrouter/vendor/tester"))
    with pytest.raises(GaveUp, match=r"\(404\): Provider returned error: this model is gone; it may be ret"):
        asked.models.ask(question())


@pytest.mark.parametrize("nothing", ["", " \n", None])
def test_an_empty_answer_is_asked_for_again_twice(
    provider: Provider, tmp_path: Path, nothing: str | None
) -> None:
    """AM-76"""
    provider.plays(reply(nothing), reply(nothing), reply("text"))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question()).text == "text"
    provider.plays(reply(nothing))
    with pytest.raises(TrialFailed, match=r"models\.propose: openai/tester: the answer was empty"):
        asked.models.ask(question(trial=2))
    assert len(provider.seen) == 6
    assert asked.waits == []


def test_an_answer_that_was_cut_off_gets_half_as_much_room_again(provider: Provider, tmp_path: Path) -> None:
    """AM-76"""
    provider.plays(reply("par", "length"), reply("part", "length"), reply("partly no more"))
    asked = asking(tmp_path, at(provider), "requests.max_tokens=1000")
    assert asked.models.ask(question()).text == "partly no more"
    assert [seen.body["max_tokens"] for seen in provider.seen] == [1000, 1500, 2250]
    provider.plays(reply("par", "length", tokens=(100, 64)))
    with pytest.raises(TrialFailed, match="the answer was cut off after 64 tokens"):
        asked.models.ask(question(trial=2))
    assert len(provider.seen) == 6


def test_more_room_than_the_model_has_is_not_asked_for(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("par", "length", tokens=(100, 4000)), reply("whole"))
    asked = asking(tmp_path, at(provider, "openai/gpt-4"))
    assert asked.models.ask(question()).text == "whole"
    assert [seen.body.get("max_tokens") for seen in provider.seen] == [None, 4096]


def test_what_a_filter_stops_is_a_failed_trial_at_once(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("par", "content_filter"))
    asked = asking(tmp_path, at(provider))
    with pytest.raises(TrialFailed, match="the provider's content filter stopped the answer") as failed:
        asked.models.ask(question())
    assert (failed.value.reason, len(provider.seen)) == ("no_proposal", 1)


def numbers(text: str) -> None:
    if not text.startswith("["):
        raise ValueError("a list is wanted")


def test_an_answer_that_cannot_be_read_is_asked_for_again_with_the_reason(
    provider: Provider, tmp_path: Path
) -> None:
    """AM-26, AM-75: what was refused is kept, and the call is a good one."""
    provider.plays(reply("one, two"), reply("[1, 2]"))
    asked = asking(tmp_path, at(provider, stage="analyze"))
    assert asked.models.ask(question("analyze", read=numbers)).text == "[1, 2]"
    told = provider.seen[1].body["messages"]
    assert told[:2] == provider.seen[0].body["messages"]
    assert told[2] == {"role": "assistant", "content": "one, two"}
    assert "a list is wanted" in told[3]["content"]
    (call,) = asked.calls
    assert (call["status"], call["error"], asked.statuses) == ("ok", None, ["ok", "ok"])
    assert call["attempts"][0]["text"] == "one, two"


def test_a_model_that_cannot_be_read_thrice_is_named_with_its_stage(
    provider: Provider, tmp_path: Path
) -> None:
    """AM-26"""
    provider.plays(reply("one, two"))
    asked = asking(tmp_path, at(provider, stage="analyze"))
    with pytest.raises(TrialFailed) as failed:
        asked.models.ask(question("analyze", read=numbers))
    told = "models.analyze: openai/tester: the answer can't be read: a list is wanted"
    assert failed.value.detail == told
    assert len(provider.seen) == 3
    (call,) = asked.calls
    assert (call["status"], told in call["error"]) == ("error", True)
    assert [each["text"] for each in call["attempts"]] == ["one, two"] * 3


def test_odd_characters_come_through_and_can_be_sent_back(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("é\u2028😀\0 \ud800!"), reply("[1]"))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question(read=numbers)).text == "[1]"
    assert provider.seen[1].body["messages"][2]["content"] == "é\u2028😀\0 ?!"
    assert asked.calls[0]["attempts"][0]["text"] == "é\u2028😀\0 ?!"


def test_bytes_of_a_file_that_are_no_text_do_not_stop_a_question(provider: Provider, tmp_path: Path) -> None:
    asked = asking(tmp_path, at(provider))
    asked.models.ask(question(messages=[{"role": "user", "content": "a \udcff b"}]))
    assert provider.seen[0].body["messages"] == [{"role": "user", "content": "a ? b"}]
    assert asked.calls[0]["request"]["messages"][0]["content"] == "a \udcff b"


def test_a_redirection_is_followed_and_the_key_stays_at_home(provider: Provider, tmp_path: Path) -> None:
    """AM-72"""
    with Provider() as elsewhere:
        elsewhere.plays(reply("from elsewhere"))
        provider.plays(redirect(f"{elsewhere.base}/chat/completions"))
        asked = asking(tmp_path, at(provider, api_key_env="MY_KEY"), environ={"MY_KEY": KEY})
        assert asked.models.ask(question()).text == "from elsewhere"
        assert KEY in provider.seen[0].headers["authorization"]
        assert "authorization" not in elsewhere.seen[0].headers


def test_a_redirection_in_a_circle_ends(provider: Provider, tmp_path: Path) -> None:
    provider.plays(redirect(f"{provider.base}/chat/completions"))
    asked = asking(tmp_path, at(provider), "requests.retries=0")
    with pytest.raises(GaveUp, match="Exceeded maximum allowed redirects; see whether the server"):
        asked.models.ask(question())


def two(first: Provider, second: Provider) -> str:
    """A model at one provider, and one at another that stands in for it."""
    models = [
        {"model": f"openai/{name}", "api_base": provider.base}
        for name, provider in (("first", first), ("second", second))
    ]
    return f"models.propose={json.dumps(models)}"


@pytest.mark.parametrize(("trouble", "asked_first"), [(status(404), 1), (status(503), 4)])
def test_another_model_stands_in_for_one_that_is_gone_or_down(
    provider: Provider, tmp_path: Path, trouble: Answer, asked_first: int
) -> None:
    with Provider() as other:
        provider.plays(trouble)
        other.plays(reply("from the second"))
        asked = asking(tmp_path, two(provider, other))
        answer = asked.models.ask(question())
        assert (answer.text, answer.model) == ("from the second", "openai/second")
        assert (len(provider.seen), len(other.seen)) == (asked_first, 1)
    (call,) = asked.calls
    assert call["model"] == "openai/second"
    assert [each["model"] for each in call["attempts"]] == ["openai/first"] * asked_first + ["openai/second"]


def test_where_all_fail_the_first_is_named(provider: Provider, tmp_path: Path) -> None:
    with Provider() as other:
        provider.plays(status(404))
        other.plays(status(401))
        asked = asking(tmp_path, two(provider, other))
        with pytest.raises(GaveUp, match=r"^models.propose: openai/first \(404\): the provider says 404"):
            asked.models.ask(question())
    assert len(asked.calls) == 1


def test_an_outage_is_waited_out_where_a_model_has_worked_before(provider: Provider, tmp_path: Path) -> None:
    asked = asking(tmp_path, at(provider), "requests.retries=0")
    asked.models.ask(question())
    provider.plays(status(503), status(503), reply("back again"))
    assert asked.models.ask(question(trial=2)).text == "back again"
    assert asked.waits == [16.0, 32.0]
    assert asked.notes[1:] == [
        "the provider says 503; trying again in 16.0 s",
        "the provider says 503; trying again in 32.0 s",
    ]


def test_an_outage_has_an_end(provider: Provider, tmp_path: Path) -> None:
    asked = asking(tmp_path, at(provider), "requests.retries=0", "requests.outage=60")
    asked.models.ask(question())
    provider.plays(status(503))
    with pytest.raises(GaveUp, match=r"\(503\): the provider says 503; see whether the server at http://127"):
        asked.models.ask(question(trial=2))
    assert sum(asked.waits) <= 60


@pytest.mark.parametrize("name", ["tester", "vendor/tester"])
def test_a_model_without_a_provider_is_told_how_it_is_written(tmp_path: Path, name: str) -> None:
    asked = asking(tmp_path, f"models.propose={name}")
    with pytest.raises(GaveUp) as gave_up:
        asked.models.ask(question())
    assert str(gave_up.value) == (
        f"models.propose: {name}: no provider stands before the first slash, as in openrouter/vendor/name; "
        "it may be retired or misspelt; name another model: --model, or models.propose in config.yaml"
    )
    assert asked.waits == []


def test_a_stage_without_a_model_says_how_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(AutoresearchError, match="no model for propose; name one: --model openrouter/"):
        asking(tmp_path).models.check("propose")


def test_a_key_that_is_missing_is_said_before_any_request(provider: Provider, tmp_path: Path) -> None:
    """AM-17"""
    asked = asking(tmp_path, "models.propose=openrouter/vendor/tester", environ={})
    with pytest.raises(AutoresearchError) as refused:
        asked.models.check("propose")
    assert str(refused.value) == (
        "models.propose: openrouter/vendor/tester needs a key, and OPENROUTER_API_KEY is not set; "
        "put OPENROUTER_API_KEY=… into the environment or into .env"
    )
    assert provider.seen == []
