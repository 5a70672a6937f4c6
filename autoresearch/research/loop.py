"""The story: measure the baseline, try one idea at a time, keep what is better, stop by rule."""

from dataclasses import dataclass

from autoresearch.adapters import reserve
from autoresearch.adapters.points import reached
from autoresearch.core.errors import ExperimentError, RunOver
from autoresearch.core.model import current
from autoresearch.core.stopping import Session, Stop, early, stop
from autoresearch.research.attempt import attempt, measure_baseline
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab
from autoresearch.research.learning import learn, plan_as_needed

MENDS = {
    "timeout": "give it more time: --budget, or time_budget: and timeout: in the settings",
    "no_metric": "let the evaluation print it, or name another metric",
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and which trials it made: those from `before` on."""

    reason: Stop
    before: int


def run(experiment: Experiment, lab: Lab, most: int | None = None) -> Outcome:
    """Try ideas until a rule says stop; at most `most` of them, in place of `stop.trials`, if given."""
    begun, before = lab.clock(), len(lab.ledger.trials)
    lab.workspace.restore()
    lab.notebook.catch_up()
    lab.proposer.prepare()
    lab.stages.prepare()
    ensure_baseline(experiment, lab)
    while True:
        session = Session(before, (lab.clock() - begun) / 3600, most, lab.calls.spent)
        reason = stop(experiment.settings.stop, experiment.metric, lab.ledger.trials, session)
        if experiment.settings.stop.early:
            reason = reason or early(lab.notebook.notes.analysis, before)
        if reason:
            return Outcome(reason, before)
        reserve.hold(experiment.folder)
        plan_as_needed(experiment, lab)
        try:
            trial, evidence = attempt(experiment, lab)
        except RunOver as over:
            return Outcome(Stop(over.rule, over.why), before)
        evidence = learn(experiment, lab, trial, evidence)
        reached("learnt")
        lab.record(trial, evidence)


def ensure_baseline(experiment: Experiment, lab: Lab) -> None:
    """Measure the best kept code where nothing was measured under this question yet.

    Raises ExperimentError where that fails: without a baseline there is nothing to compare with.
    """
    since = current(lab.ledger.trials)
    if since and since[0].reason == "baseline" and since[0].question == lab.question.key:
        return
    if since and since[0].reason == "baseline":
        lab.observer.note("the question has changed: a new baseline is measured first")
    reserve.hold(experiment.folder)
    trial, evidence = measure_baseline(experiment, lab)
    lab.record(trial, learn(experiment, lab, trial, evidence))
    if trial.status != "keep":
        what, _, said = trial.detail.partition("\n")
        what = f"the baseline could not be measured ({trial.reason}): {what}"
        mend = MENDS.get(trial.reason, "mend the evaluation and run it again")
        raise ExperimentError(what, mend, said)
