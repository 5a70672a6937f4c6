"""The report of an eval for people: figures of each model, the cases that went worst, what failed and why."""

from collections import Counter
from collections.abc import Iterator, Sequence

from autoresearch.adapters.screen import Column
from autoresearch.core.suite import Outcome
from autoresearch.core.text import one_line
from autoresearch.core.units import format_money
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import by_model, figures
from autoresearch.suites.running import counted
from autoresearch.views.suite import interval, progress

CASES = (
    Column("case", flexible=True), Column("model", flexible=True, rank=2), Column("passed", number=True),
    Column("score", number=True), Column("what failed", flexible=True, rank=1),
)  # fmt: skip
MOST = 20  # cases, and reasons, that are listed


def heading(one: Eval, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What came of it, for each model."""
    yield f"{one.name} ({one.suite.path}): {progress(counted(outcomes))}"
    for name, some in by_model(outcomes).items():
        told = figures(one.suite, some)
        parts = [f"pass@1 {interval(told.passed)}"] if told.passed else ["nothing is judged"]
        parts += [f"pass@{k} {value:.3f}" for k, value in told.at.items() if k > 1]
        parts += [f"score {interval(told.score)}"] if told.score and told.score != told.passed else []
        parts += [format_money(told.cost_usd)] if told.cost_usd is not None else []
        parts += [f"{told.tokens:,} tokens"] if told.tokens else []
        yield f"  {name}: {', '.join(parts)}"
    lacking = [
        k
        for k in one.suite.k
        if k > 1 and not any(k in figures(one.suite, some).at for some in by_model(outcomes).values())
    ]
    if lacking:
        yield f"  pass@{', pass@'.join(map(str, lacking))}: there are fewer samples than that"


def worst(outcomes: Sequence[Outcome]) -> tuple[list[list[str]], int]:
    """The cases with failures, the worst first, and how many more there are."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for each in outcomes:
        groups.setdefault((each.sample.case, each.sample.model), []).append(each)
    rows = []
    for (case, model), some in groups.items():
        judged = [each for each in some if each.verdict != "none"]
        wrong = [each for each in some if each.verdict == "fail" or each.status == "error"]
        scores = [each.score for each in some if each.score is not None]
        if wrong:
            passed = sum(each.verdict == "pass" for each in judged)
            mean = sum(scores) / len(scores) if scores else 0.0
            why = one_line(wrong[0].failure.message if wrong[0].failure else wrong[0].why)
            rows.append(
                (mean, [case, model, f"{passed} of {len(some)}", f"{mean:.3f}" if scores else "", why])
            )
    rows.sort(key=lambda pair: pair[0])
    return [cells for _, cells in rows[:MOST]], max(0, len(rows) - MOST)


def reasons(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What failed, how often: errors by their reason, tests by their status and what was said."""
    found: Counter[str] = Counter()
    for each in outcomes:
        if each.status == "error":
            found[f"error: {each.reason}"] += 1
        for result in each.tests:
            if result.status == "crashed":
                found[f"crashed: {result.why.partition(':')[0]}"] += 1
            elif result.status != "passed":
                found[result.status] += 1
    for what, count in found.most_common(MOST):
        yield f"  {count:,} × {what}"
