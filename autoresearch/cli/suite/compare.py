"""`autoresearch suite compare`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Outcome
from autoresearch.suites.session import Session
from autoresearch.views.suite_compare import as_document, compared, told


def outcomes_of(session: Session, word: str) -> tuple[str, list[Outcome]]:
    """The samples of `eval`, or of `eval@model`. Raises AutoresearchError."""
    name, _, model = word.partition("@")
    found = session.view(session.eval(name)).outcomes()
    if not model:
        return word, found
    models = sorted({each.sample.model for each in found})
    whole = [each for each in models if each == model or each.endswith(f"/{model}")]
    if len(whole) != 1:
        raise AutoresearchError(f"{name} has no model {model!r}", f"there are {', '.join(models)}")
    return word, [each for each in found if each.sample.model == whole[0]]


@click.command()
@click.argument("first", metavar="EVAL[@MODEL]")
@click.argument("second", metavar="EVAL[@MODEL]")
@path_option
@json_option
def command(first: str, second: str, directory: Path | None, as_json: bool) -> None:
    """The second minus the first, case by case, with a 95 percent interval.

    \b
    autoresearch suite compare greet greet-new
    autoresearch suite compare greet@small greet@large
    """
    screen = Screen(machine=as_json)
    with common.session(directory, screen=screen) as session:
        comparison = compared(outcomes_of(session, first), outcomes_of(session, second))
    if as_json:
        screen.json(as_document(comparison))
    for line in told(comparison):
        screen.line(line)
