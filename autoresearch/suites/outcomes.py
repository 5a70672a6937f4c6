"""What is known of each sample, from the records; and which stage it needs next.

Nothing of it is stored. Extraction and comparing are made anew each time; what takes a process, a model or a
person is a record: an answer (`call`, `run` or `given`), an `edit`, the tests (`execute`), a paid `score`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autoresearch.adapters import disk
from autoresearch.core import aggregating, extraction, matching
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Case, Failure, Match, Outcome, Sample, Status, TestResult, Verdict
from autoresearch.suites import keys
from autoresearch.suites.evals import Eval
from autoresearch.suites.rendering import messages
from autoresearch.suites.store import Record, Records

Stage = Literal["generate", "run", "execute", "score"]
ANSWERS = ("call", "run", "given")
ELSEWHERE = ("command", "judge", "python")  # kinds of match that take more than comparing


@dataclass(frozen=True)
class Answer:
    """The newest good answer of a sample, and what of it is judged: `value` is a text, or JSON of a
    runner's."""

    record: Record
    raw: str | None
    value: Any
    edited: bool


class View:
    """The outcomes of an eval. `base` is the folder that the suite's own files are relative to."""

    def __init__(self, one: Eval, records: Records, base: Path) -> None:
        self.eval = one
        self.records = records
        self.base = base
        self._keys: dict[Sample, str] = {}
        self._messages: dict[str, list[dict[str, str]]] = {}
        self._answers: dict[int, tuple[int, Answer | None]] = {}
        self._outcomes: dict[int, tuple[tuple[int, str | None, int], Outcome]] = {}
        self._runner = self._text(one.suite.runner)

    def load(self) -> None:
        """Have the records of all samples at hand."""
        numbers = self.eval.current()
        self.records.load([self.key(number) for number in numbers], again=True)
        answers = [(number, self.answer(number)) for number in numbers]
        later = [self._later(number, answer) for number, answer in answers if answer]
        self.records.load([key for key in later if key], again=True)

    def case(self, number: int) -> Case:
        """The case of a sample."""
        case = self.eval.case(self.eval.samples[number].case)
        if case is None:
            raise AutoresearchError(
                f"the suite has no case {self.eval.samples[number].case!r} any more", "see: suite status"
            )
        return case

    def messages(self, case: Case) -> list[dict[str, str]]:
        """What is asked for a case."""
        if case.id not in self._messages:
            self._messages[case.id] = messages(self.eval.suite, case, self.eval.arguments)
        return self._messages[case.id]

    def key(self, number: int) -> str:
        """What the answer of a sample is found by."""
        sample = self.eval.samples[number]
        if sample not in self._keys:
            self._keys[sample] = self._key(self.case(number), sample)
        return self._keys[sample]

    def answer(self, number: int) -> Answer | None:
        """The newest good one, with a person's edit of it."""
        found = self.records.of(self.key(number))
        records, answer = self._answers.get(number, (-1, None))
        if records != len(found):
            answer = self._answer(number, found)
            self._answers[number] = (len(found), answer)
        return answer

    def _answer(self, number: int, found: Sequence[Record]) -> Answer | None:
        record = next((one for one in reversed(found) if one.good and one.kind in ANSWERS), None)
        if record is None:
            return None
        case, body = self.case(number), record.body
        if record.kind == "run":
            return Answer(record, body.get("raw"), body.get("answer"), False)
        raw = str(body.get("text") or "")
        edits = [one for one in found if one.kind == "edit" and one.body.get("was") == fingerprint(raw)]
        if edits:
            return Answer(record, raw, edits[-1].body["text"], True)
        if record.kind == "given" and body.get("final"):
            return Answer(record, body.get("raw"), raw, False)
        return Answer(
            record, raw, extraction.extracted(self.eval.suite.extract, raw, case.preload or ""), False
        )

    def next(self, number: int) -> Stage | None:
        """The stage that has no good record yet; None where all is done."""
        answer = self.answer(number)
        if answer is None:
            return "run" if self.eval.suite.runner else "generate"
        key = self._later(number, answer)
        if key is None or any(one.good for one in self.records.of(key)):
            return None
        return "execute" if self.case(number).tests else "score"

    def later(self, number: int) -> str:
        """What the tests, or the score, of an answer are found by."""
        answer = self.answer(number)
        key = self._later(number, answer) if answer else None
        if key is None:
            raise AssertionError("this sample has no such stage")
        return key

    def match(self, case: Case) -> Match:
        """How answers to a case are compared."""
        return case.match or self.eval.suite.match

    def outcomes(self) -> list[Outcome]:
        """Of all samples that are asked for, by number."""
        return [self.outcome(number) for number in self.eval.current()]

    def outcome(self, number: int) -> Outcome:
        """All that is known of a sample."""
        answer = self.answer(number)
        later = self._later(number, answer) if answer else None
        records = (len(self.records.of(self.key(number))), later, len(self.records.of(later)) if later else 0)
        before, outcome = self._outcomes.get(number, (None, None))
        if outcome is None or records != before:
            outcome = self._outcome(number)
            self._outcomes[number] = (records, outcome)
        return outcome

    def _outcome(self, number: int) -> Outcome:
        sample, case = self.eval.samples[number], self.case(number)
        found = self.records.of(self.key(number))
        tries = [one for one in found if one.kind in ANSWERS]
        known: dict[str, Any] = {"number": number, "sample": sample, "split": case.split, "input": case.input}
        known |= {"targets": case.targets, "attempts": [failure(one) for one in tries if not one.good]}
        known |= _taken(tries)
        answer = self.answer(number)
        if answer is None:
            status, reason = _unanswered(found)
            status = "running" if status == "pending" and self.records.in_work(self.key(number)) else status
            last = tries[-1] if tries and status == "error" else None
            known |= {**_of_run(last), "failure": failure(last) if last else None}
            return Outcome(**known, status=status, reason=reason)
        known |= _of_run(answer.record) if answer.record.kind != "call" else {}
        known |= {"raw": answer.raw, "answer": answer.value, "edited": answer.edited}
        known |= {"finish": str(answer.record.body.get("finish") or "")}
        return Outcome(**(known | self._judged(number, case, answer)))

    def _judged(self, number: int, case: Case, answer: Answer) -> dict[str, Any]:
        key = self._later(number, answer)
        if key is not None:
            return self._recorded(case, self.records.of(key))
        if answer.record.kind in ("run", "given") and answer.record.body.get("verdict", "none") != "none":
            return {"status": "completed"}
        if not case.targets or not isinstance(answer.value, str):
            return {"status": "completed"}
        judged = matching.judged(self.match(case), answer.value, case.targets)
        return {"status": "completed", "score": judged.score, "verdict": judged.verdict, "why": judged.why}

    def _recorded(self, case: Case, found: Sequence[Record]) -> dict[str, Any]:
        good = next((one for one in reversed(found) if one.good), None)
        if good is None and found:
            wrong = failure(found[-1])
            return {"status": "error", "reason": "scorer", "failure": wrong, "why": wrong.message}
        if good is None:
            return {"status": "pending", "reason": "untested" if case.tests else "unscored"}
        if not case.tests:
            return {"status": "completed", **{name: good.body[name] for name in ("score", "verdict", "why")}}
        results = [TestResult(**one) for one in good.body["results"]]
        passed = [one.status == "passed" for one in results]
        kind = self.eval.suite.aggregate
        score = aggregating.aggregate(kind if kind == "all-or-nothing" else "basic", passed)
        verdict: Verdict = "pass" if all(passed) else "fail"
        why = next((f"test {at}: {one.status} {one.why}".strip() for at, one in enumerate(results, 1)
                    if one.status != "passed"), "")  # fmt: skip
        return {"status": "completed", "tests": results, "score": score, "verdict": verdict, "why": why}

    def _later(self, number: int, answer: Answer) -> str | None:
        """The key of what comes after the answer; None where nothing does."""
        case, suite = self.case(number), self.eval.suite
        if case.tests and isinstance(answer.value, str):
            return keys.of_execution(answer.value, case.tests, case.files, suite.execution)
        match = self.match(case)
        if match.kind not in ELSEWHERE:
            return None
        judge = (
            suite.judge.name
            if match.kind == "judge" and suite.judge
            else self._text(match.options.get("file"))
        )
        return keys.of_score(answer.value, case, match, judge)

    def _key(self, case: Case, sample: Sample) -> str:
        one = self.eval
        asked = one.of_model(sample.model)
        draw = (one.draw, one.offset + sample.index)
        if one.suite.runner is None:
            return keys.of_answer(self.messages(case), asked.model, asked.parameters, draw)
        runner = {"text": self._runner, "arguments": dict(one.arguments)}
        return keys.of_run(case, asked.model, asked.parameters, draw, runner)

    def _text(self, name: str | None) -> str | None:
        """One of the suite's own files."""
        return None if not name else disk.read(self.base / name)


