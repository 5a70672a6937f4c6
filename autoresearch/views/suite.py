"""An eval in words and numbers: its summary, and the same as one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autoresearch.core.aggregating import Interval
from autoresearch.core.suite import Outcome
from autoresearch.core.units import counted as several
from autoresearch.core.units import format_money
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import by_model, figures
from autoresearch.suites.running import Counted, counted

FAILURES = 5  # that a summary names


def summary(one: Eval, outcomes: Sequence[Outcome]) -> list[str]:
    """What came of it, a line each: how far it is, the figures of each model, what failed first."""
    lines = [f"{one.name}: {progress(counted(outcomes))}{_paid(one, outcomes)}"]
    models = by_model(outcomes)
    for name, some in models.items():
        told = figures(one.suite, some)
        if told.passed is not None:
            at = "".join(f", pass@{k} {value:.3f}" for k, value in told.at.items() if k > 1)
            lines.append(f"  {name}: pass@1 {interval(told.passed)}{at}")
        if told.score is not None and told.score != told.passed:
            lines.append(f"  {name}: score {interval(told.score)}")
    wrong = [each for each in outcomes if each.status == "error" or each.verdict == "fail"]
    for each in wrong[:FAILURES]:
        what = each.reason or "error" if each.status == "error" else "fail"
        why = each.failure.message if each.failure else each.why
        lines.append(f"  {one.name}:{each.number} {each.sample.name}: {what}{f': {why}' if why else ''}")
    if len(wrong) > FAILURES:
        lines.append(f"  … {len(wrong) - FAILURES:,} more: autoresearch suite ls {one.name} verdict:fail")
    return lines


def progress(found: Counted) -> str:
    """Completed, failed and remaining apart."""
    parts = [f"{found.completed:,} of {several(found.all, 'sample')} completed"]
    judged = found.passed + found.failed
    parts += [f"{found.passed:,} passed"] if judged else []
    parts += [f"{found.errors:,} failed with an error"] if found.errors else []
    parts += [f"{found.cancelled:,} cancelled"] if found.cancelled else []
    parts += [f"{found.pending:,} remaining"] if found.pending else []
    return ", ".join(parts)


def interval(value: Interval) -> str:
    """A mean and its 95 percent interval."""
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


def as_document(one: Eval, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The eval, its figures and its samples, for `--json`."""
    return {
        "eval": one.name,
        "suite": one.suite.path,
        "counts": asdict(counted(outcomes)),
        "models": {name: as_figures(one, some) for name, some in by_model(outcomes).items()},
        "samples": [as_sample(one, each) for each in outcomes],
    }


def as_figures(one: Eval, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of some outcomes."""
    told = figures(one.suite, outcomes)
    return {
        "pass@1": asdict(told.passed) if told.passed else None,
        "score": asdict(told.score) if told.score else None,
        "pass@k": {str(k): value for k, value in told.at.items()},
        "cost_usd": told.cost_usd,
        "tokens": told.tokens,
    }


def as_sample(one: Eval, each: Outcome) -> dict[str, Any]:
    """One sample whole."""
    told = asdict(each)
    sample = told.pop("sample")
    return {"address": f"{one.name}:{each.number}", "name": each.sample.name, **sample, **told}


def _paid(one: Eval, outcomes: Sequence[Outcome]) -> str:
    told = figures(one.suite, outcomes)
    if told.cost_usd is not None:
        return f" ({format_money(told.cost_usd)} in all)"
    return f" ({told.tokens:,} tokens in all)" if told.tokens else ""
