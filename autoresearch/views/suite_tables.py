"""Evals and samples in tables, and one sample whole."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autoresearch.adapters.screen import Column
from autoresearch.core.query import OLD_WORDS
from autoresearch.core.suite import Outcome, TestResult
from autoresearch.core.text import one_line
from autoresearch.core.units import format_duration, format_money
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import figures
from autoresearch.suites.running import counted
from autoresearch.views.suite import as_sample, interval, progress

SAMPLES = (
    Column("a:", number=True), Column("address"), Column("name", flexible=True), Column("status"),
    Column("verdict"), Column("score", number=True, rank=1), Column("seconds", number=True, rank=3),
    Column("cost", number=True, rank=2), Column("why", flexible=True, rank=4),
)  # fmt: skip
EVALS = (
    Column("eval"), Column("suite", flexible=True, rank=2), Column("models", flexible=True, rank=1),
    Column("samples", flexible=True), Column("pass@1"),
)  # fmt: skip
STYLES = {"error": "red", "cancelled": "yellow", "pending": "dim", "running": "cyan"}
LONGEST = 4000  # characters of a text that `show` prints


def row(one: Eval, at: int, each: Outcome, *, old_words: bool = False) -> list[str]:
    """A sample as a line of a list, which is its `at`th."""
    status = OLD_WORDS[each.status] if old_words else each.status
    reason = f" ({each.reason})" if each.reason else ""
    return [
        str(at),
        f"{one.name}:{each.number}",
        each.sample.name + (" (edited)" if each.edited else ""),
        f"{status}{reason}",
        "" if each.verdict == "none" else each.verdict,
        "" if each.score is None else f"{each.score:.3f}",
        "" if each.seconds is None else f"{each.seconds:.1f}",
        "" if each.cost_usd is None else format_money(each.cost_usd),
        one_line(each.failure.message if each.failure else each.why),
    ]


def style(each: Outcome) -> str:
    """How a line of a list is drawn."""
    if each.status in STYLES:
        return STYLES[each.status]
    return {"pass": "green", "fail": ""}.get(each.verdict, "")


def eval_row(one: Eval, outcomes: Sequence[Outcome]) -> list[str]:
    """An eval as a line of a list."""
    told = figures(one.suite, outcomes)
    models = ", ".join(each.model.name for each in one.asked)
    passed = interval(told.passed) if told.passed else ""
    return [one.name, one.suite.path, models, progress(counted(outcomes)), passed]


def whole(
    one: Eval, each: Outcome, asked: Sequence[Mapping[str, Any]], edits: Sequence[str]
) -> Iterator[str]:
    """One sample: what was asked, what came, how it was judged, what it took. `edits` tell of each by
    hand."""
    reason = f" ({each.reason})" if each.reason else ""
    yield f"{one.name}:{each.number} {each.sample.name}: {each.status}{reason}"
    score = "" if each.score is None else f", score {each.score:g}"
    yield f"verdict: {each.verdict}{score}{f': {each.why}' if each.why else ''}"
    for message in asked or each.context:
        yield from _block(f"{message.get('role')}", str(message.get("content")))
    if each.raw is not None and each.raw != each.answer:
        yield from _block("reply", each.raw)
    if each.answer is not None:
        yield from _block("answer (edited by hand)" if each.edited else "answer", _text(each.answer))
    for target in each.targets:
        yield from _block("wanted", target)
    case = one.case(each.sample.case)
    for at, result in enumerate(each.tests):
        expect = case.tests[at].expect if case and at < len(case.tests) else None
        yield from _tested(at + 1, result, expect)
    if each.failure:
        yield f"error: {each.failure.kind}: {each.failure.message}"
        yield from each.failure.traceback.rstrip().splitlines()
    for attempt in each.attempts:
        yield f"earlier attempt: {attempt.kind}: {attempt.message}"
    yield from (f"log: {_text(entry)}" for entry in each.logs)
    yield from (f"edited: {edit}" for edit in edits)
    yield _taken(each)


def as_whole(one: Eval, each: Outcome, asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same for `--json`."""
    return {**as_sample(one, each), "messages": list(asked)}


def _tested(at: int, result: TestResult, expect: str | None) -> Iterator[str]:
    yield f"test {at}: {result.status}{f': {result.why}' if result.why else ''}"
    if result.status != "passed":
        if expect is not None:
            yield from _block("  expected", expect)
        yield from _block("  got", result.got)


def _block(title: str, text: str) -> Iterator[str]:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    yield f"{title}:"
    yield from (f"    {line}" for line in cut.splitlines())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _taken(each: Outcome) -> str:
    took = [] if each.seconds is None else [format_duration(each.seconds)]
    took += [f"{each.tokens:,} tokens"] if each.tokens is not None else []
    took += [format_money(each.cost_usd)] if each.cost_usd is not None else []
    took += [f"ended by {each.finish}"] if each.finish else []
    return ", ".join(took)
