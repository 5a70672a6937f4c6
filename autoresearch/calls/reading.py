"""Reading files of JSON lines; and what the index keeps of a line of `calls.jsonl`: what lists, filters and
sums need, not its texts."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = 1024 * 1024  # bytes that are read at once
STATUSES = ("ok", "error", "interrupted")
_NONE = type(None)
KINDS = (
    ("id", str), ("started", str), ("stage", str),
    ("experiment", (str, _NONE)), ("model", (str, _NONE)), ("error", (str, _NONE)),
    ("context", (dict, _NONE)), ("request", (dict, _NONE)), ("response", (dict, _NONE)),
)  # fmt: skip
NUMBERS = (
    ("trial", int), ("seconds", (int, float)), ("cost_usd", (int, float)), ("tokens", int),
    ("input_tokens", int), ("output_tokens", int), ("cached_tokens", int),
)  # fmt: skip
LARGEST = 2**53  # what every number of a table and of JSON can be
KEPT = (
    "id", "started", "experiment", "trial", "stage", "model", "status", "seconds", "cost_usd", "cost_whole",
    "input_tokens", "output_tokens", "tokens", "attempts", "error",
)  # fmt: skip


def facts(line: bytes) -> tuple[Any, ...] | None:
    """What is kept of a call, in the order of `KEPT`; None where the line is none."""
    call = parsed(line)
    if call is None:
        return None
    attempts = call.get("attempts") or ()
    prices = [one["cost_usd"] for one in attempts if "cost_usd" in one]
    return (
        _text(call["id"]), _text(call["started"]), _text(call.get("experiment")) or "", call.get("trial"),
        _text(call["stage"]), _text(call.get("model")), call["status"], call.get("seconds"),
        call.get("cost_usd"), None not in prices,
        _sum(attempts, "input_tokens"), _sum(attempts, "output_tokens"), call.get("tokens"),
        len(attempts), _text(call.get("error")),
    )  # fmt: skip


@dataclass
class Reading:
    """The whole lines of a file from `end` on, which moves with them; the last one may still be being
    written, and is left for later. `damaged` counts those of which `facts` gives nothing; `file` is in each
    row."""

    path: Path
    file: int
    end: int = 0
    damaged: int = 0
    facts: Callable[[bytes], tuple[Any, ...] | None] = facts

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Each line: where it is (file, offset, length), then what is kept of it."""
        with self.path.open("rb", buffering=BLOCK) as log:
            log.seek(self.end)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                at, self.end = self.end, self.end + len(line)
                if kept := self.facts(line):
                    yield self.file, at, len(line), *kept
                elif line.strip():
                    self.damaged += 1


def parsed(line: bytes) -> dict[str, Any] | None:
    """The call that a line holds, its fields of the types that readers rely on; None where it holds none."""
    try:
        call = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) and _is_call(call) else None


def _is_call(call: Mapping[str, Any]) -> bool:
    get = call.get
    if not (get("id") and get("started") and get("stage")) or get("status") not in STATUSES:
        return False
    for name, kind in KINDS:
        if not isinstance(get(name), kind):
            return False
    attempts, messages = get("attempts") or [], (get("request") or {}).get("messages") or []
    for several in (attempts, messages):
        if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
            return False
    return _counts(call) and all(map(_counts, attempts))


def _counts(one: Mapping[str, Any]) -> bool:
    """Are its numbers numbers, which a table can hold?"""
    get = one.get
    for name, kind in NUMBERS:
        value = get(name)
        if value is not None and not (isinstance(value, kind) and -LARGEST < value < LARGEST):
            return False
    return True


def _sum(attempts: Sequence[Mapping[str, Any]], name: str) -> int | None:
    known = [one[name] for one in attempts if one.get(name) is not None]
    return sum(known) if known else None


def _text(text: str | None) -> str | None:
    """Halves of characters, which UTF-8 can't hold, become question marks."""
    return None if text is None else text.encode(errors="replace").decode()
