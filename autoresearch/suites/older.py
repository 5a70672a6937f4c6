"""Rows of other tools: HumanEval's problems, serialized runs, results of tests in words of their own."""

from collections.abc import Mapping
from typing import Any

from autoresearch.core.suite import Case, Completion, Status, Test, TestResult, Verdict
from autoresearch.suites.case_files import Source, Way

SERIALIZED = ("data", "answer", "status", "score", "context", "logs")
STATUSES: Mapping[str, Status] = {
    "COMPLETE": "completed", "INCOMPLETE": "running", "FAIL": "error", "READY": "pending",
}  # fmt: skip
SCORES: Mapping[Any, tuple[float | None, Verdict]] = {
    "CORRECT": (1.0, "pass"), "INCORRECT": (0.0, "fail"), None: (None, "none"),
}  # fmt: skip
COMPLETE_IT = "Complete this Python function. Answer with the code alone."


def is_problem(row: Mapping[str, Any]) -> bool:
    """Is it a problem as HumanEval has them?"""
    return {"task_id", "prompt", "test", "entry_point"} <= row.keys()


def problem(row: Mapping[str, Any], way: Way, source: Source) -> Case:
    """A HumanEval problem (Chen et al. 2021): the prompt is how the answer begins, the test is its one
    test."""
    name = str(row["task_id"])
    code = f"{row['test']}\n\ncheck({row['entry_point']})\n"
    fields = {"id": name, "task_id": name, "entry_point": str(row["entry_point"])}
    return Case(
        id=name, input=row["prompt"], fields=fields, prompt=COMPLETE_IT, preload=str(row["prompt"]),
        tests=(Test(code=code),), line=source.line(way),
    )  # fmt: skip


def is_serialized(row: Mapping[str, Any]) -> bool:
    """Is it a run as an older tool saved it?"""
    return set(SERIALIZED) == row.keys()


def serialized(row: Mapping[str, Any], at: int) -> Case:
    """A saved run: a case of its own, with the answer that it has."""
    score, verdict = SCORES.get(row["score"], (None, "none"))
    status = STATUSES.get(row["status"], "error")
    answered = Completion(
        text=row["answer"] if isinstance(row["answer"], str) else "",
        index=0, score=score, verdict=verdict, status=status, context=row["context"] or (),
        logs=row["logs"] or (), error="" if status == "completed" else str(row["status"]),
        value=row["answer"],
    )  # fmt: skip
    data = row["data"]
    fields = {"id": str(at - 1), "input": data, **(data if isinstance(data, dict) else {})}
    wanted = data.get("answer") if isinstance(data, dict) else None
    targets = (str(wanted),) if wanted is not None and not isinstance(wanted, dict | list) else ()
    return Case(
        id=str(at - 1), input=data, fields=fields, targets=targets,
        completions=() if status == "pending" else (answered,),
    )  # fmt: skip


def tested(row: Mapping[str, Any]) -> TestResult:
    """The result of a test in the words of the second generation: code, stdin, expect, got."""
    got, wanted = str(row.get("got", "")), str(row.get("expect", ""))
    if "*** TIMEOUT ***" in got:
        return TestResult("timed_out", got)
    return TestResult("passed" if got.strip() == wanted.strip() else "failed", got)
