"""`autoresearch report`; and what a run does of it when it ends."""

import json
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
from autoresearch.core.errors import AutoresearchError, Busy
from autoresearch.research.experiment import Experiment
from autoresearch.research.lab import open_lab
from autoresearch.research.learning import write_prose
from autoresearch.research.ledger import Ledger
from autoresearch.research.notebook import REPORT, Notebook, notes_of
from autoresearch.research.sessions import why_ended
from autoresearch.views import report as view
from autoresearch.views.live import Watch
from autoresearch.views.progress import picture
from autoresearch.views.report_facts import About

PICTURE = "progress.svg"


@click.command()
@experiment_argument
@click.option("--plain", is_flag=True, help="Ask no model now; prose that is still true stays.")
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
    running = not (
        _ask(opened, screen) if opened.settings.asks("report") and not plain else _draw(opened, screen)
    )
    ledger = Ledger.load(opened.repository, opened.name)
    told, notes = _about(opened, ledger), notes_of(ledger)
    facts = view.as_json(told, ledger.trials, notes) if as_json else None
    if facts is not None and output is None:
        screen.json(facts)
        return
    page = json.dumps(facts, indent=2) + "\n" if facts else view.report(told, ledger.trials, notes)
    if output is not None:
        _put(output, page, screen)
    elif running:
        screen.raw(page)
        screen.note(
            f"a run goes on: that is how it stands, from the records alone; {REPORT} comes when it ends"
        )
    else:
        screen.raw(view.first_chapter(page))
        screen.note(f"wrote {opened.folder / REPORT} and {PICTURE}")


def draw_report(experiment: Experiment, notebook: Notebook) -> None:
    """Write REPORT.md and its picture into the experiment's folder."""
    trials = notebook.ledger.trials
    notebook.take_over()
    disk.write(experiment.folder / PICTURE, picture(trials, experiment.metric), flush=False)
    notebook.report(view.report(_about(experiment, notebook.ledger), trials, notebook.notes))


def _ask(experiment: Experiment, screen: Screen) -> bool:
    """Write it with a model's prose; false where a run goes on."""
    try:
        with open_lab(experiment, Watch(screen, experiment.metric)) as lab:
            try:
                lab.stages.models.check("report")
                write_prose(experiment, lab)
            except AutoresearchError as error:
                screen.note(f"{error}; so the records speak alone, as with --plain")
            draw_report(experiment, lab.notebook)
    except Busy:
        return False
    return True


def _draw(experiment: Experiment, screen: Screen) -> bool:
    """Write it from the records alone; false where a run goes on."""
    try:
        with disk.lock(experiment.lock, experiment.name):
            ledger = Ledger.load(experiment.repository, experiment.name)
            draw_report(experiment, Notebook(experiment, ledger, screen.note))
    except Busy:
        return False
    return True


def _put(output: Path, page: str, screen: Screen) -> None:
    if str(output) == "-":
        Screen().raw(page)
        return
    output.write_bytes(page.encode(errors="surrogateescape"))
    screen.note(f"wrote {output}")


def _about(experiment: Experiment, ledger: Ledger) -> About:
    calls: dict[str, Totals] = {}
    if experiment.call_log.exists():
        with Index.open(experiment.call_log.parent, [experiment.call_log]) as index:
            calls = dict(index.stats(Filter()).stages)
    return view.about(experiment, ledger.base, calls, why_ended(experiment.folder, len(ledger.trials)))
