"""The tuner: proposes other values for what the target marks with `tune:`. No model, no key, no network.

Reading the marks and the built-in search are `core/tuning.py`'s, Optuna is `adapters/optuna_study.py`'s.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from autoresearch.adapters import optuna_study
from autoresearch.core.errors import AutoresearchError, NoMoreIdeas
from autoresearch.core.marks import Mark, Values, marks_in, values_of, write
from autoresearch.core.model import Brief, Proposal, Trial, current
from autoresearch.core.tuning import DRAWS, LEFT, steps

Search = Literal["auto", "builtin", "optuna"]


class Tuner:
    """A proposer that draws everything it knows from the trials: the same history gives the same proposal.

    `search`: `auto` is Optuna where it is installed, else the built-in search. Raises `AutoresearchError`
    where Optuna is asked for and missing.
    """

    name = "tuner"
    uses_worktree = False
    limit = None

    def __init__(self, seed: int = 0, search: Search = "auto") -> None:
        self._seed = seed
        self._optuna = search != "builtin" and optuna_study.installed()
        if search == "optuna" and not self._optuna:
            raise AutoresearchError(
                "optuna is not installed", "install the extra `optuna`, or choose the search `builtin`"
            )

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def propose(self, brief: Brief) -> Proposal:
        """A combination that was not tried yet.

        Raises `AutoresearchError` where nothing is marked or a mark can't be understood, and `NoMoreIdeas`
        when no new combination is found.
        """
        marks = _marks(brief.target)
        start = values_of(marks)
        trials = [
            replace(trial, parameters=start) if trial.number == brief.parent.number else trial
            for trial in current(brief.trials)
        ]
        values, why = self._new(brief, marks, trials)
        return Proposal(
            idea=_idea(start, values), why=why, files=write(brief.target, marks, values), parameters=values
        )

    def _new(self, brief: Brief, marks: Sequence[Mark], trials: Sequence[Trial]) -> tuple[Values, str]:
        candidates = steps(marks, trials, brief.parent.number, self._seed)
        if self._optuna:
            asked = optuna_study.suggest(marks, trials, brief.metric.direction, self._seed)
            candidates = itertools.chain(
                [(asked, "what Optuna's TPE sampler finds most promising")], candidates
            )
        tried = [values_of(marks), *(trial.parameters for trial in trials)]
        found = next((candidate for candidate in candidates if candidate[0] not in tried), None)
        if found is None:
            names = ", ".join(mark.name for mark in marks)
            few = math.prod(mark.domain.count for mark in marks) <= LEFT
            raise NoMoreIdeas(
                f"every combination of {names} was tried"
                if few
                else f"{DRAWS:,} draws found no combination of {names} that was not tried"
            )
        return found


def _marks(target: Mapping[str, str]) -> list[Mark]:
    try:
        marks = marks_in(target)
    except ValueError as problem:
        raise AutoresearchError(str(problem)) from None
    if not marks:
        raise AutoresearchError(
            f"nothing to tune in {_listed(list(target))}",
            "mark a number such as `lr = 0.01  # tune: log 1e-4..1e-1`, or choose another proposer",
        )
    return marks


def _idea(before: Values, after: Values) -> str:
    """The change as the subject of a commit: `lr 0.01 → 0.0032, width 64 → 96`."""
    return _listed(
        [f"{name} {before[name]} → {after[name]}" for name in after if after[name] != before[name]]
    )


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - 4} more" if len(items) > 4 else ""
    return ", ".join(items[:4]) + more
