"""Reads the record chain of an experiment; where it is damaged, says what is whole and how to go on.

The usual way reads what every command needs, and nothing more. Only where that fails is each object looked
at (`survey`), and the store searched for records that the chain no longer leads to.
"""

import gc
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from autoresearch.adapters import objects
from autoresearch.adapters.git import Repository, chain_ref
from autoresearch.core.errors import ExperimentError, RepositoryError
from autoresearch.core.model import Trial

FORMAT = 1
NOTE = "note: "  # how the subject of a record begins that is no trial


@dataclass(frozen=True)
class Chain:
    """What the records say. `records` are commit ids, the opening one first, notes among them; `of_trials`
    are the opening and those of trials: trial N stands in `of_trials[N + 1]`. `base` is the commit that the
    experiment starts from."""

    base: str
    records: list[str]
    of_trials: list[str]
    trials: list[Trial]


@dataclass(frozen=True)
class Damage:
    """What is wrong with a chain whose ref holds `tip` (None: nothing that can be read). `whole` is as much
    of it as is sound; `flaw` is an object that is missing or damaged in the record after that."""

    name: str
    tip: str | None
    whole: Chain | None
    record: str | None
    flaw: str | None

    @property
    def good(self) -> str:
        """What is whole, in words."""
        count = len(self.whole.trials) if self.whole else 0
        if count > 1:
            return f"trials 0 to {count - 1} are whole"
        return "trial 0 is whole" if count else "no trial of it is whole"

    @property
    def wrong(self) -> str:
        """What is not, in words."""
        ref = chain_ref(self.name)
        if self.tip is None:
            lost = f"{self.name} has no records in git ({ref} is missing, or can't be read)"
            return f"{lost}; but {self.good} in its store" if self.whole else lost
        after = f"the record of trial {len(self.whole.trials)}" if self.whole else "its opening record"
        which = f" ({self.record[:10]})" if self.record else ""
        flaw = f": object {self.flaw[:10]} is missing or damaged" if self.flaw else ""
        return f"{self.name}: {self.good}; {after}{which} is damaged{flaw}"

    @property
    def mend(self) -> str:
        """How to go on."""
        ref = chain_ref(self.name)
        fetch = f"fetch it again from a clone (git fetch --refetch REMOTE +{ref}:{ref})"
        if self.tip is None:
            fetch = f"fetch them from where it was made: git fetch origin {ref}:{ref}"
        if self.whole:
            return f"{fetch}, or go on from what is whole: autoresearch doctor --repair"
        return fetch if self.tip is None else f"{fetch}; without one, begin it anew under another name"

    def error(self) -> ExperimentError:
        """The same as an error."""
        return ExperimentError(self.wrong, self.mend)


class _Unreadable(ExperimentError):
    """The record at `index` is not what a record must be."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__(f"record {index} of {name} is damaged")
        self.index = index


def load(repository: Repository, name: str) -> Chain:
    """The whole chain. Raises ExperimentError where there is none, or it is damaged."""
    tip = repository.resolve(chain_ref(name))
    try:
        if tip is None:
            raise _Unreadable(name, 0)
        return _read(repository, name, tip)
    except (RepositoryError, _Unreadable):
        damage = survey(repository, name)
        if damage is None:
            raise
        raise damage.error() from None


def survey(repository: Repository, name: str) -> Damage | None:
    """Look at every object of a chain; None where all of it is whole."""
    tip = objects.stored(repository, chain_ref(name))
    records = _walked(repository, tip) if tip else None
    known = records if records is not None else _in_the_store(repository, name)
    count, flaw = _sound(repository, known)
    whole = _prefix(repository, name, known[:count])
    if records is not None and whole is not None and whole.records == records:
        return None
    after = len(whole.records) if whole else 0
    record = known[after] if after < len(known) else None
    if tip and flaw is None and records is None:
        flaw = objects.flaw(repository, tip, known[-1:])
    return Damage(name, tip, whole, record, flaw)


def _walked(repository: Repository, tip: str) -> list[str] | None:
    """The records, oldest first; None where one of them can't be read."""
    try:
        return [record for record, *_ in objects.history(repository, tip)]
    except RepositoryError:
        return None


