"""What the notebook's stages do in a run: plan before the first idea, learn from each trial, plan anew.

Between the loop, which knows neither models nor prompts, and the stages, which know no trial in flight.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from autoresearch.adapters import disk
from autoresearch.calls.models import REPAIRS
from autoresearch.calls.record import Question
from autoresearch.core import drawn, stage_replies
from autoresearch.core.errors import AutoresearchError, RunOver, TrialFailed
from autoresearch.core.model import Brief, Trial, incumbent
from autoresearch.core.notes import Prose
from autoresearch.core.prose import PROSE_SCHEMA, read_prose, without_numbers
from autoresearch.research.attempt import Evidence, blank, brief
from autoresearch.research.drafts import Draft
from autoresearch.research.evaluator import of_candidate
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab
from autoresearch.research.notebook import PLAN, REPORT, now
from autoresearch.research.reporting import names_told, prose_messages
from autoresearch.research.stages import analysis_question, numbers_of, plan_question

REVISE = "plan_revision_needed"
PATIENCE = 5  # trials that a plan is given before a model may ask for another
NOTHING_LEARNT = ("baseline", "duplicate")  # reasons of trials that an analysis has nothing to say of
DEFAULT_REASON = "make it fit what the trials have shown since"


def plan_as_needed(experiment: Experiment, lab: Lab) -> None:
    """A first plan where there is none; a new one where the newest analysis asks for it.

    A plan that a person edited is theirs: a wish for another is told, and nothing else.
    """
    plan, found = lab.notebook.notes.plan, lab.notebook.notes.analysis
    if plan is None:
        _plan(experiment, lab, "")
        return
    newest = len(lab.ledger.trials) - 1
    if found is None or REVISE not in found.flags or found.trial != newest or plan.made > newest:
        return
    asks = f"trial {newest} asks for a new plan: {found.reason}"
    if plan.edited:
        lab.observer.note(f"{asks}; yours stays; to have it revised: autoresearch plan --revise")
    elif newest - plan.made + 1 >= PATIENCE:
        lab.observer.note(asks)
        _plan(experiment, lab, found.reason)


def revise(experiment: Experiment, lab: Lab, why: str, *, with_report: bool = True) -> list[str]:
    """A new plan, as a person asks for it, for the reason `why`; what of it was not possible, in words.

    Raises AutoresearchError where no model is named for it, or none can give one.
    """
    lab.notebook.take_over()
    why = why.strip() or (DEFAULT_REASON if lab.notebook.notes.plan else "")
    report = (disk.read(experiment.folder / REPORT) or "") if with_report else ""
    question = plan_question(_brief(experiment, lab), why, report)
    try:
        reply, answer = lab.stages.asked(question, stage_replies.read_plan)
    except RunOver as over:
        raise AutoresearchError(f"no plan was made: {over.why}", "raise stop.cost") from over
    except TrialFailed as failure:
        mend = "name another model: models.plan in config.yaml"
        raise AutoresearchError(f"no plan was made: {failure.detail}", mend) from failure
    return _take(lab, reply, answer.model, why)


def learn(experiment: Experiment, lab: Lab, trial: Trial, evidence: Evidence) -> Evidence:
    """What the record of `trial`, which is still to come, holds besides: its log in short, and what one
    analysis of it taught, which is in the notebook then."""
    log = of_candidate(evidence.get("run.log", b"").decode(errors="replace"))
    numbers = numbers_of(trial, experiment.metric.name)
    summary = lab.stages.summary(trial.number, log, numbers) if log else ""
    files = {"summary.md": summary, "analysis.md": _analysis(experiment, lab, trial, summary)}
    found = {name: text.encode(errors="replace") for name, text in files.items() if text}
    for name, content in found.items():
        disk.write(experiment.trial_folder(trial.number) / name, content, flush=False)
    return {**evidence, **found}


def write_prose(experiment: Experiment, lab: Lab) -> None:
    """What a model says in the report of the trials that there are, into the notes; the report records it.

    A number of its own is asked away; of an answer that has some all the same, the sentences without stay.
    """
    made, notes = len(lab.ledger.trials), lab.notebook.notes
    if not made or not lab.stages.on("report") or (notes.prose and notes.prose.made == made):
        return
    asked = _brief(experiment, lab)  # by the records alone: what this call costs is no part of its question
    names = names_told(asked)
    lab.observer.stage(made, "report", limit=lab.stages.limit)
    question = Question("report", made, prose_messages(asked, notes), need=1500, schema=PROSE_SCHEMA)
    found = lab.stages.tried(question, partial(without_numbers, names=names), Strict(names))
    if found is not None:
        sections, answer = found
        lab.notebook.notes = replace(lab.notebook.notes, prose=Prose(sections, made, answer.model))


@dataclass
class Strict:
    """Reads prose as it should be; after as many refusals as are asked away, as it can be."""

    names: Collection[str]
    refused: int = 0

    def __call__(self, text: str) -> Mapping[str, str]:
        """Raises ValueError with what is wrong."""
        try:
            return read_prose(text, self.names)
        except ValueError:
            self.refused += 1
            if self.refused <= REPAIRS:
                raise
            return without_numbers(text, self.names)


def _analysis(experiment: Experiment, lab: Lab, trial: Trial, summary: str) -> str:
    """What the record says of it; "" where there is none."""
    if trial.commit is None or trial.reason in NOTHING_LEARNT or not lab.stages.on("analyze"):
        return ""
    lab.observer.stage(trial.number, "analyze", idea=trial.description, limit=lab.stages.limit)
    question = analysis_question(_brief(experiment, lab), trial, summary)
    found = lab.stages.tried(question, lambda text: stage_replies.read_analysis(text, trial.number))
    if found is None:
        return ""
    reply, answer = found
    lab.notebook.read()
    notes, odd = lab.notebook.notes.learned(reply, trial.number, answer.model, now())
    lab.notebook.notes = notes
    made = [finding for finding in notes.findings if finding.made == trial.number]
    return drawn.analysis(reply, answer.model, made, odd)


def _plan(experiment: Experiment, lab: Lab, why: str) -> None:
    """The stage `plan`, where it has a model; what it can't give is not asked for again in this run."""
    if not lab.stages.on("plan"):
        return
    lab.observer.stage(len(lab.ledger.trials), "plan", limit=lab.stages.limit)
    report = disk.read(experiment.folder / REPORT) if why else None
    found = lab.stages.tried(
        plan_question(_brief(experiment, lab), why, report or ""), stage_replies.read_plan
    )
    if found is None:
        lab.stages.leave_out("plan")
        return
    for odd in _take(lab, found[0], found[1].model, why):
        lab.observer.note(f"plan: {odd}")


def _take(lab: Lab, reply: stage_replies.PlanReply, by: str, why: str) -> list[str]:
    """The plan into the notes and the records."""
    lab.notebook.read()
    first = lab.notebook.notes.plan is None
    notes, odd = lab.notebook.notes.planned(reply, len(lab.ledger.trials), by, why, now())
    lab.notebook.change(notes, "plan made" if first else f"plan revised: {why}", {PLAN: reply.text})
    return odd


def _brief(experiment: Experiment, lab: Lab) -> Brief:
    """What a stage may know: as the next proposal would."""
    best = incumbent(lab.ledger.trials)
    parent = best or replace(blank(lab, None), commit=lab.ledger.head)
    number = len(lab.ledger.trials)
    return brief(experiment, lab, parent, Draft(number, experiment.trial_folder(number), ""))
