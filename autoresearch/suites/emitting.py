"""An eval as the measurement of an experiment: numbers for the decision, failures for the proposer.

Where cases have splits, `val` decides and `dev` is shown; of `test` nothing is asked, unless it is named.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Outcome
from autoresearch.core.text import one_line
from autoresearch.suites.figures import figures
from autoresearch.suites.outcomes import View
from autoresearch.suites.session import Ended

LOOK = "AUTORESEARCH_LOOK"  # which look at this candidate an evaluation is, from 0
EXPERIMENT = "AUTORESEARCH_EXPERIMENT"
STAGE = "AUTORESEARCH_STAGE"  # evaluate, confirm, compare; certify: what was won is measured for good
RESULT = "AUTORESEARCH_RESULT"  # where an evaluation may write its numbers
SHOWN = 4  # failures that the proposer sees
LONGEST = 90  # characters of a question, an answer
DECIDES, SHOWS, LAST = "val", "dev", "test"


def look(environ: Mapping[str, str] = os.environ) -> int:
    """Which look at the candidate this is: each has answers of its own."""
    text = environ.get(LOOK, "0")
    return int(text) if text.isdigit() else 0


def name(usual: str, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the eval: an experiment's own, apart from those that people make of the same suite."""
    experiment = environ.get(EXPERIMENT, "").replace("/", "-")
    return f"{experiment}-{usual}" if experiment else usual


def splits(
    outcomes: Sequence[Outcome], given: Sequence[str], environ: Mapping[str, str] = os.environ
) -> list[str]:
    """The splits that an experiment asks: those that are given; at its certification `test`, which nothing
    was decided by; else all but `test`."""
    there = list(dict.fromkeys(each.split for each in outcomes))
    if given:
        return list(given)
    if environ.get(STAGE) == "certify" and LAST in there:
        return [LAST]
    return [each for each in there if each != LAST]


def deciding(outcomes: Sequence[Outcome], given: Sequence[str]) -> list[Outcome]:
    """Those of the samples that were asked whose score is the metric."""
    if given or not any(each.split == DECIDES for each in outcomes):
        return list(outcomes)
    return [each for each in outcomes if each.split == DECIDES]


def numbers(view: View, outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The metric `pass@1` and what else there is, of samples that are all completed. Raises
    AutoresearchError where nothing was judged."""
    told = figures(view.eval.suite, outcomes)
    if told.passed is None and told.score is None:
        raise AutoresearchError("no answer was judged", "give the cases a target, tests, or a judge")
    found: dict[str, float] = {}
    for name, value in (("pass@1", told.passed), ("score", told.score)):
        if value is not None:
            found |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
            found |= {"cases": value.cases, "samples": value.samples}
    found |= {f"pass@{k}": value for k, value in told.at.items() if k > 1}
    found |= {"cost_usd": told.cost_usd} if told.cost_usd is not None else {}
    return found | ({"tokens": told.tokens} if told.tokens is not None else {})


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    """The failures that the proposer may see, a line each: of `dev` where there are splits, else none, as
    what decides is not to be learnt by heart."""
    wrong = [each for each in outcomes if each.split == SHOWS and each.verdict == "fail"]
    lines = [
        f"failed: case {each.sample.case}, asked {_short(each.input)},"
        f" wanted {_short(each.targets[0] if each.targets else each.why)}, got {_short(each.answer)}"
        for each in wrong[:SHOWN]
    ]
    return lines + ([f"and {len(wrong) - SHOWN} more failed"] if len(wrong) > SHOWN else [])


def incomplete(ended: Ended) -> str:
    """Why there is no number; "" where there is one."""
    if ended.complete:
        return ""
    if ended.why is not None:
        return one_line(ended.why.told())
    lacking = [each for each in ended.outcomes if each.status != "completed"]
    told = lacking[0].failure.message if lacking[0].failure else lacking[0].status
    return f"{len(lacking)} of {len(ended.outcomes)} samples are not completed; the first: {one_line(told)}"


def write(found: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> None:
    """Leave it where the experiment looks for it."""
    if path := environ.get(RESULT):
        disk.write(Path(path), json.dumps(found))


def _short(value: object) -> str:
    """On one line, in quotes, so that nothing of it is taken for ours."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(one_line(text, LONGEST), ensure_ascii=False)
