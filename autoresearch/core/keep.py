"""When a change is kept. Pure: what is known and a measurement in, what is known and a decision out.

A measurement is a level plus noise of some standard deviation. Keeping whatever measures better once keeps
mostly luck; measuring every idea many times leaves little for new ideas. So the incumbent is measured 8 times at
first: that tells its level and the noise, and each later look tells more. A candidate is looked at once, and
dropped where that makes it unlikely to be better: most are. Else it is measured again, the incumbent in
between where that tells more, until the odds are high (kept, after four looks at least) or low (dropped). The
odds it takes grow as more ideas come to nothing. `filter` has estimates and odds; here is what surrounds them:

- No noise (all first measurements equal): what is strictly better in two looks is kept. As soon as two
  measurements of the same code differ there is noise, and the incumbent is measured for it.
- A jump (more than ten times, or to another sign) is looked at again in a fresh worktree: does it stand?
- Where the filter's picture is doubtful, interleaved pairs must confirm a keep.
- `confirm: off`: what is strictly better in one look is kept.
- Values are compared by logarithms while all are positive (`scale`). Where the incumbent shows a value of zero or
  less, or one candidate shows both kinds, noise crosses zero: the incumbent is measured anew, on the linear
  scale. A candidate with nothing but such values is taken as far off.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from autoresearch.core.certify import Who as Who
from autoresearch.core.certify import difference, matched, order
from autoresearch.core.constraints import Constraint, unmet
from autoresearch.core.filter import LOOKS, Filter
from autoresearch.core.model import Metric
from autoresearch.core.scale import Gain, Scale

Confirm = Literal["normal", "strict", "off"]

ALPHA = {"normal": 0.05, "strict": 0.01}
BASELINE, BASELINE_SLOW, SLOW = 8, 3, 60.0  # looks at a new incumbent; where one takes more seconds than SLOW
JUMP, JUMP_DEVIATIONS = 10.0, 10.0  # times the level, and standard deviations of the noise
PAIRS_LEAST, PAIRS_MOST, PAIRS_ERRORS = 5, 24, 4.0
SMALLEST = {"normal": 3.0, "strict": 3.0}  # sd of a gain that is kept in 90 of 100: benchmarks/keep_rule.py


@dataclass(frozen=True)
class Verdict:
    """What becomes of a measured candidate, with its reason (`core.model.REASONS`) and a word to people."""

    status: Literal["keep", "discard"]
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Look:
    """What to measure next. `seed` counts from 0 in a trial; two of a pair share one. `fresh`: in a worktree
    made anew."""

    who: Who
    seed: int
    fresh: bool = False


@dataclass(frozen=True)
class Rule:
    """What the settings say about keeping; `suspect`: what becomes of a jump that stands."""

    metric: Metric
    confirm: Confirm = "normal"
    suspect: Literal["keep", "park"] = "park"
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """All that the next decision follows from; it goes into each trial's record.

    `baseline` are the incumbent's values until there are `enough` for the filter; `still`: it shows no noise.
    `values` are the candidate's, `looks` counts all of this trial. `paired` are the values of interleaved
    pairs as they were measured, None where pairs are not needed.
    """

    baseline: tuple[float, ...] = ()
    enough: int = BASELINE
    still: bool = False
    scale: Scale | None = None
    filter: Filter | None = None
    tried: int = 0
    kept: int = 0
    values: tuple[float, ...] = ()
    looks: int = 0
    paired: tuple[float, ...] | None = None

    @classmethod
    def begin(cls, rule: Rule, value: float, seconds: float) -> "Knowledge":
        """The baseline was measured once."""
        return replace(measured(rule, cls(), "incumbent", value, seconds), looks=0)

    def candidate(self) -> "Knowledge":
        """A new candidate, of which nothing is known."""
        return replace(self.bare(), tried=self.tried + 1)

    def bare(self) -> "Knowledge":
        """Without what is about one candidate only."""
        known = self.filter and self.filter.candidate()
        return replace(self, filter=known, values=(), looks=0, paired=None)

    @property
    def seed(self) -> int:
        """Of the next look."""
        return self.looks - (len(self.paired or ()) + 1) // 2

    @property
    def level(self) -> float:
        """The incumbent's value, as well as it is known."""
        return self.scale.value(self.filter.level) if self.filter and self.scale else self.baseline[-1]

    def as_json(self) -> dict[str, Any]:
        """For the record."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Knowledge":
        """The inverse of `as_json`."""
        scale, known, paired = row["scale"], row["filter"], row["paired"]
        return cls(
            **{
                **row,
                "baseline": tuple(row["baseline"]),
                "values": tuple(row["values"]),
                "scale": scale and Scale(**scale),
                "filter": known and Filter(**{**known, "surprises": tuple(known["surprises"])}),
                "paired": None if paired is None else tuple(paired),
            }
        )


def next_step(rule: Rule, knowledge: Knowledge, numbers: Mapping[str, float]) -> Look | Verdict:
    """Whom to measure next, or the verdict. `numbers`: means of the candidate's other numbers so far."""
    known, looked = knowledge, len(knowledge.values)
    mean = sum(value / looked for value in known.values)
    if looked and (broken := unmet(rule.constraints, {**numbers, rule.metric.name: mean})):
        return Verdict("discard", "constraint", broken)
    if rule.confirm != "off" and known.filter is None and not known.still:
        return Look("incumbent", known.seed)
    if looked in {1, 2} and all(_jump(rule, known, value) for value in known.values):
        return _jumped(rule, known)
    if rule.confirm == "off" or known.filter is None:
        return _by_looks(rule, known)
    if known.paired is not None:
        return _by_pairs(rule, known)
    return _by_odds(rule, known, known.filter)


