"""`calls.jsonl`: every model call of an experiment, one line each, on disk before anything is done with it.

Append-only, without keys. The calls of the trial in flight stand at its end; they are read back, so that
a run that was killed doesn't pay for an answer twice.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoresearch.adapters import disk
from autoresearch.calls.record import at_least
from autoresearch.core.model import Trial
from autoresearch.core.redaction import Redactor

BLOCK = 1024 * 1024  # bytes that are read at once, from the end
_NEEDED = {"key", "status", "trial", "cost_usd", "tokens", "response"}  # of a call, or it is damaged


@dataclass(frozen=True)
class Spent:
    """US dollars and tokens; None where nobody knows."""

    cost_usd: float | None = None
    tokens: int | None = None


@dataclass
class CallLog:
    """The log of one experiment, open for one run: `before` is what its recorded trials have cost. Without
    `content` no text of a question or an answer is written, only what a call took."""

    path: Path
    redactor: Redactor
    before: float = 0.0
    content: bool = True
    _calls: list[Mapping[str, Any]] = field(default_factory=list)

    @classmethod
    def open(
        cls, path: Path, redactor: Redactor, trials: Sequence[Trial], *, content: bool = True
    ) -> "CallLog":
        """Read back the calls of the trial in flight, which comes after `trials`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _end_the_last_line(path)
        before = sum(trial.cost_usd or 0.0 for trial in trials)
        in_flight = [call for call in _newest(path, len(trials)) if call.get("trial") == len(trials)]
        return cls(path, redactor, before, content, in_flight[::-1])

    def write(self, call: Mapping[str, Any]) -> None:
        """Append a call, flushed. Of trials before its own only the cost is remembered."""
        disk.append(self.path, self.redactor.keys(_line(call if self.content else _bare(call))) + "\n")
        over = [old for old in self._calls if old["trial"] < call["trial"]]
        self.before += sum(old["cost_usd"] or 0.0 for old in over)
        self._calls = [old for old in self._calls if old["trial"] >= call["trial"]]
        self._calls.append({name: call[name] for name in call.keys() - {"request", "attempts"}})

    def answered(self, key: str) -> Mapping[str, Any] | None:
        """The call with this key, if it has its answer already, and the log holds it."""
        found = (call for call in self._calls if call["key"] == key and call["status"] == "ok")
        return next((call for call in found if call["response"]["text"] is not None), None)

    @property
    def spent(self) -> float:
        """US dollars that the experiment has cost, as far as prices are known."""
        return self.before + sum(call["cost_usd"] or 0.0 for call in self._calls)

    def of_trial(self, number: int) -> Spent:
        """What the calls of one trial have cost, as far as that is known; None where nothing is."""
        return _spent([call for call in self._calls if call["trial"] == number])


def beside(path: Path, trials: int) -> Spent:
    """What the calls of a log have cost that belong to none of so many trials: those of a report, or of a
    trial in flight."""
    return _spent(list(_newest(path, trials)))


def _spent(calls: Sequence[Mapping[str, Any]]) -> Spent:
    tokens = [call["tokens"] for call in calls if call["tokens"] is not None]
    return Spent(at_least([call["cost_usd"] for call in calls]), sum(tokens) if tokens else None)


def _bare(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call without what was asked and answered."""
    attempts = [{name: value for name, value in one.items() if name != "text"} for one in call["attempts"]]
    answer = call["response"] and {
        name: None if name in ("text", "files") else value for name, value in call["response"].items()
    }
    return {
        **call,
        "request": {**call["request"], "messages": None},
        "response": answer,
        "attempts": attempts,
    }


def _line(call: Mapping[str, Any]) -> str:
    line = json.dumps(call, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # bytes or halves of characters that UTF-8 can't hold
        return json.dumps(call)
    return line


def _end_the_last_line(path: Path) -> None:
    """A line that a power cut left half written stays alone."""
    if next(_lines_from_the_end(path), b""):
        disk.append(path, "\n")


def _newest(path: Path, trial: int) -> Iterator[Mapping[str, Any]]:
    """The calls, newest first, back to those of an earlier trial; damaged lines are passed over."""
    for line in _lines_from_the_end(path):
        try:
            call = json.loads(line)
        except ValueError:
            continue
        if isinstance(call, dict) and call.keys() >= _NEEDED and isinstance(call["trial"], int):
            if call["trial"] < trial:
                return
            yield call


def _lines_from_the_end(path: Path) -> Iterator[bytes]:
    """The lines, last first, without their ends: first what stands after the last end of a line, often
    nothing. No more of the file is read than is asked for."""
    if not path.exists():
        return
    with path.open("rb") as file:
        at, rest = file.seek(0, os.SEEK_END), b""
        while at:
            size = min(at, BLOCK)
            at -= size
            file.seek(at)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from reversed(lines)
    yield rest
