"""A model as the judge of an answer: what it is asked, and what its reply means."""

from dataclasses import dataclass
from typing import Any

from autoresearch.adapters.pages import prompt
from autoresearch.core.calls import Model
from autoresearch.core.json_reply import find_object, text_of
from autoresearch.core.matching import Judged
from autoresearch.core.suite import Case, Match, Parameters
from autoresearch.core.text import as_data
from autoresearch.suites import keys
from autoresearch.suites.asking import Ask, Crowd

TRIES = 3  # replies that can't be read
LONGEST = 20_000  # characters of a question, or an answer, that a judge is shown


class Unreadable(Exception):
    """The judge's replies can't be read."""


@dataclass(frozen=True)
class Judgement:
    """What is to be judged: an answer to a case, and the question as the model saw it."""

    suite: str
    case: Case
    match: Match
    question: str
    answer: str


def judge(crowd: Crowd, model: Model, about: Judgement) -> Judged:
    """The judge's verdict. Raises Unreadable, and Over where nobody can be asked any more."""
    match, case = about.match, about.case
    told = prompt(
        "suite_judge.md.j2",
        rubric=match.options.get("rubric", ""),
        question=as_data(about.question, LONGEST),
        answer=as_data(about.answer, LONGEST),
        targets=[as_data(target, LONGEST) for target in case.targets],
    )
    messages = [{"role": "user", "content": told}]
    parameters, reason = Parameters(temperature=match.options.get("temperature", 0.0)), ""
    for attempt in range(TRIES):
        key = keys.of_answer(messages, model, parameters, (0, attempt))
        ask = Ask(model, messages, parameters, key, "judge", about.suite, {"case": case.id})
        record = crowd.records.good(key, "call") or crowd.ask(ask)
        if not record.good:
            raise Unreadable(f"{model.name}: {record.body.get('error')}")
        try:
            return read(str(record.body["text"]))
        except ValueError as error:
            reason = str(error)
    raise Unreadable(f"{model.name} judged {TRIES} times, and it can't be read: {reason}")


def read(reply: str) -> Judged:
    """A judge's reply. Raises ValueError, with the reason."""
    found = find_object(reply)
    verdict: Any = text_of(found, "verdict").strip().lower()
    score = found.get("score", 1.0 if verdict == "pass" else 0.0)
    if verdict not in ("pass", "fail"):
        raise ValueError('verdict: must be "pass" or "fail"')
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ValueError("score: must be a number from 0 to 1")
    return Judged(float(score), verdict, text_of(found, "why", needed=False))
