"""litellm: one request, with one deadline, one kind of failure, and a price that is known or None.

It is loaded late and in the background, as that takes seconds. Retries, fallbacks, the budget and the log
are not here: see calls/models.py.
"""

import importlib
import logging
import os
import queue
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from autoresearch.adapters.llm_errors import failed, failed_within
from autoresearch.core.calls import KEYS, LOCAL, Model, Price, Reply, Request
from autoresearch.core.redaction import Redactor
from autoresearch.core.units import format_duration

# Read by litellm when it is imported: no prices from the network, no `.env` into our environment.
_AT_IMPORT = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
NOBODY = "http://127.0.0.1:1"  # a port of this machine on which nothing listens
_PROVIDERS_OWN = re.compile(
    "(_API_KEY|_API_BASE|_BASE_URL|_API_VERSION)$|^(AWS|AZURE|VERTEX|GOOGLE|OLLAMA|OPENAI|WATSONX)_"
)


class Litellm:
    """Sends requests, each in a thread of its own, so that a deadline or Ctrl-C ends the wait at once."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor) -> None:
        self._environ = environ
        self._redactor = redactor
        self._loading: threading.Thread | None = None
        self._starting = threading.Lock()

    def start(self, first: Model | None = None) -> None:
        """Begin to load it, and what it needs to ask `first`; returns at once."""
        with self._starting:
            if self._loading is not None:
                return
            os.environ.update(_AT_IMPORT)
            for name, value in self._environ.items():
                if _PROVIDERS_OWN.search(name):
                    os.environ.setdefault(name, value)
            self._loading = threading.Thread(target=_load, args=(first,), daemon=True)
            self._loading.start()

    def missing_key(self, model: Model) -> str | None:
        """The name of the variable that should hold the model's key and doesn't; None where none is missing,
        or its provider is not known here. Needs no litellm."""
        names = (model.api_key_env,) if model.api_key_env else KEYS.get(model.provider, ())
        if not names or (self.base(model) and not model.api_key_env):  # a server of one's own may need none
            return None
        return None if any(self._environ.get(name) for name in names) else names[0]

    def price(self, model: Model) -> Price | None:
        """What it costs: as it was given, or as litellm's table has it; None where that is not known."""
        if model.price is not None or model.provider in LOCAL:
            return model.price or Price(0.0, 0.0)
        if model.name.startswith("openrouter/") and model.name.endswith(":free"):
            return Price(0.0, 0.0)
        if self.base(model) or not model.provider:  # of another server litellm knows no price
            return None
        info = self._info(model)
        price_in, price_out = info.get("input_cost_per_token"), info.get("output_cost_per_token")
        return None if price_in is None or price_out is None else Price(price_in, price_out)

    def longest(self, model: Model) -> tuple[int | None, int | None]:
        """Tokens that a request and a reply of it may have, None where that is not known."""
        info = {} if model.provider in LOCAL else self._info(model)
        return info.get("max_input_tokens"), info.get("max_output_tokens")

    def count(self, model: Model, text: str) -> int:
        """About how many tokens a text has."""
        found, _ = _outcome(self._litellm().token_counter, model=model.name, text=text)
        return int(found) if found is not None else len(text) // 3

    def send(self, request: Request) -> Reply:
        """One attempt. Raises CallFailed."""
        litellm, model = self._litellm(), request.model
        key = self._environ.get(model.api_key_env or "") or self._key(model)
        arguments = {
            "model": model.name,
            "messages": [{**message, "content": _valid(message["content"])} for message in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "timeout": request.timeout,
            "api_base": model.api_base,
            "api_key": key,
            "response_format": self._format(request),
            "max_retries": 0,
            "drop_params": True,
            **model.options,
        }
        given = {name: value for name, value in arguments.items() if value is not None}
        response, error = _outcome(litellm.completion, deadline=request.timeout, **given)
        if error is not None:
            late = f"no answer within {format_duration(request.timeout)}"
            raise failed(error, late, self._redactor.text, datetime.now(UTC))
        if told := (getattr(response.choices[0], "provider_specific_fields", None) or {}).get("error"):
            raise failed_within(told, self._redactor.text)
        return self._reply(request, response)

    def _format(self, request: Request) -> Mapping[str, Any] | None:
        """The schema as a provider takes it; None for a model that is not known to be held to one."""
        if request.schema is None:
            return None
        able, _ = _outcome(self._litellm().supports_response_schema, model=request.model.name)
        named = {"name": "answer", "strict": True, "schema": request.schema}
        return {"type": "json_schema", "json_schema": named} if able else None

    def _reply(self, request: Request, response: Any) -> Reply:
        choice, usage = response.choices[0], response.usage
        text = self._redactor.keys(_valid(choice.message.content or ""))
        given, back = usage.prompt_tokens or 0, usage.completion_tokens or 0
        counted = bool(given or back)
        if not counted:
            given = sum(self.count(request.model, message["content"]) for message in request.messages)
            back = self.count(request.model, text)
        return Reply(
            text=text,
            finish=str(choice.finish_reason or ""),
            input_tokens=given,
            output_tokens=back,
            cached_tokens=getattr(usage.prompt_tokens_details, "cached_tokens", None) or 0,
            counted=counted,
            cost_usd=self._cost(request.model, response, given, back),
            id=str(response.id or ""),
            served=str(response.model or ""),
        )

    def _cost(self, model: Model, response: Any, given: int, back: int) -> float | None:
        price = self.price(model)
        if model.price is None:
            said = getattr(response.usage, "cost", None)  # OpenRouter says what it took
            if isinstance(said, int | float):
                return float(said)
            if price is None:
                return None
            # litellm's own sum knows of cached and reasoning tokens; it has none where usage is missing.
            cost, _ = _outcome(
                self._litellm().completion_cost, completion_response=response, model=model.name
            )
            if cost:
                return float(cost)
        return given * price.input + back * price.output if price else None

    def _info(self, model: Model) -> Mapping[str, Any]:
        info, _ = _outcome(self._litellm().get_model_info, model=model.name)
        return info or {}

    def _key(self, model: Model) -> str | None:
        if model.api_base:  # a server of one's own gets no key but the one that is named for it
            return "none"
        found = next((v for n in KEYS.get(model.provider, ()) if (v := self._environ.get(n))), None)
        return found or ("none" if self.base(model) else None)  # the client insists on some key

    def base(self, model: Model) -> str | None:
        """Another server that the provider's name is used for, if there is one."""
        bases = (f"{model.provider.upper()}_API_BASE", f"{model.provider.upper()}_BASE_URL")
        return model.api_base or next((url for name in bases if (url := self._environ.get(name))), None)

    def _litellm(self) -> Any:
        self.start()
        if self._loading is not None:
            self._loading.join()
        return importlib.import_module("litellm")


def _load(first: Model | None) -> None:
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True  # to count tokens it would fetch files from the network
    warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if first is not None and first.provider in {*KEYS, *LOCAL}:
        # A request to nobody: what only a request loads would hold up the real one.
        nobody = {"api_base": NOBODY, "api_key": "none", "timeout": 1, "max_retries": 0}
        hello = [{"role": "user", "content": "hello"}]
        _outcome(litellm.completion, deadline=5.0, model=first.name, messages=hello, **nobody)


def _valid(text: str) -> str:
    """`text` as UTF-8 can hold it; a half of a character becomes a question mark."""
    return text.encode(errors="replace").decode()


class _Call:
    """A call that another thread makes. Whatever it raises is kept, as some of litellm's raise a bare
    Exception."""

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.function, self.arguments = function, arguments
        self.value: Any = None
        self.error: BaseException | None = None
        self.done: queue.SimpleQueue[None] = queue.SimpleQueue()

    def make(self) -> None:
        """Make it, and say so."""
        with self:
            self.value = self.function(**self.arguments)
        self.done.put(None)

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self.error = error
        return True


def _serve(calls: "queue.SimpleQueue[_Call | None]") -> None:
    while (call := calls.get()) is not None:
        call.make()


def _outcome(
    function: Callable[..., Any], deadline: float | None = None, **arguments: Any
) -> tuple[Any, BaseException | None]:
    """What a function of litellm gives, or what it raises.

    After `deadline` seconds a TimeoutError; the thread is left alone, and dies with us.
    """
    try:
        calls = _FREE.pop()
    except IndexError:
        calls = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(calls,), daemon=True).start()
    call, answered = _Call(function, arguments), False
    calls.put(call)
    try:
        call.done.get(timeout=deadline)
        answered = True
    except queue.Empty:
        pass
    finally:
        if answered:
            _FREE.append(calls)
        else:
            calls.put(None)  # its thread ends when the call does
    return (call.value, call.error) if answered else (None, TimeoutError())


_FREE: "list[queue.SimpleQueue[_Call | None]]" = []  # threads with nothing to do: to start one takes longer
