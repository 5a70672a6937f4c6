"""`autoresearch suite test`."""

from typing import Any

import click

from autoresearch.cli.suite.steps import judged, over_file
from autoresearch.suites.running import TESTING


@click.command()
@over_file
def command(**given: Any) -> int:
    """Run the tests of the answers in SUITE, in the sandbox; results that are there are replaced.

    \b
    autoresearch suite test answers.toml -o tested.toml
    """
    return judged(TESTING, given)
