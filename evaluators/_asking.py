"""What asking has in common, whoever is asked: an answer, a failure, several at a time. A part of the judges.

Every failure is a `Failed` whose line holds no key: whatever a server or a tool said goes through `short`.
"""

import contextlib
import os
import queue
import re
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from _evaluator import descendants

SHOWN = 200  # characters of what others said that stand in a message
# How variables are named that hold a secret.
SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|JWT", re.IGNORECASE)

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_stop = threading.Event()
_hidden = {v.strip() for name, v in os.environ.items() if SECRET.search(name) and len(v.strip()) >= 8}


class Failed(Exception):
    """No answer: one line that says why, and what mends it."""


@dataclass(frozen=True)
class Answer:
    """What a model wrote, and whether its own limit on length cut it."""

    text: str
    cut: bool = False


def stop() -> None:
    """No request is begun from here on: the program is about to end."""
    _stop.set()


def go_on() -> None:
    """Failed, where `stop` has been called."""
    if _stop.is_set():
        raise Failed("broken off")


def pause(seconds: float) -> None:
    """Waits, or until `stop` is called."""
    _stop.wait(seconds)


def hide(key: str) -> None:
    """This key is in no message, whatever its variable is called."""
    _hidden.update({key} - {""})


def short(said: object, end: bool = False) -> str:
    """What others said, fit for a message: the beginning (or the end) of it, in one line and without keys."""
    text = str(said)
    for value in sorted(_hidden, key=len, reverse=True):
        text = text.replace(value, "***")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= SHOWN else f"…{text[-SHOWN:]}" if end else f"{text[:SHOWN]}…"


def each(work: Callable[[Item], Outcome], items: Sequence[Item], jobs: int) -> list[Outcome]:
    """`work` of each item, at most `jobs` at once, in their order; the first that fails ends it. Failed."""
    todo: queue.SimpleQueue[tuple[int, Item]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Outcome | Failed]] = queue.SimpleQueue()
    for numbered in enumerate(items):
        todo.put(numbered)

    def worker() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                number, item = todo.get_nowait()
                outcome: Outcome | Failed = Failed("broken off")
                try:
                    outcome = work(item)
                except Failed as failure:
                    outcome = failure
                finally:
                    done.put((number, outcome))

    # Daemons, since a program that is interrupted must not wait for a slow answer.
    for _ in range(min(jobs, len(items))):
        threading.Thread(target=worker, daemon=True).start()
    outcomes: dict[int, Outcome] = {}
    try:
        for _ in items:
            number, outcome = done.get()
            if isinstance(outcome, Failed):
                raise outcome
            outcomes[number] = outcome
    finally:
        if len(outcomes) < len(items):
            stop()
            _end_tools()
    return [outcomes[number] for number in range(len(items))]


def _end_tools() -> None:
    for _ in range(100):  # what is being started while it is killed leaves something for the next round
        for pid in (left := descendants()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            break
        time.sleep(0.01)
