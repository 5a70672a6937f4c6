"""The task list: its changes, its ids, what a person may have written into it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.tasks import DONE, OPEN, Changes, Task, Tasks, without_working_on, working_on

NOW, LATER = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"


def adding(*descriptions: str) -> Changes:
    return Changes(add=[{"description": text} for text in descriptions])


def listed(*descriptions: str) -> Tasks:
    return Tasks().changed(adding(*descriptions), NOW)[0]


def test_a_task_has_all_that_a_list_needs() -> None:
    """AM-50: id, description, status, priority, times, notes, dependencies."""
    given_task = {"description": "profile the parser", "priority": "high", "depends_on": ["T9"], "notes": "n"}
    (task,) = Tasks().changed(Changes(add=[given_task]), NOW)[0]
    assert task == Task("T1", "profile the parser", "pending", "high", NOW, NOW, None, "n", ("T9",))
    (done,) = Tasks((task,), 2).changed(Changes(complete=["T1"]), LATER)[0]
    assert (done.status, done.completed, done.updated, done.created) == ("completed", LATER, LATER, NOW)


def test_tasks_are_completed_added_updated_and_removed() -> None:
    """AM-51"""
    changes = Changes(
        add=[{"description": "c"}],
        update=[{"id": "T1", "status": "blocked", "notes": "needs T3"}],
        complete=["T2"],
        remove=["T3"],
    )
    tasks, odd = listed("a", "b", "gone").changed(changes, LATER)
    assert [(t.id, t.status, t.notes) for t in tasks] == [
        ("T1", "blocked", "needs T3"), ("T2", "completed", ""), ("T4", "pending", ""),
    ]  # fmt: skip
    assert odd == []
    assert tasks.counts() == {"pending": 1, "in_progress": 0, "completed": 1, "blocked": 1}


def test_an_id_is_never_used_again() -> None:
    """AM-52: also after the last one was removed, and after a trip through the file."""
    tasks, _ = listed("a", "b").changed(Changes(remove=["T2"]), NOW)
    tasks = Tasks.from_json(json.loads(json.dumps(tasks.as_json())))
    tasks, _ = tasks.changed(adding("c"), NOW)
    assert [task.id for task in tasks] == ["T1", "T3"]
    edited = {"tasks": [{"id": "T1", "description": "a"}]}
    assert Tasks.from_json(edited, least=4).changed(adding("d"), NOW)[0].tasks[-1].id == "T4"


def test_what_is_named_and_is_not_there_is_told() -> None:
    tasks, odd = listed("a").changed(Changes(update=[{"id": "T8"}], complete=["T7"], remove=["T6"]), NOW)
    assert odd == ["there is no task T8", "there is no task T7", "there is no task T6"]
    assert [task.status for task in tasks] == ["pending"]


def test_what_is_done_is_not_opened_by_working_on_it() -> None:
    tasks, _ = listed("a").changed(Changes(complete=["T1"]), NOW)
    assert [t.status for t in tasks.changed(Changes(start=["T1"]), LATER)[0]] == ["completed"]
    reopened, _ = tasks.changed(Changes(update=[{"id": "T1", "status": "pending"}]), LATER)
    assert [(t.status, t.completed) for t in reopened] == [("pending", None)]


def test_the_list_is_bounded_and_says_what_it_did_not_take() -> None:
    tasks, odd = Tasks().changed(adding(*map(str, range(OPEN + 2))), NOW)
    assert len(tasks.open) == OPEN and len(odd) == 2
    for _ in range(DONE // OPEN + 3):
        tasks, _ = tasks.changed(Changes(complete=[task.id for task in tasks.open]), NOW)
        tasks, _ = tasks.changed(adding(*map(str, range(OPEN))), NOW)
    assert len(tasks) == OPEN + DONE
    assert len({task.id for task in tasks}) == len(tasks)


def test_the_most_important_come_first() -> None:
    rows = [{"description": word, "priority": word} for word in ("low", "high", "medium")]
    assert [t.description for t in Tasks().changed(Changes(add=rows), NOW)[0].open] == [
        "high",
        "medium",
        "low",
    ]


WRONG: list[tuple[Any, str]] = [
    ([], 'must be {"tasks"'),
    ({"tasks": {}}, 'must be {"tasks"'),
    ({"tasks": ["a"]}, "task 1 must be an object"),
    ({"tasks": [{"id": "7", "description": "a"}]}, "task 1: id must be such as T7"),
    ({"tasks": [{"id": "T1"}]}, "task 1: description is needed"),
    ({"tasks": [{"id": "T1", "description": "a", "status": "maybe"}]}, "status must be pending or"),
    ({"tasks": [{"id": "T1", "description": "a", "depends_on": "T2"}]}, "depends_on must be a list"),
    ({"tasks": [{"id": "T1", "description": "a"}, {"id": "T1", "description": "b"}]}, "two tasks T1"),
]


@pytest.mark.parametrize("value, says", WRONG)
def test_a_list_that_is_none_says_what_is_wrong(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Tasks.from_json(value)


NAMES = st.sampled_from(["tasks", "next", "id", "description", "status", "depends_on"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)))
def test_any_json_is_a_list_or_is_refused(value: Any) -> None:
    try:
        tasks = Tasks.from_json(value)
    except ValueError:
        return
    assert Tasks.from_json(json.loads(json.dumps(tasks.as_json()))) == tasks


def test_a_reply_says_which_tasks_it_works_on() -> None:
    """AM-32"""
    reply = 'IDEA: x\nIt helps.\n**WORKING_ON_TASKS:** T3, T12 and T3\n<file path="a">\nT9\n</file>\n'
    assert working_on(reply) == ("T3", "T12")
    assert without_working_on("It helps.\nWORKING_ON_TASKS: T3\nMuch.") == "It helps.\nMuch."
    assert working_on("I am working on tasks") == ()


def test_a_person_need_not_count_nor_know_our_words() -> None:
    rows = [{"description": "a"}, {"id": "T7", "description": "b", "status": "done"}, {"description": "c"}]
    assert [(t.id, t.status) for t in Tasks.from_json({"tasks": rows}, least=3)] == [
        ("T8", "pending"), ("T7", "completed"), ("T9", "pending"),
    ]  # fmt: skip


def test_what_a_person_and_a_run_change_at_once_is_put_together() -> None:
    base = listed("a", "b", "c")
    ours, _ = base.changed(Changes(add=[{"description": "ours"}], start=["T1"], remove=["T3"]), LATER)
    rows = base.as_json()["tasks"]
    rows[0] |= {"notes": "mine"}
    theirs = Tasks.from_json({"next": 4, "tasks": [rows[0], rows[2], {"id": "T4", "description": "theirs"}]})
    found = ours.merged(base, theirs, known=4)
    assert [(t.id, t.description, t.status, t.notes) for t in found] == [
        ("T1", "a", "in_progress", "mine"), ("T4", "ours", "pending", ""), ("T5", "theirs", "pending", ""),
    ]  # fmt: skip
    assert found.next == 6


def test_who_saves_an_older_file_takes_away_nothing_that_they_did_not_know() -> None:
    old = listed("a")
    base, _ = old.changed(adding("b"), LATER)
    assert [t.id for t in base.merged(base, old, known=old.next)] == ["T1", "T2"]
    assert [t.id for t in base.merged(base, old, known=base.next)] == ["T1"]
