"""One trial, from its parent to its verdict. It records nothing: a step from trials to a trial."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from autoresearch.core.errors import AutoresearchError, NoMoreIdeas, TrialFailed
from autoresearch.core.keep import Verdict, judge
from autoresearch.core.marks import Values, marks_in, values_of
from autoresearch.core.model import Brief, Measurement, Proposal, Trial, incumbent
from autoresearch.research.drafts import Draft
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab
from autoresearch.research.workspace import Origin

Evidence = Mapping[str, bytes]


def measure_baseline(experiment: Experiment, lab: Lab) -> tuple[Trial, Evidence]:
    """The best kept code, measured as it is: what the trials of this question are compared with."""
    draft = _draft(lab, len(lab.ledger.trials), experiment)
    head = lab.ledger.head
    trial = _blank(lab, incumbent(lab.ledger.trials), _now())
    trial = replace(
        trial,
        description="baseline",
        commit=head,
        tree=lab.ledger.repository.tree(head),
        parameters=_marked(lab.workspace.texts(head, experiment.settings.target)),
    )
    try:
        trial = _judged(trial, _measured(lab, draft, trial), Verdict("keep", "baseline"))
    except TrialFailed as failure:
        trial = _failed(trial, failure)
    return _finished(trial), {**draft.evidence(), **lab.question.files}


def attempt(experiment: Experiment, lab: Lab) -> tuple[Trial, Evidence]:
    """One idea: proposed, committed, measured, judged. Whatever becomes of it is a trial.

    Raises NoMoreIdeas where the proposer has none.
    """
    trials = lab.ledger.trials
    parent = incumbent(trials)
    if parent is None or parent.commit is None:
        raise AssertionError("a trial needs a measured baseline")
    draft = _draft(lab, len(trials), experiment)
    trial = _blank(lab, parent, _now())
    try:
        proposal, started = _proposal(experiment, lab, draft, parent)
        trial = _described(trial, proposal, started)
        when = int(datetime.fromisoformat(started).timestamp())
        origin = Origin(trial.number, parent.commit, lab.proposer.name, when)
        commit, tree = lab.workspace.commit(proposal, origin)
        trial = replace(trial, commit=commit, tree=tree)
        if twin := lab.ledger.twin(tree):
            same = f"the same files as trial {twin.number}"
            raise TrialFailed("duplicate", same, status="discard")
        lab.workspace.place(proposal, parent.commit)
        measured = _measured(lab, draft, trial)
        verdict = judge(experiment.metric, experiment.settings.constraints, measured, parent.metric)
        trial = _judged(trial, measured, verdict)
    except TrialFailed as failure:
        trial = _failed(trial, failure)
    return _finished(trial), draft.evidence()


def _proposal(experiment: Experiment, lab: Lab, draft: Draft, parent: Trial) -> tuple[Proposal, str]:
    """The proposal that a killed run had already, or a new one, on disk before anything is done with it."""
    if already := draft.proposal():
        return already
    limit = experiment.settings.proposer.timeout if lab.proposer.uses_worktree else None
    lab.observer.stage(draft.trial, "propose", limit=limit)
    started = _now()
    try:
        proposal = lab.proposer.propose(brief(experiment, lab, parent, draft))
    except (NoMoreIdeas, AutoresearchError):
        draft.discard()
        lab.workspace.restore()
        raise
    draft.save_proposal(proposal, started)
    if lab.proposer.uses_worktree:
        lab.workspace.restore()
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
    )


def _measured(lab: Lab, draft: Draft, trial: Trial) -> Measurement:
    """The measurement that a killed run had already, or a new one."""
    if already := draft.measurement():
        return already
    measured = lab.evaluator.measure(trial.number, draft.folder, trial.description, lab.observer)
    draft.save_measurement(measured)
    return measured


def _draft(lab: Lab, number: int, experiment: Experiment) -> Draft:
    key = f"{lab.ledger.records[-1]} {lab.question.key}"
    draft = Draft(number, experiment.trial_folder(number), key)
    draft.open()
    return draft


def _marked(texts: Mapping[str, str]) -> Values:
    """What the target's marks say now, so that a tuner doesn't try it again."""
    try:
        return values_of(marks_in(texts))
    except ValueError:  # a comment that is no mark; the tuner will say so if it is asked
        return {}


def _blank(lab: Lab, parent: Trial | None, started: str) -> Trial:
    return Trial(
        number=len(lab.ledger.trials),
        parent=parent.number if parent else None,
        commit=None,
        tree=None,
        status="crash",
        reason="no_proposal",
        description="(no proposal)",
        started=started,
        question=lab.question.key,
        proposer=lab.proposer.name,
        seed=len(lab.ledger.trials),
        versions=lab.versions,
    )


def _described(trial: Trial, proposal: Proposal, started: str) -> Trial:
    return replace(
        trial,
        description=proposal.idea,
        why=proposal.why,
        parameters=proposal.parameters,
        model=proposal.model,
        cost_usd=proposal.cost_usd,
        tokens=proposal.tokens,
        started=started,
    )


def _judged(trial: Trial, measured: Measurement, verdict: Verdict) -> Trial:
    return replace(
        trial,
        status=verdict.status,
        reason=verdict.reason,
        detail=verdict.detail,
        metric=measured.value,
        samples=measured.samples,
        metrics=measured.metrics,
        seconds=measured.seconds,
    )


def _failed(trial: Trial, failure: TrialFailed) -> Trial:
    return replace(
        trial,
        status=failure.status,
        reason=failure.reason,
        detail=failure.detail,
        metrics=failure.metrics,
        seconds=failure.seconds,
    )


def _finished(trial: Trial) -> Trial:
    return replace(trial, finished=_now())


def _now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def peek(experiment: Experiment, lab: Lab) -> tuple[Proposal, Mapping[str, str]]:
    """The next proposal and the target texts that it starts from; nothing is kept of it."""
    best = incumbent(lab.ledger.trials)
    parent = best or replace(_blank(lab, None, _now()), commit=lab.ledger.head)
    lab.workspace.restore()
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
        draft = Draft(len(lab.ledger.trials), Path(folder), "")
        asked = brief(experiment, lab, parent, draft)
        proposal = lab.proposer.propose(asked)
    lab.workspace.restore()
    return proposal, asked.target
