"""Calls as OpenTelemetry spans, by the names of the convention."""

import json
from typing import Any

from autoresearch.calls import otel
from tests.calls.logged import ASKED, call, failed, tried


def plain(value: dict[str, Any]) -> Any:
    """What an attribute's value is."""
    ((kind, content),) = value.items()
    if kind == "arrayValue":
        return [plain(one) for one in content["values"]]
    return int(content) if kind == "intValue" else content


def facts(listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["key"]: plain(each["value"]) for each in listed}


def document(*calls: dict[str, Any]) -> Any:
    return json.loads("".join(otel.document(calls, "1.2")))


def spans(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    (resource,) = document(*calls)["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    found: list[dict[str, Any]] = scope["spans"]
    return found


def test_a_call_is_a_span_with_the_attributes_of_the_convention() -> None:
    (span,) = spans(call(1, attempts=[failed(), tried()]))
    assert facts(span["attributes"]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": "openrouter/vendor/large",
        "gen_ai.request.temperature": 0.3,
        "gen_ai.input.messages": json.dumps(
            [{"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]} for one in ASKED]
        ),
        "gen_ai.response.id": "reply-1",
        "gen_ai.response.model": "vendor/large-2",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.output.messages": json.dumps(
            [
                {
                    "role": "assistant",
                    "parts": [{"type": "text", "content": "IDEA: less"}],
                    "finish_reason": "stop",
                }
            ]
        ),
        "autoresearch.experiment": "engineering/knob",
        "autoresearch.trial": 1,
        "autoresearch.stage": "propose",
        "autoresearch.status": "ok",
        "autoresearch.cost_usd": 0.01,
        "autoresearch.tokens": 120,
        "autoresearch.source": "autoresearch.research.proposers.llm:42",
    }
    assert (span["name"], span["kind"], span["status"]) == ("chat openrouter/vendor/large", 3, {})


def test_ids_and_times_are_written_as_otlp_json_wants_them() -> None:
    """Ids in hexadecimal, 32 and 16 digits; times and whole numbers as strings."""
    known = call(1, seconds=1.5)
    (span,) = spans(known)
    assert (span["traceId"], len(span["spanId"])) == (known["id"], 16)
    assert span["startTimeUnixNano"] == "1767323105000000000"
    assert span["endTimeUnixNano"] == "1767323106500000000"
    assert {"key": "autoresearch.trial", "value": {"intValue": "1"}} in span["attributes"]
    odd = [call(1, id="no hex"), call(2, id="0" * 32), call(3, started="at noon")]
    assert all(len(each["traceId"]) == 32 and int(each["traceId"], 16) for each in spans(*odd))


def test_an_error_has_its_class_and_each_attempt_is_an_event() -> None:
    timeout = failed() | {"http_status": None, "error": "timeout"}
    gave_up, cut = (
        call(1, answer=None, attempts=[failed(503), failed(429)]),
        call(2, answer=None, attempts=[]),
    )
    first, second, third = spans(gave_up, cut | {"status": "interrupted"}, gave_up | {"attempts": [timeout]})
    assert first["status"] == {"code": 2, "message": "models.propose: gave up"}
    kinds = [facts(span["attributes"])["error.type"] for span in (first, second, third)]
    assert kinds == ["429", "interrupted", "_OTHER"]
    assert [facts(event["attributes"])["autoresearch.attempt.http_status"] for event in first["events"]] == [
        503,
        429,
    ]
    assert "gen_ai.output.messages" not in facts(first["attributes"])


def test_providers_have_the_names_of_the_convention() -> None:
    names = {"openai/x": "openai", "gemini/x": "gcp.gemini", "xai/x": "x_ai", "mistral/x": "mistral_ai"}
    for model, name in names.items():
        (span,) = spans(call(1, model=model))
        assert facts(span["attributes"])["gen_ai.provider.name"] == name


def test_an_agents_run_is_an_agent_that_was_invoked() -> None:
    attempt = {"started": "2026-01-02T03:04:05.000+00:00", "model": "claude", "status": "ok", "tokens": 9}
    request = {"messages": ASKED, "parameters": {"agent": "claude"}}
    (span,) = spans(call(1, attempts=[attempt], tokens=9, model="claude", request=request))
    told = facts(span["attributes"])
    assert (told["gen_ai.operation.name"], told["gen_ai.agent.name"]) == ("invoke_agent", "claude")
    assert "gen_ai.request.model" not in told
    assert (span["name"], span["kind"]) == ("invoke_agent claude", 1)


def test_what_was_not_logged_is_not_there() -> None:
    """`logs.content` off: no texts."""
    bare = call(1, request={"messages": None, "parameters": {}})
    bare["response"]["text"] = None
    (span,) = spans(bare)
    assert not facts(span["attributes"]).keys() & {"gen_ai.input.messages", "gen_ai.output.messages"}


def test_the_document_is_whole_for_any_number_of_calls() -> None:
    assert spans() == []
    assert len(spans(*map(call, range(1, 4)))) == 3
    (resource,) = document()["resourceSpans"]
    assert facts(resource["resource"]["attributes"]) == {
        "service.name": "autoresearch",
        "service.version": "1.2",
    }
