"""`autoresearch report`; and what a run does of it when it ends."""

from pathlib import Path

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen
from autoresearch.calls.index import Filter, Index
from autoresearch.calls.statistics import Totals
from autoresearch.cli.common import (
    experiment_argument,
    folder_option,
    json_option,
    open_experiment,
    settings_option,
)
from autoresearch.core.errors import Busy
from autoresearch.core.notes import Notes
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import open_lab
from autoresearch.research.learning import write_prose
from autoresearch.research.ledger import Ledger
from autoresearch.research.notebook import REPORT, Notebook, notes_of
from autoresearch.views import report as view
from autoresearch.views.live import Watch
from autoresearch.views.progress import picture
from autoresearch.views.report_facts import About

PICTURE = "progress.svg"


@click.command()
@experiment_argument
@click.option("--plain", is_flag=True, help="Ask no model; the records speak alone.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to FILE instead of REPORT.md.")  # fmt: skip
@settings_option
@folder_option
@json_option
def command(
    experiment: str | None, plain: bool, output: Path | None, overrides: tuple[str, ...],
    directory: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """What came of EXP so far: REPORT.md and progress.svg, at any time, also after a crash.

    \b
    autoresearch report api-speed
    autoresearch report api-speed --plain -o - | less

    The model of the stage report, where there is one, writes the prose; every number is filled in from the
    records, and each trial that is named can be looked up.
    """
    opened = open_experiment(experiment, directory, overrides)
    screen = Screen(machine=as_json or output is not None)
    if not plain:
        _ask(opened, screen)
    ledger = Ledger.load(opened.repository, opened.name)
    notes = notes_of(ledger)
    told = _about(opened, ledger)
    if as_json:
        screen.json(view.as_json(told, ledger.trials, notes))
    elif output is not None:
        _put(output, view.report(told, ledger.trials, notes), screen)
    else:
        _draw(opened, ledger, notes, told, screen)


def draw_report(experiment: Experiment, notebook: Notebook, ended: str) -> Path:
    """Write REPORT.md and its picture into the experiment's folder; why the run ended is told in it."""
    trials = notebook.ledger.trials
    notebook.take_over()
    disk.write(experiment.folder / PICTURE, picture(trials, experiment.metric), flush=False)
    page = view.report(_about(experiment, notebook.ledger, ended), trials, notebook.notes)
    return notebook.write(REPORT, page)


def _ask(experiment: Experiment, screen: Screen) -> None:
    """Have the prose written, unless nobody is there for it, or a run goes on."""
    if not experiment.settings.asks("report"):
        return
    try:
        with open_lab(experiment, Watch(screen, experiment.metric)) as lab:
            lab.stages.models.check("report")
            write_prose(experiment, lab)
    except Busy:
        screen.note("a run goes on: this is drawn from the records alone")


def _draw(experiment: Experiment, ledger: Ledger, notes: Notes, told: About, screen: Screen) -> None:
    """Into the folder, and its first chapter on the screen; while a run goes on, all of it on the screen."""
    try:
        with disk.lock(experiment.lock, experiment.name):
            path = draw_report(experiment, Notebook(experiment, ledger, screen.note), told.ended)
    except Busy:
        screen.raw(view.report(told, ledger.trials, notes))
        screen.note(f"{REPORT} is written when the run ends")
        return
    screen.raw(view.first_chapter(view.report(told, ledger.trials, notes)))
    screen.note(f"wrote {path} and {PICTURE}")


def _put(output: Path, page: str, screen: Screen) -> None:
    if str(output) == "-":
        Screen().raw(page)
        return
    output.write_bytes(page.encode(errors="surrogateescape"))
    screen.note(f"wrote {output}")


def _about(experiment: Experiment, ledger: Ledger, ended: str = "") -> About:
    calls: dict[str, Totals] = {}
    if experiment.call_log.exists():
        with Index.open(experiment.call_log.parent, [experiment.call_log]) as index:
            calls = dict(index.stats(Filter()).stages)
    return view.about(experiment, ledger.base, calls, ended)
