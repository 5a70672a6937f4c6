"""The commands of older tools under their own names: `generate-completions`, `run-tests`, `write-results`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common, steps
from autoresearch.cli.suite.options import parameters_of
from autoresearch.cli.suite.report import MATCHES, opened, write
from autoresearch.cli.suite.steps import Step
from autoresearch.suites.cases import AGGREGATES
from autoresearch.suites.running import ANSWERING, TESTING
from autoresearch.suites.session import Wanted, Way

FILE = click.Path(path_type=Path)


@click.command(hidden=True)
@click.argument("source", metavar="IN.toml", type=FILE)
@click.argument("target", metavar="OUT.toml", type=FILE)
@click.option("--n", "-n", "samples", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--max-tokens", type=click.IntRange(min=1), default=16, show_default=True)
@click.option("--temperature", "--temp", type=float, default=0.9, show_default=True)
@click.option("--model", multiple=True)
@path_option
def generate_completions(
    source: Path, target: Path, samples: int, max_tokens: int, temperature: float, model: tuple[str, ...],
    directory: Path | None,
) -> int:  # fmt: skip
    """N completions of each question; today: suite generate IN -o OUT."""
    screen = Screen()
    suite = common.read(source, (), directory)
    parameters = parameters_of(suite, temperature, max_tokens)
    wanted = Wanted(models=common.models(model, suite), samples=samples, parameters=parameters)
    with common.session(directory, screen=screen) as session:
        step = Step(source, target, ANSWERING, Way(stages=ANSWERING), wanted)
        steps.refuse(step)
        return steps.take(session, screen, suite, step)


@click.command(hidden=True)
@click.argument("source", metavar="IN.toml", type=FILE)
@click.argument("target", metavar="OUT.toml", type=FILE)
@path_option
def run_tests(source: Path, target: Path, directory: Path | None) -> int:
    """Every completion against every test; today: suite test IN -o OUT."""
    screen = Screen()
    suite = common.read(source, (), directory)
    with common.session(directory, screen=screen) as session:
        step = Step(source, target, TESTING, Way(stages=TESTING))
        steps.refuse(step)
        return steps.take(session, screen, suite, step)


@click.command(hidden=True)
@click.argument("source", metavar="IN.toml", type=FILE)
@click.argument("target", metavar="OUT.csv", type=FILE)
@click.option("--match", "--test-strategy", type=click.Choice(MATCHES))
@click.option("--aggregate", "--scoring-strategy", type=click.Choice(AGGREGATES))
@path_option
def write_results(
    source: Path, target: Path, match: str | None, aggregate: str | None, directory: Path | None
) -> None:
    """A row a question; today: suite report IN -o OUT.csv."""
    screen = Screen()
    with common.session(directory, screen=screen) as session:
        view = opened(session, str(source), directory)
        write(view, target, "codex", match, aggregate)
        screen.line(f"written: {target}")
