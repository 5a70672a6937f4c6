"""One trial, from its parent to its verdict. It records nothing: a step from trials to a trial."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from autoresearch.adapters import syntax
from autoresearch.adapters.points import reached
from autoresearch.core.errors import AutoresearchError, RunOver, TrialFailed
from autoresearch.core.keep import Verdict
from autoresearch.core.marks import Values, marks_in, values_of
from autoresearch.core.model import Brief, Measurement, Proposal, Trial, incumbent
from autoresearch.core.paths import matches
from autoresearch.research.briefing import remembered
from autoresearch.research.drafts import Draft, Seen
from autoresearch.research.evaluator import Task
from autoresearch.research.experiment import Experiment
from autoresearch.research.judging import SEEDS, Candidate, Judge, judge_of
from autoresearch.research.lab import Lab
from autoresearch.research.question import terms
from autoresearch.research.workspace import Origin

Evidence = Mapping[str, bytes]


def measure_baseline(experiment: Experiment, lab: Lab) -> tuple[Trial, Evidence]:
    """The best kept code, measured as it is: what the trials of this question are compared with."""
    draft = draft_of(lab, experiment)
    head = lab.ledger.head
    trial = blank(lab, incumbent(lab.ledger.trials))
    trial = replace(
        trial,
        description="baseline",
        commit=head,
        tree=lab.ledger.repository.tree(head),
        parameters=_marked(lab.workspace.texts(head, experiment.settings.target)),
    )
    try:
        trial = _judged(trial, _first_look(lab, draft, trial), Verdict("keep", "baseline"))
    except TrialFailed as failure:
        trial = _failed(trial, failure)
    return finished(trial), {**draft.evidence(), **lab.question.files, **lab.shared()}


def _first_look(lab: Lab, draft: Draft, trial: Trial) -> Measurement:
    """The measurement of the baseline that a killed run had already, or a new one."""
    if made := draft.looks():
        return made[0].measurement
    draft.log.unlink(missing_ok=True)
    renew = partial(lab.workspace.renew, Proposal(""), lab.ledger.head)
    task = Task(trial.number, draft.folder, trial.description, trial.seed or 0, renew, first=True)
    measured = lab.evaluator.measure(task, lab.observer)
    reached("measured")
    draft.save_look(Seen("candidate", measured))
    reached("look saved")
    return measured


def attempt(experiment: Experiment, lab: Lab) -> tuple[Trial, Evidence]:
    """One idea: proposed, committed, measured, judged. Whatever becomes of it is a trial.

    Raises RunOver where the proposer has no more.
    """
    trials = lab.ledger.trials
    parent = incumbent(trials)
    if parent is None or parent.commit is None:
        raise AssertionError("a trial needs a measured baseline")
    draft = draft_of(lab, experiment)
    trial = blank(lab, parent)
    judge: Judge | None = None
    try:
        proposal, started = _proposal(experiment, lab, draft, parent)
        trial = _described(trial, proposal, started)
        when = int(datetime.fromisoformat(started).timestamp())
        origin = Origin(trial.number, parent.commit, lab.proposer.name, when)
        commit, tree = lab.workspace.commit(proposal, origin)
        reached("candidate committed")
        trial = replace(trial, commit=commit, tree=tree)
        if twin := lab.ledger.twin(tree):
            same = f"the same files as trial {twin.number}"
            raise TrialFailed("duplicate", same, status="discard")
        _refuse_mistakes(experiment, lab, proposal, parent)
        judge = judge_of(experiment, lab, draft, Candidate(trial, proposal, parent.commit))
        verdict = judge.verdict()
        reached("judged")
        trial = judge.on(_judged(trial, judge.measurement(), verdict))
    except TrialFailed as failure:
        trial = _failed(trial, failure)
        trial = judge.on(trial) if judge else trial
    return finished(trial), draft.evidence()


def _refuse_mistakes(experiment: Experiment, lab: Lab, proposal: Proposal, parent: Trial) -> None:
    """No evaluation is spent on a file that can't even be read."""
    before = lab.workspace.texts(parent.commit or lab.ledger.head, experiment.settings.target)
    if mistake := syntax.check(proposal.files, before, lab.evaluator.python_reads):
        raise TrialFailed("invalid_edit", mistake)


def _proposal(experiment: Experiment, lab: Lab, draft: Draft, parent: Trial) -> tuple[Proposal, str]:
    """The proposal that a killed run had already, or a new one, on disk before anything is done with it."""
    if already := draft.proposal():
        lab.notebook.working_on(already[0].tasks)
        return already
    lab.observer.stage(draft.trial, "propose", limit=lab.proposer.limit)
    reached("begun")
    started = _now()
    try:
        proposal = lab.proposer.propose(brief(experiment, lab, parent, draft))
    except (RunOver, AutoresearchError):
        draft.discard()
        raise
    finally:
        if lab.proposer.uses_worktree:
            lab.workspace.restore()
    reached("answered")
    draft.save_proposal(proposal, started)
    reached("proposal saved")
    lab.notebook.working_on(proposal.tasks)
    return proposal, started


