"""`autoresearch suite run`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option, settings_option
from autoresearch.cli.suite import common
from autoresearch.cli.suite.options import ask_options, wanted, way_of, way_options
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.query import select
from autoresearch.core.suite import Suite
from autoresearch.suites import emitting, evals
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import figures
from autoresearch.suites.outcomes import View
from autoresearch.suites.session import Ended, Session, Wanted
from autoresearch.views.suite import as_document, summary
from autoresearch.views.suite_live import Watch


@click.command()
@common.suite_argument
@ask_options
@click.option("--name", metavar="EVAL", help="Name of the eval.  [default: the file's]")
@click.option(
    "--split", "splits", multiple=True, metavar="S", help="Only cases of this split: dev, val, test."
)
@click.option(
    "--select", "queries", multiple=True, metavar="QUERY", help="Only these samples; see suite ls --help."
)
@click.option("--fresh", is_flag=True, help="Measure all again; what was answered before stays on record.")
@click.option("--fail-under", type=float, metavar="X", help="Exit 5 where the score is below X (0 to 1).")
@click.option("--emit", type=click.Choice(["metric"]), help="Print the numbers for an experiment.")
@way_options
@common.arguments_option
@settings_option
@path_option
@json_option
def command(
    suite_path: Path, overrides: tuple[str, ...], directory: Path | None, as_json: bool, **options: Any
) -> int:
    """Ask, test and score: whatever of SUITE has no good record yet.

    Run it again to go on, with -n 20 after -n 10 to pay for ten, after a change of the tests to test anew.

    \b
    autoresearch suite run greet.toml --model openrouter/vendor/name
    autoresearch suite run greet.toml -n 10 -j 50 --max-cost 5
    autoresearch suite run greet.toml --split val --fail-under 0.8

    In an experiment: evaluate: autoresearch suite run greet.toml --emit metric
    """
    screen = Screen(machine=as_json or options["emit"] is not None)
    suite = common.read(suite_path, options["arguments"], directory)
    with common.session(directory, overrides, screen=screen) as session:
        one = session.prepare(
            suite, options["name"] or emitting.name(evals.name_of(suite_path)), _wanted(suite, options)
        )
        view = session.view(one)
        numbers = _meant(session, view, options)
        watch = Watch(screen, view, numbers)
        with screen.drawing(watch.draw):
            ended = session.run(view, way_of(options), numbers, watch.done)
        if options["emit"]:
            return _emit(screen, view, ended, options["splits"])
        return end(screen, one, ended, options["fail_under"], as_json)


def _wanted(suite: Suite, options: dict[str, Any]) -> Wanted:
    """Of an experiment each look at a candidate has answers of its own."""
    found = wanted(suite, options)
    return replace(found, offset=emitting.look() * (found.samples or 1)) if options["emit"] else found


def _meant(session: Session, view: View, options: dict[str, Any]) -> list[int]:
    """The numbers of the samples that are asked for: of these splits, these models, these queries."""
    everything = view.outcomes()
    chosen = emitting.splits(everything, options["splits"]) if options["emit"] else options["splits"]
    found = common.splits(chosen, everything)
    if options["models"]:
        found = [each for each in found if each.sample.model in options["models"]]
    if queries := options["queries"]:
        there = {each.number for each in found}
        found = [each for each in select(view.outcomes(), queries, session.listed(view.eval.name))
                 if each.number in there]  # fmt: skip
        common.refuse_none(found, queries)
    return [each.number for each in found]


def _emit(screen: Screen, view: View, ended: Ended, splits: Sequence[str]) -> int:
    """The numbers of an experiment, on standard output; or why there are none."""
    if why := emitting.incomplete(ended):
        emitting.write({"crash": "eval_incomplete", "why": why})
        raise Incomplete(f"the eval is incomplete: {why}", "run it again: what was answered is kept")
    for line in emitting.failures(ended.outcomes):
        screen.line(line)
    found = emitting.numbers(view, emitting.deciding(ended.outcomes, splits))
    screen.raw("".join(f"{name}: {value!r}\n" for name, value in found.items()))
    emitting.write(found)
    return 0


class Incomplete(AutoresearchError):
    """There is no number: exit 3."""

    exit_code = common.INCOMPLETE


def end(screen: Screen, one: Eval, ended: Ended, fail_under: float | None, as_json: bool) -> int:
    """What came of it; the exit code."""
    scored = figures(one.suite, ended.outcomes)
    below = fail_under is not None and (scored.score is None or scored.score.value < fail_under)
    if as_json:
        screen.json(as_document(one, ended.outcomes))
    for line in summary(one, ended.outcomes):
        screen.line(line)
    if ended.why is not None:
        screen.error(ended.why.told())
    if below and ended.complete:
        screen.error(f"below --fail-under {fail_under:g}")
    return common.code_of(ended, below=below)
