"""`autoresearch tasks`."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import experiment_argument, folder_option, json_option, open_experiment
from autoresearch.core import drawn
from autoresearch.core.errors import Busy, ExperimentError
from autoresearch.core.tasks import LONGEST, Changes, Task
from autoresearch.core.text import as_json as written
from autoresearch.core.text import one_line
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger
from autoresearch.research.notebook import LIST, Notebook, notes_of, now, read_tasks, turn
from autoresearch.views import tasks as view
from autoresearch.views.dashboard import draw
from autoresearch.views.export import FORMATS


@click.command()
@experiment_argument
@click.option("--add", multiple=True, metavar="TEXT", help="Put a task on the list; repeatable.")
@click.option("--done", multiple=True, metavar="ID", help="It is done; repeatable.")
@click.option("--remove", multiple=True, metavar="ID", help="Take it off the list; repeatable.")
@click.option("-f", "--format", "kind", type=click.Choice(["table", "markdown", "json"]), default="table",
              show_default=True, help="How to show it.")  # fmt: skip
@folder_option
@json_option
def command(
    experiment: str | None, add: tuple[str, ...], done: tuple[str, ...], remove: tuple[str, ...], kind: str,
    directory: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """The task list of EXP: what a model planned and learnt, what you added, or what follows from the trials.

    \b
    autoresearch tasks api-speed
    autoresearch tasks --add "try a bloom filter" --done T3
    autoresearch tasks --format markdown

    The list stands in tasks.json too, which you may edit; a run reads it before each trial is recorded.
    """
    opened = open_experiment(experiment, directory)
    ledger = Ledger.load(opened.repository, opened.name)
    kind = "json" if as_json else kind
    screen = Screen(machine=kind != "table")
    if add or done or remove:
        changes = Changes(add=[{"description": text} for text in add], complete=done, remove=remove)
        _change(opened, ledger, changes)
        ledger = Ledger.load(opened.repository, opened.name)
    sheet = view.sheet(opened.name, _listed(opened, ledger, screen))
    if kind == "table":
        draw(sheet, screen)
    else:
        screen.raw(FORMATS[kind](sheet))


def _listed(experiment: Experiment, ledger: Ledger, screen: Screen) -> list[Task]:
    """The tasks as the file has them, which a person may just have edited, else as the records do."""
    notes, path = notes_of(ledger), experiment.folder / LIST
    if path.exists():
        try:
            notes = replace(notes, tasks=read_tasks(path, notes.tasks.next)[0])
        except ExperimentError as error:
            screen.note(f"{error.message}; what follows is the list of the last record; {error.mend}")
    return drawn.tasks_of(notes, ledger.trials, experiment.settings.stop)


def _change(experiment: Experiment, ledger: Ledger, changes: Changes) -> None:
    """Write it into the file, and into the records unless a run goes on, which will do it then."""
    notes, path = notes_of(ledger), experiment.folder / LIST
    if long := next((row["description"] for row in changes.add if len(row["description"]) > LONGEST), ""):
        raise ExperimentError(
            f"a task has at most {LONGEST} characters: {one_line(long, 60)}", "say it in fewer"
        )
    with turn(experiment.folder):
        before = read_tasks(path, notes.tasks.next)[0] if path.exists() else notes.tasks
        try:
            after, odd = before.changed(changes, now())
        except ValueError as wrong:
            raise ExperimentError(str(wrong), "see: autoresearch tasks --help") from wrong
        if odd:
            mend = "nothing was changed; tasks that begin with R follow from the trials"
            raise ExperimentError("; ".join(odd), mend)
        disk.write(path, written(after.as_json()))
    with suppress(Busy), disk.lock(experiment.lock, experiment.name):
        Notebook(experiment, Ledger.load(experiment.repository, experiment.name), lambda _: None).draw()
