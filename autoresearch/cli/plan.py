"""`autoresearch plan`."""

from dataclasses import asdict
from pathlib import Path

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import (
    experiment_argument,
    folder_option,
    json_option,
    open_experiment,
    refuse_name_as_reason,
    settings_option,
    within_reach,
)
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.notes import Notes
from autoresearch.research.ideas import refuse_without_goal
from autoresearch.research.lab import open_lab
from autoresearch.research.learning import revise
from autoresearch.research.ledger import Ledger
from autoresearch.research.notebook import PLAN, notes_of, plan_page
from autoresearch.views.live import Watch


@click.command()
@experiment_argument
@click.option("--revise", "why", is_flag=False, flag_value="", metavar="[REASON]",
              help="Have it made anew by the model of the stage plan, or made at first.")  # fmt: skip
@click.option("--ignore-report", is_flag=True, help="Don't tell that model what REPORT.md says.")
@click.option("--model", metavar="M", help="Ask this model in place of models.plan.")
@settings_option
@folder_option
@json_option
def command(
    experiment: str | None, why: str | None, ignore_report: bool, model: str | None,
    overrides: tuple[str, ...], directory: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """The plan of EXP. PLAN.md is yours to edit; nobody overwrites what you wrote.

    \b
    autoresearch plan api-speed
    autoresearch plan --revise "memory counts more than speed"

    What a new plan replaces stays in the records (git log --first-parent refs/autoresearch/EXP), and what
    you had written into it goes to your section of PLAN.md.
    """
    if why is None and (ignore_report or model):
        raise click.UsageError("--ignore-report and --model go with --revise")
    refuse_name_as_reason(why, experiment, within_reach(directory)[1], "--revise")
    opened = open_experiment(
        experiment, directory, (*([f"models.plan={model}"] if model else []), *overrides)
    )
    screen = Screen(machine=as_json)
    if why is not None:
        refuse_without_goal(opened)
        with open_lab(opened, Watch(screen, opened.metric)) as lab:
            if not lab.stages.on("plan"):
                raise AutoresearchError(
                    "no model for plan", "name one: --model openrouter/vendor/name, or models.plan"
                )
            lab.stages.models.check("plan")
            for odd in revise(opened, lab, why, with_report=not ignore_report):
                screen.note(odd)
    ledger = Ledger.load(opened.repository, opened.name)
    notes = notes_of(ledger)
    if as_json:
        plan = asdict(notes.plan) if notes.plan else None
        screen.json({"experiment": opened.name, "plan": plan, "revisions": _revisions(notes)})
    else:
        screen.raw(disk.read(opened.folder / PLAN) or plan_page(opened, notes))


def _revisions(notes: Notes) -> list[dict[str, object]]:
    return [{"trials": made, "why": why} for made, why in notes.revisions]
