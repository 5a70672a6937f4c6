"""Models by their names, and how long is waited between two attempts."""

import pytest

from autoresearch.core.calls import KEYS, LOCAL, LONGEST_PAUSE, Model, pause


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("openrouter/vendor/name", "openrouter"),
        ("ollama_chat/qwen3:8b", "ollama_chat"),
        ("gpt-4o", ""),
        ("", ""),
    ],
)
def test_the_provider_stands_before_the_first_slash(name: str, provider: str) -> None:
    assert Model(name).provider == provider


def test_waits_double_up_to_a_limit() -> None:
    """AM-76"""
    assert [pause(attempt, None) for attempt in range(5)] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert pause(30, None) == LONGEST_PAUSE


@pytest.mark.parametrize("asked", [0.0, 0.25, 90.0])
def test_a_provider_that_says_how_long_is_obeyed(asked: float) -> None:
    """AM-76"""
    assert pause(3, asked) == asked


def test_a_provider_asks_for_a_key_or_for_no_money() -> None:
    assert LOCAL.isdisjoint(KEYS)
    assert all(names for names in KEYS.values())
