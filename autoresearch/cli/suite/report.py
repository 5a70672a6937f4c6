"""`autoresearch suite report`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen, table
from autoresearch.cli.common import json_option, path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Match
from autoresearch.suites import giving
from autoresearch.suites.cases import AGGREGATES
from autoresearch.suites.outcomes import View
from autoresearch.suites.session import Session, Wanted
from autoresearch.views import export
from autoresearch.views.suite import as_document
from autoresearch.views.suite_export import ENDINGS, FORMATS, codex
from autoresearch.views.suite_report import CASES, heading, reasons, worst

MATCHES = ("exact", "fuzzy", "fuzzy_w_cutoff")


@click.command()
@click.argument("what", required=False, metavar="[EVAL|FILE]")
@click.option(
    "-o", "target", type=click.Path(path_type=Path), metavar="FILE", help="As .csv .md .json .html .xml."
)
@click.option("--preset", type=click.Choice(["codex"]), help="CSV: a row a question, a column a response.")
@click.option("--match", "--test-strategy", type=click.Choice(MATCHES), help="Compare outputs of tests so.")
@click.option(
    "--aggregate", "--scoring-strategy", type=click.Choice(AGGREGATES), help="Score of several tests."
)
@click.option(
    "-k", "ks", multiple=True, type=click.IntRange(min=1), metavar="K", help="pass@K; may be repeated."
)
@path_option
@json_option
def command(
    what: str | None, target: Path | None, preset: str | None, match: str | None, aggregate: Any,
    ks: tuple[int, ...], directory: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Pass rates with their intervals, pass@k, the worst cases, what failed and why: of EVAL, or of answers
    in FILE.

    \b
    autoresearch suite report greet -k 1 -k 10
    autoresearch suite report tested.toml -o results.csv
    """
    screen = Screen(machine=as_json)
    with common.session(directory, screen=screen) as session:
        view = opened(session, what, directory)
        suite = replace(
            view.eval.suite, k=ks or view.eval.suite.k, aggregate=aggregate or view.eval.suite.aggregate
        )
        view.eval = replace(view.eval, suite=suite)
        if target is not None:
            write(view, target, preset or ("codex" if suite.old else None), match, aggregate)
            screen.line(f"written: {target}")
        elif as_json:
            screen.json(as_document(view.eval, view.outcomes()))
        else:
            show(screen, view)


def opened(session: Session, what: str | None, directory: Path | None) -> View:
    """An eval by name, or the answers in a file."""
    if what is None or what in session.evals() or not Path(what).suffix:
        return session.view(session.eval(what))
    suite = common.read(Path(what), (), directory)
    if not giving.has_answers(suite):
        raise AutoresearchError(
            f"{what} holds no answers", f"suite run {what}, or suite generate {what} -o FILE"
        )
    return session.view(giving.given(session, suite, suite.name, Wanted()))


def show(screen: Screen, view: View) -> None:
    """For people."""
    outcomes = view.outcomes()
    for line in heading(view.eval, outcomes):
        screen.line(line)
    rows, more = worst(outcomes)
    if rows:
        screen.line()
        screen.show(table(CASES, rows, width=screen.width))
        if more:
            screen.line(f"… {more:,} more cases: autoresearch suite ls {view.eval.name} verdict:fail")
    told = list(reasons(outcomes))
    if told:
        screen.line("\nwhat failed:")
    for line in told:
        screen.line(line)


def write(view: View, target: Path, preset: str | None, match: str | None, aggregate: Any = None) -> None:
    """Into a file, by its ending. Raises AutoresearchError for one that means nothing."""
    name = ENDINGS.get(target.suffix.lower())
    if name is None:
        raise AutoresearchError(f"{target}: no format has this ending", f"there are {' '.join(ENDINGS)}")
    if name == "csv" and preset == "codex":
        sheet = codex(view.eval, view.outcomes(), Match(match) if match else None, aggregate)
        disk.write(target, export.as_csv(sheet))
    else:
        disk.write(target, FORMATS[name](view, view.outcomes()))
