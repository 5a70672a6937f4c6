"""The chapters of a report that list: what was in vain, went wrong, was learnt, is left to do. Bounded."""

from collections.abc import Iterator, Sequence

from autoresearch.core import drawn, figures
from autoresearch.core.key_findings import KeyFinding
from autoresearch.core.model import REASONS, Trial, parked
from autoresearch.core.tasks import Task
from autoresearch.core.units import counted
from autoresearch.views.markdown import coded, inline
from autoresearch.views.report_facts import Seen

NEAR, GROUPS, OF_GROUP = 5, 12, 5  # misses, reasons, and trials of each reason
STANDING, WITHDRAWN, TASKS, REVISED = 20, 10, 15, 5  # the newest, or the most important
CITED = 3  # trials of a finding that are told with their numbers


def failed(seen: Seen) -> list[str]:
    """What was tried in vain: the nearest misses, then all of it by reason."""
    discards = [trial for trial in seen.tried if trial.status == "discard"]
    if not discards:
        return ["Nothing was discarded."]
    sign = 1 if seen.about.metric.direction == "lower" else -1
    measured = [t for t in discards if t.metric is not None and t.reason not in ("suspect", "duplicate")]
    near = sorted(measured, key=lambda trial: sign * (trial.metric or 0.0))[:NEAR]
    lines = [f"- {_named(trial, seen)}" for trial in near]
    misses = ["The nearest misses:", "", *lines, "", "By reason:", ""] if near else []
    return [*misses, *_by_reason(discards)]


def challenges(seen: Seen) -> list[str]:
    """What went wrong, what the plan had to be changed for, and why it ended."""
    crashed = [trial for trial in seen.tried if trial.status == "crash"]
    lines = list(_by_reason(crashed, said=True))
    lines += [f"- Waited: {inline(outage)}" for outage in seen.about.outages[-GROUPS:]]
    lines += [
        f"- The plan was revised after {counted(made, 'trial')}: {_why(why)}"
        for made, why in seen.notes.revisions[-REVISED:]
    ]
    if (analysis := seen.notes.analysis) and analysis.flags:
        flags = ", ".join(flag.replace("_", " ") for flag in analysis.flags)
        lines.append(
            f"- The analysis of trial {analysis.trial} says {flags}: {_why(analysis.reason)} "
            f"({inline(analysis.by)})"
        )
    if seen.about.ended:
        lines.append(f"- It ended: {inline(seen.about.ended, 500)}")
    return lines or ["None that the records know of."]


def findings(seen: Seen) -> list[str]:
    """What was learnt, and what of that no longer holds."""
    found = drawn.findings_of(seen.notes, seen.trials, seen.about.metric)
    standing = [one for one in found if not one.withdrawn]
    fallen = [one for one in found if one.withdrawn][-WITHDRAWN:]
    lines = [_finding(one, seen) for one in reversed(standing[-STANDING:])] or ["None yet."]
    if seen.notes.findings:
        lines = ["In quotation marks: a model's words. Behind them: what was measured.", "", *lines]
    if len(standing) > STANDING:
        lines.append(f"- {len(standing) - STANDING} older ones stand in KEY_FINDINGS.md")
    if fallen:
        lines += ["", "Withdrawn:", ""]
        lines += [f"{_finding(one, seen)} {_said(one.withdrawn, seen)}" for one in reversed(fallen)]
    return lines


def future(seen: Seen) -> list[str]:
    """What is left to do."""
    name = seen.about.name
    tasks = seen.notes.tasks.open
    lines = [*_unsettled(seen), *(_task(task) for task in tasks[:TASKS])]
    if len(tasks) > TASKS:
        lines.append(f"- {len(tasks) - TASKS} more tasks: `autoresearch tasks {name}`")
    return lines or ["No task is open."]


def _unsettled(seen: Seen) -> Iterator[str]:
    """What must be looked at, or measured again, before it counts."""
    name = seen.about.name
    for trial in parked(seen.trials)[:NEAR]:
        value = f"{inline(seen.about.metric.name)} {seen.of(trial)}"
        look = f"`autoresearch show {name} {trial.number}`"
        yield f"- Look at trial {trial.number}, {value}: too good to be believed unseen ({look})"
    if seen.improved and seen.best is not None and not seen.best.certified:
        yield f"- Certify the gain of trial {seen.best.number}: `autoresearch certify {name}`"


def _named(trial: Trial, seen: Seen) -> str:
    """`trial 12: 6.1 ms (+1.6 % on trial 7), inconclusive: the idea`."""
    change = figures.on_parent(trial, seen.trials, seen.about.metric)
    on = f" ({change} on trial {trial.parent})" if change else ""
    return f"trial {trial.number}: {seen.of(trial)}{on}, {trial.reason}: {inline(trial.description, 120)}"


def _by_reason(trials: Sequence[Trial], *, said: bool = False) -> Iterator[str]:
    """A line for each reason, the most frequent first; `said`: with what the newest one left behind."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial.reason, []).append(trial)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    for reason, found in ordered[:GROUPS]:
        newest = found[-OF_GROUP:]
        which = ", ".join(str(trial.number) for trial in newest)
        such = "the newest: trials" if len(found) > len(newest) else "trial" if len(found) == 1 else "trials"
        detail = next((t.detail.partition("\n")[0] for t in reversed(found) if t.detail), "") if said else ""
        told = f"; {coded(detail, 160)}" if detail else ""
        yield f"- {inline(reason)}, {inline(REASONS.get(reason, ''))}: {len(found):,} ({such} {which}){told}"


def _finding(finding: KeyFinding, seen: Seen) -> str:
    """With the trials that it rests on, and what was measured there."""
    cited = [n for n in finding.trials if n < len(seen.trials)]
    measured = [_measured(seen.trials[n], seen) for n in cited[:CITED]]
    more = [f"trials {', '.join(map(str, cited[CITED : CITED + 5]))}"] if len(cited) > CITED else []
    old = seen.since and cited and max(cited) < seen.since[0].number
    earlier = ["of an earlier question"] if old else []
    return f"- {finding.id}: {_said(finding.text, seen)} ({'; '.join([*measured, *more, *earlier])})."


def _said(text: str, seen: Seen) -> str:
    """A model's words stand in quotation marks: their numbers are its own."""
    told = inline(text, 500).rstrip(".")
    return f"“{told}”" if seen.notes.findings else told


def _measured(trial: Trial, seen: Seen) -> str:
    """`trial 7: 6 ms, -25.0 % on trial 0`."""
    change = figures.on_parent(trial, seen.trials, seen.about.metric)
    on = f", {change} on trial {trial.parent}" if change else ""
    return f"trial {trial.number}: {seen.of(trial) or trial.reason}{on}"


def _why(reason: str) -> str:
    return f"“{inline(reason, 500)}”" if reason else "no reason was given"


def _task(task: Task) -> str:
    state = "" if task.status == "pending" else f", {task.status.replace('_', ' ')}"
    return f"- {task.id} ({task.priority}{state}): {inline(task.description, 300)}"
