"""What an evaluator printed, or wrote as JSON, to numbers by name; and the metric among them.

Any program that prints `name: value` can be read. One pattern finds names and numbers; its parts are
possessive or bounded, so that output of any shape takes time in proportion to its length.
"""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice

from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import Metric

MOST_NAMES = 200
_LONGEST_NAME = 100

# Terminal colours, cursor movements, window titles.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[@-Z\\-_])")
# A row of two cells, in Markdown or as rich draws it: `| score | 8.4 |`.
_TABLE_ROW = re.compile(
    r"^[^\S\n]*+[|│┃]([^|│┃:=\n]{1,99}+)[|│┃]([^|│┃:=\n]{1,99}+)[|│┃][^\S\n]*+$", re.MULTILINE
)
# A word of a name has a letter and is no date. A log level or METRIC may stand before a name.
_WORD = r"""
    (?! (?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|METRIC)\ ++(?![:=]) | [0-9]{4}-[0-9]{2} )
    (?= [0-9_%@./-]*+ [^\W\d_] )
    [\w%@] [\w%@./-]*+
"""
_NAME = rf"""
    {_WORD} (?: \ {_WORD} ){{0,4}}+
    (?: \ [0-9]++ (?!:[0-9]) | \ % )?+                               # `top 5: 0.9`, not `at 12:30`
    (?: \ ?\( [^()\n]{{1,24}}+ \) )?+                                # `latency (ms): 12.5`
"""
_NUMBER = r"""
    (?! [-+]?[1-9][0-9]{0,2}[\ \xa0\u2009\u202f][0-9]{3}(?![\w%]) )  # `1 234`: one number, or two?
    [-+]?+
    (?: [1-9][0-9]{0,2}(?:,[0-9]{3})++(?:\.[0-9]*+)?+                # 1,234.5
      | [0-9]++(?:_[0-9]++)*+(?:\.[0-9]*+)?+ | \.[0-9]++ )           # 1_000, 12.5, 12., .5
    (?: [eE][-+]?+[0-9]++ )?+
    (?! [^\W\d_]*+[\d_]                                              # 3d5f, 0x1F; a unit is letters
      | [.,][0-9] | [:=@^\\] | -\w | \+[0-9] | /[\w.]*+/             # 1.2.3, 0,31, 12:30, 3-5, 1/2/24
      | \s?[*x×·]\s?[0-9] | \s?(?:->|=>|→) )                         # 1.5 x 10^-7, 0.4 -> 0.3
"""
_UNIT = r"(?:%|[mµμun]?s|sec|min|h|[kKMGT]?i?B|it/s)(?! [\w/-] | [^\S\n]*+[:=] )"
_STATEMENT = re.compile(
    rf"""
    (?<! [\w%@./?&$\\-] ) (?P<name> {_NAME} ) ["'`*]{{0,3}}+
    [^\S\n]*+ (?: :(?![:/]) | =(?![=>]) ) [^\S\n]*+
    ["'`*$€£¥]{{0,3}}+ [^\S\n]*+
    (?: (?P<number> {_NUMBER} | [-+]?+(?i:nan|inf(?:inity)?+)(?!\w) ) (?: \ ?{_UNIT} )?+
      | (?= (?P<words> [^\n]{{1,80}} ) ) )
    """,
    re.VERBOSE,
)
# `a.py:12` is a place in a file.
_FILE = re.compile(r"\.(?:c|cc|cpp|cu|go|h|java|js|json|md|py|rb|rs|sh|toml|ts|txt|ya?ml):\d")


@dataclass(frozen=True)
class Readings:
    """What was said last, by name.

    `numbers` are finite, for the record: those asked for, and of the others the first MOST_NAMES.
    `values` is every number, NaN and infinite too; `unreadable` the last line of a name where that is
    no number; `conflicts` two different values of a name.
    """

    numbers: Mapping[str, float]
    values: Mapping[str, float]
    unreadable: Mapping[str, str]
    conflicts: Mapping[str, tuple[float, float]]


INCOMPLETE = "eval_incomplete"  # what an evaluator may call its own crash


