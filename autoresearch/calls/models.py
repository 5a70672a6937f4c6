"""Asking a model for a stage: the one retry layer, fallbacks, the budget, and the log of each call.

Three kinds of trouble: what heals by waiting (429, 5xx, the network), what heals by asking again (nothing
came, it was cut, it can't be read), and what doesn't heal (a key, credit, an unknown model).
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.settings import Settings
from autoresearch.calls import record
from autoresearch.calls.log import CallLog
from autoresearch.calls.record import Answer, Question
from autoresearch.core.calls import LONGEST_PAUSE, CallFailed, Model, Price, Reply, Request, pause
from autoresearch.core.errors import AutoresearchError, GaveUp, RunOver, TrialFailed
from autoresearch.core.units import format_duration, format_money

WORTH_A_WORD = 10.0  # seconds of waiting of which people are told
REPAIRS = 2  # times that a reply which is no use is asked for again
MARGIN = 1.3  # our count of tokens is not the provider's
UNLIMITED = 10**9  # tokens
UNKNOWN_LENGTH = 32_768  # tokens that a reply may have where nobody says, under a cost limit


@dataclass
class Models:
    """The models of an experiment. `note` is for people; `sleep` takes seconds."""

    settings: Settings
    client: Litellm
    log: CallLog
    experiment: str
    note: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    _worked: bool = False
    _told: set[str] = field(default_factory=set)

    def check(self, stage: str) -> None:
        """Get ready for calls of this stage, in the background. Raises AutoresearchError where they can't go
        well: no model, no key, no price."""
        chain = self._chain(stage)
        for model in chain:
            if not model.provider:
                raise AutoresearchError(
                    f"models.{stage}: {model.name!r} names no provider",
                    "write provider/name, such as openrouter/vendor/name or ollama_chat/name",
                )
            if name := self.client.missing_key(model):
                raise AutoresearchError(
                    f"models.{stage}: {model.name} needs a key, and {name} is not set",
                    f"put {name}=… into the environment or into .env",
                )
        self.client.start(chain[0])
        for model in chain if self.settings.stop.cost is not None else ():
            self._price(stage, model)

    def ask(self, question: Question) -> Answer:
        """The answer; one that was paid for already is taken from the log.

        Raises GaveUp where a provider's error can't heal, TrialFailed where no answer can be used, RunOver
        where the next request may cost more than is left of `stop.cost`.
        """
        chain, requests = self._chain(question.stage), self.settings.requests
        key = record.key(question, chain, requests.temperature)
        if call := self.log.answered(key):
            return record.answer(call)
        self._tell_the_price(question, chain[0])
        parameters = {"temperature": requests.temperature, "max_tokens": requests.max_tokens}
        caller = sys._getframe(1)
        place = f"{caller.f_globals['__name__']}:{caller.f_lineno}"
        question = replace(question, context={"source": place, **question.context})
        call = record.begun(question, key, self.experiment, parameters)
        begun = time.monotonic()
        try:
            self._answered(question, chain, call)
        except (AutoresearchError, TrialFailed, RunOver) as failure:
            call |= {"status": "error", "error": str(failure)}
            raise
        finally:
            call |= record.sums(call["attempts"]) | {"seconds": time.monotonic() - begun}
            if call["attempts"]:
                self.log.write(call)
        return record.answer(call)

    def _chain(self, stage: str) -> tuple[Model, ...]:
        chain = self.settings.models.chain(stage)
        if not chain:
            raise AutoresearchError(
                f"no model for {stage}", "name one: --model openrouter/vendor/name, or models.default"
            )
        return chain

    def _answered(self, question: Question, chain: tuple[Model, ...], call: dict[str, Any]) -> None:
        """Ask one model after the other; where all are out of reach and one has worked before, wait."""
        waited, rounds = 0.0, 0
        while True:
            failures: list[tuple[Model, CallFailed]] = []
            for model in chain:
                try:
                    reply = self._insist(question, model, call["attempts"])
                except CallFailed as failed:
                    failures.append((model, failed))
                    continue
                self._worked = True
                call |= record.response(model, reply)
                return
            heals = [failed for _, failed in failures if failed.kind == "wait"]
            seconds = pause(4 + rounds, heals[0].retry_after) if heals else 0.0
            outage = self.settings.requests.outage
            if heals and question.stage != "propose":  # the run goes on without it
                raise TrialFailed(
                    "no_proposal", f"models.{question.stage}: {failures[0][0].name}: {heals[0].detail}"
                )
            if not heals or not self._worked or outage is None or waited + seconds > outage:
                raise self._hopeless(question.stage, *failures[0])
            self._wait(seconds, heals[0])
            waited, rounds = waited + seconds, rounds + 1

    def _insist(self, question: Question, model: Model, attempts: list[dict[str, Any]]) -> Reply:
        """One model, with retries for what heals by waiting and repairs for what heals by asking again."""
        requests, refused = self.settings.requests, 0
        request = Request(
            model,
            question.messages,
            requests.temperature,
            requests.max_tokens,
            requests.timeout,
            question.schema,
        )
        retries = 0
        while True:
            try:
                reply = self._once(question, request, attempts)
            except CallFailed as failed:
                if failed.status == 400 and request.schema is not None:  # it may be the schema
                    request = replace(request, schema=None)
                    continue
                seconds = pause(retries, failed.retry_after)
                if failed.kind == "permanent" or retries >= requests.retries or seconds > LONGEST_PAUSE:
                    raise
                self._wait(seconds, failed)
                retries += 1
                continue
            wrong = _wrong(reply, question.read)
            if not wrong:
                return reply
            attempts[-1] |= {"error": wrong, "text": reply.text}
            refused += 1
            if refused > REPAIRS or reply.finish == "content_filter":
                raise TrialFailed("no_proposal", f"models.{question.stage}: {model.name}: {wrong}")
            request = _repaired(request, reply, wrong, self.client.longest(model)[1])

    def _wait(self, seconds: float, failed: CallFailed) -> None:
        if seconds >= WORTH_A_WORD:
            self.note(f"{failed.detail}; trying again in {format_duration(seconds)}")
        self.sleep(seconds)

    def _once(self, question: Question, request: Request, attempts: list[dict[str, Any]]) -> Reply:
        spent = self.log.spent + (record.sums(attempts)["cost_usd"] or 0.0)
        request = self._within_budget(question, request, spent)
        begun, attempt = time.monotonic(), record.attempt(request)
        attempts.append(attempt)  # it counts also where Ctrl-C ends it
        try:
            reply = self.client.send(request)
        except CallFailed as failed:
            attempt |= {"status": "error", "error": failed.detail, "http_status": failed.status}
            raise
        finally:
            attempt["seconds"] = time.monotonic() - begun
        attempt |= record.usage(reply)
        return reply

    def _within_budget(self, question: Question, request: Request, spent: float) -> Request:
        """The request, its reply cut to what can still be paid. Raises RunOver where that is too little."""
        limit = self.settings.stop.cost
        if limit is None:
            return request
        price = self._price(question.stage, request.model)
        text = "\n".join(message["content"] for message in request.messages)
        left = limit - spent - self.client.count(request.model, text) * MARGIN * price.input
        longest = request.max_tokens or self.client.longest(request.model)[1] or UNKNOWN_LENGTH
        affordable = left / price.output if price.output else float(longest)
        if left < 0 or affordable < min(question.need, longest):
            raise RunOver(
                "cost", f"${spent:.2f} of ${limit:g} are spent, and one more call may pass it (stop.cost)"
            )
        return replace(request, max_tokens=min(longest, int(affordable)))

    def _tell_the_price(self, question: Question, model: Model) -> None:
        """Once for each stage, before any money is spent on it: what a call will cost about."""
        if question.stage in self._told:
            return
        self._told.add(question.stage)
        given = sum(self.client.count(model, message["content"]) for message in question.messages)
        price, limit = self.client.price(model), self.settings.stop.cost
        if price is None:
            about = "its price is not known, so only tokens are counted"
        else:
            each = "trial" if question.stage == "propose" else "call"
            about = f"about {format_money(given * price.input + question.need * price.output)} a {each}"
        stop = f", at most {format_money(limit)} in all (stop.cost)" if limit is not None else ""
        asked = model.name if question.stage == "propose" else f"{model.name} ({question.stage})"
        self.note(f"{asked}: {given:,} tokens to begin with, {about}{stop}")

    def _hopeless(self, stage: str, model: Model, failed: CallFailed) -> GaveUp:
        status = f" ({failed.status})" if failed.status else ""
        mend = MENDS.get(failed.status or 404, MENDS[400]).format(stage=stage)
        if failed.kind == "wait" and failed.status != 429:
            where = f"at {self.log.redactor.text(model.api_base)}" if model.api_base else "of the provider"
            mend = f"see whether the server {where} is up, then go on with: autoresearch run --resume"
        return GaveUp(f"models.{stage}: {model.name}{status}: {failed.detail.rstrip('.')}", mend)

    def _price(self, stage: str, model: Model) -> Price:
        price = self.client.price(model)
        if price is None:
            raise AutoresearchError(
                f"models.{stage}: nobody knows the price of {model.name}, so stop.cost can't be held",
                "give it (input_price, output_price: see docs/models.md), or take stop.cost out",
            )
        return price


MENDS = {
    400: "see what the provider says; the settings of requests: and models: are sent as they are",
    401: "check the key",
    402: "add credit, or name another model: --model",
    403: "check what the key may do, or name another model: --model",
    404: "it may be retired or misspelt; name another model: --model, or models.{stage} in config.yaml",
    429: "check the quota of the key, or name another model: --model",
}


def _wrong(reply: Reply, read: Callable[[str], object] | None) -> str:
    """Why a reply is no use; "" where it is."""
    if reply.finish == "content_filter":
        return "the provider's content filter stopped the answer"
    if not reply.text.strip():
        return "the answer was empty"
    if reply.finish == "length":
        return f"the answer was cut off after {reply.output_tokens} tokens"
    if read is not None:
        try:
            read(reply.text)
        except ValueError as reason:
            return f"the answer can't be read: {reason}"
    return ""


def _repaired(request: Request, reply: Reply, wrong: str, longest: int | None) -> Request:
    """The next try: more room after a cut (as far as the model has it), the reason after an answer that can't
    be read, else the same."""
    messages, most = request.messages, request.max_tokens
    if reply.finish == "length":
        had = most or reply.output_tokens
        most = max(had, min(int(had * 1.5), longest or UNLIMITED))
    elif reply.text.strip():
        again = f"{wrong}. Answer again, whole, in the form that was asked for."
        told = [{"role": "assistant", "content": reply.text}, {"role": "user", "content": again}]
        messages = [*messages, *told]
    return replace(request, messages=messages, max_tokens=most)
