"""REPORT.md, and the same for programs: the chapters in their order, a model's prose where there is some.

Everything follows from the trials and the notes, so it can be written at any time; every trial that it names
is found again by its commit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autoresearch.adapters.pages import render
from autoresearch.calls.statistics import Totals
from autoresearch.core import drawn, figures
from autoresearch.core.model import Trial
from autoresearch.core.notes import Notes
from autoresearch.core.prose import SECTIONS, fill
from autoresearch.core.rows import as_row
from autoresearch.research.experiment import Experiment
from autoresearch.research.question import terms
from autoresearch.research.stages import STAGES
from autoresearch.views import report_chapters as chapters
from autoresearch.views import report_lists as lists
from autoresearch.views.live import suspects
from autoresearch.views.markdown import inline, prose, table
from autoresearch.views.report_facts import About, Seen

NAMED = 60  # rows of the last table
_NAMED = re.compile(r"\b[Tt]rials? (\d{1,7}(?:(?:, | and )\d{1,7})*)")
CHAPTERS: Mapping[str, Callable[[Seen], list[str]]] = {
    "summary": chapters.summary,
    "methodology": chapters.methodology,
    "results": chapters.results,
    "failed": lists.failed,
    "challenges": lists.challenges,
    "findings": lists.findings,
    "conclusions": chapters.conclusions,
    "future_work": lists.future,
    "cost": chapters.cost,
}


def about(
    experiment: Experiment, base: str, calls: Mapping[str, Totals] | None = None, ended: str = "",
    outages: Sequence[str] = (),
) -> About:  # fmt: skip
    """What a report tells of `experiment`, whose trials started at the commit `base`; `calls` is by stage."""
    settings = experiment.settings
    asked = {stage: settings.asks(stage) for stage in STAGES}
    if settings.use == "llm":
        asked = {"propose": settings.models.chain("propose"), **asked}
    return About(
        name=experiment.name,
        metric=experiment.metric,
        goal=experiment.goal,
        terms=terms(settings),
        base=base,
        rules=settings.stop,
        confirm=settings.keep.confirm,
        models={stage: ", ".join(model.name for model in models) for stage, models in asked.items()},
        calls=calls or {},
        ended=ended,
        outages=outages,
    )


def report(about: About, trials: Sequence[Trial], notes: Notes) -> str:
    """The whole page."""
    seen = Seen(about, trials, notes)
    written = _prose(seen)
    parts = {name: chapter(seen) for name, chapter in CHAPTERS.items()}
    for name in SECTIONS:
        if told := prose(written.get(name, "")):
            parts[name] = [told, "", *([_by(notes), ""] if name == "summary" else []), *parts[name]]
    values = {name: "\n".join(lines) for name, lines in parts.items()}
    first = [inline(each, 500) for each in suspects(trials, about.metric, about.name)]
    named = "\n".join(_table(seen, named_in("\n".join([*first, *values.values()]))))
    return render("report.md.j2", first=first, title=inline(about.name), named=named, **values)


def _by(notes: Notes) -> str:
    by = notes.prose.by if notes.prose else ""
    other = "This, and what stands first under Challenges, Conclusions and Future work, is"
    return f"*{other} by {inline(by)}; every number is filled in from the records.*"


def as_json(about: About, trials: Sequence[Trial], notes: Notes) -> dict[str, Any]:
    """The same facts with their own types; `trials` has the rows of what was kept, and of what is named."""
    seen = Seen(about, trials, notes)
    named = {trial.number for trial in seen.since if trial.status == "keep"}
    named.update(named_in(report(about, trials, notes)))
    general = {name: text for name, text in seen.figures.items() if " " not in name}
    metric = about.metric
    return {
        "experiment": about.name,
        "metric": {"name": metric.name, "direction": metric.direction, "unit": metric.unit},
        "goal": about.goal,
        "terms": dict(about.terms),
        "base": about.base,
        "suspects": suspects(trials, metric, about.name),
        "figures": general,
        "baseline": seen.since[0].metric if seen.since else None,
        "best": seen.best.number if seen.best else None,
        "certified": dict(seen.best.certified) if seen.best and seen.best.certified else None,
        "before_the_question_changed": len(trials) - len(seen.since),
        "discarded": _reasons(seen, "discard"),
        "crashed": _reasons(seen, "crash"),
        "findings": [asdict(one) for one in drawn.findings_of(notes, trials, metric)],
        "tasks": [asdict(task) for task in drawn.tasks_of(notes, trials, about.rules)],
        "revisions": [{"trials": made, "reason": why} for made, why in notes.revisions],
        "analysis": asdict(notes.analysis) if notes.analysis else None,
        "ended": about.ended or None,
        "outages": list(about.outages),
        "cost": {stage: each.as_json() for stage, each in about.calls.items()},
        "prose": {"by": notes.prose.by, **_prose(seen)} if notes.prose and _prose(seen) else None,
        "trials": [as_row(trial) for trial in trials if trial.number in named],
    }


def first_chapter(page: str) -> str:
    """What stands above the second heading of a report."""
    return page[: page.find("\n## ", page.find("\n## ") + 1)].rstrip() + "\n"


def named_in(page: str) -> list[int]:
    """The numbers of the trials that a text names, in order."""
    return sorted({int(each) for found in _NAMED.findall(page) for each in re.findall(r"\d+", found)})


def _prose(seen: Seen) -> dict[str, str]:
    """What a model wrote, its numbers filled in; nothing where there are newer trials than it knew of."""
    written = seen.notes.prose
    if written is None or written.made != len(seen.trials):
        return {}
    return {name: fill(written.sections.get(name, ""), seen.figures) for name in SECTIONS}


def _table(seen: Seen, numbers: Sequence[int]) -> list[str]:
    """Where each trial that is named can be found; those in the table of what was kept have it there."""
    kept = {trial.number for trial in chapters.kept_shown(seen)}
    there = [seen.trials[number] for number in numbers if number < len(seen.trials) and number not in kept]
    if not there:
        return []
    rows = [
        [str(t.number), t.commit or "", t.status, t.reason, figures.value(t.metric, seen.about.metric)]
        for t in there[:NAMED]
    ]
    more = f" {len(there) - NAMED:,} more are left out." if len(there) > NAMED else ""
    name = seen.about.name
    titles = ("trial", "commit", "status", "reason", seen.about.metric.name)
    look = (
        f"One of them whole, with its log: `autoresearch show {name} TRIAL`; its change: `git show COMMIT`."
    )
    return [*table(titles, (True, False, False, False, True), rows), "", f"{look}{more}"]


def _reasons(seen: Seen, status: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for trial in seen.tried:
        if trial.status == status:
            found.setdefault(trial.reason, []).append(trial.number)
    return found