def crash(result: str | None) -> str:
    """Why an evaluator could not come to its end through no fault of the candidate, as its JSON result file
    says it (`{"crash": "eval_incomplete", "why": "…"}`); "" where it says no such thing."""
    try:
        found = json.loads(result or "null")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict) or found.get("crash") != INCOMPLETE:
        return ""
    return str(found.get("why") or "it does not say why")


def read(text: str, result: str | None = None, keep: Collection[str] = ()) -> Readings:
    """The numbers in a program's output, and in the JSON result file if it wrote one.

    Of each name the last line counts; a name in the result file outranks its lines. Numbers named in
    `keep` are stored however many there are. TrialFailed `unreadable` where the result file is no JSON.
    """
    written = {} if result is None else dict(_written(result))
    lines = (said for said in printed(text) if said[0] not in written)
    values: dict[str, float] = {}
    unreadable: dict[str, str] = {}
    conflicts: dict[str, tuple[float, float]] = {}
    for name, value in chain(written.items(), lines):
        if isinstance(value, str):
            unreadable[name] = value
            continue
        unreadable.pop(name, None)
        if values.setdefault(name, value) != value:
            conflicts[name] = (values[name], value)
            values[name] = value
    finite = {n: v for n, v in values.items() if math.isfinite(v) and n not in unreadable}
    asked = {n: finite[n] for n in (find(name, finite) for name in keep) if n is not None}
    return Readings(dict(islice(finite.items(), MOST_NAMES)) | asked, values, unreadable, conflicts)


def metric(readings: Readings, metric: Metric) -> float:
    """The metric's value. TrialFailed: no_metric, unreadable, not_finite or ambiguous."""
    name = find(metric.name, {**readings.values, **readings.unreadable})
    if name is None:
        raise TrialFailed("no_metric", _missing(metric.name, list(readings.numbers)))
    if name in readings.unreadable:
        line = "".join(c if c.isprintable() else "�" for c in readings.unreadable[name])
        raise TrialFailed("unreadable", f"no number in `{line}`; print `{metric.name}: NUMBER`")
    value = readings.values[name]
    if not math.isfinite(value):
        raise TrialFailed("not_finite", f"{name} is {value}; a metric is a finite number")
    if metric.once and name in readings.conflicts:
        one, other = readings.conflicts[name]
        raise TrialFailed("ambiguous", f"{name} was printed as {one!r} and as {other!r}; print it once")
    return value


def find(name: str, names: Collection[str]) -> str | None:
    """`name` as it is written in `names`: exactly, else the only one that differs by case alone."""
    if name in names:
        return name
    alike = [other for other in names if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def printed(text: str) -> Iterator[tuple[str, float | str]]:
    """Each statement in the output: its number, or the text from its name on where there is none."""
    text = ESCAPE.sub("", text.replace("\r", "\n"))
    text = _TABLE_ROW.sub(r"\1:\2", text)
    for match in _STATEMENT.finditer(text):
        name, number, words = match.groups()
        if len(name) > _LONGEST_NAME or _FILE.search(match[0]):
            continue
        yield name, f"{match[0]}{words}" if number is None else float(number.replace(",", ""))


def _written(result: str) -> Iterator[tuple[str, float | str]]:
    """Each leaf of the JSON object, by its dotted name: its number, or what stands there instead."""
    try:
        document = json.loads(result, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise TrialFailed("unreadable", f"the result file is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise TrialFailed("unreadable", 'the result file is no JSON object: write {"NAME": NUMBER}')
    leaves = list(document.items())
    for name, value in leaves:  # grows as objects are opened
        if len(name) > _LONGEST_NAME or not name.isprintable():
            continue
        if isinstance(value, dict):
            leaves.extend((f"{name}.{key}", inner) for key, inner in value.items())
        elif isinstance(value, float):
            yield name, value
        else:
            shown = "a list" if isinstance(value, list) else json.dumps(value)[:80]
            yield name, f"{name}: {shown} (in the result file)"


def _missing(name: str, found: list[str]) -> str:
    if not found:
        return f"no line `{name}: NUMBER` in the output, nor any other number with a name"
    near = get_close_matches(name, found, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    return f"no line `{name}: NUMBER` in the output; found: {', '.join(found[:10])}{more}{hint}"
