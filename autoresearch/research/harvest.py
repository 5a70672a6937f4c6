"""Taking kept work: which commits, in which order, with which evidence in their messages."""

from collections.abc import Sequence
from typing import Literal

from autoresearch.adapters.git import chain_ref
from autoresearch.adapters.merging import Step, holds
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import NOT_IDEAS, Metric, Trial, current, incumbent
from autoresearch.core.text import one_line
from autoresearch.core.units import format_change, format_number
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger


def steps(
    experiment: Experiment, ledger: Ledger, number: int | None, how: Literal["squash", "pick"], branch: str
) -> list[Step]:
    """The commits to make on `branch` (a full ref name): what it lacks of all that leads from the base to
    the best kept trial, or to trial `number`."""
    path = _lacking(ledger, lineage(ledger.trials, _wanted(experiment, ledger, number)), branch)
    if how == "pick" or not path:
        return [_picked(experiment, ledger, trial) for trial in path]
    old, new = _start(ledger, path[0]).commit or ledger.base, path[-1].commit
    return [Step(old, new or old, _squashed(experiment, ledger, path))]


def lineage(trials: Sequence[Trial], trial: Trial) -> list[Trial]:
    """The trials that changed something on the way to this one, oldest first, itself last."""
    path = [trial]
    while path[-1].parent is not None:
        path.append(trials[path[-1].parent])
    return [trial for trial in reversed(path) if trial.reason not in NOT_IDEAS]


def _lacking(ledger: Ledger, path: Sequence[Trial], branch: str) -> Sequence[Trial]:
    """The rest of a path of which the branch has the beginning: an earlier `apply` is no conflict."""
    for count in range(len(path), 0, -1):
        if holds(ledger.repository, branch, ledger.base, path[count - 1].commit or ledger.base):
            return path[count:]
    return path


def _start(ledger: Ledger, trial: Trial) -> Trial:
    return ledger.trials[trial.parent or 0]


def _wanted(experiment: Experiment, ledger: Ledger, number: int | None) -> Trial:
    trials, name = ledger.trials, experiment.name
    if number is None:
        best = incumbent(trials)
        if best is None or not lineage(trials, best):
            raise ExperimentError(
                f"{name} has kept nothing yet", f"try ideas: autoresearch run {name} --loop"
            )
        return best
    if number >= len(trials):
        raise ExperimentError(f"{name} has no trial {number}", f"see: autoresearch dashboard {name}")
    if trials[number].commit is None or trials[number].reason in NOT_IDEAS:
        raise ExperimentError(f"trial {number} of {name} changed nothing", "choose a trial that has a change")
    return trials[number]


def _squashed(experiment: Experiment, ledger: Ledger, path: Sequence[Trial]) -> str:
    metric, best = experiment.metric, path[-1]
    since = current(ledger.trials[: best.number + 1])[0]  # metrics of another question can't be compared
    base = _start(ledger, next(trial for trial in path if trial.number > since.number)).metric
    subject = f"{metric.name}: {_from_to(metric, base, best.metric)}"
    ideas = "\n".join(
        f"- {one_line(t.description)} (trial {t.number}: {format_number(t.metric)})" for t in path
    )
    return (
        f"{subject}\n\n{ideas}\n\n{_how(experiment, ledger, path)}\n\n{_trailers(experiment, ledger, path)}\n"
    )


def _picked(experiment: Experiment, ledger: Ledger, trial: Trial) -> Step:
    parent = _start(ledger, trial)
    metric, told = experiment.metric, _from_to(experiment.metric, parent.metric, trial.metric)
    body = [
        trial.why,
        f"{metric.name}: {told}. {_how(experiment, ledger, [trial])}",
        _trailers(experiment, ledger, [trial]),
    ]
    message = "\n\n".join(part for part in (one_line(trial.description), *body) if part)
    return Step(parent.commit or ledger.base, trial.commit or ledger.base, f"{message}\n")


def _how(experiment: Experiment, ledger: Ledger, path: Sequence[Trial]) -> str:
    """By what it was measured, on what, and who had the ideas."""
    proposers = dict.fromkeys(" ".join(filter(None, [trial.proposer, trial.model])) for trial in path)
    how = one_line(experiment.settings.measured_by)
    return (
        f"Measured by `{how}`, once each, on {ledger.base[:10]} and what was kept since; "
        f"{len(ledger.trials)} trials in all. Proposed by {', '.join(proposers)}."
    )


def _trailers(experiment: Experiment, ledger: Ledger, path: Sequence[Trial]) -> str:
    numbers = " ".join(str(trial.number) for trial in path)
    return (
        f"Autoresearch-Experiment: {experiment.name}\nAutoresearch-Trials: {numbers}\n"
        f"Autoresearch-Record: {ledger.records[-1]} ({chain_ref(experiment.name)})"
    )


def _from_to(metric: Metric, before: float | None, after: float | None) -> str:
    unit = f" {metric.unit}" if metric.unit else ""
    change = format_change(metric.change(after, before))
    told = f"{format_number(before)} → {format_number(after)}{unit}"
    return f"{told} ({change})" if change else told
