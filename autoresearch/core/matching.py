"""Comparing an answer with what is wanted, where that is a matter of comparing alone."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from autoresearch.core.suite import Match, Verdict

FUZZY_CUTOFF = 0.9  # at which `fuzzy_w_cutoff` takes two texts for the same
LONGEST = 100_000  # characters of an answer that a pattern is looked for in
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+)?(?<=\d)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Judged:
    """`score` is 0 to 1, None where nothing is wanted; `why` says in a line why it is no pass."""

    score: float | None
    verdict: Verdict
    why: str = ""


NOTHING_WANTED = Judged(None, "none")


def judged(match: Match, answer: str, targets: Sequence[str]) -> Judged:
    """The best of the comparisons with each target. Raises ValueError for a match that `wrong_with`
    refuses."""
    if not targets:
        return NOTHING_WANTED
    if problem := wrong_with(match):
        raise ValueError(problem)
    compare = _KINDS[match.kind][0]
    score = max(compare(answer, target, match.options) for target in targets)
    passed = score >= _cutoff(match)
    why = "" if passed else f"wanted {_short(targets[0])}, got {_short(answer)}"
    return Judged(score, "pass" if passed else "fail", why)


def wrong_with(match: Match, targets: Sequence[str] = ()) -> str:
    """Why answers can't be compared so, with the mend; "" where they can."""
    kinds = [*_KINDS, *ELSEWHERE]
    if match.kind not in kinds:
        near = get_close_matches(match.kind, kinds, n=1)
        mend = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(kinds)}"
        return f"no kind of match {match.kind!r}; {mend}"
    takes = ELSEWHERE.get(match.kind) or _KINDS[match.kind][1]
    for name, value in match.options.items():
        if name not in takes:
            near = get_close_matches(name, takes, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(takes) or 'nothing'}"
            return f"match {match.kind} has no option {name!r}; {mend}"
        if not isinstance(value, takes[name]) or (takes[name] is not bool and isinstance(value, bool)):
            return f"match {match.kind}: {name} must be {_TOLD[takes[name]]}, not {value!r}"
    if not 0 < _cutoff(match) <= 1:
        return f"match {match.kind}: cutoff must be from 0 to 1 (or to 100), not {match.options['cutoff']!r}"
    for target in targets if match.kind == "regex" else ():
        try:
            re.compile(target)
        except re.error as error:
            return f"{target!r} is no regular expression: {error}"
    return ""


def ratio(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1: twice the length of their longest common subsequence, divided by the
    sum of their lengths (the normalized Indel similarity, as of `rapidfuzz.fuzz.ratio` / 100).

    Bit-parallel, after Hyyrö 2004, "Bit-parallel LCS-length computation revisited".
    """
    if not one or not other:
        return float(one == other)
    places: dict[str, int] = {}
    for at, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << at
    mask = (1 << len(one)) - 1
    state = mask
    for letter in other:
        matches = state & places.get(letter, 0)
        state = ((state + matches) | (state - matches)) & mask
    common = len(one) - state.bit_count()
    return 2 * common / (len(one) + len(other))


def number_in(text: str) -> float | None:
    """The last number in a text; None where there is none. Thousands may have commas, `%` is left alone."""
    found = [each[0] for each in _NUMBER.finditer(text) if each[0].strip("+-−")]
    return float(found[-1].replace(",", "").replace("−", "-")) if found else None


def _exact(answer: str, target: str, options: Mapping[str, Any]) -> float:
    return float(_plain(answer, options) == _plain(target, options))


def _fuzzy(answer: str, target: str, options: Mapping[str, Any]) -> float:
    return ratio(_plain(answer, options), _plain(target, options))


def _fuzzy_w_cutoff(answer: str, target: str, options: Mapping[str, Any]) -> float:
    return float(_fuzzy(answer, target, options) >= _share(options.get("cutoff", FUZZY_CUTOFF)))


def _regex(answer: str, target: str, options: Mapping[str, Any]) -> float:
    flags = re.IGNORECASE if options.get("case") is False else 0
    pattern = re.compile(target, flags)
    look = pattern.fullmatch if options.get("whole") else pattern.search
    return float(look(answer[:LONGEST].strip()) is not None)


def _numeric(answer: str, target: str, options: Mapping[str, Any]) -> float:
    got, wanted = number_in(answer), number_in(target)
    if got is None or wanted is None:
        return 0.0
    reach = max(options.get("tolerance", 1e-9), options.get("relative", 0.0) * abs(wanted))
    return float(abs(got - wanted) <= reach)


def _json(answer: str, target: str, options: Mapping[str, Any]) -> float:
    try:
        got, wanted = json.loads(answer), json.loads(target)
    except (ValueError, RecursionError):
        return 0.0
    return float(_within(wanted, got) if options.get("subset") else _same(got, wanted))


def _contains(answer: str, target: str, options: Mapping[str, Any]) -> float:
    return float(_plain(target, options) in _plain(answer, options))


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(part[key], whole[key]) for key in part)
    return _same(part, whole)


def _plain(text: str, options: Mapping[str, Any]) -> str:
    text = text if options.get("strip") is False else text.strip()
    return text.casefold() if options.get("case") is False else text


def _cutoff(match: Match) -> float:
    """The score from which it is a pass."""
    return _share(match.options.get("cutoff", 1.0)) if match.kind == "fuzzy" else 1.0


def _share(value: float) -> float:
    """`90` is 90 percent."""
    return value / 100 if value > 1 else value


def _short(text: str, most: int = 60) -> str:
    line = repr(text.strip()[: most + 1])
    return f"{line[: most - 1]}…" if len(line) > most else line


_NUMBERS = (int, float)
_TEXTS = {"strip": bool, "case": bool}
_TOLD = {bool: "true or false", str: "a text", _NUMBERS: "a number"}
Compare = Callable[[str, str, Mapping[str, Any]], float]
_KINDS: Mapping[str, tuple[Compare, Mapping[str, Any]]] = {
    "exact": (_exact, _TEXTS),
    "fuzzy": (_fuzzy, {**_TEXTS, "cutoff": _NUMBERS}),
    "fuzzy_w_cutoff": (_fuzzy_w_cutoff, {**_TEXTS, "cutoff": _NUMBERS}),
    "regex": (_regex, {"case": bool, "whole": bool}),
    "numeric": (_numeric, {"tolerance": _NUMBERS, "relative": _NUMBERS}),
    "json": (_json, {"subset": bool}),
    "contains": (_contains, _TEXTS),
}
ELSEWHERE: Mapping[str, Mapping[str, Any]] = {
    "command": {"command": str, "timeout": _NUMBERS},
    "judge": {"rubric": str, "temperature": _NUMBERS},
    "python": {"file": str, "timeout": _NUMBERS},
}
"""Kinds that take a process or a model (suites/scoring.py), and their options."""
