"""Asking many at once, of a provider on loopback: what is tried again, what ends all of it, what is kept."""

import threading
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.settings_sections import RequestSettings
from autoresearch.core.calls import Model, Price
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.redaction import Redactor
from autoresearch.core.suite import Parameters
from autoresearch.suites import keys
from autoresearch.suites.asking import Ask, Crowd, Over
from autoresearch.suites.budget import Budget
from autoresearch.suites.store import Records
from tests.provider import Provider, drip, drop, own_variables, reply, serve, status

__all__ = ["own_variables", "serve"]
PRICE = Price(0.001, 0.001)  # US dollars a token


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    for name in ("calls", "records"):
        (tmp_path / name).mkdir()
    with Records(tmp_path, Redactor({})) as opened:
        yield opened


def crowd(records: Records, limit: float | None = None, **more: object) -> Crowd:
    client = Litellm({}, Redactor({}))
    requests = RequestSettings.model_validate(more)
    return Crowd(client, records, requests, Budget(client, limit), 8, lambda _: None)


def ask(provider: Provider, number: int = 0, price: Price | None = PRICE, **more: float) -> Ask:
    model = Model("openai/tester", provider.base, price=price)
    messages = [{"role": "user", "content": f"question {number}"}]
    parameters = Parameters(temperature=0.5, max_tokens=50, stop=("END",))
    return Ask(
        model,
        messages,
        parameters,
        keys.of_answer(messages, model, parameters, (0, number)),
        "generate",
        "greet",
        {"sample": number},
        **more,
    )


def test_an_answer_is_on_record_with_all_that_was_sent(provider: Provider, records: Records) -> None:
    provider.plays(reply("hello", tokens=(100, 20)))
    found = crowd(records).ask(ask(provider))
    assert found.good
    assert (found.body["text"], found.body["finish"], found.body["tokens"]) == ("hello", "stop", 120)
    assert found.body["cost_usd"] == pytest.approx(0.12)
    sent = provider.seen[0].body
    assert (sent["temperature"], sent["max_tokens"], sent["stop"]) == (0.5, 50, ["END"])
    records.load([found.key], again=True)
    whole = records.good(found.key, "call")
    assert whole is not None
    assert whole.whole()["request"]["parameters"] == {"temperature": 0.5, "max_tokens": 50, "stop": ["END"]}


def test_what_heals_by_waiting_is_tried_again_and_an_answer_that_was_cut_is_an_answer(
    provider: Provider, records: Records
) -> None:
    asking = crowd(records)
    for trouble in (status(429, {"Retry-After": "0"}), status(503, {"Retry-After": "0"}), drop(), reply("")):
        provider.plays(trouble, reply("cut", finish="length"))
        found = asking.ask(ask(provider, len(provider.seen)))
        assert (found.good, found.body["text"], found.body["finish"], found.body["attempts"]) == (
            True,
            "cut",
            "length",
            2,
        )
    assert asking.why is None


def test_an_error_is_a_record_never_a_text(provider: Provider, records: Records) -> None:
    """CX-17: a failed choice is an error record."""
    asking = crowd(records)
    provider.plays(status(400, message="too long for this model"))
    found = asking.ask(ask(provider))
    assert (found.good, found.body["text"], found.body["reason"]) == (False, None, "refused")
    assert "too long" in found.body["error"]
    provider.plays(reply("half", finish="content_filter"))
    assert asking.ask(ask(provider, 1)).body["reason"] == "content_filter"
    assert asking.why is None


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (status(401), "no_key"),
        (status(402), "quota"),
        (status(404), "no_model"),
        (status(429, code="insufficient_quota"), "quota"),
        (status(429, {"Retry-After": "100000"}), "quota"),
    ],
)
def test_the_first_error_that_no_sample_can_be_spared_ends_all(
    provider: Provider, records: Records, trouble: object, reason: str
) -> None:
    asking = crowd(records)
    provider.plays(trouble)  # type: ignore[arg-type]
    with pytest.raises(Over) as over:
        asking.ask(ask(provider))
    assert over.value.reason == reason
    assert asking.over.is_set()
    with pytest.raises(Over):
        asking.ask(ask(provider, 1))
    assert len(provider.seen) == 1
    assert records.of(ask(provider).key)[0].body["reason"] == reason


def test_where_nobody_answers_several_samples_in_a_row_nobody_is_there(records: Records) -> None:
    with Provider() as gone:
        base = gone
    asking = crowd(records, retries=0)
    failed = [asking.ask(ask(base, number)).body["reason"] for number in range(4)]
    assert failed == ["unreachable"] * 4
    with pytest.raises(Over, match="5 samples in a row"):
        asking.ask(ask(base, 4))


def test_a_time_limit_of_a_sample_holds_also_where_bytes_keep_coming(
    provider: Provider, records: Records
) -> None:
    """ER-26: the limit is configurable."""
    provider.plays(drip())
    found = crowd(records, retries=0).ask(ask(provider, timeout=0.3))
    assert (found.good, found.body["reason"]) == (False, "timeout")


def test_a_limit_on_the_cost_is_held_by_all_together(provider: Provider, records: Records) -> None:
    """50 tokens out at most: a request can cost about 0.07; it costs 0.12 as this provider counts."""
    provider.plays(reply("hello", tokens=(10, 20)))
    asking = crowd(records, limit=0.3)

    def one(number: int) -> bool:
        try:
            return asking.ask(ask(provider, number)).good
        except Over as over:
            assert over.reason == "budget"
            return False

    with ThreadPool(8) as pool:
        answered = pool.map(one, range(30), chunksize=1)
    assert 0 < sum(answered) == len(provider.seen) < 11
    assert asking.budget.spent <= 0.3
    assert asking.why is not None
    assert "--max-cost" in asking.why.told()


def test_a_limit_needs_a_price_and_a_provider_a_key(provider: Provider, records: Records) -> None:
    asking = crowd(records, limit=1.0)
    with pytest.raises(AutoresearchError, match="nobody knows the price"):
        asking.check(ask(provider, price=None).model)
    with pytest.raises(AutoresearchError, match="names no provider"):
        asking.check(Model("tester"))
    with pytest.raises(AutoresearchError, match="OPENROUTER_API_KEY is not set"):
        asking.check(Model("openrouter/vendor/name"))


def test_many_ask_at_once_and_a_429_slows_all_of_them_down(provider: Provider, records: Records) -> None:
    """CX-16."""
    asking, lock, most = crowd(records), threading.Lock(), []

    def one(number: int) -> bool:
        found = asking.ask(ask(provider, number)).good
        with lock:
            most.append(asking._window(ask(provider).model).width)
        return found

    provider.plays(*[status(429, {"Retry-After": "0.05"}) for _ in range(3)], reply("hello"))
    with ThreadPool(8) as pool:
        assert all(pool.map(one, range(40), chunksize=1))
    assert min(most) < 8
    assert len(provider.seen) == 43
