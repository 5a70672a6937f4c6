"""What a model or an agent is told of the search: a brief as the values that the prompts are filled with.

Bounded: the thousandth prompt is no longer than the tenth. What programs and models wrote is quoted as data.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autoresearch.core import search
from autoresearch.core.drawn import finding_line, task_line
from autoresearch.core.key_findings import held_against
from autoresearch.core.model import Brief, Metric, Trial, incumbent
from autoresearch.core.notes import Notes
from autoresearch.core.text import as_data, one_line
from autoresearch.core.units import format_change, format_number

DIFF = 2000  # characters of one diff
DETAIL = 2000  # characters of what was said of a failed trial
SUMMARY = 1500  # characters of what its log says in short
PLAN = 6000  # characters of the plan
FINDINGS, TASKS = 15, 12  # the newest, and the most important, that are told
YOURS = 2000  # characters of what a person wrote into each file
PAGES = {"PLAN.md": "plan", "KEY_FINDINGS.md": "findings", "REPORT.md": "findings", "TASKS.md": "tasks"}
_TASK = re.compile(r"^\| - \[ \] \*\*(T\d+)", re.MULTILINE)
_HEADS = re.compile(
    r"^(index|diff --git|new file mode|deleted file mode|old mode|new mode) .*\n", re.MULTILINE
)


def history(brief: Brief) -> dict[str, Any]:
    """The values of `history.md.j2`."""
    trials, metric = brief.trials, brief.metric
    seen = search.shown(trials, metric)
    best = incumbent(trials)
    return {
        "goal": brief.goal.strip(),
        "terms": brief.terms,
        "where": brief.where(),
        "plan": brief.notes.get("plan", ""),
        "findings": brief.notes.get("findings", ""),
        "tasks": brief.notes.get("tasks", ""),
        "task": next(iter(_TASK.findall(brief.notes.get("tasks", ""))), ""),
        "kept": [with_diff(brief, trial) for trial in seen.kept],
        "recent": [row(trial, brief) for trial in seen.recent],
        "near": [with_diff(brief, trial) for trial in seen.near],
        "last": _last(brief, seen.last),
        "strategy": search.strategy(trials),
        "idle": search.idle(trials),
        "trial": brief.trial,
        "best": _value(metric, best.metric if best else None),
    }


def _last(brief: Brief, trial: Trial | None) -> Mapping[str, str] | None:
    """The newest trial: its diff where it was not kept, and its log in short, or what was said where there is
    none."""
    newest = trial or next(reversed(brief.trials), None)
    if newest is None:
        return None
    summary = as_data(brief.summary(newest), SUMMARY)
    how = newest.detail.partition("\n")[0] if summary else newest.detail
    detail = "" if newest.metric is not None else as_data(how, DETAIL)
    change = "" if newest.status == "keep" else diff(brief, newest)
    if not (detail or summary or change):
        return None
    return {"row": row(newest, brief), "detail": detail, "summary": summary, "diff": change}


def remembered(notes: Notes, trials: Sequence[Trial], metric: Metric) -> dict[str, str]:
    """The notebook as a proposer is told of it: bounded, and what models and people wrote as data."""
    found = {"plan": "", "findings": "", "tasks": ""}
    if notes.plan is not None:
        found["plan"] = as_data(notes.plan.text, PLAN)
    standing = [finding for finding in held_against(notes.findings, trials, metric) if not finding.withdrawn]
    found["findings"] = as_data("\n".join(finding_line(one) for one in standing[-FINDINGS:]), DETAIL * 3)
    found["tasks"] = as_data("\n".join(task_line(task) for task in notes.tasks.open[:TASKS]), DETAIL * 2)
    for page, name in PAGES.items():
        if yours := notes.yours.get(page, "").strip():
            told = as_data(yours, YOURS, "> ")  # no mere data: it is who the work is for
            found[name] = f"{found[name]}\nFrom the person who set the goal, to be heeded:\n{told}".strip()
    return {name: text for name, text in found.items() if text}


def with_diff(brief: Brief, trial: Trial) -> Mapping[str, str]:
    """A trial's row, and what it changed."""
    return {"row": row(trial, brief), "diff": diff(brief, trial)}


def row(trial: Trial, brief: Brief) -> str:
    """`trial 7: p50_ms 12.41 (-3.2 %), discard (not_better): cache the parsed query`; the change is against
    the trial that it started from."""
    metric = brief.metric
    start = brief.trials[trial.parent].metric if trial.parent is not None else None
    change = format_change(metric.change(trial.metric, start))
    measured = "" if trial.metric is None else _value(metric, trial.metric)
    verdict = trial.status if trial.status == "keep" else f"{trial.status} ({trial.reason})"
    found = ", ".join(filter(None, [f"{measured} ({change})" if change else measured, verdict]))
    said = "" if measured else one_line(trial.detail.partition("\n")[0], 160)
    return f"trial {trial.number}: {found}: {one_line(trial.description, 120)}{f' [{said}]' if said else ''}"


def diff(brief: Brief, trial: Trial) -> str:
    """What a trial changed, as data; "" where it has no candidate."""
    if trial.commit is None:
        return ""
    return as_data(_HEADS.sub("", brief.change(trial)), DIFF)


def _value(metric: Metric, value: float | None) -> str:
    return f"{metric.name} {format_number(value)} {metric.unit}".strip()
