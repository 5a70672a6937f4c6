"""Wall time of a command, in milliseconds: `p50_ms`, lower is better.

    python evaluators/benchmark_speed.py --command "python bench.py" --runs 20

Each run is a process of its own, from its start to its end. Noise makes a run slower, never faster: where
p50_ms is noisy, p10_ms says more. Quantiles are interpolated between runs (type 7, as numpy's default).
"""

import argparse
import statistics

from _evaluator import main, must_run

EVALUATOR = {
    "metric": "p50_ms",
    "direction": "lower",
    "unit": "ms",
    "summary": "wall time of a command",
    "settings": {
        "command": {"help": "the command to time", "required": True},
        "runs": {"help": "timed runs", "default": 10, "least": 1},
        "warmup": {"help": "untimed runs before them", "default": 1, "least": 0},
        "timeout": {"help": "seconds that one run may take; 0: no limit", "default": 0.0, "least": 0},
    },
}


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Milliseconds; `spread_pct` is the span of the middle half of the runs, in percent of the median."""
    command, limit = settings.command, settings.timeout or None
    for number in range(1, settings.warmup + 1):
        must_run(command, f"warm-up {number} of {settings.warmup}", limit)
    runs = range(1, settings.runs + 1)
    times = sorted(1000 * must_run(command, f"run {n} of {settings.runs}", limit).seconds for n in runs)
    median = quantile(times, 0.5)
    return {
        "p50_ms": median,
        "p95_ms": quantile(times, 0.95),
        "min_ms": times[0],
        "p10_ms": quantile(times, 0.1),
        "mean_ms": statistics.fmean(times),
        "spread_pct": 100 * (quantile(times, 0.75) - quantile(times, 0.25)) / median,
        "runs": len(times),
    }


def quantile(ordered: list[float], share: float) -> float:
    """Type 7 of Hyndman and Fan (The American Statistician 50(4), 1996); fit for a single value too."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
