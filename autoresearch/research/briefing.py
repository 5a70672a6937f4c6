"""What a model or an agent is told of the search: a brief as the values that the prompts are filled with.

Bounded: the thousandth prompt is no longer than the tenth. What programs and models wrote is quoted as data.
"""

import re
from collections.abc import Mapping
from typing import Any

from autoresearch.core import search
from autoresearch.core.model import Brief, Metric, Trial, incumbent
from autoresearch.core.text import as_data, one_line
from autoresearch.core.units import format_change, format_number

DIFF = 2000  # characters of one diff
DETAIL = 2000  # characters of what was said of a failed trial
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
        "kept": [_with_diff(brief, trial) for trial in seen.kept],
        "recent": [_row(trial, brief) for trial in seen.recent],
        "near": [_with_diff(brief, trial) for trial in seen.near],
        "last": _last(brief, seen.last),
        "strategy": search.strategy(trials),
        "idle": search.idle(trials),
        "trial": brief.trial,
        "best": _value(metric, best.metric if best else None),
    }


def _last(brief: Brief, trial: Trial | None) -> Mapping[str, str] | None:
    """The newest trial: its diff where it was measured and not kept, what was said where it failed."""
    if trial is None or trial.status == "keep":
        return None
    measured = trial.metric is not None
    detail = "" if measured else as_data(trial.detail, DETAIL)
    return {"row": _row(trial, brief), "detail": detail, "diff": _diff(brief, trial)}


def _with_diff(brief: Brief, trial: Trial) -> Mapping[str, str]:
    return {"row": _row(trial, brief), "diff": _diff(brief, trial)}


def _row(trial: Trial, brief: Brief) -> str:
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


def _diff(brief: Brief, trial: Trial) -> str:
    if trial.commit is None:
        return ""
    return as_data(_HEADS.sub("", brief.change(trial)), DIFF)


def _value(metric: Metric, value: float | None) -> str:
    return f"{metric.name} {format_number(value)} {metric.unit}".strip()
