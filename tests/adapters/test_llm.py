"""litellm as it is: loaded late and silently, one request at a time, and prices that are known or None."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters.llm import Litellm
from autoresearch.core.calls import CallFailed, Model, Price, Request
from autoresearch.core.redaction import Redactor
from tests.provider import KEY, Provider, hang, own_variables, raw, reply, serve  # noqa: F401

HELLO = [{"role": "user", "content": "Say hello."}]


def client(**environ: str) -> Litellm:
    return Litellm(environ, Redactor(environ))


def request(provider: Provider, name: str = "openai/tester", timeout: float = 60.0, **more: Any) -> Request:
    return Request(Model(name, api_base=provider.base, **more), HELLO, 0.3, None, timeout)


def python(program: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True, text=True, check=False, env={**os.environ, **environ},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_nothing_of_ours_loads_litellm_before_it_is_needed() -> None:
    python("import autoresearch.cli.run, sys; assert 'litellm' not in sys.modules")


def test_loading_is_silent_and_asks_nothing_of_the_network(tmp_path: Path) -> None:
    """Its prices are those that it came with, and a `.env` where it is started is not read."""
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-the-file\n")
    program = (
        "import os, socket, sys\n"
        "def refuse(*_): raise AssertionError('a connection at import')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from autoresearch.adapters.llm import Litellm\n"
        "from autoresearch.core.redaction import Redactor\n"
        "from autoresearch.core.calls import Model\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "client = Litellm({}, Redactor({}))\n"
        "client.start()\n"
        "print(client.price(Model('openai/gpt-4o')) is not None)\n"
        "print(client.count(Model('meta-llama/x'), 'a b'))\n"
        "print('OPENAI_API_KEY' in os.environ)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["True", "2", "False"], "")


def test_a_program_that_ends_while_it_loads_makes_no_noise() -> None:
    program = (
        "from autoresearch.adapters.llm import Litellm\n"
        "from autoresearch.core.redaction import Redactor\n"
        "Litellm({}, Redactor({})).start()\n"
    )
    assert python(program) == ""


def test_a_program_that_ends_after_a_deadline_makes_no_noise(provider: Provider) -> None:
    provider.plays(hang())
    program = (
        "from autoresearch.adapters.llm import Litellm\n"
        "from autoresearch.core.calls import CallFailed, Model, Request\n"
        "from autoresearch.core.redaction import Redactor\n"
        f"model = Model('openai/x', api_base={provider.base!r})\n"
        "try: Litellm({}, Redactor({})).send(Request(model, [{'role': 'user', 'content': 'x'}], 1, 1, 3.0))\n"
        "except CallFailed as late: print(late.detail)\n"
    )
    assert python(program) == "no answer within 3.00 s\n"


def test_a_reply_has_all_that_the_provider_says(
    provider: Provider, capfd: pytest.CaptureFixture[str]
) -> None:
    """AM-64"""
    usage = {
        "prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 64},
    }  # fmt: skip
    provider.plays(reply("hello", "stop", usage=usage, id="gen-7"))
    answer = client().send(request(provider))
    assert (answer.text, answer.finish, answer.id, answer.served) == (
        "hello",
        "stop",
        "gen-7",
        "served-model",
    )
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (90, 10, 64)
    assert answer.counted
    assert answer.cost_usd is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("route", ["openai/tester", "openrouter/vendor/tester"])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # as it is outside of a test
def test_an_answer_of_the_wrong_types_is_a_failed_call(
    provider: Provider, capfd: pytest.CaptureFixture[str], route: str
) -> None:
    odd = [
        reply(None, choices=[{"index": 0, "message": {"role": "assistant", "content": 5}}]),
        reply("x", choices=[None]),
        reply("x", choices="none"),
        reply("x", usage={"prompt_tokens": "a"}),
        raw("[]"),
        raw("null"),
        raw("7"),
    ]
    for answer in odd:
        provider.plays(answer)
        with pytest.raises(CallFailed) as failed:
            client().send(request(provider, route))
        assert (failed.value.kind, failed.value.status) == ("wait", None)
    assert capfd.readouterr() == ("", "")


def test_a_key_is_taken_from_the_variable_that_is_named(provider: Provider) -> None:
    own = client(MY_KEY="my-own-key-1", OPENAI_API_KEY="sk-of-another")
    own.send(request(provider, api_key_env="MY_KEY"))
    own.send(request(provider))  # a server of one's own: the key of another is not for it
    client().send(request(provider))
    sent = [seen.headers["authorization"] for seen in provider.seen]
    assert sent == ["Bearer my-own-key-1", "Bearer none", "Bearer none"]


def test_a_provider_is_asked_where_its_variable_says(provider: Provider) -> None:
    answer = client(**provider.environ).send(
        Request(Model("openrouter/vendor/tester"), HELLO, 0.3, None, 60.0)
    )
    assert answer.text == "hello"
    assert provider.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert provider.seen[0].body["model"] == "vendor/tester"


def test_options_of_a_model_are_sent_as_they_are(provider: Provider) -> None:
    """AM-63"""
    client().send(request(provider, options={"top_p": 0.5, "seed": 7}))
    assert (provider.seen[0].body["top_p"], provider.seen[0].body["seed"]) == (0.5, 7)


def test_a_deadline_leaves_no_thread_that_would_hold_up_the_end(provider: Provider) -> None:
    client().send(request(provider))
    provider.plays(hang())
    with pytest.raises(CallFailed) as late:
        client().send(request(provider, timeout=0.5))
    assert (late.value.kind, late.value.detail) == ("wait", "no answer within 0.50 s")
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())


PRICED = Price(1e-6, 2e-6)
FREE = Price(0.0, 0.0)


@pytest.mark.parametrize(
    ("model", "price"),
    [
        (Model("openai/tester", price=PRICED), PRICED),
        (Model("openai/gpt-4o", api_base="http://x/v1", price=PRICED), PRICED),
        (Model("ollama_chat/qwen3"), FREE),
        (Model("ollama/qwen3", api_base="http://x"), FREE),
        (Model("openrouter/vendor/tester:free"), FREE),
        (Model("openai/tester"), None),
        (Model("openrouter/vendor/tester"), None),
        (Model("nobody/tester"), None),
        (Model("tester"), None),
        (Model("gpt-4o"), None),  # whose? a name without a provider is refused before it is asked
        (Model("openai/gpt-4o", api_base="http://x/v1"), None),
    ],
)
def test_a_price_is_given_or_known_or_none(model: Model, price: Price | None) -> None:
    """Unknown is None, never nothing."""
    assert client().price(model) == price


def test_a_server_under_a_providers_name_has_no_known_price() -> None:
    model = Model("openai/gpt-4o")
    known = client().price(model)
    assert known is not None
    assert 0 < known.input < known.output < 1e-3
    assert client(OPENAI_BASE_URL="http://127.0.0.1:9").price(model) is None
    assert client(OPENAI_API_BASE="http://127.0.0.1:9").price(model) is None


def test_lengths_are_known_or_none() -> None:
    assert client().longest(Model("openai/gpt-4"))[1] == 4096
    assert client().longest(Model("openai/tester")) == (None, None)
    assert client().longest(Model("ollama_chat/qwen3")) == (None, None)


def test_tokens_are_counted_about() -> None:
    assert client().count(Model("openai/gpt-4o"), "") == 0
    assert 2 <= client().count(Model("openai/tester"), "three little words") <= 6
    assert client().count(Model("openai/tester"), "half \ud800 a character") > 0


@pytest.mark.parametrize(
    ("model", "environ", "missing"),
    [
        (Model("openrouter/a/b"), {}, "OPENROUTER_API_KEY"),
        (Model("openrouter/a/b"), {"OPENROUTER_API_KEY": ""}, "OPENROUTER_API_KEY"),
        (Model("openrouter/a/b"), {"OPENROUTER_API_KEY": KEY}, None),
        (Model("gemini/a"), {"GOOGLE_API_KEY": KEY}, None),
        (Model("openai/a", api_base="http://x/v1"), {}, None),
        (Model("openai/a", api_base="http://x/v1", api_key_env="MINE"), {"OPENAI_API_KEY": KEY}, "MINE"),
        (Model("ollama_chat/a"), {}, None),
        (Model("nobody/a"), {}, None),
    ],
)
def test_a_key_that_is_missing_is_known_without_a_request(
    model: Model, environ: dict[str, str], missing: str | None
) -> None:
    """AM-17"""
    assert client(**environ).missing_key(model) == missing


def test_a_server_that_a_variable_names_may_need_no_key(provider: Provider) -> None:
    own = client(OPENAI_BASE_URL=provider.base)
    assert own.missing_key(Model("openai/tester")) is None
    assert own.send(Request(Model("openai/tester"), HELLO, 0.3, None, 60.0)).text == "hello"
    assert client().missing_key(Model("openai/tester")) == "OPENAI_API_KEY"
