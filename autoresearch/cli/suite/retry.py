"""`autoresearch suite retry`."""

from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option, settings_option
from autoresearch.cli.suite import common
from autoresearch.cli.suite.options import way_of, way_options
from autoresearch.cli.suite.run import end
from autoresearch.suites import hands
from autoresearch.views.suite_live import Watch


@click.command()
@common.words_argument
@way_options
@settings_option
@path_option
@json_option
def command(
    words: tuple[str, ...], overrides: tuple[str, ...], directory: Path | None, as_json: bool, **options: Any
) -> int:
    """Once more the samples of EVAL (the newest) that failed or were stopped, and only those.

    \b
    autoresearch suite retry
    autoresearch suite retry greet reason:timeout -j 4 --sample-timeout 2m
    """
    screen = Screen(machine=as_json)
    with common.session(directory, overrides, screen=screen) as session:
        one, queries = hands.meant(session, words)
        view = session.view(one)
        failed = [
            each for each in hands.found(session, view, queries) if each.status in ("error", "cancelled")
        ]
        if not failed:
            screen.line(f"{one.name}: nothing failed")
            return 0
        numbers = [each.number for each in failed]
        watch = Watch(screen, view, numbers)
        with screen.drawing(watch.draw):
            ended = session.run(view, way_of(options, revive=True), numbers, watch.done)
        return end(screen, one, ended, None, as_json)
