"""`autoresearch suite ls`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen, table
from autoresearch.cli.common import json_option, path_option
from autoresearch.cli.suite import common
from autoresearch.core.query import HELP
from autoresearch.suites import evals, hands
from autoresearch.suites.session import Session
from autoresearch.views.suite import as_sample
from autoresearch.views.suite_tables import EVALS, SAMPLES, eval_row, row, style


def list_samples(
    session: Session, screen: Screen, words: tuple[str, ...], *, old_words: bool, as_json: bool
) -> None:
    """The samples of an eval that queries name; `a:3` means the third line of it from now on."""
    one, queries = hands.meant(session, words)
    found = hands.found(session, session.view(one), queries)
    evals.note_listed(session.place.folder, one.name, [each.number for each in found])
    if as_json:
        screen.json({"eval": one.name, "samples": [as_sample(one, each) for each in found]})
        return
    rows = [row(one, at, each, old_words=old_words) for at, each in enumerate(found)]
    screen.show(table(SAMPLES, rows, [style(each) for each in found], width=screen.width))


@click.command(epilog=HELP)
@common.words_argument
@click.option("--old-words", is_flag=True, help="READY, INCOMPLETE, COMPLETE, FAIL for the status.")
@path_option
@json_option
def command(words: tuple[str, ...], old_words: bool, directory: Path | None, as_json: bool) -> None:
    """The evals here; or the samples of EVAL that a QUERY names.

    \b
    autoresearch suite ls
    autoresearch suite ls greet status:error
    autoresearch suite ls greet "polite score<0.5"
    """
    screen = Screen(machine=as_json)
    with common.session(directory, screen=screen) as session:
        if words:
            list_samples(session, screen, words, old_words=old_words, as_json=as_json)
            return
        rows = [
            eval_row(one, session.view(one).outcomes())
            for one in (session.eval(name) for name in session.evals())
        ]
        if as_json:
            titles = [column.title for column in EVALS]
            screen.json({"evals": [dict(zip(titles, cells, strict=True)) for cells in rows]})
        elif rows:
            screen.show(table(EVALS, rows, width=screen.width))
        else:
            screen.line("no eval here yet; make one: autoresearch suite run SUITE")
