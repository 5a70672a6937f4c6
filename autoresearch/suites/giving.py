"""Answers that a file holds become records: as they came, or as a person has put them right."""

from dataclasses import replace
from typing import Any

from autoresearch.core.calls import Model
from autoresearch.core.suite import IMPORTED, Completion, Parameters, Sample, Suite
from autoresearch.suites.evals import Asked, Eval
from autoresearch.suites.outcomes import View, fingerprint
from autoresearch.suites.session import Session, Wanted


def given(session: Session, suite: Suite, name: str, wanted: Wanted) -> Eval:
    """The eval of a suite whose cases have answers: each is a sample, and is known. What a record has
    already is not written again; where the text is another than the record's, a person has edited it."""
    counts: dict[str, int] = {}
    for case in suite.cases:
        for each in case.completions:
            counts[each.model] = max(counts.get(each.model, 0), each.index + 1)
    known = {model.name: model for model in suite.models}
    asked = [
        Asked(known.get(model, Model(model)), count, _parameters(suite, wanted))
        for model, count in counts.items()
    ]
    one = session.prepare_as(suite, name, asked, wanted)
    view = session.view(one)
    numbers = {sample: number for number, sample in enumerate(one.samples)}
    for case in suite.cases:
        for each in case.completions:
            _give(view, numbers[Sample(case.id, each.model, each.index)], each)
    return one


def _give(view: View, number: int, each: Completion) -> None:
    key = view.key(number)
    if each.status != "completed":
        if not view.records.of(key):
            body = {"error": each.error or each.status, "reason": "imported", **_beside(each)}
            view.records.write("given", key, body, good=False)
        return
    answer = view.answer(number)
    value = each.text if each.value is None else each.value
    if answer is not None and answer.value == value:
        return
    if answer is not None and answer.raw is not None and each.value is None:
        body = {"text": each.text, "was": fingerprint(answer.raw), "before": answer.value, "by": "a file"}
        view.records.write("edit", key, body, good=True)
        return
    kind = "given" if each.value is None or isinstance(each.value, str) else "run"
    body = {"text": each.text, "answer": value, "raw": each.raw, "final": True, **_beside(each)}
    view.records.write(kind, key, body, good=True)


def _beside(each: Completion) -> dict[str, Any]:
    """What a file says of an answer besides its text."""
    return {
        "score": each.score, "verdict": each.verdict, "context": list(each.context), "logs": list(each.logs),
    }  # fmt: skip


def _parameters(suite: Suite, wanted: Wanted) -> Parameters:
    return wanted.parameters or suite.parameters


def without_answers(suite: Suite) -> Suite:
    """The suite as it is asked: answers in its file are others'."""
    return replace(suite, cases=tuple(replace(case, completions=()) for case in suite.cases))


def by(suite: Suite, model: Model) -> Suite:
    """The suite, its answers by that model where the file doesn't say whose they are."""
    cases = [
        replace(case, completions=[
            replace(each, model=model.name) if each.model == IMPORTED else each for each in case.completions
        ])
        for case in suite.cases
    ]  # fmt: skip
    known = suite.models if model in suite.models else (*suite.models, model)
    return replace(suite, cases=tuple(cases), models=known)


def has_answers(suite: Suite) -> bool:
    """Does its file hold any?"""
    return any(case.completions for case in suite.cases)
