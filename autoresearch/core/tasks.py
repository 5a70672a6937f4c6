"""The task list: what is to be done, in which state; and how it is changed. No id is used twice.

Bounded: so many tasks are open at a time, and of those that are done the newest are remembered (all of them
stand in the records).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from autoresearch.core.text import one_line

STATUSES = ("pending", "in_progress", "completed", "blocked")
PRIORITIES = ("high", "medium", "low")
OPEN = 30  # tasks that may be open: a longer list is no plan
DONE = 100  # completed tasks that are remembered
LONGEST = 300  # characters of a description, or of notes
_ID = re.compile(r"T[0-9]{1,9}")
_MEANT = {
    "done": "completed",
    "complete": "completed",
    "todo": "pending",
    "open": "pending",
    "doing": "in_progress",
}
_WORKING = re.compile(
    r"^[ \t>*#_`-]*WORKING_ON(?:_TASKS)?[ \t*_`]*:([^\n]*)$\n?", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Task:
    """One thing to do. Times are UTC, ISO 8601; `depends_on` are ids of others."""

    id: str
    description: str
    status: str = "pending"
    priority: str = "medium"
    created: str = ""
    updated: str = ""
    completed: str | None = None
    notes: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Is it still to be done?"""
        return self.status != "completed"

    @property
    def number(self) -> int:
        """That of its id."""
        return int(self.id[1:])


@dataclass(frozen=True)
class Changes:
    """What a reply, or a person, wants of the list: `add` and `update` are mappings by the names of a
    task's fields, the others ids."""

    add: Sequence[Mapping[str, Any]] = ()
    update: Sequence[Mapping[str, Any]] = ()
    complete: Sequence[str] = ()
    remove: Sequence[str] = ()
    start: Sequence[str] = ()


@dataclass(frozen=True)
class Tasks:
    """The list, in the order in which tasks were made; `next` is the number of the next id."""

    tasks: tuple[Task, ...] = ()
    next: int = 1

    def __iter__(self) -> Any:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def open(self) -> list[Task]:
        """Those still to be done, the most important first."""
        return sorted((t for t in self.tasks if t.open), key=lambda t: PRIORITIES.index(t.priority))

    def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        return {status: sum(task.status == status for task in self.tasks) for status in STATUSES}

    def changed(self, changes: Changes, now: str) -> tuple["Tasks", list[str]]:
        """The list after `changes`, and what of them was not possible, in words."""
        odd: list[str] = []
        found, number = {task.id: task for task in self.tasks}, self.next
        for each in changes.update:
            _change(found, str(each.get("id", "")), _update(each), now, odd)
        for status, ids in (("in_progress", changes.start), ("completed", changes.complete)):
            for each_id in ids:
                _change(found, each_id, {"status": status}, now, odd)
        for gone in changes.remove:
            if found.pop(gone, None) is None:
                odd.append(f"there is no task {gone}")
        for each in changes.add:
            if sum(task.open for task in found.values()) >= OPEN:
                odd.append(f"{OPEN} tasks are open already; not added: {one_line(each['description'], 60)}")
                continue
            made = Task(f"T{number}", created=now, updated=now, **_update(each))
            found[made.id], number = made, number + 1
        done = [task for task in found.values() if not task.open][:-DONE]
        return Tasks(tuple(task for task in found.values() if task not in done), number), odd

    def merged(self, base: "Tasks", edited: "Tasks", known: int) -> "Tasks":
        """With what a person changed between `base` and `edited`, while the list became this one.

        The person knew of no task whose number is `known` or more, so they took none of these away.
        """
        ours, before, theirs = ({task.id: task for task in each} for each in (self, base, edited))
        number = max(self.next, edited.next)
        for which, task in theirs.items():
            if which in ours and which in before:
                ours[which] = replace(ours[which], **_differing(before[which], task))
            elif which in ours and ours[which].description != task.description:
                ours[f"T{number}"], number = replace(task, id=f"T{number}"), number + 1
            elif which not in before or task != before[which]:
                ours.setdefault(which, task)
        for which in before.keys() - theirs.keys():
            if before[which].number < known:
                ours.pop(which, None)
        return Tasks(tuple(ours.values()), number)

    def as_json(self) -> dict[str, Any]:
        """For tasks.json: every task with all of its fields."""
        return {"next": self.next, "tasks": [_row(task) for task in self.tasks]}

    @classmethod
    def from_json(cls, value: Any, least: int = 1) -> "Tasks":
        """The inverse of `as_json`, of what a person may have edited; `least` is the number of the next id at
        least. Raises ValueError, saying what is wrong."""
        if not isinstance(value, dict) or not isinstance(value.get("tasks"), list):
            raise ValueError('it must be {"tasks": [...]}')
        rows, said = list(value["tasks"]), value.get("next")
        number = max([least, said if type(said) is int else 1, *(_number(row) + 1 for row in rows)])
        for place, row in enumerate(rows):
            if isinstance(row, dict) and row.get("id") is None:  # a person need not count
                rows[place], number = {**row, "id": f"T{number}"}, number + 1
        tasks = [_task(row, f"task {place}") for place, row in enumerate(rows, 1)]
        ids = [task.id for task in tasks]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise ValueError(f"there are two tasks {twice}")
        return cls(tuple(tasks), number)


