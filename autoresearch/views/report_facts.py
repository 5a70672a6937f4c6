"""What a report knows of an experiment: its settings in words, trials, notes, and what follows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autoresearch.calls.statistics import Totals
from autoresearch.core import figures
from autoresearch.core.model import Metric, Trial, current, incumbent, tried
from autoresearch.core.notes import Notes
from autoresearch.core.stopping import Rules
from autoresearch.research.harvest import lineage


@dataclass(frozen=True)
class About:
    """What a report tells of an experiment besides its trials and its notes. `terms` are the rules in words,
    `models` those of each stage, `calls` what each stage's calls came to; `ended` is why the last run ended,
    `outages` what it waited for. What is empty is not known."""

    name: str
    metric: Metric
    goal: str
    terms: Mapping[str, str]
    base: str
    rules: Rules
    confirm: str = "normal"
    models: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, Totals] = field(default_factory=dict)
    ended: str = ""
    outages: Sequence[str] = ()


@dataclass(frozen=True)
class Seen:
    """An experiment as its report sees it."""

    about: About
    trials: Sequence[Trial]
    notes: Notes

    @cached_property
    def since(self) -> Sequence[Trial]:
        """The trials of the current question."""
        return current(self.trials)

    @cached_property
    def tried(self) -> list[Trial]:
        """Those of them that tried an idea."""
        return tried(self.since)

    @cached_property
    def best(self) -> Trial | None:
        """The best so far."""
        return incumbent(self.since)

    @cached_property
    def figures(self) -> dict[str, str]:
        """Every number, by its name."""
        calls = self.about.calls.values()
        dollars = [each.cost_usd for each in calls if each.cost_usd is not None]
        tokens = [each.tokens for each in calls if each.tokens is not None]
        return figures.figures(
            self.trials, self.about.metric, sum(dollars) if dollars else None, sum(tokens) if tokens else None
        )

    @cached_property
    def improved(self) -> bool:
        """Was anything kept besides the baseline?"""
        return bool(self.best and self.best.commit != self.since[0].commit)

    @cached_property
    def taken(self) -> list[Trial]:
        """What `autoresearch apply` would take: what was kept since the base commit, the best last."""
        last = incumbent(self.trials)
        return lineage(self.trials, last) if last else []

    def of(self, trial: Trial) -> str:
        """Its metric, in words."""
        return figures.value(trial.metric, self.about.metric)
