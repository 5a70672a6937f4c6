"""`autoresearch suite generate`."""

from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option, settings_option
from autoresearch.cli.suite import common, steps
from autoresearch.cli.suite.options import ask_options, wanted, way_of, way_options
from autoresearch.cli.suite.steps import Step
from autoresearch.suites.running import ANSWERING


@click.command()
@common.suite_argument
@click.option("-o", "target", required=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Questions and answers, as TOML.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over whatever FILE is.")
@ask_options
@way_options
@common.arguments_option
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
    """Answers alone, into FILE: look at them, put some right, then suite test FILE.

    On a FILE that has answers already it goes up to -n; what a person changed in it stays, and is on record.

    \b
    autoresearch suite generate questions.toml -o answers.toml -n 10
    """
    screen = Screen()
    suite = common.read(suite_path, options["arguments"], directory)
    with common.session(directory, overrides, screen=screen) as session:
        way = way_of(options, stages=ANSWERING)
        step = Step(suite_path, target, ANSWERING, way, wanted(suite, options), force)
        steps.refuse(step)
        return steps.take(session, screen, suite, step)
