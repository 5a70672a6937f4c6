"""`autoresearch suite new`."""

from pathlib import Path

import click

from autoresearch.adapters import disk
from autoresearch.adapters.resources import folder
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option, start
from autoresearch.core.errors import AutoresearchError


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--kind", type=click.Choice(["prompt", "code", "runner"]), default="prompt", show_default=True,
              help="Of texts, of programs with tests, or with a runner in Python.")  # fmt: skip
@path_option
def command(name: str, kind: str, directory: Path | None) -> None:
    """Lay down a suite to begin with: NAME.toml.

    \b
    autoresearch suite new suites/greet
    autoresearch suite new suites/double --kind code
    """
    screen = Screen()
    path = start(directory) / (name if name.endswith(".toml") else f"{name}.toml")
    runner = path.with_name(f"{path.stem}_runner.py")
    for each in (path, *([runner] if kind == "runner" else [])):
        if each.exists():
            raise AutoresearchError(f"{each} is there already", "name another")
    source = folder("templates") / "suite"
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write(path, (source / f"{kind}.toml").read_text().replace("{{ runner }}", runner.name))
    if kind == "runner":
        disk.write(runner, (source / "runner.py").read_bytes())
    shown = path.relative_to(start(directory)) if path.is_relative_to(start(directory)) else path
    screen.line(f"written: {shown}{f', {runner.name}' if kind == 'runner' else ''}")
    screen.line(f"edit it, then: autoresearch suite validate {shown}")
    screen.line(f"               autoresearch suite run {shown} --model openrouter/vendor/name")
