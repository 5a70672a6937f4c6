"""Asking many models at once: one window and one layer of retries for each, one budget for all.

Every answer is on disk before anything is done with it. What can't heal for any sample (a key, credit, a
model that isn't there, a provider out of reach) ends all of it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.settings_sections import RequestSettings
from autoresearch.calls import record
from autoresearch.calls.record import Question
from autoresearch.core.calls import LONGEST_PAUSE, CallFailed, Messages, Model, Reply, Request, pause
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Parameters
from autoresearch.core.units import format_duration, format_money
from autoresearch.suites.budget import Budget
from autoresearch.suites.store import Record, Records
from autoresearch.suites.window import Window

EMPTY = 2  # times that an answer of nothing is asked for again
ALL = (401, 402, 403, 404)  # what one sample can't be spared, no other can
IN_A_ROW = 5  # samples that nobody answered, one after the other: nobody is there
REASONS = {401: "no_key", 402: "quota", 403: "no_key", 404: "no_model", 429: "quota"}
MENDS = {
    "no_key": "check the key, then do it again: what was answered is kept",
    "quota": "add credit, then do it again: what was answered is kept",
    "no_model": "it may be retired or misspelt; what was answered is kept",
    "unreachable": "see whether the server is up, then do it again: what was answered is kept",
    "budget": "give more (--max-cost), and it goes on where it was",
}


@dataclass(frozen=True)
class Ask:
    """One request: `key` is what its record is found by, `context` says what it is for."""

    model: Model
    messages: Messages
    parameters: Parameters
    key: str
    stage: str
    suite: str
    context: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None


class Over(Exception):
    """All of it ends: `reason` in a word, `detail` for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def told(self) -> str:
        """What happened, and what mends it."""
        mend = MENDS.get(self.reason)
        return f"{self.detail.rstrip('.')}; {mend}" if mend else self.detail


