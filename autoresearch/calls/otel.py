"""Calls as OpenTelemetry spans: OTLP/JSON, attributes by the semantic conventions for generative AI (1.37).

A call with all its attempts is one span, which is a trace of its own; its attempts are events of it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

CLIENT, INTERNAL = 3, 1  # kinds of spans
ERROR = 2  # a span's status; one that went well has none
PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""Names of the convention for providers that litellm calls otherwise."""
OF_ATTEMPT = (
    "model", "status", "error", "http_status", "seconds", "input_tokens", "output_tokens", "cost_usd",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRACE = re.compile("(?!0{32})[0-9a-f]{32}")


def document(calls: Iterable[Mapping[str, Any]], version: str) -> Iterator[str]:
    """An OTLP/JSON document of these calls, piece by piece; `version` is of the program that made them."""
    service = attributes({"service.name": "autoresearch", "service.version": version})
    scope = {"name": "autoresearch.calls", "version": version}
    yield f'{{"resourceSpans": [{{"resource": {json.dumps({"attributes": service})},'
    yield f' "scopeSpans": [{{"scope": {json.dumps(scope)}, "spans": ['
    for number, call in enumerate(calls):
        yield f"{',' if number else ''}\n{json.dumps(span(call))}"
    yield "\n]}]}]}\n"


def span(call: Mapping[str, Any]) -> dict[str, Any]:
    """One call."""
    known = call["id"]
    digest = hashlib.sha256(known.encode(errors="replace")).hexdigest()
    begun = _nanoseconds(call["started"])
    told = call.get("error") or call["status"]
    facts = {**_asked(call), **_answered(call), **_ours(call)}
    return {
        "traceId": known if _TRACE.fullmatch(known) else digest[:32],
        "spanId": digest[-16:],
        "name": f"{facts['gen_ai.operation.name']} {_model(call) or ''}".strip(),
        "kind": INTERNAL if _agent(call) else CLIENT,
        "startTimeUnixNano": str(begun),
        "endTimeUnixNano": str(begun + int((call.get("seconds") or 0) * 1e9)),
        "attributes": attributes(facts),
        "events": [_event(attempt, begun) for attempt in _attempts(call)],
        "status": {} if call["status"] == "ok" else {"code": ERROR, "message": told},
    }


def attributes(facts: Mapping[str, object]) -> list[dict[str, Any]]:
    """Facts as OTLP has them; those that are None are left out."""
    return [{"key": key, "value": _value(value)} for key, value in facts.items() if value is not None]


def _asked(call: Mapping[str, Any]) -> dict[str, object]:
    request = call.get("request") or {}
    parameters, messages = request.get("parameters") or {}, request.get("messages")
    agent = _agent(call)
    return {
        "gen_ai.operation.name": "invoke_agent" if agent else "chat",
        "gen_ai.provider.name": agent or _provider(_model(call)),
        "gen_ai.agent.name": agent,
        "gen_ai.request.model": None if agent else _model(call),
        "gen_ai.request.temperature": parameters.get("temperature"),
        "gen_ai.request.max_tokens": parameters.get("max_tokens"),
        "gen_ai.input.messages": messages and json.dumps(list(map(_said, messages))),
    }


def _answered(call: Mapping[str, Any]) -> dict[str, object]:
    answer = call.get("response") or {}
    finish, text = answer.get("finish"), answer.get("text")
    output = {**_message("assistant", text), "finish_reason": finish or "stop"} if text is not None else None
    failed = None if call["status"] == "ok" else _failure(call)
    return {
        "gen_ai.response.id": answer.get("id") or None,
        "gen_ai.response.model": answer.get("model") or None,
        "gen_ai.response.finish_reasons": [finish] if finish else None,
        "gen_ai.usage.input_tokens": _sum(call, "input_tokens"),
        "gen_ai.usage.output_tokens": _sum(call, "output_tokens"),
        "gen_ai.output.messages": json.dumps([output]) if output else None,
        "error.type": failed,
    }


def _ours(call: Mapping[str, Any]) -> dict[str, object]:
    """What the convention has no name for."""
    names = ("experiment", "trial", "stage", "status", "cost_usd", "tokens")
    source = (call.get("context") or {}).get("source")
    return {f"autoresearch.{name}": call.get(name) for name in names} | {"autoresearch.source": source}


def _event(attempt: Mapping[str, Any], begun: int) -> dict[str, Any]:
    facts = {f"autoresearch.attempt.{name}": attempt.get(name) for name in OF_ATTEMPT}
    started = attempt.get("started")
    time = _nanoseconds(started) if isinstance(started, str) else begun
    return {"name": "autoresearch.attempt", "timeUnixNano": str(time), "attributes": attributes(facts)}


def _agent(call: Mapping[str, Any]) -> str | None:
    """The agent that was run; None where a model was asked."""
    agent = ((call.get("request") or {}).get("parameters") or {}).get("agent")
    return str(agent) if agent else None


def _model(call: Mapping[str, Any]) -> str | None:
    """Who answered; where nobody did, who was asked first."""
    first = next((attempt.get("model") for attempt in _attempts(call)), None)
    model = call.get("model") or first
    return str(model) if model else None


def _provider(model: str | None) -> str:
    name = (model or "").partition("/")[0]
    return PROVIDERS.get(name, name or "_OTHER")


def _failure(call: Mapping[str, Any]) -> str:
    """A class of errors: the HTTP status, `interrupted`, or `_OTHER`."""
    last = next((one["http_status"] for one in reversed(_attempts(call)) if one.get("http_status")), None)
    if call["status"] == "interrupted":
        return "interrupted"
    return str(last or "_OTHER")


def _attempts(call: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return call.get("attempts") or ()


def _sum(call: Mapping[str, Any], name: str) -> int | None:
    known = [one[name] for one in _attempts(call) if one.get(name) is not None]
    return sum(known) if known else None


def _said(message: Mapping[str, Any]) -> dict[str, Any]:
    return _message(message.get("role", "user"), message.get("content"))


def _message(role: str, text: object) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _nanoseconds(time: str) -> int:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return 0
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": str(value)}