def working_on(text: str) -> tuple[str, ...]:
    """The ids that a proposal names on a line `WORKING_ON_TASKS: T3, T5`."""
    lines = _WORKING.findall(text)
    return tuple(dict.fromkeys(re.findall(r"\bT\d{1,9}\b", " ".join(lines))))


def without_working_on(text: str) -> str:
    """`text` without that line."""
    return _WORKING.sub("", text).strip()


def fields_of(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The description, status, priority, notes and dependencies that `row` gives, those alone.

    Raises ValueError, saying what is wrong.
    """
    kinds: Mapping[str, tuple[Callable[[Any], bool], str]] = {
        "description": (lambda v: isinstance(v, str) and bool(v.strip()), "text"),
        "notes": (lambda v: isinstance(v, str), "text"),
        "status": (lambda v: v in STATUSES, " or ".join(STATUSES)),
        "priority": (lambda v: v in PRIORITIES, " or ".join(PRIORITIES)),
        "depends_on": (
            lambda v: isinstance(v, list | tuple) and all(isinstance(one, str) for one in v),
            "a list of ids",
        ),
    }
    found = {name: row[name] for name in kinds if row.get(name) is not None}
    for name in ("status", "priority"):
        if isinstance(found.get(name), str):
            word = found[name].strip().lower().replace(" ", "_").replace("-", "_")
            found[name] = _MEANT.get(word, word)
    for name, value in found.items():
        fits, what = kinds[name]
        if not fits(value):
            raise ValueError(f"{where}: {name} must be {what}, not {one_line(repr(value), 40)}")
    texts = {n: one_line(v, LONGEST) for n, v in found.items() if n in ("description", "notes")}
    return {**found, **texts, **({"depends_on": tuple(found["depends_on"])} if "depends_on" in found else {})}


def _number(row: Any) -> int:
    """That of a row's id, 0 where it has none that fits."""
    which = row.get("id") if isinstance(row, dict) else None
    return int(which[1:]) if isinstance(which, str) and _ID.fullmatch(which) else 0


def _differing(before: Task, after: Task) -> dict[str, Any]:
    return {
        f.name: value for f in fields(Task) if (value := getattr(after, f.name)) != getattr(before, f.name)
    }


def _task(row: Any, where: str) -> Task:
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be an object")
    name = row.get("id")
    if not (isinstance(name, str) and _ID.fullmatch(name)):
        raise ValueError(f"{where}: id must be such as T7, not {one_line(repr(name), 40)}")
    given = fields_of(row, where)
    if "description" not in given:
        raise ValueError(f"{where}: description is needed")
    times = {n: row[n] for n in ("created", "updated", "completed") if isinstance(row.get(n), str)}
    return Task(name, **given, **times)


def _change(found: dict[str, Task], which: str, values: Mapping[str, Any], now: str, odd: list[str]) -> None:
    task = found.get(which)
    if task is None:
        odd.append(f"there is no task {which}")
        return
    if values.get("status") == "in_progress" and not task.open:
        return  # to work on it again is no reason to open it
    changed = replace(task, **values, updated=now)
    done = None if changed.open else task.completed or now
    found[which] = replace(changed, completed=done)


def _update(row: Mapping[str, Any]) -> dict[str, Any]:
    return fields_of(row, "task")


def _row(task: Task) -> dict[str, Any]:
    row = {f.name: getattr(task, f.name) for f in fields(task)}
    return {**row, "depends_on": list(task.depends_on)}
