"""What the model of the stage `report` is told: what was asked, what came of it, the names of the numbers.

Bounded, whatever the number of trials. What programs and models wrote is quoted as data.
"""

from collections.abc import Sequence

from autoresearch.adapters.pages import prompt
from autoresearch.core import drawn, figures
from autoresearch.core.model import REASONS, Brief, Trial, current, tried
from autoresearch.core.notes import Notes
from autoresearch.core.text import as_data, one_line

KEPT, NEAR, GROUPS = 7, 4, 4  # trials that are told: newest keeps, nearest misses, one of each failure
FINDINGS, TASKS, REVISIONS = 6, 6, 2
GOAL, PLAN, LISTED = 800, 600, 500  # characters of each
IDEA, SAID, TERM = 80, 80, 120
OF_TRIAL = ("metric", "change", "interval", "samples", "seconds")


def prose_messages(brief: Brief, notes: Notes) -> list[dict[str, str]]:
    """The messages. Of the cost they say what trials have cost: a call may not change its own question."""
    names = names_told(brief)
    since = current(brief.trials)
    kept = _kept(since)
    user = prompt(
        "report.user.md.j2",
        goal=brief.goal.strip()[:GOAL],
        terms={name: one_line(value, TERM) for name, value in brief.terms.items()},
        direction=brief.metric.direction,
        plan=as_data(notes.plan.text, PLAN) if notes.plan else "",
        findings=_findings(brief, notes),
        kept=[_told(trial, names) for trial in kept],
        near=[_told(trial, names) for trial in _near(brief)],
        failures=[_failure(group, names) for group in _failures(since)],
        tasks=as_data("\n".join(map(drawn.task_line, notes.tasks.open[:TASKS])), LISTED),
        revisions=as_data("\n".join(one_line(why) for _, why in notes.revisions[-REVISIONS:]), LISTED),
        ended=_ended(notes),
        names={name: text for name, text in names.items() if " " not in name},
        earlier=len(brief.trials) - len(since),
    )
    return [{"role": "system", "content": prompt("report.system.md.j2")}, {"role": "user", "content": user}]


def names_told(brief: Brief) -> dict[str, str]:
    """The names that may stand in braces, with what they stand for: of trials, those that are told alone."""
    since = current(brief.trials)
    whole = {trial.number for trial in (*_kept(since), *_near(brief))}
    named = whole | {group[-1].number for group in _failures(since)}
    found = figures.figures(brief.trials, brief.metric)
    general = {name: text for name, text in found.items() if " " not in name}
    of_trials = {
        f"{name} {number}": found[f"{name} {number}"]
        for number in sorted(named)
        for name in ("trial", *(OF_TRIAL if number in whole else ()))
        if f"{name} {number}" in found
    }
    return {**general, **of_trials}


def _kept(since: Sequence[Trial]) -> list[Trial]:
    """The baseline, and the newest that were kept."""
    kept = [trial for trial in since if trial.status == "keep"]
    return kept if len(kept) <= KEPT else [kept[0], *kept[1 - KEPT :]]


def _near(brief: Brief) -> list[Trial]:
    """The best that were measured and not kept."""
    ideas = tried(current(brief.trials))
    measured = [t for t in ideas if t.status == "discard" and t.metric is not None and t.reason != "suspect"]
    sign = 1 if brief.metric.direction == "lower" else -1
    return sorted(measured, key=lambda trial: sign * (trial.metric or 0.0))[:NEAR]


def _failures(since: Sequence[Trial]) -> list[list[Trial]]:
    """What was not kept, by reason, the most frequent first."""
    groups: dict[str, list[Trial]] = {}
    for trial in tried(since):
        if trial.status != "keep":
            groups.setdefault(trial.reason, []).append(trial)
    return sorted(groups.values(), key=lambda group: -len(group))[:GROUPS]


def _told(trial: Trial, names: dict[str, str]) -> str:
    """`{trial 7}, keep (confirmed): the idea` and its numbers, by name."""
    numbers = [
        f"{{{name} {trial.number}}} = {names[key]}"
        for name in OF_TRIAL
        if (key := f"{name} {trial.number}") in names
    ]
    idea = one_line(trial.description, IDEA)
    return f"{{trial {trial.number}}}, {trial.status} ({trial.reason}): {idea} | {', '.join(numbers)}".rstrip(
        " |"
    )


def _failure(group: Sequence[Trial], names: dict[str, str]) -> str:
    """A reason, how often it was, and what the newest one left behind."""
    newest = group[-1]
    said = one_line(newest.detail.partition("\n")[0], SAID) if newest.status == "crash" else ""
    often = "once" if len(group) == 1 else "several times"
    told = (
        f"{newest.reason} ({REASONS.get(newest.reason, '')}), {often}, the newest: {{trial {newest.number}}}"
    )
    return f"{told}: {one_line(newest.description, IDEA)}{f' [{said}]' if said else ''}"


def _findings(brief: Brief, notes: Notes) -> str:
    found = drawn.findings_of(notes, brief.trials, brief.metric)
    lines = [drawn.finding_line(one) for one in found if not one.withdrawn][-FINDINGS:]
    lines += [f"{drawn.finding_line(one)} Withdrawn: {one.withdrawn}." for one in found if one.withdrawn][-2:]
    return as_data("\n".join(lines), LISTED)


def _ended(notes: Notes) -> str:
    """Which flags the newest analysis raised, and why."""
    analysis = notes.analysis
    if analysis is None or not analysis.flags:
        return ""
    flags = ", ".join(flag.replace("_", " ") for flag in analysis.flags)
    return as_data(f"{flags}: {one_line(analysis.reason)}", LISTED)
