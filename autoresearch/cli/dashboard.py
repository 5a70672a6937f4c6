"""`autoresearch dashboard`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import experiment_argument, json_option, one_of, path_option, within_reach
from autoresearch.research.experiment import choose, open_named
from autoresearch.research.ledger import Ledger
from autoresearch.views.dashboard import draw, of_experiment, of_overviews
from autoresearch.views.export import FORMATS, Sheet
from autoresearch.views.overview import overviews


@click.command()
@experiment_argument
@click.option("--domain", metavar="D", help="Only the experiments of this domain.")
@click.option("--format", "kind", type=click.Choice(["terminal", *FORMATS]), default="terminal",
              show_default=True, help="What to write.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to FILE instead of the screen.")  # fmt: skip
@path_option
@json_option
def command(
    experiment: str | None,
    domain: str | None,
    kind: str,
    output: Path | None,
    directory: Path | None,
    as_json: bool,
) -> None:
    """Results: every trial of EXP, or a row for each experiment.

    \b
    autoresearch dashboard                          every experiment
    autoresearch dashboard api-speed                every trial of one
    autoresearch dashboard --format csv -o all.csv
    """
    sheet = _sheet(experiment, domain, directory)
    kind = "json" if as_json else kind
    screen = Screen(machine=kind != "terminal")
    if kind == "terminal" and output is None:
        draw(sheet, screen)
        return
    text = FORMATS["markdown" if kind == "terminal" else kind](sheet)
    if output is None:
        screen.raw(text)
        return
    output.write_bytes(text.encode(errors="surrogateescape"))  # as it is: /dev/stdout, pipes, links too
    screen.note(f"wrote {output}")


def _sheet(experiment: str | None, domain: str | None, directory: Path | None) -> Sheet:
    repository, found = within_reach(directory)
    if domain is not None:
        found = [(name, home) for name, home in found if name.startswith(f"{domain}/")]
    if experiment is None:
        return of_overviews(overviews(found, repository))
    name, home = one_of(choose(found, experiment))
    opened = open_named(name, home, repository)
    return of_experiment(opened, Ledger.load(opened.repository, name).trials)
