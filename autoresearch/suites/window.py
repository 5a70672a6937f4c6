"""How many requests to one model may be under way: a sliding window that the provider's 429 make narrower and
answers make wider again; a pause that all of them share; limits per minute."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE = 60.0  # seconds
LOOK = 0.2  # seconds after which one that waits looks whether all is over


@dataclass
class Window:
    """At most `widest` at once, `requests` and `tokens` a minute. Additive increase, multiplicative decrease
    (Chiu and Jain 1989): each window full of answers makes it wider by one, the first 429 of a window
    halves it."""

    widest: int
    requests: int | None = None
    tokens: int | None = None
    clock: Callable[[], float] = time.monotonic
    width: float = 0.0
    _under_way: int = 0
    _resume: float = 0.0
    _narrowed: float = float("-inf")
    _begun: deque[float] = field(default_factory=deque)
    _taken: deque[tuple[float, int]] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.width = float(self.widest)

    def enter(self, over: threading.Event) -> bool:
        """Wait for a place; False where all is over meanwhile. Each entered request must `leave`."""
        with self._changed:
            while not over.is_set():
                wait = self._wait()
                if wait <= 0 and self._under_way < int(self.width):
                    self._under_way += 1
                    self._begun.append(self.clock())
                    return True
                self._changed.wait(min(LOOK, wait) if wait > 0 else LOOK)
        return False

    def leave(self) -> None:
        """A request is done, however."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify()

    def answered(self, tokens: int) -> None:
        """A request was answered, and took so many tokens."""
        with self._changed:
            self._taken.append((self.clock(), tokens))
            self.width = min(float(self.widest), self.width + 1 / self.width)

    def slowed(self, begun: float, seconds: float) -> None:
        """The provider wants fewer requests: nobody begins one for so many seconds. `begun` is when the
        refused request was: what was sent before the window got narrower says nothing new."""
        with self._changed:
            now = self.clock()
            self._resume = max(self._resume, now + seconds)
            if begun > self._narrowed:
                self._narrowed = now
                self.width = max(1.0, self.width / 2)

    def _wait(self) -> float:
        """Seconds until the next request may begin, as far as time goes."""
        now = self.clock()
        waits = [self._resume - now]
        for times in (self._begun, self._taken):
            while times and now - _at(times[0]) >= MINUTE:
                times.popleft()
        if self.requests is not None and len(self._begun) >= self.requests:
            waits.append(self._begun[-self.requests] + MINUTE - now)
        if self.tokens is not None and sum(tokens for _, tokens in self._taken) >= self.tokens:
            waits.append(self._taken[0][0] + MINUTE - now)
        return max(waits)


def _at(entry: float | tuple[float, int]) -> float:
    return entry if isinstance(entry, float) else entry[0]
