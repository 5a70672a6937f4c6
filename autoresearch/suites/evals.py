"""An eval: one execution of a suite, by name. What was asked for, as it was then; all else is derived.

Numbers of samples never change: what is added later (more samples, cases, models) comes behind.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.adapters.settings_snapshot import as_json, from_json
from autoresearch.adapters.settings_values import did_you_mean, nearest
from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Case, Parameters, Sample, Suite
from autoresearch.suites.store import now


@dataclass(frozen=True)
class Asked:
    """A model that was asked: how many samples of each case, with what."""

    model: Model
    samples: int
    parameters: Parameters


@dataclass(frozen=True)
class Eval:
    """`samples` by number, but those that are `gone`; `draw` counts how often all was to be measured again
    (`--fresh`); `arguments` are those of `-p`; `offset` is the first index of a sample (each look of an
    experiment has its own)."""

    name: str
    suite: Suite
    asked: Sequence[Asked] = ()
    samples: Sequence[Sample] = ()
    gone: Sequence[int] = ()
    draw: int = 0
    offset: int = 0
    arguments: Mapping[str, str] = field(default_factory=dict)
    started: str = ""

    def case(self, identity: str) -> Case | None:
        """The case of that id; None where the suite has it no more."""
        return self._cases.get(identity)

    @cached_property
    def _cases(self) -> dict[str, Case]:
        return {case.id: case for case in self.suite.cases}

    def current(self) -> list[int]:
        """The numbers of the samples that are asked for now."""
        gone = set(self.gone)
        most = {each.model.name: each.samples for each in self.asked}
        return [
            number
            for number, sample in enumerate(self.samples)
            if number not in gone and sample.case in self._cases and sample.index < most.get(sample.model, 0)
        ]

    def of_model(self, name: str) -> Asked:
        """How a model was asked."""
        return next(each for each in self.asked if each.model.name == name)


@dataclass(frozen=True)
class Change:
    """How a suite differs from what an eval had before: ids of cases."""

    new: Sequence[str] = ()
    changed: Sequence[str] = ()
    gone: Sequence[str] = ()


def extended(old: Eval | None, suite: Suite, name: str, asked: Sequence[Asked]) -> Eval:
    """The eval with what is asked for now beside what was before: a model is never asked for fewer
    samples."""
    before = old or Eval(name, suite, started=now())
    models = {each.model.name: each for each in before.asked}
    for each in asked:
        known = models.get(each.model.name)
        models[each.model.name] = replace(each, samples=max(each.samples, known.samples if known else 0))
    there = set(before.samples)
    wanted = [
        Sample(case.id, each.model.name, index)
        for case in suite.cases
        for each in models.values()
        for index in range(each.samples)
    ]
    samples = (*before.samples, *(sample for sample in wanted if sample not in there))
    return replace(before, suite=suite, asked=tuple(models.values()), samples=samples)


def changes(old: Eval, suite: Suite) -> Change:
    """What differs between the cases that an eval had and those of the suite now."""
    if as_json(old.suite) == as_json(suite):
        return Change()
    before, after = (
        {case.id: as_json(replace(case, line=None, completions=())) for case in each.cases}
        for each in (old.suite, suite)
    )
    return Change(
        [name for name in after if name not in before],
        [name for name in after if name in before and after[name] != before[name]],
        [name for name in before if name not in after],
    )


def path(folder: Path, name: str) -> Path:
    """Where an eval is written, in the folder of a place."""
    return folder / "evals" / f"{name}.json"


def save(folder: Path, one: Eval) -> None:
    """Write it, whole or not at all."""
    disk.write(path(folder, one.name), as_json(one))


def load(folder: Path, name: str) -> Eval | None:
    """The eval of that name, None where there is none. Raises AutoresearchError for a damaged file."""
    text = disk.read(path(folder, name))
    return (
        None
        if text is None
        else from_json(Eval, text.encode(errors="surrogateescape"), str(path(folder, name)))
    )


def opened(folder: Path, wanted: str | None) -> Eval:
    """The eval that is meant: by name, or the only one, or the newest. Raises AutoresearchError."""
    there = names(folder)
    if not there:
        raise AutoresearchError("no eval here yet", "make one: autoresearch suite run SUITE")
    name = wanted if wanted is not None else there[0]
    found = load(folder, name) if name in there else None
    if found is None:
        mend = did_you_mean(nearest(name, there)) or f"there are {', '.join(there[:20])}"
        raise AutoresearchError(f"no eval {name!r}", mend)
    return found


def names(folder: Path) -> list[str]:
    """Every eval, the one that was begun or extended last first."""
    files = sorted(folder.glob("evals/*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [file.stem for file in files]


def note_listed(folder: Path, name: str, numbers: Sequence[int]) -> None:
    """Remember what a list of an eval showed: `a:3` means its third line."""
    disk.write(folder / "evals" / f".{name}.listed", json.dumps(list(numbers)), flush=False)


def listed(folder: Path, name: str) -> list[int]:
    """The numbers of the samples that the last list of an eval showed, in its order; none yet: empty."""
    try:
        found = json.loads(disk.read(folder / "evals" / f".{name}.listed") or "[]")
    except ValueError:
        return []
    return [number for number in found if isinstance(number, int)] if isinstance(found, list) else []


def name_of(suite_path: Path) -> str:
    """The usual name of an eval of that suite."""
    return re.sub(r"[^\w.-]+", "-", suite_path.stem).strip("-.") or "eval"


def refuse_name(name: str) -> None:
    """Raises AutoresearchError for a name that can't be a file's, or an address."""
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise AutoresearchError(f"{name!r} can't be the name of an eval", "use letters, digits, - _ and .")
