"""`autoresearch suite test`."""

from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option, settings_option
from autoresearch.cli.suite import common, steps
from autoresearch.cli.suite.options import way_of, way_options
from autoresearch.cli.suite.steps import Step
from autoresearch.suites.running import TESTING


@click.command()
@common.suite_argument
@click.option("-o", "target", required=True, type=click.Path(path_type=Path), metavar="FILE",
              help="The same, with the results, as TOML.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over whatever FILE is.")
@way_options
@settings_option
@path_option
def command(
    suite_path: Path,
    target: Path,
    force: bool,
    overrides: tuple[str, ...],
    directory: Path | None,
    **options: Any,
) -> int:
    """Run the tests of the answers in SUITE, in the sandbox; results that are there are replaced.

    \b
    autoresearch suite test answers.toml -o tested.toml
    """
    screen = Screen()
    suite = common.read(suite_path, (), directory)
    with common.session(directory, overrides, screen=screen) as session:
        step = Step(suite_path, target, TESTING, way_of(options, stages=TESTING), force=force)
        steps.refuse(step)
        return steps.take(session, screen, suite, step)
