"""`autoresearch init`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option, repository_at
from autoresearch.research.experiment import project_home
from autoresearch.research.home import make_home, user_home


@click.command()
@click.option("--scope", type=click.Choice(["project", "user"]), default="project", show_default=True,
              help="project: in this repository, settings tracked. user: in your home folder.")  # fmt: skip
@path_option
@json_option
def command(scope: str, directory: Path | None, as_json: bool) -> None:
    """Make .autoresearch/, where experiments live. (`new` does it too, where it is needed.)

    \b
    autoresearch init
    """
    home = user_home() if scope == "user" else project_home(repository_at(directory))
    made = make_home(home)
    if as_json:
        Screen().json({"folder": str(home.folder), "scope": scope, "made": made})
        return
    screen = Screen()
    screen.line(f"{'made' if made else 'already there:'} {home.folder}")
    screen.line("next: autoresearch new DOMAIN/NAME --help")
