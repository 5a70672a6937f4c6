"""`autoresearch suite score`."""

from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option, settings_option
from autoresearch.cli.suite import common, steps
from autoresearch.cli.suite.options import way_of, way_options
from autoresearch.cli.suite.steps import Step
from autoresearch.suites.running import JUDGING


@click.command()
@common.suite_argument
@click.option("-o", "target", required=True, type=click.Path(path_type=Path), metavar="FILE",
              help="The same, with the scores, as TOML.")  # fmt: skip
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
    """Judge the answers in SUITE by whatever it names: targets, a judge, a program of yours.

    \b
    autoresearch suite score answers.toml -o scored.toml
    """
    screen = Screen()
    suite = common.read(suite_path, (), directory)
    with common.session(directory, overrides, screen=screen) as session:
        step = Step(
            suite_path,
            target,
            JUDGING,
            way_of(options, stages=JUDGING),
            force=force,
        )
        steps.refuse(step)
        return steps.take(session, screen, suite, step)
