"""What the models of the stages answer in tests, in the order in which a run asks them."""

import json
from typing import Any

QUIET = {
    "experiment_complete": False,
    "plan_revision_needed": False,
    "early_exit_required": False,
    "reason": "",
}


def planned(text: str = "# Plan\n\nGo towards zero.", *tasks: str) -> str:
    """A plan with tasks, T1 and so on."""
    rows = [{"description": task, "priority": "high", "depends_on": []} for task in tasks]
    return json.dumps({"plan": text, "tasks": rows})


def idea(x: object, *, works_on: str = "", why: str = "It is nearer to zero.") -> str:
    """A proposal that sets x."""
    tasks = f"WORKING_ON_TASKS: {works_on}\n" if works_on else ""
    return f'IDEA: x = {x}\n{why}\n{tasks}<file path="knob.py">\nx = {x}\n</file>\n'


def analysed(text: str = "It went down.", **more: Any) -> str:
    """An analysis; `more` is laid over it."""
    nothing = {"findings": [], "withdraw": [], "tasks": {}}
    return json.dumps({"analysis": text, **nothing, **QUIET, **more})


def told(summary: str = "The value went from {baseline} to {best}.", **more: str) -> str:
    """The prose of a report."""
    rest = {"challenges": "None worth a word.", "conclusions": "Smaller is better.", "future_work": "Go on."}
    return json.dumps({"summary": summary, **rest, **more})
