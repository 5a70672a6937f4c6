"""When to stop, and what to say then. Pure: the caller brings the trials and the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from autoresearch.core.model import Metric, Trial, incumbent, tried
from autoresearch.core.notes import Analysis
from autoresearch.core.units import counted


class Rules(Protocol):
    """The `stop:` section of the settings."""

    @property
    def trials(self) -> int | None: ...
    @property
    def hours(self) -> float | None: ...
    @property
    def target(self) -> float | None: ...
    @property
    def patience(self) -> int | None: ...
    @property
    def crashes(self) -> int | None: ...
    @property
    def cost(self) -> float | None: ...


@dataclass(frozen=True)
class Stop:
    """Why a run ended: the rule's name, a sentence, and whether that is giving up (exit 4)."""

    rule: str
    why: str
    gave_up: bool = False


@dataclass(frozen=True)
class Session:
    """What this run has done: the trials before it, and how long it has lasted, in hours. `spent` is what
    the whole experiment has cost, in US dollars."""

    before: int
    hours: float
    most: int | None = None
    spent: float = 0.0


def ideas(trials: Sequence[Trial]) -> int:
    """How many trials tried something: all but baselines, certificates, and what was adopted by hand."""
    return len(tried(trials))


def stop(rules: Rules, metric: Metric, trials: Sequence[Trial], session: Session) -> Stop | None:
    """The first rule that says stop, or None.

    `trials`, `target` and `cost` look at the whole experiment; `hours`, `patience`, `crashes` and the
    session's own `most` (--max-experiments, which stands in for `trials`) at this session, so that a person
    who starts it again after a pause gets a fair new try.
    """
    new = trials[session.before :]
    best = incumbent(trials)
    if rules.target is not None and best is not None and best.metric is not None:
        reached = best.metric == rules.target or metric.better(best.metric, rules.target)
        if reached:
            return Stop("target", f"target reached: {metric.name} {best.metric:g}")
    if rules.crashes is not None:
        crashed = sum(1 for _ in takewhile(lambda t: t.status == "crash", reversed(new)))
        if crashed >= rules.crashes:
            return Stop("crashes", f"paused after {crashed} crashes in a row", gave_up=True)
    if rules.cost is not None and session.spent >= rules.cost:
        return Stop("cost", f"${session.spent:.2f} are spent (stop.cost)")
    if session.most is not None:
        if ideas(new) >= session.most:
            return Stop("max_experiments", f"{counted(session.most, 'trial')}, as asked")
    elif rules.trials is not None and ideas(trials) >= rules.trials:
        return Stop("trials", f"{rules.trials} trials (stop.trials)")
    if rules.patience is not None:
        idle = sum(1 for _ in takewhile(lambda t: t.status != "keep", reversed(new)))
        if idle >= rules.patience:
            return Stop("patience", f"no gain in {idle} trials (stop.patience)")
    if rules.hours is not None and session.hours >= rules.hours:
        return Stop("hours", f"{rules.hours:g} hours are over (stop.hours)")
    return None


def early(analysis: Analysis | None, before: int) -> Stop | None:
    """What the newest analysis of this session, which began at trial `before`, says of going on."""
    if analysis is None or analysis.trial < before:
        return None
    if "experiment_complete" in analysis.flags:
        return Stop("complete", f"complete, says {analysis.by}: {analysis.reason}")
    if "early_exit_required" in analysis.flags:
        return Stop("early_exit", f"it can't go on, says {analysis.by}: {analysis.reason}", gave_up=True)
    return None
