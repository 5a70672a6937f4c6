"""What many calls come to: counts, tokens, cost, durations. Computed each time from the rows of the index."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

COUNTS = ("calls", "ok", "error", "interrupted", "attempts")
SUMS = (*COUNTS, "input_tokens", "output_tokens", "tokens", "cost_usd")
Trial = tuple[str, int | None]  # experiment, number
By = dict[Any, "Totals"]


@dataclass(frozen=True)
class Totals:
    """Sums are of what is known, None where nothing is. `cost_whole`: no price is missing in the cost, which
    is a lower bound otherwise. Durations in seconds; `p50` and `p95` are ones that were measured."""

    calls: int = 0
    ok: int = 0
    error: int = 0
    interrupted: int = 0
    attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    cost_whole: bool = True
    seconds: float | None = None
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    longest: float | None = None

    @property
    def success(self) -> float | None:
        """The share of the calls that came to an end which were answered, 0 to 1."""
        ended = self.ok + self.error
        return self.ok / ended if ended else None

    def as_json(self) -> dict[str, Any]:
        """With its own types."""
        return {**asdict(self), "success": self.success}


@dataclass(frozen=True)
class Stats:
    """All calls together, and by what they were for and who answered; None: no model answered, or no trial.
    `trials` has the last of the `trial_count` that there are."""

    total: Totals
    stages: Mapping[str, Totals]
    models: Mapping[str | None, Totals]
    trials: Mapping[Trial, Totals]
    trial_count: int

    def as_json(self) -> dict[str, Any]:
        """With its own types; each group with its name."""
        by_trial = self.trials.items()
        return {
            "total": self.total.as_json(),
            "stages": [{"stage": stage, **each.as_json()} for stage, each in self.stages.items()],
            "models": [{"model": model, **each.as_json()} for model, each in self.models.items()],
            "trials": [{"experiment": e, "trial": n, **each.as_json()} for (e, n), each in by_trial],
            "trial_count": self.trial_count,
        }


@dataclass(frozen=True)
class Step:
    """A row of the timeline: the calls of one stage of one trial. `first` and `last` began then."""

    experiment: str
    trial: int | None
    stage: str
    models: tuple[str, ...]
    calls: int
    first: str
    last: str
    seconds: float | None
    ok: int
    error: int
    interrupted: int

    def as_json(self) -> dict[str, Any]:
        """With its own types."""
        return {**asdict(self), "models": list(self.models)}


@dataclass
class _Group:
    sums: list[Any] = field(default_factory=lambda: [None] * len(SUMS))
    whole: bool = True
    seconds: list[float] = field(default_factory=list)

    def add(self, sums: Sequence[Any], seconds: Sequence[float], whole: bool) -> None:
        self.sums = [_plus(*pair) for pair in zip(self.sums, sums, strict=True)]
        self.seconds += seconds
        self.whole = self.whole and whole

    def totals(self) -> Totals:
        known: dict[str, Any] = dict(zip(SUMS, self.sums, strict=True))
        known |= {name: known[name] or 0 for name in COUNTS}
        if not (times := sorted(self.seconds)):
            return Totals(**known, cost_whole=self.whole)
        total = math.fsum(times)
        spread: dict[str, Any] = {"p50": rank(times, 0.50), "p95": rank(times, 0.95), "longest": times[-1]}
        return Totals(**known, cost_whole=self.whole, seconds=total, mean=total / len(times), **spread)


# The sums of a group, in the order of SUMS; its durations; whether its cost is whole.
SUMMED = """COUNT(*), SUM(status = 'ok'), SUM(status = 'error'), SUM(status = 'interrupted'), SUM(attempts),
SUM(input_tokens), SUM(output_tokens), SUM(tokens), SUM(cost_usd),
json_group_array(seconds), MIN(cost_whole)"""


def gathered(keys: int, groups: Iterable[Sequence[Any]]) -> list[By]:
    """The totals by each of the `keys` that a row begins with, which goes on with what SUMMED gives; and at
    last of all, under None."""
    found: list[dict[Any, _Group]] = [defaultdict(_Group) for _ in range(keys + 1)]
    for row in groups:
        *sums, seconds, whole = row[keys:]
        times = [time for time in json.loads(seconds) if time is not None]
        for by, key in zip(found, (*row[:keys], None), strict=True):
            by[key].add(sums, times, bool(whole))
    return [{key: group.totals() for key, group in by.items()} for by in found]


def _plus(a: float | None, b: float | None) -> float | None:
    return b if a is None else a if b is None else a + b


def rank(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values, in order, that at least this share of them don't exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
