"""The index of call logs: lists, filters and statistics without reading the logs again. Each call is one
entry, whatever its retries; its whole record is read from its file when it is asked for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from autoresearch.calls.reading import parsed
from autoresearch.calls.statistics import SUMMED, Stats, Step, Totals, gathered
from autoresearch.calls.store import Store
from autoresearch.core.errors import AutoresearchError

SORTS = ("time", "stage", "trial", "duration")
_ORDERS = {
    "time": ("started",),
    "stage": ("stage", "started"),
    "trial": ("experiment", "trial", "started"),
    "duration": ("seconds", "started"),
}
_LAST = dict.fromkeys(("trial", "seconds"), " NULLS LAST")
_BLOCK = 500  # entries that are read at once where all are wanted
# Some trials, in their order; and their calls.
_CHOSEN = """WITH chosen AS (SELECT DISTINCT experiment AS name, trial AS nth FROM calls{where}
ORDER BY experiment {way}, trial {way} NULLS LAST LIMIT ? OFFSET ?)"""
_OF_TRIALS = """FROM chosen JOIN calls ON experiment = name AND trial IS nth{where}
GROUP BY experiment, trial"""
_IN_ORDER = "ORDER BY experiment {way}, trial {way} NULLS LAST, MIN(started)"
_STEP = """experiment, trial, stage, json_group_array(DISTINCT model), COUNT(*), MIN(started), MAX(started),
SUM(seconds), SUM(status = 'ok'), SUM(status = 'error'), SUM(status = 'interrupted')"""


@dataclass(frozen=True)
class Filter:
    """Which calls are meant; None: any."""

    stage: str | None = None
    trial: int | None = None
    experiment: str | None = None
    model: str | None = None
    status: str | None = None

    def told(self) -> str:
        """As people write it: `stage propose, trial 3`; "" where it leaves out nothing."""
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items() if value is not None)


class At(NamedTuple):
    """Where a record stands."""

    file: Path
    offset: int
    length: int


@dataclass(frozen=True)
class Entry:
    """What a list shows of a call. Tokens and cost are of all its attempts; `cost_whole`: no price is missing
    in it; `number` counts the entries as they came into the index."""

    id: str
    started: str
    experiment: str
    trial: int | None
    stage: str
    model: str | None
    status: str
    seconds: float | None
    cost_usd: float | None
    cost_whole: bool
    input_tokens: int | None
    output_tokens: int | None
    tokens: int | None
    attempts: int
    error: str | None
    number: int
    at: At

    def as_json(self) -> dict[str, Any]:
        """With its own types, without its place."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:-2]}


_NAMES = [field.name for field in fields(Entry)][:-1]
_SELECT = f"SELECT {', '.join(_NAMES)}, path, at, length FROM calls JOIN files USING (file)"


