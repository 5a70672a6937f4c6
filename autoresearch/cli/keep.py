"""`autoresearch keep`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, open_experiment, path_option
from autoresearch.core.rows import as_row
from autoresearch.research.certifying import adopt
from autoresearch.research.lab import open_lab
from autoresearch.views.live import Watch


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[EXP] TRIAL")
@path_option
@json_option
def command(words: tuple[str, ...], directory: Path | None, as_json: bool) -> None:
    """Adopt TRIAL of EXP by hand: the next ideas start from it.

    \b
    autoresearch show api-speed 12    look at it first
    autoresearch keep api-speed 12

    For a trial that was too good to be believed unseen (`suspect`), or that you want for another reason. The
    row says that it was kept by hand.
    """
    *names, number = words
    if not number.isdecimal() or len(names) > 1:
        raise click.UsageError("give one experiment, if there are several, and a trial's number: keep EXP 12")
    opened = open_experiment(names[0] if names else None, directory)
    screen = Screen(machine=as_json)
    with open_lab(opened, Watch(screen, opened.metric)) as lab:
        trial, evidence = adopt(opened, lab, int(number))
        lab.record(trial, evidence)
    if as_json:
        Screen().json({"experiment": opened.name, "trial": as_row(trial)})
    else:
        screen.line(f"the next ideas start from it; back: autoresearch keep {opened.name} TRIAL")
