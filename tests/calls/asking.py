"""Models for a test, asked over HTTP, with a log on disk; waiting is noted instead of done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.settings import Settings, load
from autoresearch.calls.log import CallLog
from autoresearch.calls.models import Models
from autoresearch.calls.record import Question
from autoresearch.core.calls import Model, Request
from autoresearch.core.redaction import Redactor
from tests.provider import KEY, Provider

LEAST = "target: a.py\nevaluate: python bench.py\nmetric: {name: ms, direction: lower}\n"
HELLO = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Say hello."}]


def question(stage: str = "propose", trial: int = 1, **more: Any) -> Question:
    return Question(stage, trial, more.pop("messages", HELLO), **more)


def settings(folder: Path, *overrides: str, environ: Mapping[str, str] | None = None) -> Settings:
    config = folder / "config.yaml"
    config.write_text(LEAST)
    return load([config], overrides, environ)


@dataclass
class Asked:
    """What a test looks at: the models, what people were told, how long was waited, the log."""

    models: Models
    path: Path
    notes: list[str]
    waits: list[float]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The log as a reader of it sees it."""
        lines = self.path.read_text().split("\n")[:-1] if self.path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def statuses(self) -> list[str]:
        """How each attempt of the only call ended."""
        (call,) = self.calls
        return [attempt["status"] for attempt in call["attempts"]]


def asking(folder: Path, *overrides: str, environ: Mapping[str, str] | None = None) -> Asked:
    """Models with these settings. `environ` is all of the variables there are, a key among them."""
    warm()
    environ = {"OPENROUTER_API_KEY": KEY} if environ is None else environ
    redactor, path = Redactor(environ), folder / "calls.jsonl"
    notes: list[str] = []
    waits: list[float] = []
    models = Models(
        settings(folder, "requests.timeout=30", *overrides, environ=environ),
        Litellm(environ, redactor),
        CallLog.open(path, redactor, []),
        "engineering/knob",
        notes.append,
        waits.append,
    )
    return Asked(models, path, notes, waits)


def at(provider: Provider, name: str = "openai/tester", stage: str = "propose", **more: object) -> str:
    """The setting by which a stage asks `name` at this provider."""
    return provider.options(name, stage, **more)[1]


@cache
def warm() -> None:
    """The first request of a process loads a second of code: it is none of those with a short deadline."""
    client = Litellm({}, Redactor({}))
    with Provider() as provider:
        for name in ("openai/tester", "openrouter/vendor/tester"):
            client.send(Request(Model(name, api_base=provider.base), HELLO, None, None, 60.0))
