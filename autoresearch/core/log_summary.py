"""The log of an evaluation in at most 3,000 characters, without a model.

What went wrong, numbers, GPU memory, what repeats, how it began and ended. The same log gives the same
summary, and a short one is its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from autoresearch.core.log_lines import Fold, Lines, folded, shortened
from autoresearch.core.log_troubles import Troubles, find
from autoresearch.core.readings import printed
from autoresearch.core.units import format_number

LONGEST = 3_000  # characters
SHORT = 20  # lines that are given as they are
ERRORS, WARNINGS, NUMBERS, FREQUENT = 1_300, 350, 500, 250  # characters for each part
WHOLE = 1_800  # characters of a log that is shown whole
NAMES = 15  # numbers that are told
OFTEN = 10  # times that a line stands there before it is called frequent
_PARSED = 2_000  # kinds of lines that are searched for numbers: the first ones and the last ones
_GPU = re.compile(r"gpu|cuda|vram|mib\b.{0,5}/")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s?([KMGT])i?B(?![a-z])")
_NOT_USED = re.compile(r"total|capacity|tried|free\b|limit|request|(?<!\w)of\s*$|/\s*$|avail", re.IGNORECASE)
_NOT_USED_EITHER = re.compile(r"(?:\s(?:is|of|gpu|memory|ram))*\s*(?:free|total|avail)", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;,|] ?")
_NAMED = re.compile(
    r"((?:gpu|cuda|vram)[\w ]{0,40}?[_ (](bytes|[kmgt]i?b)\)?)\s?[:=]\s?([0-9]+(?:\.[0-9]+)?)", re.IGNORECASE
)
_LEFT_OUT = " left out …]"
_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def summarize(log: str, numbers: Mapping[str, float] | None = None) -> str:
    """The summary of a log; `numbers` are those that were read out of it, or out of a file beside it."""
    lines = Lines.of(log)
    plain = "\n".join(map(shortened, lines.text)).strip("\n") if len(lines) <= SHORT else ""
    if len(lines) <= SHORT and len(plain) <= LONGEST:
        return plain
    told, values = folded(lines), [_numbers(lines, numbers or {}), _gpu(lines)]
    whole = _ends(told, lines, WHOLE)
    # What is shown whole, in its order, needs no list of what stands in it.
    listed = [] if _LEFT_OUT not in whole else [*_errors(find(lines)), *values, _frequent(lines, told)]
    above = "\n\n".join(part for part in listed or values if part)
    log = _ends(told, lines, LONGEST - len(above) - 60) if listed else whole
    return f"{above}\n\n{log}".strip()[:LONGEST]


def _errors(found: Troubles) -> list[str]:
    """What went wrong. The first error and the last say most; then come those between."""
    errors, shown, room = found.errors, dict[int, list[str]](), ERRORS
    order = dict.fromkeys([len(errors) - 1, 0, *range(len(errors) - 2, 0, -1)]) if errors else {}
    for place in order:
        text = errors[place].told(max(ERRORS // 2, ERRORS - 400 * (len(errors) - 1)))
        size = sum(map(len, text)) + len(text)
        if size > room:
            continue
        shown[place], room = text, room - size
        if room < 100:
            break
    lines = [line for _, text in sorted(shown.items()) for line in text]
    left = len(errors) - len(shown)
    more = [f"[… {left:,} other kinds of errors left out …]"] if left else []
    title = f"# Errors ({found.count:,})" if errors else ""
    return ["\n".join([title, *lines, *more]) if errors else "", _warnings(found.warnings)]


def _warnings(found: Sequence[tuple[str, int]]) -> str:
    if not found:
        return ""
    lines = [f"[×{times:,}] {line}" if times > 1 else line for line, times in found]
    return _listed(f"# Warnings ({sum(times for _, times in found):,})", lines, WARNINGS)


def _numbers(lines: Lines, numbers: Mapping[str, float]) -> str:
    """Those that were read, then the last of each name that the log prints, with the first where there are
    more."""
    seen = _seen(lines)
    told = [_told(name, value, seen.pop(name, None)) for name, value in numbers.items()]
    told += [_told(name, found[1], found) for name, found in seen.items()]
    more = [f"[… and {len(told) - NAMES:,} more]"] if len(told) > NAMES else []
    return _listed("# Numbers, the last of each name", [*told[:NAMES], *more], NUMBERS) if told else ""


def _told(name: str, value: float, seen: tuple[float, float, int] | None) -> str:
    if seen is None or seen[2] == 1:
        return f"{shortened(name)}: {format_number(value)}"
    first = "" if seen[0] == value else f"first {format_number(seen[0])}, "
    return f"{shortened(name)}: {format_number(value)} ({first}×{seen[2]:,})"


def _seen(lines: Lines) -> dict[str, tuple[float, float, int]]:
    """Of each name: its first number, its last, how many there are. Lines of one shape have the same names,
    so the first and the last of them say it all."""
    ends: dict[str, tuple[int, int]] = {}
    for place, shape in enumerate(lines.shapes):
        ends[shape] = (ends[shape][0] if shape in ends else place, place)
    times = Counter(lines.shapes)
    # Never what a command line says: `LR=0.1 train` printed no LR.
    kinds = [shape for shape in ends if "#" in shape and (":" in shape or "=" in shape) and shape[0] != "$"]
    if len(kinds) > _PARSED:
        kinds = kinds[: _PARSED // 2] + kinds[-_PARSED // 2 :]
    found: dict[str, list[tuple[int, float, int]]] = {}
    for shape in kinds:
        for place, count in {ends[shape][0]: 1, ends[shape][1]: times[shape] - 1}.items():
            for name, value in printed(lines.text[place][:1000]):
                if isinstance(value, float):
                    found.setdefault(name, []).append((place, value, max(count, 1)))
    return {
        name: (min(there)[1], max(there)[1], sum(count for _, _, count in there))
        for name, there in found.items()
    }


def _gpu(lines: Lines) -> str:
    """The highest amount of GPU memory that the log says was used."""
    kinds = {shape for shape in dict.fromkeys(lines.shapes) if _GPU.search(shape)}
    told = [line for line, shape in zip(lines.text, lines.shapes, strict=True) if shape in kinds]
    ends = told[:_PARSED] + told[-_PARSED:]
    most = max((amount for line in ends for amount in _amounts(line[:1000])), default=0.0)
    return f"# GPU memory\nat most {format_number(round(most / 1024**3, 2))} GiB was used" if most else ""


def _amounts(line: str) -> Iterable[float]:
    """Bytes that a line says are used: `10.2 GiB allocated`, `12034MiB / 24576MiB`, `peak_vram_mb: 10240`."""
    for named in _NAMED.finditer(line):
        before = line[max(0, named.start() - 16) : named.start()]
        if not _NOT_USED.search(_SENTENCE.split(before)[-1] + named[1]):
            yield float(named[3]) * 1024 ** _POWERS[named[2][0].lower()]
    end = 0
    for found in _AMOUNT.finditer(line):
        before, after = line[end : found.start()], line[found.end() : found.end() + 24]
        end = found.end()
        if not _NOT_USED.search(_SENTENCE.split(before)[-1]) and not _NOT_USED_EITHER.match(after):
            yield float(found[1]) * 1024 ** _POWERS[found[2].lower()]


def _frequent(lines: Lines, told: Sequence[Fold]) -> str:
    """Lines that stand there often, but not one after the other."""
    last = {shape: place for place, shape in enumerate(lines.shapes)}
    folds = Counter(line for fold in told if fold.times == 1 for line in fold.lines)
    often = [(shape, n) for shape, n in Counter(lines.shapes).most_common(5) if n >= OFTEN and shape.strip()]
    shown = [f"[×{n:,}] {shortened(lines.text[last[s]])}" for s, n in often if lines.text[last[s]] in folds]
    return _listed("# Frequent lines", shown, FREQUENT) if shown else ""


def _ends(told: Sequence[Fold], lines: Lines, room: int) -> str:
    """The folded log, its middle left out where it is too long."""
    head: list[str] = []
    tail: list[str] = []
    first, last, size = 0, len(told), 0
    while first < last:
        # The end says more than the beginning: two of three lines are of it.
        at_end = len(tail) <= 2 * len(head)
        fold = told[last - 1] if at_end else told[first]
        shown = fold.told()
        size += sum(map(len, shown)) + len(shown)
        if size > room:
            break
        if at_end:
            tail, last = [*shown, *tail], last - 1
        else:
            head, first = [*head, *shown], first + 1
    left_out = lines.left_out + sum(fold.stands_for for fold in told[first:last])
    marker = [f"[… {left_out:,} lines{_LEFT_OUT}"] if left_out else []
    return "\n".join([f"# The log, {len(lines) + lines.left_out:,} lines", *head, *marker, *tail])


def _listed(title: str, lines: Sequence[str], most: int) -> str:
    """As many lines as fit, and how many more there are."""
    shown: list[str] = []
    for line in lines:
        if sum(map(len, shown)) + len(shown) + len(line) > most:
            return "\n".join([title, *shown, f"[… {len(lines) - len(shown):,} more …]"])
        shown.append(line)
    return "\n".join([title, *shown])
