"""How a case file says what answers are compared by."""

from typing import Any

from autoresearch.core.matching import wrong_with
from autoresearch.core.suite import Match


def match(value: Any) -> Match:
    """`exact`, or `{kind = "fuzzy", cutoff = 0.9}`. Raises ValueError."""
    if isinstance(value, str):
        found = Match(value)
    elif isinstance(value, dict) and isinstance(value.get("kind"), str):
        found = Match(value["kind"], {key: each for key, each in value.items() if key != "kind"})
    else:
        raise ValueError('must be the name of a kind, or {kind = "fuzzy", cutoff = 0.9}')
    if problem := wrong_with(found):
        raise ValueError(problem)
    return found
