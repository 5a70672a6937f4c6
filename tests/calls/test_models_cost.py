"""What calls cost: prices that are known or not, and a limit that holds before the money is spent."""

from pathlib import Path
from typing import Any

import pytest

from autoresearch.calls.log import CallLog
from autoresearch.core.errors import AutoresearchError, RunOver, TrialFailed
from autoresearch.core.redaction import Redactor
from tests.calls.asking import Asked, asking, at, question
from tests.provider import Provider, own_variables, reply, serve  # noqa: F401

PRICED: dict[str, Any] = {
    "input_price": 1.0,
    "output_price": 1000.0,
}  # dollars for a million tokens: a tenth of a cent each


def priced(provider: Provider, folder: Path, *overrides: str) -> Asked:
    return asking(folder, at(provider, "openai/tester", "propose", **PRICED), *overrides)


def test_a_limit_is_refused_before_any_request_where_no_price_is_known(
    provider: Provider, tmp_path: Path
) -> None:
    """AR-44"""
    asked = asking(tmp_path, at(provider), "stop.cost=$5")
    with pytest.raises(AutoresearchError) as refused:
        asked.models.check("propose")
    assert str(refused.value) == (
        "models.propose: nobody knows the price of openai/tester, so stop.cost can't be held; "
        "give it (input_price, output_price: see docs/models.md), or take stop.cost out"
    )
    assert provider.seen == []


def test_an_unknown_price_is_none_and_never_nothing(provider: Provider, tmp_path: Path) -> None:
    asked = asking(tmp_path, at(provider))
    asked.models.ask(question())
    (call,) = asked.calls
    assert call["cost_usd"] is None
    assert asked.models.log.of_trial(1).cost_usd is None
    assert asked.notes == [
        "openai/tester: 7 tokens to begin with, its price is not known, so only tokens are counted"
    ]


def test_a_call_costs_all_of_its_attempts(provider: Provider, tmp_path: Path) -> None:
    """AM-75"""
    provider.plays(reply(""), reply("", tokens=(100, 0)), reply("there"))
    asked = priced(provider, tmp_path)
    asked.models.ask(question())
    (call,) = asked.calls
    assert call["cost_usd"] == pytest.approx(3 * 0.0001 + 2 * 0.02)
    assert call["tokens"] == 340
    assert asked.models.log.spent == pytest.approx(call["cost_usd"])


def test_a_call_that_led_to_nothing_has_cost_as_well(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply(""))
    asked = priced(provider, tmp_path)
    with pytest.raises(TrialFailed):
        asked.models.ask(question())
    assert asked.models.log.spent == pytest.approx(3 * 0.0201)


def test_the_run_is_over_before_the_call_that_could_pass_the_limit(
    provider: Provider, tmp_path: Path
) -> None:
    """AR-44: a call may cost a dollar (1000 tokens of answer), and a dollar and a half are left at first."""
    provider.plays(reply("there", tokens=(100, 600)))
    asked = priced(provider, tmp_path, "stop.cost=1.5", "requests.max_tokens=1000")
    assert asked.models.ask(question()).text == "there"
    with pytest.raises(RunOver) as over:
        asked.models.ask(question(trial=2))
    assert over.value.rule == "cost"
    assert over.value.why == "$0.60 of $1.5 are spent, and one more call may pass it (stop.cost)"
    assert len(provider.seen) == 1
    assert len(asked.calls) == 1


def test_an_answer_may_be_as_long_as_can_still_be_paid(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("there"))
    asked = priced(provider, tmp_path, "stop.cost=$1.5", "requests.max_tokens=9000")
    asked.models.ask(question())
    most = provider.seen[0].body["max_tokens"]
    assert 1400 < most < 1500
    assert asked.calls[0]["attempts"][0]["max_tokens"] == most


def test_repairs_stop_at_the_limit_too(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("", tokens=(100, 900)))
    asked = priced(provider, tmp_path, "stop.cost=$1.2", "requests.max_tokens=1000")
    with pytest.raises(RunOver):
        asked.models.ask(question())
    assert len(provider.seen) == 1
    (call,) = asked.calls
    assert (call["status"], "stop.cost" in call["error"]) == ("error", True)
    assert call["cost_usd"] == pytest.approx(0.9001)


def test_a_model_that_is_free_has_no_limit(provider: Provider, tmp_path: Path) -> None:
    free = at(provider, "openrouter/vendor/tester:free")
    asked = asking(tmp_path, free, "stop.cost=$0.01")
    asked.models.check("propose")
    asked.models.ask(question())
    assert asked.calls[0]["cost_usd"] == 0.0
    assert asked.models.log.spent == 0.0


def test_what_openrouter_says_it_took_is_what_it_cost(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("there", cost=0.125))
    asked = asking(tmp_path, at(provider, "openrouter/openai/gpt-4o"))
    asked.models.ask(question())
    assert asked.calls[0]["cost_usd"] == 0.125


def test_what_a_killed_run_has_spent_counts_for_the_next(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("there", tokens=(100, 900)))
    asked = priced(provider, tmp_path, "requests.max_tokens=1000")
    asked.models.ask(question(trial=0))
    again = priced(provider, tmp_path, "stop.cost=$1.5", "requests.max_tokens=1000")
    assert again.models.log.spent == pytest.approx(0.9001)
    with pytest.raises(RunOver):
        again.models.ask(question(trial=0, messages=[{"role": "user", "content": "another"}]))


def test_what_is_remembered_of_trials_that_are_over_is_their_cost(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("there", tokens=(0, 100)))
    asked = priced(provider, tmp_path)
    for trial in (1, 2, 3):
        asked.models.ask(question(trial=trial))
    log = asked.models.log
    assert log.spent == pytest.approx(0.3)
    assert log.of_trial(3).tokens == 100
    assert log.of_trial(1).tokens is None
    reopened = CallLog.open(asked.path, Redactor({}), [])
    assert reopened.spent == 0.0  # no call of trial 0: the trials tell of what is over


def test_the_price_is_told_once_before_any_money_is_spent(provider: Provider, tmp_path: Path) -> None:
    asked = priced(provider, tmp_path, "stop.cost=$50", "requests.max_tokens=2000")
    asked.models.ask(question())
    asked.models.ask(question(trial=2))
    (note,) = asked.notes
    assert note.startswith("openai/tester: 7 tokens to begin with, about $1.00 a trial, at most $50")
