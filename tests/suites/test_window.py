"""The window of requests: how wide it is, when it opens."""

import threading
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.suites.window import Window


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def places(window: Window) -> int:
    """How many requests could begin now; they are begun."""
    over, number = threading.Event(), 0
    while window._wait() <= 0 and window._under_way < int(window.width):
        assert window.enter(over)
        number += 1
    return number


def test_at_most_so_many_requests_are_under_way_and_each_that_leaves_makes_room() -> None:
    """ER-35: a sliding window, not chunks."""
    window = Window(3, clock=Clock())
    assert places(window) == 3
    window.leave()
    assert places(window) == 1


def test_it_gets_narrower_by_half_at_a_429_once_for_what_was_sent_before_and_wider_with_answers() -> None:
    clock = Clock()
    window = Window(16, clock=clock)
    begun = clock.now
    clock.now += 1
    window.slowed(begun, 0)
    window.slowed(begun, 0)
    assert window.width == 8
    clock.now += 1
    window.slowed(clock.now, 0)
    assert window.width == 4
    for _ in range(500):
        window.answered(10)
    assert window.width == 16


@given(st.lists(st.booleans()))
def test_it_is_never_narrower_than_one_nor_wider_than_was_asked(events: list[bool]) -> None:
    clock = Clock()
    window = Window(5, clock=clock)
    for answered in events:
        clock.now += 1
        window.answered(1) if answered else window.slowed(clock.now, 0)
        assert 1 <= window.width <= 5


def test_a_pause_is_everybodys() -> None:
    clock = Clock()
    window = Window(4, clock=clock)
    window.slowed(clock.now, 30)
    assert places(window) == 0
    clock.now += 30
    assert places(window) == 2


def test_requests_and_tokens_of_a_minute_are_limited() -> None:
    """CX-16."""
    clock = Clock()
    window = Window(50, requests=20, clock=clock)
    assert places(window) == 20
    clock.now += 59
    assert places(window) == 0
    clock.now += 1
    assert places(window) == 20
    window = Window(50, tokens=100, clock=clock)
    window.answered(100)
    assert places(window) == 0
    clock.now += 60
    assert places(window) == 50


def test_who_waits_for_a_place_is_told_when_all_is_over() -> None:
    window, over = Window(1), threading.Event()
    assert window.enter(over)
    over.set()
    assert not window.enter(over)
