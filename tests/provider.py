"""A provider of models for tests: an OpenAI-compatible server on loopback that plays what it is told.

    with Provider() as provider:
        provider.plays(status(429, {"Retry-After": "1"}), reply("x = 2"))

Each request takes the next answer; when they are over, the last one is given again. `seen` is what came in.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import pytest

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"  # what a test has for a key: nothing may ever show it
PATIENCE = 60.0  # seconds after which a test that waits for the provider is called broken


@dataclass(frozen=True)
class Seen:
    """A request as it came in; the names of headers are in lower case."""

    path: str
    body: Any
    headers: Mapping[str, str]


Answer = Callable[[BaseHTTPRequestHandler, threading.Event], None]
"""Writes a response; the event says that the provider closes."""


def raw(body: bytes | str, code: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """These bytes, as they are."""
    data = body if isinstance(body, bytes) else body.encode()

    def play(request: BaseHTTPRequestHandler, _closing: threading.Event) -> None:
        _begin(request, code, {"Content-Length": str(len(data)), **(headers or {})})
        request.wfile.write(data)

    return play


def completion(text: str | None, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    """What the API answers, as data; `more` is laid over it, and what is None there is left out."""
    whole = {
        "id": "gen-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "served-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        **more,
    }
    return {name: value for name, value in whole.items() if value is not None}


def reply(
    text: str | None, finish: str | None = "stop", tokens: tuple[int, int] = (100, 20), **more: Any
) -> Answer:
    """A good answer. `tokens` went in and came out; `cost=` is in US dollars, as OpenRouter says it; other
    names replace keys of the whole, None leaves one out (`usage=None`)."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    if "cost" in more:
        usage["cost"] = more.pop("cost")
    return raw(json.dumps(completion(text, finish, **{"usage": usage, **more})))


def status(
    number: int, headers: Mapping[str, str] | None = None, message: str = "", /, **error: Any
) -> Answer:
    """An error as the API says it; `error` is laid over it (`code="insufficient_quota"`)."""
    told = {"message": message or f"the provider says {number}", "type": "error", "code": number, **error}
    return raw(json.dumps({"error": told}), number, headers)


def hang() -> Answer:
    """Takes the request and says nothing, ever."""
    return lambda _request, closing: _until(closing, lambda: None)


def drip() -> Answer:
    """Bytes keep coming, each in time for a client that waits for the next one; the answer never ends."""

    def play(request: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        _begin(request, 200, {"Content-Length": "1000000"})
        _until(closing, lambda: request.wfile.write(b" "))

    return play


def drop() -> Answer:
    """Hangs up in the middle of a body."""

    def play(request: BaseHTTPRequestHandler, _closing: threading.Event) -> None:
        data = json.dumps(completion("half of an ans")).encode()
        _begin(request, 200, {"Content-Length": str(len(data))})
        request.wfile.write(data[: len(data) // 2])

    return play


def redirect(place: str, code: int = 307) -> Answer:
    """Sends the client elsewhere."""
    return raw(b"", code, {"Location": place})


class Provider:
    """The server, for as long as the block lasts. `base` is its address for `api_base`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._answers: list[Answer] = [reply("hello")]
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _request_class(self))
        self.base = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def environ(self) -> dict[str, str]:
        """Variables with which every `openrouter/…` model is asked here."""
        return {"OPENROUTER_API_KEY": KEY, "OPENROUTER_API_BASE": self.base}

    def options(
        self, model: str = "openai/tester", stage: str = "propose", **more: object
    ) -> tuple[str, str]:
        """Options of `autoresearch run` with which a stage asks this server; `more` are keys of the model."""
        given = json.dumps({"model": model, "api_base": self.base, **more})
        return ("-c", f"models.{stage}={given}")

    def plays(self, *answers: Answer | str) -> None:
        """What is answered from now on; a text is a good answer."""
        with self._changed:
            self._answers = [reply(each) if isinstance(each, str) else each for each in answers]

    def wait_for(self, requests: int) -> None:
        """Until so many requests have come in, since the beginning."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= requests, PATIENCE), self.seen

    def take(self, seen: Seen) -> Answer:
        """Note a request; the answer to it."""
        with self._changed:
            self.seen.append(seen)
            self._changed.notify_all()
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def play(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request, as long as that takes."""
        body = request.rfile.read(int(request.headers["Content-Length"] or 0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self.take(Seen(request.path, json.loads(body) if body else None, headers))
        answer(request, self._closing)

    def __enter__(self) -> "Provider":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(name="provider")
def serve() -> Iterator[Provider]:
    """A provider for one test, where a file has `from tests.provider import own_variables, serve`."""
    with Provider() as provider:
        yield provider


@pytest.fixture(autouse=True)
def own_variables() -> Iterator[None]:
    """litellm reads variables by itself, so ours are put where it looks; after a test they are taken away."""
    before = dict(os.environ)
    for name in [name for name in before if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL"))]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


class _Server(ThreadingHTTPServer):
    def handle_error(self, _request: Any, _address: Any) -> None:
        """A client that hung up is what many of the tests are about."""


def _request_class(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            provider.play(self)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing of it belongs into the output of a test."""

    return Request


def _begin(request: BaseHTTPRequestHandler, code: int, headers: Mapping[str, str]) -> None:
    request.send_response(code)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.send_header(name, value)
    request.end_headers()


def _until(closing: threading.Event, now_and_then: Callable[[], object]) -> None:
    while not closing.wait(0.02):
        now_and_then()
