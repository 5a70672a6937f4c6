"""Calls to models to look at: a row of a list, one call whole, as facts and texts. The same for commands and
the viewer; nothing of a model's text is markup or steers a terminal once it is drawn by `words`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from autoresearch.adapters.screen import Column, words
from autoresearch.calls.index import Entry
from autoresearch.core.text import harmless, one_line
from autoresearch.core.units import format_duration, format_money

STYLES = {"ok": "", "error": "red", "interrupted": "yellow"}
COLUMNS = (
    Column("id"), Column("begun (UTC)", rank=1), Column("experiment", rank=9), Column("trial", number=True),
    Column("stage"), Column("model", flexible=True, rank=4), Column("status"),
    Column("tries", number=True, rank=7), Column("seconds", number=True, rank=2),
    Column("tokens", number=True, rank=6), Column("cost", number=True, rank=5),
    Column("error", flexible=True, rank=8),
)  # fmt: skip
NOT_LOGGED = "(not in the log: logs.content is off)"
SHORT = 8  # characters of an id that tell it from others


class Said(NamedTuple):
    """A text of a call: what it is, and all of it; None where the log has none (`logs.content`)."""

    title: str
    text: str | None


def cells(entry: Entry, *, several: bool = False) -> list[str]:
    """The row, in the order of COLUMNS; `several` experiments need a name."""
    return [
        entry.id[:SHORT], when(entry.started), entry.experiment if several else "",
        "" if entry.trial is None else str(entry.trial), entry.stage, entry.model or "", entry.status,
        str(entry.attempts) if entry.attempts > 1 else "", _seconds(entry.seconds), tokens(entry),
        cost(entry.cost_usd, whole=entry.cost_whole), entry.error or "",
    ]  # fmt: skip


def line(entry: Entry) -> str:
    """The row as words, for a log that is followed."""
    trial = "" if entry.trial is None else f"trial {entry.trial} "
    spent = cost(entry.cost_usd, whole=entry.cost_whole)
    facts = (
        f"{trial}{entry.stage}", entry.model or "", entry.status,
        f"{entry.attempts} attempts" if entry.attempts > 1 else "",
        "" if entry.seconds is None else format_duration(entry.seconds),
        f"{told} tokens" if (told := tokens(entry)) else "", spent, one_line(entry.error or ""),
    )  # fmt: skip
    begun = f"{entry.id[:SHORT]}  {when(entry.started)}  {entry.experiment}".rstrip()
    return harmless(one_line(f"{begun} · {' · '.join(filter(None, facts))}", 1000))


def when(started: str) -> str:
    """`2026-01-02 03:04:05`, UTC as it was logged."""
    return started[:19].replace("T", " ")


def tokens(entry: Entry) -> str:
    """In and out, or in all where no more is known."""
    if entry.input_tokens is None and entry.output_tokens is None:
        return "" if not entry.tokens else f"{entry.tokens:,}"
    return f"{entry.input_tokens or 0:,} + {entry.output_tokens or 0:,}"


def cost(dollars: float | None, *, whole: bool) -> str:
    """For people; `≥` where a price is missing in it, "" where nobody knows."""
    return "" if dollars is None else f"{'' if whole else '≥ '}{format_money(dollars)}"


def facts(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of a call but its texts, as (name, value), missing ones left out."""
    answer = _mapping(call.get("response"))
    listed = {
        "id": call["id"],
        "begun": call["started"],
        "experiment": call.get("experiment"),
        "trial": call.get("trial"),
        "stage": call["stage"],
        "model": call.get("model"),
        "answered by": answer.get("model"),
        "answer's id": answer.get("id"),
        "ended by": answer.get("finish"),
        "status": call["status"],
        "error": call.get("error"),
        "duration": _duration(call.get("seconds")),
        "tokens": _tokens_of(call).replace(" tokens", "", 1),
        "cost": "" if call.get("cost_usd") is None else cost(call["cost_usd"], whole=_whole(call)),
        "parameters": _named(_mapping(_mapping(call.get("request")).get("parameters"))),
        "put back": ", ".join(map(str, answer.get("put_back") or ())),
        "context": _named(_mapping(call.get("context"))),
    }
    found = [(name, str(value)) for name, value in listed.items() if value not in (None, "")]
    return found + [(f"attempt {n}", _attempt(one)) for n, one in enumerate(call.get("attempts") or (), 1)]