class Index:
    """The calls in some files; a context manager."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = 0

    @classmethod
    def open(cls, folder: Path, files: Sequence[Path]) -> Self:
        """The index of these logs of `folder`, brought up to date. A file need not be there yet."""
        index = cls(Store(folder, files))
        index.refresh()
        return index

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._store.close()

    @property
    def damaged(self) -> int:
        """Lines that are no calls, which were passed over."""
        return int(self._store.rows("SELECT COALESCE(SUM(damaged), 0) FROM files")[0][0])

    @property
    def newest(self) -> int:
        """The highest `Entry.number`; 0 where there is no call."""
        return int(self._store.rows("SELECT COALESCE(MAX(number), 0) FROM calls")[0][0])

    def refresh(self, files: Sequence[Path] | None = None) -> int:
        """Read what has been logged since, also in `files` that are new; how many calls that is."""
        if files is not None:
            self._store.files = list(files)
        self._store.refresh()
        before, self._seen = self._seen, self.count(Filter())
        return max(0, self._seen - before)

    def count(self, where: Filter) -> int:
        """How many calls it leaves."""
        condition, values = _condition(where)
        return int(self._store.rows(f"SELECT COUNT(*) FROM calls{condition}", values)[0][0])

    def page(
        self, where: Filter, sort: str = "time", *, descending: bool = False, start: int = 0, most: int = 50
    ) -> list[Entry]:
        """Some of the calls that it leaves, in this order. What has no value there comes last."""
        numbers = self._numbers(where, sort, descending=descending, limits=(most, start))
        return [
            entry
            for at in range(0, len(numbers), _BLOCK)
            for entry in self._entries(numbers[at : at + _BLOCK])
        ]

    def all(self, where: Filter, sort: str = "time", *, descending: bool = False) -> Iterator[Entry]:
        """Every call that it leaves now, in this order."""
        numbers = self._numbers(where, sort, descending=descending)
        for start in range(0, len(numbers), _BLOCK):
            yield from self._entries(numbers[start : start + _BLOCK])

    def since(self, number: int, where: Filter) -> list[Entry]:
        """The calls that came into the index after this `Entry.number`, in the order in which they came."""
        condition, values = _condition(where)
        condition += f" {'AND' if condition else 'WHERE'} number > ? ORDER BY number"
        return [_entry(row) for row in self._store.rows(f"{_SELECT}{condition}", [*values, number])]

    def values(self, column: str) -> list[tuple[Any, int]]:
        """What there is of `stage`, `trial`, `experiment`, `model` or `status`, and how often."""
        if column not in {field.name for field in fields(Filter)}:
            raise ValueError(column)
        query = f"SELECT {column}, COUNT(*) FROM calls GROUP BY {column} ORDER BY {column} NULLS LAST"
        return [(value, count) for value, count in self._store.rows(query)]

    def call(self, entry: Entry) -> dict[str, Any]:
        """The whole record, read from its file. Raises AutoresearchError where it isn't there any more."""
        call = parsed(self.line(entry))
        if call is None or call["id"] != entry.id:
            raise AutoresearchError(f"{entry.at.file} was changed meanwhile", "do it again")
        return call

    def line(self, entry: Entry) -> bytes:
        """The record as it stands in its file, with the end of its line."""
        with entry.at.file.open("rb") as log:
            log.seek(entry.at.offset)
            return log.read(entry.at.length)

    def find(self, name: str) -> Entry | None:
        """The call with this id, or the only one whose id begins so."""
        found = self.beginning(name, 2)
        exact = len(found) == 1 or (found and found[0].id == name)
        return found[0] if exact else None

    def beginning(self, name: str, most: int = 10) -> list[Entry]:
        """The calls whose ids begin so, in the order of their ids."""
        query = f"{_SELECT} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [_entry(row) for row in self._store.rows(query, [name, f"{name}\U0010ffff", most])]

    def stats(self, where: Filter, trials: int = 50) -> Stats:
        """Counts, tokens, cost and durations: of all, by stage, by model, and of the last `trials`."""
        condition, values = _condition(where)
        query = f"SELECT stage, model, {SUMMED} FROM calls{condition} GROUP BY stage, model"
        stages, models, total = gathered(2, self._store.rows(query, values))
        query = f"SELECT COUNT(*) FROM (SELECT DISTINCT experiment, trial FROM calls{condition})"
        count = int(self._store.rows(query, values)[0][0])
        query = f"{_CHOSEN} SELECT experiment, trial, {SUMMED} {_OF_TRIALS}"
        rows = self._store.rows(query.format(where=condition, way="DESC"), [*values, trials, 0, *values])
        by_trial, _ = gathered(1, [((name, trial), *sums) for name, trial, *sums in rows])
        return Stats(total.get(None, Totals()), stages, models, by_trial, count)

    def timeline(
        self, where: Filter, *, descending: bool = False, start: int = 0, most: int | None = None
    ) -> list[Step]:
        """A row for each stage of each trial, in order; `start` and `most` are trials."""
        condition, values = _condition(where)
        way = "DESC" if descending else "ASC"
        query = f"{_CHOSEN} SELECT {_STEP} {_OF_TRIALS}, stage {_IN_ORDER}"
        query = query.format(where=condition, way=way)
        limits = (-1 if most is None else most, start)
        return [_step(*row) for row in self._store.rows(query, [*values, *limits, *values])]

    def _numbers(
        self, where: Filter, sort: str, *, descending: bool, limits: tuple[int, int] = (-1, 0)
    ) -> list[int]:
        condition, values = _condition(where)
        way = "DESC" if descending else "ASC"
        order = [f"{name} {way}{_LAST.get(name, '')}" for name in (*_ORDERS[sort], "number")]
        # With a plus SQLite sorts what the filter leaves; else it walks all calls in order to find them.
        by = ", ".join(f"{'+' if condition else ''}{each}" for each in order)
        query = f"SELECT number FROM calls{condition} ORDER BY {by} LIMIT ? OFFSET ?"
        return [number for (number,) in self._store.rows(query, [*values, *limits])]

    def _entries(self, numbers: Sequence[int]) -> list[Entry]:
        """These entries, in this order; those that are gone are left out."""
        marks = ", ".join("?" * len(numbers))
        rows = self._store.rows(f"{_SELECT} WHERE number IN ({marks})", numbers)
        found = {entry.number: entry for entry in map(_entry, rows)}
        return [found[number] for number in numbers if number in found]


def _condition(where: Filter) -> tuple[str, list[object]]:
    """What comes after FROM, and the values in it."""
    given = {name: value for name, value in asdict(where).items() if value is not None}
    condition = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {condition}" if given else ""), list(given.values())


def _entry(row: Sequence[Any]) -> Entry:
    *facts, path, offset, length = row
    known = dict(zip(_NAMES, facts, strict=True))
    at = At(Path(path.decode(errors="surrogateescape")), offset, length)
    return Entry(**{**known, "cost_whole": bool(known["cost_whole"])}, at=at)


def _step(experiment: str, trial: int | None, stage: str, models: str, *sums: Any) -> Step:
    return Step(experiment, trial, stage, tuple(filter(None, json.loads(models))), *sums)