@dataclass
class Crowd:
    """Who asks, from many threads at once. `over` is set when all of it ends, `why` says then why."""

    client: Litellm
    records: Records
    requests: RequestSettings
    budget: Budget
    widest: int
    note: Callable[[str], None]
    per_minute: tuple[int | None, int | None] = (None, None)
    over: threading.Event = field(default_factory=threading.Event)
    why: Over | None = None
    _windows: dict[tuple[str, str | None], Window] = field(default_factory=dict)
    _silent: dict[str, int] = field(default_factory=dict)
    _slowed: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, why: Over | None) -> None:
        """No request is begun from here on."""
        with self._lock:
            self.why = self.why or why
        self.over.set()

    def check(self, model: Model) -> None:
        """Get ready for a model, in the background. Raises AutoresearchError where it can't go well."""
        if not model.provider:
            raise AutoresearchError(
                f"{model.name!r} names no provider", "write provider/name, such as openrouter/vendor/name"
            )
        if name := self.client.missing_key(model):
            raise AutoresearchError(
                f"{model.name} needs a key, and {name} is not set",
                f"put {name}=… into the environment or .env",
            )
        self.client.start(model)
        self.budget.check(model)

    def ask(self, ask: Ask) -> Record:
        """The record of the call: an answer, or the error of this sample. Raises Over."""
        sent = ask.parameters
        more = {"stop": list(sent.stop), **sent.options} if sent.stop else dict(sent.options)
        told = {"temperature": sent.temperature, "max_tokens": sent.max_tokens, **more}
        question = Question(ask.stage, ask.context.get("sample", 0), ask.messages, context=ask.context)
        call = record.begun(question, ask.key, ask.suite, told)
        model = replace(ask.model, options={**ask.model.options, **more})
        timeout = min(self.requests.timeout, ask.timeout or self.requests.timeout)
        request = Request(model, ask.messages, sent.temperature, sent.max_tokens, timeout)
        begun = time.monotonic()
        try:
            call |= self._insist(request, call["attempts"])
        except CallFailed as failed:
            call |= {
                "status": "error",
                "model": model.name,
                "error": failed.detail,
                "reason": _reason(failed),
            }
        except Over as over:
            call |= {"status": "error", "model": model.name, "error": over.detail, "reason": over.reason}
            raise
        finally:
            call |= record.sums(call["attempts"]) | {"seconds": time.monotonic() - begun}
            if call["attempts"]:
                written = self.records.write_call(call)
        return written

    def _insist(self, request: Request, attempts: list[dict[str, Any]]) -> dict[str, Any]:
        """One model, with retries for what heals by waiting. Raises CallFailed for this sample, Over for
        all."""
        retries, empty = 0, 0
        while True:
            try:
                reply = self._once(request, attempts)
            except CallFailed as failed:
                if failed.kind == "permanent":
                    self._refuse_for_all(request.model, failed)
                    raise
                if failed.status != 429:
                    retries += 1
                    self._nobody_there(request.model, failed, retries)
                    if retries > self.requests.retries:
                        raise
                    self.over.wait(pause(retries - 1, failed.retry_after))
                continue
            if not reply.text.strip() and reply.finish not in ("length", "content_filter") and empty < EMPTY:
                attempts[-1] |= {"error": "the answer was empty", "text": reply.text}
                empty += 1
                continue
            if reply.finish == "content_filter":
                raise CallFailed("permanent", "the provider's content filter stopped the answer")
            return record.response(request.model, reply)

    def _once(self, request: Request, attempts: list[dict[str, Any]]) -> Reply:
        window = self._window(request.model)
        with self.budget.reserved(request, self.over) as reserved:
            if not reserved:
                self.end(Over("budget", f"{format_money(self.budget.limit or 0)} are spent, or would be"))
            if not window.enter(self.over):
                raise self.why or Over("stopped", "stopped")
            begun, attempt = window.clock(), record.attempt(request)
            attempts.append(attempt)
            try:
                reply = self.client.send(request)
            except CallFailed as failed:
                attempt |= {"status": "error", "error": failed.detail, "http_status": failed.status}
                if failed.kind == "wait" and failed.status == 429:
                    self._slow_down(request.model, begun, failed)
                raise
            finally:
                attempt["seconds"] = window.clock() - begun
                window.leave()
            self._answered(request.model, window, reply)
            attempt |= record.usage(reply)
            self.budget.spend(reply.cost_usd)
        return reply

    def _answered(self, model: Model, window: Window, reply: Reply) -> None:
        with self._lock:
            self._silent[model.name] = self._slowed[model.name] = 0
        window.answered(reply.input_tokens + reply.output_tokens)

    def _slow_down(self, model: Model, begun: float, failed: CallFailed) -> None:
        """All requests to the model wait. Raises Over where it asks for longer than an outage may last."""
        outage = self.requests.outage
        with self._lock:
            row = self._slowed[model.name] = self._slowed.get(model.name, 0) + 1
        window = self._window(model)
        seconds = pause(max(0, (row - 1) // max(1, window.widest)), failed.retry_after)
        if outage is not None and (
            seconds > outage or row * min(seconds, LONGEST_PAUSE) > outage * window.widest
        ):
            why = Over(
                "quota", f"{model.name} (429): {failed.detail}, for {format_duration(seconds)} and more"
            )
            self.end(why)
            raise why
        if seconds >= 10:
            self.note(f"{model.name}: {failed.detail}; going on in {format_duration(seconds)}")
        window.slowed(begun, seconds)

    def _refuse_for_all(self, model: Model, failed: CallFailed) -> None:
        if failed.status in ALL or failed.status == 429:
            why = Over(_reason(failed), f"{model.name} ({failed.status}): {failed.detail}")
            self.end(why)
            raise why

    def _nobody_there(self, model: Model, failed: CallFailed, retries: int) -> None:
        """Where nobody has answered several samples in a row, nobody will answer the next."""
        if retries <= self.requests.retries:
            return
        with self._lock:
            row = self._silent[model.name] = self._silent.get(model.name, 0) + 1
        if row >= IN_A_ROW:
            why = Over("unreachable", f"{model.name}: {row} samples in a row had no answer: {failed.detail}")
            self.end(why)
            raise why

    def _window(self, model: Model) -> Window:
        with self._lock:
            key = (model.name, model.api_base)
            if key not in self._windows:
                self._windows[key] = Window(self.widest, *self.per_minute)
            return self._windows[key]


def _reason(failed: CallFailed) -> str:
    """In a word."""
    if failed.kind == "wait":
        return "timeout" if failed.detail.startswith("no answer within") else "unreachable"
    if "content filter" in failed.detail:
        return "content_filter"
    return REASONS.get(failed.status or 0, "refused")
