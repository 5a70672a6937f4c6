"""`autoresearch clean`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import experiment_argument, json_option, path_option, within_reach
from autoresearch.core.errors import Busy
from autoresearch.research.cleaning import sweep
from autoresearch.research.experiment import choose, open_named


@click.command()
@experiment_argument
@path_option
@json_option
def command(experiment: str | None, directory: Path | None, as_json: bool) -> None:
    """Sweep worktrees and what killed runs left, of EXP or of every experiment.

    No trial is lost: the records are in git, and a worktree is made again at the next run.

    \b
    autoresearch clean
    """
    repository, found = within_reach(directory)
    screen = Screen(machine=as_json)
    swept: dict[str, list[str]] = {}
    for name, home in choose(found, experiment):
        opened = open_named(name, home, repository)
        try:
            swept[name] = sweep(opened)
        except Busy as busy:
            if experiment is not None:
                raise
            screen.note(f"left alone: {busy.message}")
            continue
        for path in swept[name]:
            screen.line(f"removed {path}")
    if as_json:
        screen.json({"removed": swept})
    elif not any(swept.values()):
        screen.line("nothing to clean")