def _jumped(rule: Rule, known: Knowledge) -> Look | Verdict:
    if len(known.values) == 1:
        return Look("candidate", known.seed, fresh=True)
    words = f"a jump from {known.level:g} to {known.values[-1]:g}, seen twice"
    return Verdict("keep" if rule.suspect == "keep" else "discard", "suspect", words)


def _jump(rule: Rule, known: Knowledge, value: float) -> bool:
    """Is it better by more than ten times or to another sign, and by far more than noise?

    Where no noise is known, the candidate's own two values tell it.
    """
    level = known.level
    if rule.metric.direction == "lower":
        far = value < min(level / JUMP, level * JUMP)
    else:
        far = value > max(level / JUMP, level * JUMP)
    if known.filter and known.scale:
        change, noise = known.scale.x(value) - known.filter.level, math.sqrt(known.filter.noise)
    else:
        change, noise = value - level, (known.values[-1] - known.values[0]) / math.sqrt(2)
    return far and level != 0 and abs(change) > JUMP_DEVIATIONS * abs(noise)


def _by_looks(rule: Rule, known: Knowledge) -> Look | Verdict:
    """Every look must be strictly better: one of them where nothing is confirmed, else two."""
    level, off = known.level, rule.confirm == "off"
    if not all(rule.metric.better(value, level) for value in known.values):
        return Verdict("discard", "not_better", "equal" if known.values[-1] == level else "")
    if len(known.values) < (1 if off else 2):
        return Look("candidate", known.seed)
    return Verdict("keep", "unconfirmed" if off else "confirmed", _claimed(rule, known))


def _by_odds(rule: Rule, known: Knowledge, seen: Filter) -> Look | Verdict:
    decision = seen.decision(ALPHA[rule.confirm], known.tried, known.kept) if seen.looks else None
    if decision is None:
        return Look(seen.next, known.seed)
    if decision:
        return Verdict("keep", "confirmed", _claimed(rule, known))
    if seen.looks >= LOOKS:
        return Verdict("discard", "inconclusive", f"no decision in {seen.looks} measurements")
    return Verdict("discard", "not_better")


def _by_pairs(rule: Rule, known: Knowledge) -> Look | Verdict:
    """Until the mean difference is four of its standard errors, or on the wrong side."""
    pairs = _differences(known)
    if len(known.paired or ()) % 2:
        return Look(order(len(pairs))[1], known.seed)
    if len(pairs) >= PAIRS_LEAST:
        mean, error = difference(pairs)
        if mean <= 0:
            return Verdict("discard", "not_better", f"by {len(pairs)} interleaved pairs")
        if mean > PAIRS_ERRORS * error:
            return Verdict("keep", "confirmed", f"{_claimed(rule, known)}, by {len(pairs)} interleaved pairs")
        if len(pairs) >= PAIRS_MOST:
            return Verdict("discard", "inconclusive", f"no decision in {len(pairs)} interleaved pairs")
    return Look(order(len(pairs))[0], known.seed)


