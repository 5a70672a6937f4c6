"""Options of the commands that ask: what is asked, and how it is run; and what they mean."""

from dataclasses import replace
from typing import Any

import click

from autoresearch.cli.common import Decorated
from autoresearch.cli.suite import common
from autoresearch.core.suite import Parameters, Suite
from autoresearch.suites.session import Wanted, Way

Option = Any  # as click.option makes them


def ask_options(function: Decorated) -> Decorated:
    """What is asked of whom."""
    return _with(function, ASK)


def way_options(function: Decorated) -> Decorated:
    """How it is run: the same for every command that asks."""
    return _with(function, WAY)


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


def wanted(suite: Suite, options: dict[str, Any]) -> Wanted:
    """What the options of `ask_options` ask for."""
    return Wanted(
        models=common.models(options["models"], suite),
        samples=options["samples"] or suite.samples,
        more=options["more"],
        parameters=parameters_of(suite, options["temperature"], options["max_tokens"]),
        fresh=options.get("fresh", False),
        arguments=common.pairs(options["arguments"]),
    )


def _with(function: Decorated, options: tuple[Option, ...]) -> Decorated:
    for option in reversed(options):
        function = option(function)
    return function


ASK: tuple[Option, ...] = (
    click.option("--model", "models", multiple=True, metavar="M", help="Ask this model; may be repeated."),
    click.option("-n", "--samples", type=click.IntRange(min=1), metavar="N",
                 help="Answers to each case, in all."),
    click.option("--add", "more", type=click.IntRange(min=0), default=0, metavar="N",
                 help="So many more answers."),
    click.option("--temperature", "--temp", type=float, metavar="T", help="Instead of the suite's."),
    click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Of an answer."),
)  # fmt: skip
WAY: tuple[Option, ...] = (
    click.option("-j", "--concurrency", "widest", type=click.IntRange(min=1), default=16, show_default=True,
                 metavar="N", help="Requests to a model at once, at most; fewer after a 429."),
    click.option("--jobs", type=click.IntRange(min=1), metavar="N",
                 help="Programs at once.  [default: cores]"),
    click.option("--max-cost", type=common.Money(), metavar="USD", help="Spend at most this much now."),
    click.option("--rpm", type=click.IntRange(min=1), metavar="N", help="Requests a minute, for each model."),
    click.option("--tpm", type=click.IntRange(min=1), metavar="N", help="Tokens a minute, for each model."),
    click.option("--sample-timeout", "timeout", type=common.Duration(), metavar="TIME",
                 help="For one answer, such as 30s."),
)  # fmt: skip
