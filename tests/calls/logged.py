"""Logs for a test: calls as `record` makes them, of a fixed time, laid into a file."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from autoresearch.calls import record
from autoresearch.core.calls import Model, Reply, Request

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LARGE, SMALL = Model("openrouter/vendor/large"), Model("ollama_chat/small")
ASKED = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Make it faster."}]


def tried(
    model: Model = LARGE, tokens: tuple[int, int] = (100, 20), cost: float | None = 0.01
) -> dict[str, Any]:
    """An attempt that was answered."""
    reply = Reply("IDEA: less", "stop", *tokens, 0, True, cost, "reply-1", "vendor/large-2")
    sent = Request(model, ASKED, 0.3, 500, 60.0)
    return {**record.attempt(sent), **record.usage(reply), "seconds": 2.0}


def failed(status: int = 429, error: str = "slow down", model: Model = LARGE) -> dict[str, Any]:
    """An attempt that was not."""
    sent = record.attempt(Request(model, ASKED, 0.3, None, 60.0))
    return {**sent, "status": "error", "error": error, "http_status": status, "seconds": 0.5}


def call(
    number: int = 1,
    stage: str = "propose",
    *,
    attempts: Sequence[Mapping[str, Any]] | None = None,
    answer: str | None = "IDEA: less",
    **more: Any,
) -> dict[str, Any]:
    """Call `number`, begun that many minutes after BEGUN, its id beginning with the number; without
    `answer` it is an error."""
    asked = record.Question(stage, more.pop("trial", 1), more.pop("messages", ASKED))
    parameters = {"temperature": 0.3, "max_tokens": None}
    made = record.begun(asked, "0" * 32, more.pop("experiment", "engineering/knob"), parameters)
    made["attempts"] = (
        list(attempts) if attempts is not None else [tried() if answer is not None else failed()]
    )
    if answer is not None:
        model = Model(str(made["attempts"][-1]["model"])) if made["attempts"] else LARGE
        reply = Reply(answer, "stop", 1, 1, 0, True, None, "reply-1", "vendor/large-2")
        made |= record.response(model, reply)
    else:
        made |= {"status": "error", "error": "models.propose: gave up"}
    if "tokens" not in more:
        made |= record.sums(made["attempts"])
    made["seconds"] = 2.0 + number
    begun = (BEGUN + timedelta(minutes=number)).isoformat(timespec="milliseconds")
    context = {"source": "autoresearch.research.proposers.llm:42", "parent": 0}
    return made | {"id": f"{number:08x}{'0' * 24}", "started": begun, "context": context} | more


def lay(path: Path, *calls: Mapping[str, Any] | bytes) -> Path:
    """Append lines, each a call or what stands there instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log:
        for one in calls:
            log.write(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n")
    return path
