"""Wall time of a build, in seconds: `build_seconds`, the median of several, lower is better.

    python evaluators/build_speed.py --build "make -j4" --clean "make clean" --product app

Before each build the clean command runs, untimed. With --product a build that made nothing is no measurement.
"""

import argparse
import os
import statistics

from _evaluator import fail, main, must_run, usage

EVALUATOR = {
    "metric": "build_seconds",
    "direction": "lower",
    "unit": "s",
    "summary": "wall time of a build",
    "settings": {
        "build": {"help": "the command to time", "required": True},
        "clean": {"help": "a command that takes away what a build made, run before each", "default": ""},
        "runs": {"help": "timed builds", "default": 3, "least": 1},
        "warmup": {"help": "untimed builds before them", "default": 0, "least": 0},
        "product": {"help": "a file or folder that each build has to make", "default": []},
    },
}


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Seconds."""
    if settings.warmup + settings.runs > 1 and not settings.clean.strip():
        usage("give --clean, or a second build finds all done; for a single build give --runs 1")
    for number in range(1, settings.warmup + 1):
        _build(settings, f"warm-up build {number} of {settings.warmup}")
    runs = range(1, settings.runs + 1)
    times = [_build(settings, f"build {number} of {settings.runs}") for number in runs]
    return {
        "build_seconds": statistics.median(times),
        "min_seconds": min(times),
        "max_seconds": max(times),
        "runs": len(times),
    }


def _build(settings: argparse.Namespace, what: str) -> float:
    if settings.clean.strip():
        must_run(settings.clean, f"the clean before {what}")
    for product in settings.product:
        if os.path.lexists(product):
            fail(f"{product} stands there before {what}: no measurement; let --clean take it away")
    seconds = must_run(settings.build, what).seconds
    for product in settings.product:
        if not os.path.lexists(product):
            fail(f"{product} is not there after {what}: no measurement; does the build make it?")
    return seconds


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
