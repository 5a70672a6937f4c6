"""A picture of the search: every trial a point, what was kept named, the best so far as a line.

The SVG stands alone. It is of what was kept: a value far from that is an arrowhead at the edge, and can't
flatten the rest. Crashes have no value, and a line of their own below the axis.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from autoresearch.adapters.pages import render
from autoresearch.core.figures import value
from autoresearch.core.model import Metric, Trial
from autoresearch.core.text import one_line
from autoresearch.core.units import format_number

WIDTH, HEIGHT = 960, 432
LEFT, RIGHT, TOP, BOTTOM = 92, 934, 64, 350  # of the plot
AXIS, CRASHES, TICKS = BOTTOM + 10, BOTTOM + 25, BOTTOM + 55  # heights below it
MOST = 400  # trials that are drawn with their idea, kept ones and others off the scale; of more, the newest
CHARACTER, LINE = 9.0, 16.0  # of a label, generously


@dataclass(frozen=True)
class Range:
    """What an axis spans, `low` to `high`, drawn from `begin` to `end`; values beyond stand at its ends."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, number: float) -> float:
        """Where a value stands. Halves, as the difference of two numbers may be beyond all numbers."""
        span = self.high / 2 - self.low / 2
        share = (max(self.low, min(self.high, number)) / 2 - self.low / 2) / span if span else 0.5
        return round(self.begin + share * (self.end - self.begin), 1)

    def beyond(self, trial: Trial) -> bool:
        """Is its value off the scale?"""
        return trial.metric is not None and not self.low <= trial.metric <= self.high

    def ticks(self, most: int, *, whole: bool = False) -> list[tuple[float, str]]:
        """Round values within it, and where they stand."""
        step = self.high / most - self.low / most
        if not math.isfinite(step) or step < 1e-300:
            return [(self.at(self.low), format_number(self.low))]
        power = 10.0 ** math.floor(math.log10(step))
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= step * 0.999)
        step = max(1.0, step) if whole else step
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(self.at(n * step), format_number(float(f"{n * step:.12g}"))) for n in range(first, last + 1)]


@dataclass(frozen=True)
class Point:
    """A trial in the picture; `label` is drawn beside it, `title` is read when it is pointed at. `shape` is a
    path where it is no circle."""

    x: float
    y: float
    title: str
    label: str = ""
    shape: str = ""


def picture(trials: Sequence[Trial], metric: Metric) -> str:
    """The SVG."""
    first, last = (trials[0].number, trials[-1].number) if trials else (0, 0)
    across = Range(first, max(last, first + 1), LEFT + 14, RIGHT - 14)
    *earlier, since = _questions(trials)
    up = _range(since, metric)
    measured = [trial for trial in since if trial.metric is not None]
    kept = [trial for trial in measured if trial.status == "keep"]
    named, beyond = kept[-MOST:], [trial for trial in measured if up.beyond(trial)]
    numbers = {trial.number for trial in (*named, *beyond)}
    size = 5.0 if len(named) <= 60 else 3.5
    return render(
        "progress.svg.j2",
        width=WIDTH, height=HEIGHT, left=LEFT, right=RIGHT, top=TOP, axis=AXIS, lane=CRASHES, ticks=TICKS,
        title=_words(f"{metric.name}{f' ({metric.unit})' if metric.unit else ''}", 80),
        direction=f"{metric.direction} is better", size=size, drop=_drop(metric),
        kept=_labelled([_point(trial, across, up, metric) for trial in named], metric),
        other=_dots(_places([trial for trial in measured if trial.number not in numbers], across, up)),
        beyond=[_arrow(_point(trial, across, up, metric)) for trial in beyond[-MOST:]],
        older="".join(dict.fromkeys(_arrow(_point(t, across, up, metric)).shape for t in beyond[:-MOST])),
        earlier=_dots(place for part in earlier for place in _places(part, across, _range(part, metric))),
        crashed=_dots((across.at(trial.number), CRASHES) for trial in trials if trial.status == "crash"),
        best=_steps(kept, across, up),
        changes=[across.at(part[0].number) for part in (*earlier[1:], since)] if earlier else [],
        up=up.ticks(5) if measured else [],
        across=[tick for tick in across.ticks(8, whole=True) if tick[0] <= across.at(last)],
    )  # fmt: skip


