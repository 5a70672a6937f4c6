"""When a change is kept. Pure: what is known and a measurement in, what is known and a decision out.

The incumbent is measured until its level and noise are known. One look drops most candidates; what looks
better is measured again, the incumbent in between where that tells more, until the odds (`filter`) are high
or low. Where the noise is none, wild or crosses zero, see each function; `docs/keeping.md` has it in words.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from autoresearch.core import certify
from autoresearch.core.certify import difference, matched, order
from autoresearch.core.constraints import Constraint, unmet
from autoresearch.core.filter import LOOKS, Filter
from autoresearch.core.model import Metric
from autoresearch.core.scale import Gain, Scale

Who = certify.Who
Confirm = Literal["normal", "strict", "off"]

ALPHA = {"normal": 0.05, "strict": 0.01}
BASELINE, BASELINE_SLOW, SLOW = 8, 3, 60.0  # looks at a new incumbent; where one takes more seconds than SLOW
JUMP, JUMP_DEVIATIONS = 10.0, 10.0  # times the level, and standard deviations of the noise
PAIRS_LEAST, PAIRS_MOST, PAIRS_ERRORS = 5, 24, 4.0


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
        return self.bare(self.tried + 1)

    def bare(self, tried: int | None = None) -> "Knowledge":
        """Without what is about one candidate only."""
        known = self.filter and self.filter.candidate()
        tried = self.tried if tried is None else tried
        return replace(self, filter=known, values=(), looks=0, paired=None, tried=tried)

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
    if float(level).is_integer() and float(value).is_integer() and abs(level) < JUMP:
        return False  # of a few errors none is left
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
    """Without noise, or where nothing is confirmed: every look must be strictly better.

    One look where nothing is confirmed, else two. If these differ, the candidate is what brings noise: then
    it takes as many as a new incumbent gets, so that once it is kept its noise is known.
    """
    level, values, off = known.level, known.values, rule.confirm == "off"
    if not all(rule.metric.better(value, level) for value in values):
        return Verdict("discard", "not_better", "equal" if values[-1] == level else "")
    if len(values) < (1 if off else 2 if len(set(values)) < 2 else known.enough):
        return Look("candidate", known.seed)
    return Verdict("keep", "unconfirmed") if off else Verdict("keep", "confirmed", _claimed(rule, known))


def _by_odds(rule: Rule, known: Knowledge, seen: Filter) -> Look | Verdict:
    decision = seen.decision(ALPHA[rule.confirm], known.tried, known.kept) if seen.looks else None
    if decision is None:
        return Look(seen.next, known.seed)
    if decision:
        return Verdict("keep", "confirmed", _claimed(rule, known))
    if seen.looks < LOOKS:
        return Verdict("discard", "not_better")
    return Verdict("discard", "inconclusive", f"no decision in {seen.looks} measurements")


def _by_pairs(rule: Rule, known: Knowledge) -> Look | Verdict:
    """Where the filter's picture is doubtful: until the mean difference is four of its standard errors.

    On the wrong side after five pairs it is dropped: in simulation that loses no gain, and halves the cost.
    """
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
        values = known.values[-1:] if rule.confirm == "off" else known.values
        scale = Scale.of(rule.metric, (known.level, *values))
        return scale.gain(scale.x(known.level) - statistics.fmean(map(scale.x, values)))
    if known.paired is not None:
        return known.scale.gain(statistics.fmean(_differences(known)))
    return known.scale.gain(known.filter.claim)


def _claimed(rule: Rule, known: Knowledge) -> str:
    return f"better by {claim(rule, known).told(rule.metric)} (claimed)"


def measured(rule: Rule, knowledge: Knowledge, who: Who, value: float, seconds: float) -> Knowledge:
    """With one more measurement."""
    looks = knowledge.looks + 1
    if who == "candidate":
        known = replace(knowledge, looks=looks, values=(*knowledge.values, value))
    elif knowledge.filter is None:
        enough = BASELINE_SLOW if seconds > SLOW else BASELINE
        known = replace(knowledge, looks=looks, baseline=(*knowledge.baseline, value), enough=enough)
    else:
        known = replace(knowledge, looks=looks)
    if rule.confirm == "off":
        return known
    if known.filter is None or known.scale is None:
        return _begun(rule, known)
    if _crossed(known, who, value):
        anew = replace(known, baseline=(value,) * (who == "incumbent"), scale=None, filter=None, paired=None)
        return _begun(rule, anew)
    seen, paired = known.filter.after(who, known.scale.x(value)), known.paired
    if paired is not None:
        paired = (*paired, value)
    elif seen.apart or (seen.doubtful and seen.decision(ALPHA[rule.confirm], known.tried, known.kept)):
        paired = ()
    return replace(known, filter=seen, paired=paired)


def _crossed(known: Knowledge, who: Who, value: float) -> bool:
    """Does noise cross zero, so that logarithms are no scale for it? The incumbent is then measured anew.

    A candidate that shows nothing but values of 0 or less is no such case: it is broken, or a jump.
    """
    if known.scale is None or known.scale.unit is not None:
        return False
    return value <= 0 if who == "incumbent" else min(known.values) <= 0 < max(known.values)


def _begun(rule: Rule, known: Knowledge) -> Knowledge:
    """With the filter, once the incumbent was measured often enough and there is noise."""
    if known.still or len(known.baseline) < known.enough:
        return known
    scale = Scale.of(rule.metric, known.baseline + known.values)
    begun = Filter.begin([scale.x(value) for value in known.baseline])
    if begun is None:
        return replace(known, still=True)
    for value in known.values:
        begun = begun.after("candidate", scale.x(value))
    return replace(known, scale=scale, filter=begun, baseline=())


def settle(rule: Rule, knowledge: Knowledge, verdict: Verdict) -> Knowledge:
    """After the verdict: what is known before the next candidate."""
    if verdict.status == "discard":
        return knowledge.bare()
    known = replace(knowledge, kept=knowledge.kept + 1)
    if known.paired is not None:
        return adopted(rule, known, [candidate for _, candidate in matched(known.paired)])
    if verdict.reason == "confirmed" and known.filter is not None and not known.filter.quiet:
        return replace(known, filter=known.filter.kept()).bare()
    if verdict.reason == "confirmed" and known.filter is None and len(set(known.values)) == 1:
        return replace(known, baseline=known.values).bare()
    return adopted(rule, known, known.values)


def adopted(rule: Rule, knowledge: Knowledge, samples: Sequence[float]) -> Knowledge:
    """A new incumbent of which only these values are known: its noise is measured anew."""
    known = replace(knowledge.bare(), baseline=tuple(samples), still=False, scale=None, filter=None)
    return _begun(rule, known)
