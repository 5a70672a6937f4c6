"""Optuna as one more source of combinations: its TPE sampler, on a study rebuilt from the trials each time.

Optuna is imported when it is first asked, never before. What was tried already is the caller's to refuse.
"""

import importlib
import importlib.util
import random
from collections.abc import Sequence
from typing import Any

from autoresearch.core.marks import Choice, Mark, Value, Values
from autoresearch.core.model import Direction, Trial

WINDOW = 500  # trials that a study is made of: what is older says little, and costs time


def installed() -> bool:
    """Can Optuna be imported? Looks, and doesn't import."""
    return importlib.util.find_spec("optuna") is not None


def suggest(marks: Sequence[Mark], trials: Sequence[Trial], direction: Direction, seed: int) -> Values:
    """The combination that TPE (Bergstra et al. 2011) finds most promising; it may have been tried before.

    Trials without a valid measurement count as worse than all others: Optuna's own state for that is PRUNED
    (it leaves FAIL out of its model). Ranges are given to it as 0..1, so that steps and logarithms are ours.
    """
    optuna: Any = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    number = random.Random(f"{seed} {trials[-1].number if trials else 0}").getrandbits(32)
    study = optuna.create_study(
        direction="minimize" if direction == "lower" else "maximize",
        sampler=optuna.samplers.TPESampler(n_startup_trials=len(marks) + 1, seed=number),
    )
    space = {mark.name: _distribution(optuna, mark) for mark in marks}
    known = [trial for trial in trials if all(_fits(mark, trial) for mark in marks)]
    study.add_trials([_frozen(optuna, marks, space, trial) for trial in known[-WINDOW:]])
    asked = study.ask(space).params
    return {
        mark.name: asked[mark.name] if isinstance(mark.domain, Choice) else mark.domain.at(asked[mark.name])
        for mark in marks
    }


def _distribution(optuna: Any, mark: Mark) -> Any:
    if isinstance(mark.domain, Choice):
        return optuna.distributions.CategoricalDistribution(mark.domain.options)
    return optuna.distributions.FloatDistribution(0.0, 1.0)


def _fits(mark: Mark, trial: Trial) -> bool:
    """Has this trial a value that the mark can place? Numbers out of range can be: at its ends."""
    value = trial.parameters.get(mark.name)
    return value in mark.domain.options if isinstance(mark.domain, Choice) else isinstance(value, int | float)


def _placed(mark: Mark, value: Value) -> Value:
    return value if isinstance(mark.domain, Choice) else mark.domain.unit(value)


def _frozen(optuna: Any, marks: Sequence[Mark], space: dict[str, Any], trial: Trial) -> Any:
    failed = trial.metric is None or trial.reason == "constraint"
    return optuna.trial.create_trial(
        params={mark.name: _placed(mark, trial.parameters[mark.name]) for mark in marks},
        distributions=space,
        value=None if failed else trial.metric,
        state=optuna.trial.TrialState.PRUNED if failed else optuna.trial.TrialState.COMPLETE,
    )