def _in_the_store(repository: Repository, name: str) -> list[str]:
    """The records that lead from the experiment's opening to the newest one that the store still has."""
    commits = objects.commits(repository)
    openings = [o for o, c in commits.items() if not c.parents and c.subject == f"experiment {name}"]
    if not openings:
        return []
    after = defaultdict(list)
    for oid, commit in commits.items():
        if commit.parents and commit.subject.startswith(("trial ", NOTE)):
            after[commit.parents[0]].append(oid)
    paths = [[max(openings, key=lambda oid: commits[oid].when)]]  # the name may have been used before
    ends = []
    while paths:
        path = paths.pop()
        while len(following := after[path[-1]]) == 1:
            path.append(following[0])
        paths += [[*path, oid] for oid in following]
        ends += [] if following else [path]
    return max(ends, key=lambda path: (commits[path[-1]].when, len(path)))


def _sound(repository: Repository, records: Sequence[str]) -> tuple[int, str | None]:
    """How many records, from the first, are whole with all that they reach; and what is wrong in the next."""
    if not records:
        return 0, None
    base = _base(repository, records[0])
    if base is None:
        return 0, objects.flaw(repository, records[0])
    if _unread(repository, f"{base}^{{tree}}"):
        return 0, base
    if objects.flaw(repository, records[-1], [base]) is None:
        return len(records), None
    numbers = range(len(records))
    first = bisect_left(numbers, True, key=lambda n: objects.flaw(repository, records[n], [base]) is not None)
    return first, objects.flaw(repository, records[first], [base, *records[first - 1 : first]])


def _base(repository: Repository, opening: str) -> str | None:
    """The commit that the opening record names, None where it can't be read."""
    try:
        about = json.loads(repository.contents([f"{opening}:experiment.json"])[0] or b"{}")
    except (RepositoryError, ValueError):
        return None
    return about.get("base") if isinstance(about, dict) else None


def _unread(repository: Repository, name: str) -> bool:
    try:
        return repository.contents([name]) == [None]
    except RepositoryError:
        return True


def _prefix(repository: Repository, name: str, records: Sequence[str]) -> Chain | None:
    """As many of the records, whose objects are whole, as also say what a record must say."""
    while records:
        try:
            return _read(repository, name, records[-1])
        except _Unreadable as bad:
            records = records[: bad.index]
    return None


def _read(repository: Repository, name: str, tip: str) -> Chain:
    """The chain that ends at `tip`, as every command reads it."""
    opening, *history = objects.history(repository, tip)
    wanted = [f"{opening[0]}:experiment.json"]
    for record, _before, *candidate in history:
        trees = [f"{oid}^{{tree}}" for oid in candidate]
        wanted += [f"{record}:trial.json", *(trees or [f"{record}:note.json"])]
    found = repository.stream(wanted)
    about = _mapping(next(found, None))
    if about is None or "base" not in about:
        raise _Unreadable(name, 0)
    if about.get("format") != FORMAT:
        raise ExperimentError(f"{name} was written by a newer autoresearch", "update this one")
    chain = Chain(str(about["base"]), [opening[0]], [opening[0]], [])
    with _nothing_collected():
        for record, _before, *candidate in history:
            content, beside = next(found, None), [next(found, None) for _ in candidate or [""]]
            if content is not None or candidate or beside == [None]:  # else it is a note
                trial = _trial(content)
                if trial is None or trial.number != len(chain.trials) or (candidate and None in beside):
                    raise _Unreadable(name, len(chain.records))
                if candidate != ([trial.commit] if trial.commit else []):
                    raise _Unreadable(name, len(chain.records))
                chain.trials.append(trial)
                chain.of_trials.append(record)
            chain.records.append(record)
    return chain


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Python looks for garbage again and again while much is made; here all of it stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _mapping(content: bytes | None) -> dict[str, Any] | None:
    try:
        value = json.loads(content) if content is not None else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _trial(content: bytes | None) -> Trial | None:
    row = _mapping(content)
    try:
        return Trial.from_json(row) if row is not None else None
    except (KeyError, TypeError):
        return None