def texts(call: Mapping[str, Any]) -> list[Said]:
    """What was said, as it was: the messages, answers that were no use, the answer, files."""
    messages = (call.get("request") or {}).get("messages")
    if messages is None:
        found = [Said("question", None)]
    else:
        found = [Said(str(one.get("role", "message")), _text(one.get("content"))) for one in messages]
    for number, attempt in enumerate(call.get("attempts") or (), 1):
        if attempt.get("text"):
            found.append(Said(f"answer of attempt {number}, which was no use", _text(attempt["text"])))
    if answer := call.get("response"):
        found.append(Said("answer", _text(answer.get("text"))))
        files = _mapping(answer.get("files"))
        found += [Said(f"file {path}", _text(content)) for path, content in files.items()]
    return found


def plain(call: Mapping[str, Any]) -> str:
    """One call whole, as text without colours: no line is wrapped or cut."""
    parts = [f"{name:<13} {value}" for name, value in facts(call)]
    parts += [f"\n{_title(title)}\n{NOT_LOGGED if text is None else text}" for title, text in texts(call)]
    return harmless("\n".join(parts) + "\n").encode(errors="replace").decode()


def draw_call(call: Mapping[str, Any]) -> RenderableType:
    """One call whole: its facts, then every text in full."""
    parts: list[RenderableType] = [
        words(f"{name:<13} {value}", STYLES.get(call["status"], "") if name in ("status", "error") else "")
        for name, value in facts(call)
    ]
    for title, text in texts(call):
        parts += [Text(), words(_title(title), "bold")]
        parts.append(Text(NOT_LOGGED, "dim") if text is None else words(text))
    return Group(*parts)


def _title(title: str) -> str:
    return f"── {one_line(title)} ──"


def _attempt(attempt: Mapping[str, Any]) -> str:
    """`ok, openrouter/vendor/large, 1.2 s, 1,500 + 400 tokens, $0.01`."""
    money, status = attempt.get("cost_usd"), attempt.get("http_status")
    parts = [
        attempt.get("status"), attempt.get("model"), _duration(attempt.get("seconds")),
        _tokens_of({**attempt, "attempts": [attempt]}),
        "" if money is None else format_money(money), _named(_mapping(attempt.get("options"))),
        f"at most {attempt['max_tokens']:,} tokens" if isinstance(attempt.get("max_tokens"), int) else "",
        f"HTTP {status}" if status else "", attempt.get("error"),
    ]  # fmt: skip
    return ", ".join(str(part) for part in parts if part)


def _tokens_of(call: Mapping[str, Any]) -> str:
    each = [one for one in call.get("attempts") or () if one.get("input_tokens") is not None]
    if not each:
        return f"{call['tokens']:,} tokens" if call.get("tokens") else ""
    names = ("input_tokens", "output_tokens", "cached_tokens")
    given, made, cached = (sum(one.get(name) or 0 for one in each) for name in names)
    guessed = "" if all(one.get("counted", True) for one in each) else " (estimated)"
    return f"{given:,} tokens in, {made:,} out{guessed}{f', {cached:,} cached' if cached else ''}"


def _whole(call: Mapping[str, Any]) -> bool:
    return None not in [one["cost_usd"] for one in call.get("attempts") or () if "cost_usd" in one]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _duration(value: object) -> str:
    return format_duration(value) if isinstance(value, int | float) else ""


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