def brief(experiment: Experiment, lab: Lab, parent: Trial, draft: Draft) -> Brief:
    """What the proposer may know."""
    commit = parent.commit or lab.ledger.head
    return Brief(
        experiment=experiment.name,
        goal=experiment.goal,
        metric=experiment.metric,
        trial=draft.trial,
        parent=parent,
        target=lab.workspace.texts(commit, experiment.settings.target),
        context=lab.workspace.texts(commit, experiment.settings.context),
        trials=lab.ledger.trials,
        directory=lab.workspace.worktree.path,
        folder=draft.folder,
        terms=terms(experiment.settings),
        may_write=lambda path: any(matches(pattern, path) for pattern in experiment.settings.target),
        change=lambda trial: _change(lab, trial),
        summary=lambda trial: _summary(lab, trial),
        where=lab.where,
        notes=remembered(lab.notebook.notes, lab.ledger.trials, experiment.metric),
    )


def _change(lab: Lab, trial: Trial) -> str:
    """The diff of a trial to the one it started from; "" where it has no commit."""
    start = lab.ledger.trials[trial.parent].commit if trial.parent is not None else None
    return lab.ledger.repository.patch(start, trial.commit) if start and trial.commit else ""


def _summary(lab: Lab, trial: Trial) -> str:
    """A recorded trial's log in short, "" where it has none."""
    return lab.ledger.files(trial.number, "summary.md").get("summary.md", b"").decode(errors="replace")


def draft_of(lab: Lab, experiment: Experiment, what: str = "") -> Draft:
    """The folder of the trial that comes next; what was done for something else is not taken for it."""
    key, number = f"{lab.ledger.records[-1]} {lab.question.key} {what}".rstrip(), len(lab.ledger.trials)
    draft = Draft(number, experiment.trial_folder(number), key)
    draft.open()
    return draft


def _marked(texts: Mapping[str, str]) -> Values:
    """What the target's marks say now, so that a tuner doesn't try it again."""
    try:
        return values_of(marks_in(texts))
    except ValueError:  # a comment that is no mark; the tuner will say so if it is asked
        return {}


def blank(lab: Lab, parent: Trial | None) -> Trial:
    """The next trial, begun now, of which nothing is known yet."""
    return Trial(
        number=len(lab.ledger.trials),
        parent=parent.number if parent else None,
        commit=None,
        tree=None,
        status="crash",
        reason="no_proposal",
        description="(no proposal)",
        started=_now(),
        question=lab.question.key,
        proposer=lab.proposer.name,
        seed=len(lab.ledger.trials) * SEEDS,
        sandbox=lab.level,
        versions=lab.versions,
    )


def _described(trial: Trial, proposal: Proposal, started: str) -> Trial:
    return replace(
        trial,
        description=proposal.idea,
        why=proposal.why,
        parameters=proposal.parameters,
        model=proposal.model,
        detail=f"put back, as it is not the target: {', '.join(proposal.put_back)}"
        if proposal.put_back
        else "",
        started=started,
    )


def _judged(trial: Trial, measured: Measurement, verdict: Verdict) -> Trial:
    return replace(
        trial,
        status=verdict.status,
        reason=verdict.reason,
        detail="\n".join(line for line in (verdict.detail, trial.detail) if line),
        metric=measured.value,
        samples=measured.samples,
        metrics=measured.metrics,
        seconds=measured.seconds,
    )


def _failed(trial: Trial, failure: TrialFailed) -> Trial:
    if failure.proposal is not None:
        trial = _described(trial, failure.proposal, trial.started)
    return replace(
        trial,
        status=failure.status,
        reason=failure.reason,
        detail="\n".join(line for line in (failure.detail, trial.detail) if line),
        metrics=failure.metrics,
        seconds=failure.seconds,
    )


def finished(trial: Trial) -> Trial:
    """With the time at which it was done."""
    return replace(trial, finished=_now())


def _now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def peek(experiment: Experiment, lab: Lab) -> tuple[Proposal, Mapping[str, str]]:
    """The next proposal and the target texts that it starts from; nothing is kept of it."""
    best = incumbent(lab.ledger.trials)
    parent = best or replace(blank(lab, None), commit=lab.ledger.head)
    lab.workspace.restore()
    lab.proposer.prepare()
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
        draft = Draft(len(lab.ledger.trials), Path(folder), "")
        asked = brief(experiment, lab, parent, draft)
        proposal = lab.proposer.propose(asked)
    lab.workspace.restore()
    return proposal, asked.target
