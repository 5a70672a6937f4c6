"""The task list as rows."""

from autoresearch.core.tasks import Task
from autoresearch.views.tasks import sheet

LIST = [
    Task("T1", "measured", "completed"), Task("T2", "later", "pending", "low", depends_on=("T3",)),
    Task("T3", "now", "in_progress", "high", notes="half way"),
]  # fmt: skip


def test_what_is_under_way_comes_first_and_the_counts_stand_above() -> None:
    """AM-54"""
    found = sheet("a/b", LIST)
    assert found.title == "a/b: 1 pending, 1 in progress, 1 completed, 0 blocked"
    assert found.rows == [
        ["T3", "in progress", "high", "", "now", "half way"], ["T2", "pending", "low", "T3", "later", ""],
        ["T1", "completed", "medium", "", "measured", ""],
    ]  # fmt: skip
    assert found.records[1]["depends_on"] == ["T3"]
    assert found.about["counts"] == {"pending": 1, "in_progress": 1, "completed": 1, "blocked": 0}


def test_an_empty_list_is_a_list() -> None:
    assert sheet("a/b", []).rows == []
