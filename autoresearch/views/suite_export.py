"""Samples of an eval in files of every form: tables, documents, JUnit XML, and those of older tools."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autoresearch.adapters.screen import Column
from autoresearch.core import matching
from autoresearch.core.aggregating import aggregate, spread
from autoresearch.core.query import OLD_WORDS
from autoresearch.core.suite import Aggregate, Case, Match, Outcome, TestResult
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import by_model
from autoresearch.suites.outcomes import View
from autoresearch.suites.writing import as_human_eval, as_serialized, as_toml, with_answers
from autoresearch.views import export
from autoresearch.views.export import Sheet
from autoresearch.views.suite import as_document, as_sample

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENDINGS = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".xml": "junit", ".toml": "toml",
    ".html": "html",
}  # fmt: skip

Write = Callable[[View, Sequence[Outcome]], str]


def sheet(one: Eval, outcomes: Sequence[Outcome], *, old_words: bool = False) -> Sheet:
    """A row a sample."""
    records = [_record(one, each, old_words=old_words) for each in outcomes]
    columns = [Column(name) for name in (records[0] if records else {"address": ""})]
    rows = [["" if value is None else str(value) for value in record.values()] for record in records]
    return Sheet(f"{one.name}: {len(records)} samples", columns, rows, "samples", records, {"eval": one.name})


def codex(
    one: Eval, outcomes: Sequence[Outcome], match: Match | None = None, kind: Aggregate | None = None
) -> Sheet:
    """A row a question: the share of passed tests of each response, and of all of them average, median,
    stdev, min, max, to 4 decimals. Where nothing was tested, the cell is empty."""
    by_case: dict[str, list[float | None]] = {case.id: [] for case in one.suite.cases}
    for each in outcomes:
        case = one.case(each.sample.case)
        if case is not None:
            by_case[case.id].append(share(case, each, match, kind or one.suite.aggregate))
    width = max([len(shares) for shares in by_case.values()], default=0)
    names = ["qid", *(f"response {at}" for at in range(width)), "average", "median", "stdev", "min", "max"]
    records = []
    for identity, shares in by_case.items():
        known = spread([each for each in shares if each is not None])
        sums = [known.average, known.median, known.stdev, known.min, known.max] if known else [None] * 5
        padded = [*shares, *([None] * (width - len(shares)))]
        records.append(dict(zip(names, [identity, *map(_decimals, [*padded, *sums])], strict=True)))
    rows = [["" if value is None else str(value) for value in record.values()] for record in records]
    return Sheet(one.name, [Column(name) for name in names], rows, "questions", records, {"eval": one.name})


def share(case: Case, each: Outcome, match: Match | None, kind: Aggregate) -> float | None:
    """The score of one response: of its tests, compared by `match` where one is given; else its own."""
    if each.status != "completed":
        return None
    if not each.tests:
        return each.score
    scores = [_test_score(case, at, result, match) for at, result in enumerate(each.tests)]
    if kind == "basic":
        return sum(scores) / len(scores)
    return aggregate(kind, [score >= 1 for score in scores])


def junit(one: Eval, outcomes: Sequence[Outcome]) -> str:
    """JUnit XML: a suite a model, a case a sample. What XML can't hold becomes a question mark."""
    root = ET.Element("testsuites", name=_xml(one.name))
    for model, some in by_model(outcomes).items():
        counts = {
            "tests": len(some),
            "failures": sum(each.verdict == "fail" for each in some),
            "errors": sum(each.status == "error" for each in some),
            "skipped": sum(each.status not in ("completed", "error") for each in some),
        }
        suite = ET.SubElement(
            root, "testsuite", {name: str(value) for name, value in counts.items()}, name=_xml(model)
        )
        for each in some:
            _junit_case(suite, each)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _junit_case(suite: ET.Element, each: Outcome) -> None:
    about = {
        "classname": _xml(each.sample.case),
        "name": f"#{each.sample.index}",
        "time": f"{each.seconds or 0:.3f}",
    }
    case = ET.SubElement(suite, "testcase", about)
    if each.status == "error":
        told = each.failure
        error = ET.SubElement(
            case,
            "error",
            type=_xml(told.kind if told else each.reason),
            message=_xml(told.message if told else ""),
        )
        error.text = _xml(told.traceback if told else "")
    elif each.status != "completed":
        ET.SubElement(case, "skipped", message=each.status)
    elif each.verdict == "fail":
        ET.SubElement(case, "failure", type="fail", message=_xml(each.why))
    if each.answer is not None:
        ET.SubElement(case, "system-out").text = _xml(_text(each.answer))


def _record(one: Eval, each: Outcome, *, old_words: bool) -> dict[str, Any]:
    passed = sum(result.status == "passed" for result in each.tests)
    return {
        "address": f"{one.name}:{each.number}",
        "case": each.sample.case,
        "model": each.sample.model,
        "index": each.sample.index,
        "split": each.split,
        "status": OLD_WORDS[each.status] if old_words else each.status,
        "reason": each.reason,
        "verdict": each.verdict,
        "score": each.score,
        "passed": passed if each.tests else None,
        "tests": len(each.tests) or None,
        "answer": each.answer,
        "why": each.failure.message if each.failure else each.why,
        "seconds": each.seconds,
        "cost_usd": each.cost_usd,
        "tokens": each.tokens,
    }


def _test_score(case: Case, at: int, result: TestResult, match: Match | None) -> float:
    expect = case.tests[at].expect if at < len(case.tests) else None
    if match is not None and expect is not None and result.status in ("passed", "failed"):
        return matching.judged(match, result.got, [expect]).score or 0.0
    return float(result.status == "passed")


def _decimals(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _xml(text: str) -> str:
    return _NO_XML.sub("?", text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _jsonl(view: View, outcomes: Sequence[Outcome]) -> str:
    return "".join(json.dumps(as_sample(view.eval, each)) + "\n" for each in outcomes)


def _toml(view: View, outcomes: Sequence[Outcome], generation: Any = "new") -> str:
    found = {each.number: view.key(each.number) for each in outcomes}
    return as_toml(with_answers(view.eval.suite, outcomes, found), generation)


FORMATS: Mapping[str, Write] = {
    "csv": lambda view, some: export.as_csv(sheet(view.eval, some)),
    "csv-old-words": lambda view, some: export.as_csv(sheet(view.eval, some, old_words=True)),
    "codex": lambda view, some: export.as_csv(codex(view.eval, some)),
    "json": lambda view, some: json.dumps(as_document(view.eval, some), indent=2) + "\n",
    "jsonl": _jsonl,
    "markdown": lambda view, some: export.as_markdown(sheet(view.eval, some)),
    "html": lambda view, some: export.as_html(sheet(view.eval, some)),
    "junit": lambda view, some: junit(view.eval, some),
    "toml": _toml,
    "toml-1": lambda view, some: _toml(view, some, "1"),
    "toml-2": lambda view, some: _toml(view, some, "2"),
    "serialized-json": lambda _view, some: as_serialized(some),
    "humaneval": lambda _view, some: as_human_eval(some),
}
"""Every format of `suite export`, by name."""
