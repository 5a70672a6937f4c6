"""What `calls.jsonl` says of a call: one JSON object, with an attempt for each request that was sent."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from autoresearch.core.calls import Messages, Model, Reply, Request


@dataclass(frozen=True)
class Question:
    """What a stage asks. `need` is how many tokens its answer may well have; `context` goes into the log.

    `read` raises ValueError, with the reason, for an answer that can't be used: it is asked for again.
    `schema` is the JSON schema of the answer, for models that can be held to one.
    """

    stage: str
    trial: int
    messages: Messages
    need: int = 1000
    read: Callable[[str], object] | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """A model's answer, and how it ended (`stop`, `length`, …)."""

    text: str
    model: str
    finish: str


def key(question: Question, chain: Sequence[Model], temperature: float | None) -> str:
    """What a call is known by: the same question, asked of the same models in the same way, of one trial."""
    models = [[model.name, model.api_base, dict(model.options)] for model in chain]
    asked = [question.stage, question.trial, list(map(dict, question.messages)), models, temperature]
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()[:32]


def begun(
    question: Question, known_by: str, experiment: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """A call before its first attempt."""
    return {
        "id": uuid.uuid4().hex,
        "key": known_by,
        "started": _now(),
        "experiment": experiment,
        "trial": question.trial,
        "stage": question.stage,
        "context": dict(question.context),
        "model": None,
        "request": {"messages": list(map(dict, question.messages)), "parameters": dict(parameters)},
        "response": None,
        "status": "interrupted",
        "error": None,
        "attempts": [],
    }


def attempt(request: Request) -> dict[str, Any]:
    """An attempt, as it is sent."""
    return {
        "started": _now(),
        "model": request.model.name,
        "options": dict(request.model.options),
        "max_tokens": request.max_tokens,
        "status": "interrupted",
        "error": None,
    }


def usage(reply: Reply) -> dict[str, Any]:
    """What an attempt that was answered took."""
    return {
        "status": "ok",
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cached_tokens": reply.cached_tokens,
        "counted": reply.counted,
        "cost_usd": reply.cost_usd,
    }


def response(model: Model, reply: Reply) -> dict[str, Any]:
    """A call that was answered."""
    said = {"text": reply.text, "finish": reply.finish, "id": reply.id, "model": reply.served}
    return {"status": "ok", "model": model.name, "response": said}


def sums(attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a call has cost: all of its attempts that were answered."""
    answered = [one for one in attempts if "cost_usd" in one]
    tokens = [one["input_tokens"] + one["output_tokens"] for one in answered]
    return {"cost_usd": at_least([one["cost_usd"] for one in answered]), "tokens": sum(tokens)}


def at_least(costs: Sequence[float | None]) -> float | None:
    """The sum of what is known, in US dollars; None where nothing is.

    What nobody knows doesn't hide the rest, or a limit on the cost could be passed unseen.
    """
    known = [cost for cost in costs if cost is not None]
    return float(sum(known)) if known else None


def answer(call: Mapping[str, Any]) -> Answer:
    """The answer that stands in a call."""
    return Answer(call["response"]["text"], str(call["model"]), call["response"]["finish"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