def fingerprint(text: str) -> str:
    """Of an answer that a person edits: an edit counts for that answer alone."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def failure(record: Record) -> Failure:
    """What went wrong in a try."""
    told = record.body.get("failure")
    if isinstance(told, Mapping):
        return Failure(**told)
    return Failure(str(record.body.get("reason") or "error"), str(record.body.get("error") or "interrupted"))


def _unanswered(found: Iterable[Record]) -> tuple[Status, str]:
    last = None
    for one in found:
        if one.kind in (*ANSWERS, "cancel"):
            last = one
    if last is None:
        return "pending", ""
    if last.kind == "cancel":
        return "cancelled", "stopped"
    return "error", str(last.body.get("reason") or "error")


def _of_run(record: Record | None) -> dict[str, Any]:
    """What a runner, or a file, said of a sample besides its answer."""
    if record is None or record.kind == "call":
        return {}
    names = ("score", "verdict", "context", "logs", "answer", "why")
    return {name: record.body[name] for name in names if record.body.get(name) is not None}


def _taken(tries: Sequence[Record]) -> dict[str, Any]:
    """What all tries have cost; seconds of the last."""
    costs = [one.body["cost_usd"] for one in tries if one.body.get("cost_usd") is not None]
    tokens = [one.body["tokens"] for one in tries if one.body.get("tokens") is not None]
    return {
        "cost_usd": sum(costs) if costs else None,
        "tokens": sum(tokens) if tokens else None,
        "seconds": tries[-1].body.get("seconds") if tries else None,
    }
