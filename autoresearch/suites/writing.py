"""Suites and their answers, written: TOML of today and of both older generations, serialized runs, JSON
lines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal

from autoresearch.adapters import toml_text
from autoresearch.core.calls import Model
from autoresearch.core.query import OLD_WORDS
from autoresearch.core.suite import Case, Completion, Execution, Match, Outcome, Suite, Test

Generation = Literal["new", "1", "2"]
SCORES = {"pass": "CORRECT", "fail": "INCORRECT", "none": None}


def as_toml(suite: Suite, generation: Generation = "new") -> str:
    """The suite as a file: `1` is that of an older tool (`completion`, `results`), `2` its last one (`code`,
    `test_results`). Read again it is the same suite; the older forms hold less."""
    if generation == "new":
        return toml_text.write(_suite(suite))
    return toml_text.write({"questions": [_question(case, generation) for case in suite.cases]})


def as_serialized(outcomes: Sequence[Outcome]) -> str:
    """One JSON array of runs with exactly `data, answer, status, score, context, logs`, in older words."""
    runs = [
        {
            "data": each.input,
            "answer": each.answer,
            "status": OLD_WORDS[each.status],
            "score": SCORES[each.verdict],
            "context": list(each.context),
            "logs": list(each.logs),
        }
        for each in outcomes
    ]
    return json.dumps(runs, indent=2, ensure_ascii=False) + "\n"


def as_human_eval(outcomes: Sequence[Outcome]) -> str:
    """JSON lines of `task_id` and `completion`, of the samples that are completed."""
    done = [each for each in outcomes if each.status == "completed"]
    rows = [{"task_id": each.sample.case, "completion": each.answer} for each in done]
    return "".join(json.dumps(row) + "\n" for row in rows)


def with_answers(suite: Suite, outcomes: Sequence[Outcome], keys: Mapping[int, str]) -> Suite:
    """The suite, each case with its answers. `keys` are those of the records, by number."""
    by_case: dict[str, list[Completion]] = {}
    for each in outcomes:
        if each.status != "pending" or each.answer is not None:
            by_case.setdefault(each.sample.case, []).append(_answered(each, keys.get(each.number, "")))
    cases = [replace(case, completions=by_case.get(case.id, [])) for case in suite.cases]
    return replace(suite, cases=cases)


def _answered(each: Outcome, key: str) -> Completion:
    text = (
        each.answer
        if isinstance(each.answer, str)
        else ""
        if each.answer is None
        else json.dumps(each.answer)
    )
    return Completion(
        text=text,
        model=each.sample.model,
        index=each.sample.index,
        raw=each.raw if each.raw != text else None,
        key=key,
        results=each.tests or None,
        score=each.score,
        verdict=each.verdict,
        status="completed" if each.answer is not None and each.status == "pending" else each.status,
        error=each.failure.message if each.failure else "",
    )


def _suite(suite: Suite) -> dict[str, Any]:
    """What differs from what is usual."""
    usual = Suite("", "", ())
    told: dict[str, Any] = {"name": suite.name}
    for key in ("prompt", "system", "samples", "extract", "aggregate", "runner"):
        if getattr(suite, key) != getattr(usual, key):
            told[key] = getattr(suite, key)
    told["models"] = [_model(model) for model in suite.models] or None
    told["judge"] = _model(suite.judge) if suite.judge else None
    told["k"] = list(suite.k) if tuple(suite.k) != (1,) else None
    told["timeout"] = suite.timeout
    told["match"] = _match(suite.match) if suite.match != usual.match else None
    parameters = suite.parameters
    told |= {name: getattr(parameters, name) for name in ("temperature", "max_tokens")}
    told |= {"stop": list(parameters.stop) or None, "options": dict(parameters.options) or None}
    told["execution"] = {
        each.name: _plain(getattr(suite.execution, each.name))
        for each in fields(Execution)
        if getattr(suite.execution, each.name) != getattr(Execution(), each.name)
    } or None
    told["cases"] = [_case(case) for case in suite.cases]
    return told


def _case(case: Case) -> dict[str, Any]:
    extra = {key: value for key, value in case.fields.items() if key not in ("id", "input", "prompt")}
    return {
        "id": case.id,
        **_input(case.input),
        "prompt": case.prompt,
        "system": case.system,
        "messages": [dict(message) for message in case.messages] if case.messages is not None else None,
        "preload": case.preload,
        "targets": list(case.targets) or None,
        "split": case.split or None,
        "match": _match(case.match) if case.match else None,
        "files": dict(case.files) or None,
        "fields": extra or None,
        "tests": [_test(test) for test in case.tests] or None,
        "completions": [_completion(each) for each in case.completions] or None,
    }


def _input(value: Any) -> dict[str, Any]:
    """As it is where TOML can hold it; else as JSON: null, and integers beyond 64 bits, are not TOML's."""
    if value is None:
        return {}
    return {"input": value} if _holdable(value) else {"input_json": json.dumps(value, ensure_ascii=False)}


def _holdable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_holdable, value.values()))
    if isinstance(value, list):
        return all(map(_holdable, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str | float)


def _test(test: Test) -> dict[str, Any]:
    match = _match(test.match) if test.match else None
    return {"code": test.code or None, "stdin": test.stdin or None, "expect": test.expect, "match": match}


def _completion(one: Completion) -> dict[str, Any]:
    tests = [
        {"status": each.status, "got": each.got or None, "why": each.why or None, "seconds": each.seconds}
        for each in one.results or ()
    ]
    return {
        "text": one.text,
        "model": one.model,
        "index": one.index,
        "raw": one.raw,
        "key": one.key or None,
        "status": one.status if one.status != "completed" else None,
        "error": one.error or None,
        "score": one.score,
        "verdict": one.verdict if one.verdict != "none" else None,
        "tests": tests or None,
    }


def _question(case: Case, generation: Generation) -> dict[str, Any]:
    """A question as an older tool has it."""
    files = [{"name": name, "text": text} for name, text in case.files.items()]
    return {
        "id": case.id,
        "prompt": case.prompt if case.prompt is not None else str(case.input),
        "answer_preload": case.preload,
        "support_files": files or None,
        "testcases": [
            {"code": test.code, "stdin": test.stdin, "expect": test.expect or ""} for test in case.tests
        ] or None,
        "completions": [_old_completion(each, case, generation) for each in case.completions] or None,
    }  # fmt: skip


def _old_completion(one: Completion, case: Case, generation: Generation) -> dict[str, Any]:
    failed = {"status": one.status, "error": one.error or None} if one.status != "completed" else {}
    if generation == "1":
        results = None if one.results is None else [each.status == "passed" for each in one.results]
        return {"completion": one.text, "results": results, **failed}
    pairs = zip(case.tests, one.results or (), strict=False)
    tested = [
        {"code": test.code, "stdin": test.stdin, "expect": test.expect or "", "got": each.got}
        for test, each in pairs
    ]
    return {"code": one.text, "test_results": tested or None, **failed}


def _model(model: Model) -> Any:
    """As `models:` in config.yaml has it: prices are for a million tokens."""
    told: dict[str, Any] = {"api_base": model.api_base, "api_key_env": model.api_key_env}
    if model.price is not None:
        told |= {"input_price": model.price.input * 1e6, "output_price": model.price.output * 1e6}
    told["options"] = dict(model.options) or None
    told = {key: value for key, value in told.items() if value is not None}
    return {"model": model.name, **told} if told else model.name


def _match(match: Match) -> Any:
    return {"kind": match.kind, **match.options} if match.options else match.kind


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
