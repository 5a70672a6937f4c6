"""What the stages of the notebook answer: a plan, an analysis. Read from JSON, refused with a reason.

The schemas are for models that can be held to one; a reply is read in the same way whoever wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autoresearch.core import key_findings
from autoresearch.core.json_reply import find_object, list_of, text_of, truth_of
from autoresearch.core.tasks import PRIORITIES, STATUSES, Changes, fields_of
from autoresearch.core.text import harmless, one_line

PLAN_LONGEST = 12_000  # characters: what is longer is no plan, and would stand in every prompt
ANALYSIS_LONGEST = 2_000
FLAGS = ("experiment_complete", "plan_revision_needed", "early_exit_required")


@dataclass(frozen=True)
class PlanReply:
    """A plan, and the tasks that follow from it."""

    text: str
    tasks: Changes


@dataclass(frozen=True)
class NewFinding:
    """A finding as a reply gives it."""

    text: str
    trials: tuple[int, ...]


@dataclass(frozen=True)
class AnalysisReply:
    """What a trial taught; `flags` are those of FLAGS that are raised, and `reason` is why."""

    text: str
    findings: Sequence[NewFinding]
    withdraw: Mapping[str, str]
    tasks: Changes
    flags: tuple[str, ...]
    reason: str


def read_plan(reply: str) -> PlanReply:
    """Raises ValueError with what is wrong."""
    value = find_object(reply)
    text = text_of(value, "plan")
    if len(text) > PLAN_LONGEST:
        raise ValueError(f"the plan has {len(text):,} characters; at most {PLAN_LONGEST:,} will do")
    plain = harmless(text).replace("<!--", "<! --")  # in PLAN.md such marks tell whose words these are
    return PlanReply(plain, Changes(add=_tasks(value.get("tasks"))))


def read_analysis(reply: str, trial: int) -> AnalysisReply:
    """The analysis of trial number `trial`. Raises ValueError with what is wrong."""
    value = find_object(reply)
    flags = tuple(name for name in FLAGS if truth_of(value, name))
    reason = one_line(text_of(value, "reason", needed=bool(flags)), 500)
    given = value.get("tasks") or {}
    if not isinstance(given, dict):
        raise ValueError("tasks must be an object with add, update, complete, remove")
    return AnalysisReply(
        text=text_of(value, "analysis")[:ANALYSIS_LONGEST],
        findings=[_finding(row, trial) for row in list_of(value, "findings", dict | str, "objects")][
            : key_findings.MOST
        ],
        withdraw={
            text_of(row, "id"): one_line(text_of(row, "why"), key_findings.LONGEST)
            for row in list_of(value, "withdraw", dict, "objects")
        },
        tasks=Changes(
            add=_tasks(given.get("add")),
            update=[_updated(row) for row in list_of(given, "update", dict, "objects")],
            complete=list_of(given, "complete", str, "ids"),
            remove=list_of(given, "remove", str, "ids"),
        ),
        flags=flags,
        reason=reason,
    )


def _finding(row: dict[str, Any] | str, trial: int) -> NewFinding:
    """One that is a mere text rests on the trial itself; numbers in quotes are numbers."""
    row = {"text": row} if isinstance(row, str) else row
    given = row.get("trials")
    listed = given if isinstance(given, list) else [] if given is None else [given]
    cited = {int(n) for n in listed if str(n).isdecimal() and int(n) <= trial}
    text = one_line(text_of(row, "text"), key_findings.LONGEST)
    return NewFinding(text, tuple(sorted(cited)) or (trial,))


def _tasks(rows: Any) -> list[dict[str, Any]]:
    """Tasks to add: objects, or mere descriptions."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise ValueError("tasks must be a list")
    return [_task({"description": row} if isinstance(row, str) else row) for row in rows]


def _task(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("a task must be an object")
    given = fields_of({**row, "status": None}, "a task")
    if "description" not in given:
        raise ValueError("a task needs a description")
    return given


def _updated(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": text_of(row, "id"), **fields_of(row, f"task {row['id']}")}


def _object(**properties: Any) -> dict[str, Any]:
    """Strict, as providers want it: all properties are required, and there are no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_TRUTH = {"type": "boolean"}
_NEW_TASK = _object(
    description=_TEXT, priority={"type": "string", "enum": list(PRIORITIES)}, depends_on=_list(_TEXT)
)
PLAN_SCHEMA = _object(plan=_TEXT, tasks=_list(_NEW_TASK))
ANALYSIS_SCHEMA = _object(
    analysis=_TEXT,
    findings=_list(_object(text=_TEXT, trials=_list({"type": "integer"}))),
    withdraw=_list(_object(id=_TEXT, why=_TEXT)),
    tasks=_object(
        add=_list(_NEW_TASK),
        update=_list(_object(id=_TEXT, status={"type": "string", "enum": list(STATUSES)}, notes=_TEXT)),
        complete=_list(_TEXT),
        remove=_list(_TEXT),
    ),
    **dict.fromkeys(FLAGS, _TRUTH),
    reason=_TEXT,
)
