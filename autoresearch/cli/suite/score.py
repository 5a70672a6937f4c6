"""`autoresearch suite score`."""

from typing import Any

import click

from autoresearch.cli.suite.steps import judged, over_file
from autoresearch.suites.running import JUDGING


@click.command()
@over_file
def command(**given: Any) -> int:
    """Judge the answers in SUITE by whatever it names: targets, a judge, a program of yours.

    \b
    autoresearch suite score answers.toml -o scored.toml
    """
    return judged(JUDGING, given)
