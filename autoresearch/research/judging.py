"""A committed candidate -> a verdict: measured, and the best so far beside it, until the rule decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from autoresearch.adapters.points import reached
from autoresearch.adapters.settings import Settings
from autoresearch.core.errors import TrialFailed
from autoresearch.core.keep import Knowledge, Look, Rule, Verdict, measured, next_step, settle
from autoresearch.core.model import Measurement, Proposal, Trial, current
from autoresearch.research.drafts import Draft, Seen
from autoresearch.research.evaluator import Task
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import Lab

Measure = Callable[[Look], Measurement]
SEEDS = 1000  # of each trial: no two measurements of an experiment share one, the two of a pair aside


def rule_of(settings: Settings, proposer: str = "") -> Rule:
    """The keep rule that the settings ask for. The tuner, which turns marked numbers only, can forge none."""
    harmless = settings.checks or proposer == "tuner"
    suspect = settings.keep.suspect or ("keep" if harmless else "park")
    return Rule(settings.metric, settings.keep.confirm, suspect, settings.constraints)


def known(rule: Rule, trials: Sequence[Trial]) -> Knowledge:
    """What the trials of this question have taught: as the newest of them says, or else no more than what
    its baseline, or what was kept since by another rule, was measured at."""
    for trial in reversed(current(trials)):
        if trial.knowledge:
            return Knowledge.from_json(trial.knowledge)
        if trial.status == "keep" and trial.metric is not None:
            return Knowledge.begin(rule, trial.metric, trial.seconds / max(1, len(trial.samples)))
    raise AssertionError("a trial needs a measured baseline")


def noted(rule: Rule, knowledge: Knowledge) -> dict[str, Any] | None:
    """What goes into a trial's record: nothing where nothing is ever confirmed."""
    return None if rule.confirm == "off" else knowledge.as_json()


@dataclass
class Judge:
    """Judges one candidate. `measure` carries out a look, in a worktree of its own making; looks that a
    killed run had made already are read from the draft."""

    rule: Rule
    draft: Draft
    knowledge: Knowledge
    measure: Measure
    seen: list[Seen] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """Look until the rule decides. Raises TrialFailed where the candidate, or the best so far, fails."""
        self.knowledge = self.knowledge.candidate()
        try:
            step = self._decided()
        except TrialFailed:  # what was learnt of the best so far stays
            self.knowledge = settle(self.rule, self.knowledge, Verdict("discard", "not_better"))
            raise
        self.knowledge = settle(self.rule, self.knowledge, step)
        return step

    def _decided(self) -> Verdict:
        made = self.draft.looks()
        while isinstance(step := next_step(self.rule, self.knowledge, self.measurement().metrics), Look):
            if len(self.seen) < len(made):
                seen = made[len(self.seen)]
            else:
                seen = Seen(step.who, self._looked(step))
                reached("measured")
                self.draft.save_look(seen)
                reached("look saved")
            self.seen.append(seen)
            value, seconds = seen.measurement.value, seen.measurement.seconds
            self.knowledge = measured(self.rule, self.knowledge, seen.who, value, seconds)
        return step

    def measurement(self) -> Measurement:
        """All looks at the candidate as one measurement, its numbers their means; seconds of all looks."""
        looks = [seen.measurement for seen in self.seen if seen.who == "candidate"]
        return Measurement(
            samples=tuple(value for look in looks for value in look.samples),
            metrics=means([look.metrics for look in looks]),
            seconds=sum(seen.measurement.seconds for seen in self.seen),
        )

    def on(self, trial: Trial) -> Trial:
        """The trial with what was learnt besides its verdict, also where it failed on the way."""
        others = [seen.measurement for seen in self.seen if seen.who == "incumbent"]
        knowledge = noted(self.rule, self.knowledge) if self.seen else None
        return replace(trial, again=tuple(v for look in others for v in look.samples), knowledge=knowledge)

    def _looked(self, look: Look) -> Measurement:
        if look.who == "candidate":
            return self.measure(look)
        try:
            return self.measure(look)
        except TrialFailed:
            pass  # the best so far was measured before: it has a second try
        try:
            return self.measure(look)
        except TrialFailed as failure:
            raise TrialFailed("incumbent_failed", f"{failure.reason}: {failure.detail}") from failure


@dataclass(frozen=True)
class Candidate:
    """What is judged: the trial so far, its files, and the commit that it starts from."""

    trial: Trial
    proposal: Proposal
    start: str


def judge_of(experiment: Experiment, lab: Lab, draft: Draft, candidate: Candidate) -> Judge:
    """A judge who measures in the worktree, each time on ground that nothing was measured on before."""
    trial, rule = candidate.trial, rule_of(experiment.settings, lab.proposer.name)
    used = bool(draft.looks())
    if not used:
        draft.log.unlink(missing_ok=True)

    def measure(look: Look) -> Measurement:
        nonlocal used
        if used:
            lab.workspace.restore(anew=look.fresh)
        used, proposal = True, candidate.proposal if look.who == "candidate" else Proposal("")
        lab.workspace.place(proposal, candidate.start)
        reached("candidate placed")
        renew = partial(lab.workspace.renew, proposal, candidate.start)
        stage = ("confirm" if look.seed else "evaluate") if look.who == "candidate" else "compare"
        seed = trial.number * SEEDS + look.seed
        task = Task(trial.number, draft.folder, trial.description, seed, renew, stage, look=look.seed)
        return lab.evaluator.measure(task, lab.observer)

    return Judge(rule, draft, known(rule, lab.ledger.trials), measure)


def means(numbers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each number over the looks that have it; one value that is always the same, as it is."""
    found: dict[str, list[float]] = {}
    for look in numbers:
        for name, value in look.items():
            found.setdefault(name, []).append(value)
    return {n: v[0] if v.count(v[0]) == len(v) else sum(v) / len(v) for n, v in found.items()}