def _questions(trials: Sequence[Trial]) -> list[Sequence[Trial]]:
    """The trials of each question, the current one last."""
    begin = [place for place, trial in enumerate(trials) if trial.reason == "baseline" and place]
    ends = [0, *begin, len(trials)]
    return [trials[low:high] for low, high in pairwise(ends)]


def _places(trials: Sequence[Trial], across: Range, up: Range) -> Iterator[tuple[float, float]]:
    return ((across.at(t.number), up.at(t.metric)) for t in trials if t.metric is not None)


def _range(since: Sequence[Trial], metric: Metric) -> Range:
    every = [trial.metric for trial in since if trial.metric is not None] or [0.0]
    kept = [t.metric for t in since if t.metric is not None and t.status == "keep"] or every
    room = (max(kept) - min(kept)) or (max(every) - min(every))
    low, high = max(min(every), min(kept) - room), min(max(every), max(kept) + room)
    edge = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    wide = (low - edge, high + edge)
    low, high = wide if all(map(math.isfinite, wide)) else (low, high)
    return Range(low, high, BOTTOM, TOP)


def _point(trial: Trial, across: Range, up: Range, metric: Metric) -> Point:
    what = "baseline" if trial.reason == "baseline" else trial.description
    title = f"trial {trial.number}: {value(trial.metric, metric)}: {what}"
    return Point(across.at(trial.number), up.at(trial.metric or 0.0), _words(title, 200), f"#{trial.number}")


def _arrow(point: Point) -> Point:
    """An arrowhead at the edge where it stands, pointing out."""
    length = 8 if point.y > (TOP + BOTTOM) / 2 else -8
    return replace(point, shape=f"M{round(point.x) - 5} {point.y - length:g}h10l-5 {length}z")


def _labelled(points: Sequence[Point], metric: Metric) -> Sequence[Point]:
    """With labels that don't meet: the newest first, then the first one, then the others from the end. They
    stand on the side to which the line goes, where nothing else is."""
    down = _drop(metric)
    placed: list[tuple[float, float, float]] = []
    shown: set[int] = set()
    for place in dict.fromkeys([len(points) - 1, 0, *range(len(points) - 2, 0, -1)]) if points else ():
        x, y = points[place].x, points[place].y + down
        half = CHARACTER * len(points[place].label) / 2
        inside = x - half >= LEFT and x + half <= WIDTH
        if inside and all(abs(x - a) > half + b + 6 or abs(y - c) > LINE for a, b, c in placed):
            placed.append((x, half, y))
            shown.add(place)
    return [replace(p, label=p.label if place in shown else "") for place, p in enumerate(points)]


def _drop(metric: Metric) -> float:
    """How far below a point its label stands."""
    return LINE + 4 if metric.direction == "lower" else -10.0


def _steps(kept: Sequence[Trial], across: Range, up: Range) -> str:
    """The best so far, to the right end."""
    path = ""
    for trial in kept:
        x, y = across.at(trial.number), up.at(trial.metric or 0.0)
        path += f"H{x:g}V{y:g}" if path else f"M{x:g} {y:g}"
    return f"{path}H{RIGHT - 14}" if path else ""


def _dots(points: Iterator[tuple[float, float]]) -> str:
    """Many points as one path; those that would cover one another once."""
    return "".join(f"M{x:g} {y:g}h0" for x, y in dict.fromkeys((round(x), round(y)) for x, y in points))


def _words(text: str, most: int) -> str:
    """What XML can hold."""
    return one_line(text, most).translate({0xFFFE: None, 0xFFFF: None})
