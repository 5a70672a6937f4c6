"""`autoresearch suite validate`."""

from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option, settings_option
from autoresearch.cli.suite import common
from autoresearch.cli.suite.options import ask_options, wanted
from autoresearch.core.units import counted, format_money
from autoresearch.suites import evals
from autoresearch.suites.session import Session
from autoresearch.suites.validating import Expected, expected


@click.command()
@common.suite_argument
@ask_options
@common.arguments_option
@settings_option
@path_option
@json_option
def command(
    suite_path: Path, overrides: tuple[str, ...], directory: Path | None, as_json: bool, **options: Any
) -> None:
    """Is all in order with SUITE? Everything that can be wrong is said, and what a run would ask and cost.

    Nothing is asked and nothing is kept.

    \b
    autoresearch suite validate greet.toml
    autoresearch suite validate greet.toml --model openrouter/vendor/name -n 10
    """
    screen = Screen(machine=as_json)
    suite = common.read(suite_path, options["arguments"], directory)
    with common.session(directory, overrides, screen=screen) as session:
        found = expected(session, suite, evals.name_of(suite_path), wanted(suite, options))
        hooks = _hooks(session, found)
    if as_json:
        screen.json({"suite": suite.path, **found.as_json(), "hooks": hooks})
        return
    screen.line(f"{suite_path}: {counted(len(suite.cases), 'case')}, all in order")
    if hooks:
        screen.line(f"  runner: {', '.join(hooks)}")
    if not found.models:
        screen.line('  no model is named: models = ["openrouter/vendor/name"], or --model NAME')
        return
    asked = ", ".join(found.models)
    screen.line(f"  {asked}: {found.samples:,} samples, {found.there:,} of them are there already")
    if found.tokens is not None:
        cost = "its price is not known" if found.cost_usd is None else f"about {format_money(found.cost_usd)}"
        screen.line(f"  to ask: about {found.tokens:,} tokens in questions; with the answers {cost}")
    for line in found.lacking:
        screen.line(f"  {line}", "yellow")


def _hooks(session: Session, found: Expected) -> list[str]:
    return sorted(session.check_runners(found.view)) if found.view else []
