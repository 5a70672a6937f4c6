"""The numbers that a report may tell, each as text for people under a name; all follow from the trials.

Prose names them in braces (`core.prose`), so that none of its numbers is anybody's own.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from autoresearch.core.certify import Certified, quantile, told
from autoresearch.core.model import Metric, Trial, current, incumbent, tried
from autoresearch.core.units import format_change, format_duration, format_money, format_number


def figures(
    trials: Sequence[Trial], metric: Metric, dollars: float | None = None, tokens: int | None = None
) -> dict[str, str]:
    """Every number by its name. Counts are of the ideas of the current question: nothing before it compares.

    `dollars` and `tokens` are what calls to models came to; None: only what the trials know of it.
    """
    since = current(trials)
    counts = Counter(trial.status for trial in tried(since))
    best = incumbent(since)
    base = since[0] if since and since[0].metric is not None else None
    found = {
        "trials": f"{counts.total():,}",
        "kept": f"{counts['keep']:,}",
        "discarded": f"{counts['discard']:,}",
        "crashed": f"{counts['crash']:,}",
        "baseline": value(base.metric, metric) if base else "",
        "best": value(best.metric, metric) if best else "",
        "gain": gain(since, metric),
        "certified": certified(best, metric),
        "cost": _cost(trials, dollars),
        "tokens": _tokens(trials, tokens),
        "hours": format_duration(seconds) if (seconds := sum(t.seconds for t in trials)) else "",
    }
    for trial in trials:
        found |= {f"{name} {trial.number}": text for name, text in of_trial(trial, trials, metric).items()}
    return {name: text for name, text in found.items() if text}


def of_trial(trial: Trial, trials: Sequence[Trial], metric: Metric) -> dict[str, str]:
    """The numbers of one trial, those that it has."""
    found = {
        "trial": f"trial {trial.number}",
        "metric": value(trial.metric, metric),
        "change": on_parent(trial, trials, metric),
        "samples": f"{len(trial.samples)}" if trial.samples else "",
        "interval": interval(trial.samples, metric),
        "seconds": format_duration(trial.seconds) if trial.seconds else "",
    }
    return {name: text for name, text in found.items() if text}


def value(number: float | None, metric: Metric) -> str:
    """`12.4 ms`; "" where nothing was measured."""
    return "" if number is None else f"{format_number(number)} {metric.unit}".rstrip()


def on_parent(trial: Trial, trials: Sequence[Trial], metric: Metric) -> str:
    """The change against the trial that it started from; "" for a baseline, for what has none, and for the
    same commit measured again."""
    if trial.parent is None or trial.reason == "baseline" or not 0 <= trial.parent < len(trials):
        return ""
    parent = trials[trial.parent]
    same = trial.commit is not None and trial.commit == parent.commit
    return "" if same else difference(trial.metric, parent.metric, metric)


def difference(number: float | None, base: float | None, metric: Metric) -> str:
    """In percent, else (from zero, where a percentage means nothing) in the metric's unit."""
    if number is None or base is None:
        return ""
    percent = metric.change(number, base)
    if percent is not None:
        return format_change(percent)
    off = number - base
    return f"{'+' if off > 0 else ''}{value(off, metric)}" if math.isfinite(off) else ""


def gain(since: Sequence[Trial], metric: Metric) -> str:
    """The best against the baseline, as it was claimed; of zero where nothing was kept."""
    best = incumbent(since)
    if best is None or best.metric is None or since[0].metric is None:
        return ""
    now = since[0] if best.commit == since[0].commit else best
    return difference(now.metric, since[0].metric, metric)


def certified(best: Trial | None, metric: Metric) -> str:
    """The measured gain of the best with its interval; or that there is none yet."""
    if best is None or best.reason == "baseline":
        return ""
    return told(Certified(**best.certified), metric) if best.certified else "not certified yet"


def interval(samples: Sequence[float], metric: Metric) -> str:
    """The mean with its 95 percent interval, `12.41 ± 0.05 ms`; "" for fewer than two samples.

    By Student's t with one degree of freedom less than there are samples (Biometrika 6 (1908), 1-25).
    """
    if len(samples) < 2:
        return ""
    try:
        mean = math.fsum(samples) / len(samples)
        variance = math.fsum((sample - mean) ** 2 for sample in samples) / (len(samples) - 1)
    except OverflowError:
        return ""
    reach = _reach(len(samples) - 1) * math.sqrt(variance / len(samples))
    return f"{_together(mean, reach)} {metric.unit}".rstrip()


def _together(mean: float, reach: float) -> str:
    """Both with as many digits as the interval is known to."""
    places = 1 - math.floor(math.log10(reach)) if reach else 0
    if 0 < places <= 9 and abs(mean) < 1e9:
        return f"{mean:.{places}f} ± {reach:.{places}f}"
    return f"{format_number(mean)} ± {format_number(float(f'{reach:.2g}'))}"


@lru_cache(maxsize=1000)
def _reach(freedom: int) -> float:
    return quantile(0.975, freedom)


def _cost(trials: Sequence[Trial], dollars: float | None) -> str:
    if dollars is not None:
        return format_money(dollars)
    known = [trial.cost_usd for trial in trials if trial.cost_usd is not None]
    return format_money(math.fsum(known)) if known else ""


def _tokens(trials: Sequence[Trial], tokens: int | None) -> str:
    count = sum(trial.tokens or 0 for trial in trials) if tokens is None else tokens
    return f"{count:,}" if count else ""