def _differences(known: Knowledge) -> list[float]:
    """By how much the candidate was better, in each pair."""
    if known.scale is None:
        return []
    x = known.scale.x
    return [x(incumbent) - x(candidate) for incumbent, candidate in matched(known.paired or ())]


def claim(rule: Rule, knowledge: Knowledge) -> Gain:
    """The gain of a candidate that is kept, as it is claimed until it is certified."""
    known = knowledge
    if rule.confirm == "off" or known.filter is None or known.scale is None:
        scale = Scale.of(rule.metric, (known.level, *known.values))
        return scale.gain(scale.x(known.level) - scale.x(known.values[-1]))
    if known.paired is not None:
        return known.scale.gain(statistics.fmean(_differences(known)))
    return known.scale.gain(known.filter.claim)


def _claimed(rule: Rule, known: Knowledge) -> str:
    return f"better by {claim(rule, known).told(rule.metric)} (claimed)"


def measured(rule: Rule, knowledge: Knowledge, who: Who, value: float, seconds: float) -> Knowledge:
    """With one more measurement."""
    known = replace(knowledge, looks=knowledge.looks + 1)
    if who == "candidate":
        known = replace(known, values=(*known.values, value))
    elif known.filter is None:
        enough = BASELINE_SLOW if seconds > SLOW else BASELINE
        known = replace(known, baseline=(*known.baseline, value), enough=enough)
    if rule.confirm == "off":
        return known
    if known.filter is None or known.scale is None:
        return _begun(rule, known)
    if _crossed(known, who, value):
        anew = replace(known, baseline=(value,) * (who == "incumbent"), scale=None, filter=None, paired=None)
        return _begun(rule, anew)
    seen = known.filter.after(who, known.scale.x(value))
    known = replace(known, filter=seen)
    if known.paired is not None:
        return replace(known, paired=(*known.paired, value))
    doubted = seen.doubtful and seen.decision(ALPHA[rule.confirm], known.tried, known.kept)
    return replace(known, paired=()) if doubted else known


def _crossed(known: Knowledge, who: Who, value: float) -> bool:
    """Does noise cross zero, so that logarithms are no scale for it?"""
    if known.scale is None or known.scale.unit is not None:
        return False
    return value <= 0 if who == "incumbent" else min(known.values) <= 0 < max(known.values)


def _begun(rule: Rule, known: Knowledge) -> Knowledge:
    """With the filter, once the incumbent was measured often enough and there is noise."""
    enough = len(known.baseline) >= known.enough
    if not enough and not known.still:
        return known
    scale = Scale.of(rule.metric, known.baseline + known.values)
    begun = Filter.begin([scale.x(v) for v in known.baseline], [scale.x(v) for v in known.values])
    if begun is None:
        return replace(known, still=True)
    return replace(known, still=False, scale=scale, filter=begun) if enough else replace(known, still=False)


def settle(rule: Rule, knowledge: Knowledge, verdict: Verdict) -> Knowledge:
    """After the verdict: what is known before the next candidate."""
    if verdict.status == "discard":
        return knowledge.bare()
    known = replace(knowledge, kept=knowledge.kept + 1)
    if verdict.reason != "confirmed":
        return adopted(rule, known, known.values)
    if known.paired is not None:
        return adopted(rule, known, [candidate for _, candidate in matched(known.paired)])
    if known.filter is None:
        return replace(known, baseline=known.values).bare()
    return replace(known, filter=known.filter.kept()).bare()


def adopted(rule: Rule, knowledge: Knowledge, samples: Sequence[float]) -> Knowledge:
    """A new incumbent of which only these values are known: its noise is measured anew."""
    known = replace(knowledge.bare(), baseline=tuple(samples), still=False, scale=None, filter=None)
    return _begun(rule, known)


def smallest_effect(rule: Rule, samples: Sequence[float], repetitions: int = 1) -> Gain:
    """The gain that is kept in 90 of 100, for the noise of these measurements of the same code.

    `repetitions`: what it would be if the evaluator reported the mean of so many.
    """
    scale = Scale.of(rule.metric, samples)
    deviation = statistics.stdev(map(scale.x, samples)) if len(samples) > 1 else 0.0
    return scale.gain(SMALLEST[rule.confirm] * deviation / math.sqrt(repetitions))
