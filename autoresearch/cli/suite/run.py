"""`autoresearch suite run`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import Decorated, json_option, path_option, settings_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.query import select
from autoresearch.core.suite import Parameters, Suite
from autoresearch.suites import emitting, evals
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import figures
from autoresearch.suites.outcomes import View
from autoresearch.suites.session import Ended, Session, Wanted, Way
from autoresearch.views.suite import as_document, summary
from autoresearch.views.suite_live import Watch


def way_options(function: Decorated) -> Decorated:
    """How it is run: the same for every command that asks."""
    for option in (
        click.option("-j", "--concurrency", "widest", type=click.IntRange(min=1), default=16, show_default=True,
                     metavar="N", help="Requests to a model at once, at most; fewer after a 429."),
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Programs at once.  [default: cores]"),
        click.option("--max-cost", type=common.Money(), metavar="USD", help="Spend at most this much now."),
        click.option("--rpm", type=click.IntRange(min=1), metavar="N", help="Requests a minute, for each model."),
        click.option("--tpm", type=click.IntRange(min=1), metavar="N", help="Tokens a minute, for each model."),
        click.option("--sample-timeout", "timeout", type=common.Duration(), metavar="TIME",
                     help="For one answer, such as 30s."),
    ):  # fmt: skip
        function = option(function)
    return function


def way_of(options: dict[str, Any], **more: Any) -> Way:
    """The same as `Way`."""
    jobs = {"jobs": options["jobs"]} if options["jobs"] else {}
    return Way(
        widest=options["widest"], max_cost=options["max_cost"], timeout=options["timeout"],
        per_minute=(options["rpm"], options["tpm"]), **jobs, **more,
    )  # fmt: skip


def parameters_of(suite: Suite, temperature: float | None, max_tokens: int | None) -> Parameters:
    """The suite's, with what the command line says."""
    usual = suite.parameters
    return replace(
        usual,
        temperature=usual.temperature if temperature is None else temperature,
        max_tokens=max_tokens or usual.max_tokens,
    )


@click.command()
@common.suite_argument
@click.option("--model", "models", multiple=True, metavar="M", help="Ask this model; may be repeated.")
@click.option(
    "-n", "--samples", type=click.IntRange(min=1), metavar="N", help="Answers to each case, in all."
)
@click.option(
    "--add", "more", type=click.IntRange(min=0), default=0, metavar="N", help="So many more answers."
)
@click.option("--temperature", "--temp", type=float, metavar="T", help="Instead of the suite's.")
@click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Of an answer.")
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
        one = session.prepare(suite, options["name"] or evals.name_of(suite_path), _wanted(suite, options))
        view = session.view(one)
        numbers = _meant(session, view, options)
        watch = Watch(screen, view, numbers)
        with screen.drawing(watch.draw):
            ended = session.run(view, way_of(options), numbers, watch.done)
        if options["emit"]:
            return _emit(screen, view, ended, options["splits"])
        return end(screen, one, ended, options["fail_under"], as_json)


def _wanted(suite: Suite, options: dict[str, Any]) -> Wanted:
    samples = options["samples"] or suite.samples
    return Wanted(
        models=common.models(options["models"], suite),
        samples=samples,
        more=options["more"],
        parameters=parameters_of(suite, options["temperature"], options["max_tokens"]),
        fresh=options["fresh"],
        arguments=common.pairs(options["arguments"]),
        offset=emitting.look() * samples if options["emit"] else 0,
    )


def _meant(session: Session, view: View, options: dict[str, Any]) -> list[int]:
    """The numbers of the samples that are asked for: of these splits, these models, these queries."""
    found = common.splits(options["splits"], view.outcomes())
    found = emitting.asked(found, options["splits"]) if options["emit"] else found
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
