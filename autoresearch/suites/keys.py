"""What records are found by: the hash of all that they depend on, and of nothing else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autoresearch.core.calls import Messages, Model
from autoresearch.core.suite import Case, Execution, Match, Parameters, Test

VERSION = 1  # of what a key is made of


def of_answer(messages: Messages, model: Model, parameters: Parameters, draw: Sequence[int]) -> str:
    """An answer of a model: what it is asked, where, how, and which draw it is (`--fresh`, sample index)."""
    told = [dict(message) for message in messages]
    return _hash("answer", told, _model(model), asdict(parameters), list(draw))


def of_run(
    case: Case, model: Model, parameters: Parameters, draw: Sequence[int], runner: Mapping[str, Any]
) -> str:
    """What a runner makes of a case: `runner` is its text and its parameters."""
    data = [case.id, case.input, dict(case.fields), list(case.targets)]
    return _hash("run", data, _model(model), asdict(parameters), list(draw), dict(runner))


def of_execution(program: str, tests: Sequence[Test], files: Mapping[str, str], execution: Execution) -> str:
    """The tests of a program, run."""
    return _hash("execute", program, [asdict(test) for test in tests], dict(files), asdict(execution))


def of_score(answer: Any, case: Case, match: Match, judge: Any) -> str:
    """A verdict that isn't a matter of comparing: `judge` is what else it depends on (a model, a file)."""
    return _hash("score", answer, case.id, case.input, list(case.targets), asdict(match), judge)


def _model(model: Model) -> list[Any]:
    return [model.name, model.api_base, dict(model.options)]


def _hash(*parts: Any) -> str:
    text = json.dumps([VERSION, *parts], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
