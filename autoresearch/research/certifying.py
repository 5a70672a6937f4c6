"""The total gain, measured again: baseline and best in turns, with an interval. And adopting by hand."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

from autoresearch.adapters.points import reached
from autoresearch.core.certify import interval, matched, order, told
from autoresearch.core.errors import ExperimentError, TrialFailed
from autoresearch.core.keep import adopted
from autoresearch.core.model import Proposal, Trial, current, incumbent
from autoresearch.research.attempt import blank, draft_of, finished
from autoresearch.research.drafts import Draft, Seen
from autoresearch.research.evaluator import Task
from autoresearch.research.experiment import Experiment
from autoresearch.research.judging import SEEDS, known, means, noted, rule_of
from autoresearch.research.lab import Lab

Evidence = Mapping[str, bytes]


def certify(experiment: Experiment, lab: Lab, pairs: int) -> tuple[Trial, Evidence]:
    """Baseline and best, measured in `pairs` interleaved pairs: a trial that says what the gain is.

    Raises ExperimentError where nothing was kept, or one of the two can't be measured; what was measured
    until then is found again at the next try.
    """
    trials = lab.ledger.trials
    best, base = incumbent(trials), current(trials)[0] if trials else None
    if best is None or base is None or best.commit in (None, base.commit):
        raise ExperimentError(f"{experiment.name} has kept nothing yet", "there is no gain to certify")
    draft = draft_of(lab, experiment, "certify")
    before = _files_of_baseline(experiment, lab, base, best)
    seen = draft.looks()
    for pair in range(pairs):
        for place, who in enumerate(order(pair)):
            if len(seen) <= 2 * pair + place:
                seen.append(_measured(lab, draft, who == "incumbent", before, pair))
    values = [look.measurement.value for look in seen]
    found = interval(matched(values), experiment.metric)
    rule = rule_of(experiment.settings)
    own = [look.measurement for look in seen if look.who == "candidate"]
    samples = tuple(measurement.value for measurement in own)
    trial = replace(
        blank(lab, best),
        commit=best.commit, tree=best.tree, status="keep", reason="certified",
        description=f"certified: {told(found, experiment.metric)}",
        metric=sum(samples) / len(samples), samples=samples, metrics=means([m.metrics for m in own]),
        again=tuple(look.measurement.value for look in seen if look.who == "incumbent"),
        seconds=sum(look.measurement.seconds for look in seen),
        parameters=best.parameters, certified=asdict(found),
        knowledge=noted(rule, known(rule, trials)),
    )  # fmt: skip
    return finished(trial), draft.evidence()


def adopt(experiment: Experiment, lab: Lab, number: int) -> tuple[Trial, Evidence]:
    """Trial `number` as the best from now on, by hand. Raises ExperimentError where it can't be."""
    trials, name = lab.ledger.trials, experiment.name
    if number >= len(trials):
        raise ExperimentError(f"{name} has no trial {number}", f"see: autoresearch dashboard {name}")
    wanted, best = trials[number], incumbent(trials)
    if wanted.commit is None or wanted.metric is None:
        raise ExperimentError(f"trial {number} of {name} was not measured", "choose one that has a metric")
    if number < current(trials)[0].number:
        raise ExperimentError(
            f"trial {number} of {name} was measured before the question changed", "choose a newer one"
        )
    if best is not None and best.commit == wanted.commit:
        raise ExperimentError(f"trial {number} of {name} is the best already", "nothing to do")
    rule = rule_of(experiment.settings)
    knowledge = adopted(rule, known(rule, trials), wanted.samples)
    trial = replace(
        wanted, number=len(trials), status="keep", reason="adopted", detail=f"trial {number}, kept by hand",
        again=(), knowledge=noted(rule, knowledge), seconds=0.0, cost_usd=None, tokens=None,
    )  # fmt: skip
    return finished(trial), {}


def _files_of_baseline(experiment: Experiment, lab: Lab, base: Trial, best: Trial) -> dict[str, str | None]:
    """What turns the best into the baseline."""
    target = experiment.settings.target
    then, now = (dict(lab.workspace.texts(trial.commit or "", target)) for trial in (base, best))
    return {path: then.get(path) for path in then.keys() | now.keys() if then.get(path) != now.get(path)}


def _measured(lab: Lab, draft: Draft, baseline: bool, before: Mapping[str, str | None], pair: int) -> Seen:
    proposal = Proposal("", files=before if baseline else {})
    head = lab.ledger.head
    renew = partial(lab.workspace.renew, proposal, head)
    lab.workspace.restore()
    lab.workspace.place(proposal, head)
    which = "baseline" if baseline else "best"
    seed = draft.trial * SEEDS + pair
    task = Task(
        draft.trial, draft.folder, f"certify: {which}, pair {pair + 1}", seed, renew, "certify", look=pair
    )
    try:
        seen = Seen("incumbent" if baseline else "candidate", lab.evaluator.measure(task, lab.observer))
    except TrialFailed as failure:
        what, _, said = failure.detail.partition("\n")
        raise ExperimentError(
            f"the {which} could not be measured ({failure.reason}): {what}",
            "what was measured so far is kept: autoresearch certify again goes on",
            said,
        ) from failure
    draft.save_look(seen)
    reached("look saved")
    return seen
