"""What the outcomes of an eval come to: scores with intervals, pass@k, by model and for all of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autoresearch.core.aggregating import Interval, mean_over_cases, pass_at_k
from autoresearch.core.suite import Outcome, Suite


@dataclass(frozen=True)
class Figures:
    """Of completed samples that were judged: `score` is the mean of the cases' means, `passed` the same of
    verdicts (pass@1), `at` is pass@k by k, over the cases with at least k samples; None where nothing is
    judged. Money in US dollars."""

    score: Interval | None
    passed: Interval | None
    at: Mapping[int, float]
    cost_usd: float | None
    tokens: int | None


def figures(suite: Suite, outcomes: Sequence[Outcome]) -> Figures:
    """Of these outcomes, whatever the model."""
    judged = [each for each in outcomes if each.status == "completed" and each.verdict != "none"]
    scored = [each for each in outcomes if each.status == "completed" and each.score is not None]
    verdicts = _by_case(judged, lambda each: float(each.verdict == "pass"))
    scores = _by_case(scored, lambda each: each.score or 0.0)
    costs = [each.cost_usd for each in outcomes if each.cost_usd is not None]
    tokens = [each.tokens for each in outcomes if each.tokens is not None]
    return Figures(
        mean_over_cases(list(scores.values())) if scores else None,
        mean_over_cases(list(verdicts.values())) if verdicts else None,
        {k: value for k in suite.k if (value := _at(k, list(verdicts.values()))) is not None},
        sum(costs) if costs else None,
        sum(tokens) if tokens else None,
    )


def by_model(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """In the order in which they were asked first."""
    found: dict[str, list[Outcome]] = {}
    for each in outcomes:
        found.setdefault(each.sample.model, []).append(each)
    return found


def _by_case(
    outcomes: Sequence[Outcome], value: Callable[[Outcome], float]
) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for each in outcomes:
        found.setdefault((each.sample.case, each.sample.model), []).append(value(each))
    return found


def _at(k: int, cases: Sequence[Sequence[float]]) -> float | None:
    each = [pass_at_k(len(case), int(sum(case)), k) for case in cases]
    known = [value for value in each if value is not None]
    return sum(known) / len(known) if known else None
