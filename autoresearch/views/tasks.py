"""The task list, in any format."""

from collections.abc import Sequence
from dataclasses import asdict

from autoresearch.adapters.screen import Column
from autoresearch.core.tasks import STATUSES, Task
from autoresearch.views.export import Sheet

COLUMNS = (
    Column("id"), Column("status"), Column("priority", rank=2), Column("after", rank=3),
    Column("task", flexible=True), Column("notes", flexible=True, rank=1),
)  # fmt: skip
STYLES = {"completed": "dim", "in_progress": "green", "blocked": "red"}
ORDER = ("in_progress", "pending", "blocked", "completed")


def sheet(experiment: str, tasks: Sequence[Task]) -> Sheet:
    """Those under way first; counts above the table."""
    listed = sorted(tasks, key=lambda task: ORDER.index(task.status))
    counts = {status: sum(task.status == status for task in listed) for status in STATUSES}
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    return Sheet(
        title=f"{experiment}: {told}",
        columns=COLUMNS,
        rows=[_cells(task) for task in listed],
        key="tasks",
        records=[{**asdict(task), "depends_on": list(task.depends_on)} for task in listed],
        about={"experiment": experiment, "counts": counts},
        styles=[STYLES.get(task.status, "") for task in listed],
    )


def _cells(task: Task) -> list[str]:
    status = task.status.replace("_", " ")
    return [task.id, status, task.priority, ", ".join(task.depends_on), task.description, task.notes]
