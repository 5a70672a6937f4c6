"""Two evals compared, case by case: what the difference is, and what can be said of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from autoresearch.core.aggregating import Paired, paired
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Outcome

NAMED = 5  # cases, on either side


@dataclass(frozen=True)
class Comparison:
    """`changed` are the cases with their difference, worst first; `only` are those that one of the two
    has."""

    first: str
    second: str
    paired: Paired
    changed: Sequence[tuple[str, float]]
    only: Sequence[str]


def compared(first: tuple[str, Sequence[Outcome]], second: tuple[str, Sequence[Outcome]]) -> Comparison:
    """By the scores of completed samples. Raises AutoresearchError where no case is in both."""
    before, after = _scores(first[1]), _scores(second[1])
    found = paired(before, after)
    if found is None:
        raise AutoresearchError(
            f"{first[0]} and {second[0]} have no case in common that was judged", "run both on the same suite"
        )
    both = [case for case in before if case in after]
    changed = sorted(
        ((case, fmean(after[case]) - fmean(before[case])) for case in both), key=lambda pair: pair[1]
    )
    only = sorted(before.keys() ^ after.keys())
    return Comparison(first[0], second[0], found, [pair for pair in changed if pair[1]], only)


def told(comparison: Comparison) -> list[str]:
    """In words: the conclusion first."""
    found = comparison.paired
    lines = [f"{comparison.second} - {comparison.first}: {_conclusion(found)}"]
    lines.append(f"  {found.better} cases better, {found.worse} worse, {found.same} the same")
    lines += [f"  {case}: {change:+.3f}" for case, change in comparison.changed[:NAMED] if change < 0]
    lines += [f"  {case}: {change:+.3f}" for case, change in comparison.changed[::-1][:NAMED] if change > 0]
    if comparison.only:
        named = ", ".join(comparison.only[:NAMED])
        more = ", …" if len(comparison.only) > NAMED else ""
        lines.append(f"  only in one of them, and not compared: {named}{more}")
    return lines


def as_document(comparison: Comparison) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "first": comparison.first,
        "second": comparison.second,
        **asdict(comparison.paired),
        "changed": dict(comparison.changed),
        "only": list(comparison.only),
    }


def _conclusion(found: Paired) -> str:
    if found.low is None or found.high is None:
        return f"{found.difference:+.3f} on one case, which says nothing"
    numbers = f"{found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}], {found.cases} cases"
    if found.low > 0:
        return f"better: {numbers}"
    return f"worse: {numbers}" if found.high < 0 else f"no difference can be told: {numbers}"


def _scores(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = {}
    for each in outcomes:
        if each.status == "completed" and each.score is not None:
            scores.setdefault(each.sample.case, []).append(each.score)
    return scores
