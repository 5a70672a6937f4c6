"""`autoresearch evaluators`."""

from dataclasses import asdict

import click

from autoresearch.adapters.screen import Column, Screen, table
from autoresearch.cli.common import json_option
from autoresearch.research.ready import ready_evaluators

COLUMNS = (
    Column("evaluator"), Column("metric"), Column("better", rank=3),
    Column("measures", flexible=True, rank=1), Column("settings", flexible=True, rank=2),
)  # fmt: skip


@click.command()
@json_option
def command(as_json: bool) -> None:
    """The ready evaluators: what they measure and take.

    \b
    autoresearch evaluators
    autoresearch new engineering/speed --target src/search.py \\
      --evaluator benchmark_speed --set command="python bench.py"
    """
    found = ready_evaluators()
    screen = Screen(machine=as_json)
    if as_json:
        screen.json({"evaluators": [{**asdict(each), "path": str(each.path)} for each in found]})
        return
    cells = [
        [each.name, each.metric, each.direction, each.summary,
         ", ".join(f"{key}*" if about.get("required") else key for key, about in each.settings.items())]
        for each in found
    ]  # fmt: skip
    screen.show(table(COLUMNS, cells, width=screen.width))
    screen.line("* needed. Each is a program of its own: docs/evaluators.md, or run one with --help:")
    screen.line(f"  python {found[0].path.parent}/{found[0].path.name} --help")
