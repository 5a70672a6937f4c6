"""What the commands share: options, and finding the experiment that is meant."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters.git import Repository
from autoresearch.core.errors import ExperimentError, RepositoryError
from autoresearch.core.naming import split
from autoresearch.research.experiment import Experiment, choose, find, open_named
from autoresearch.research.home import Home

Decorated = Callable[..., Any]


def path_option(function: Decorated) -> Decorated:
    """`-C DIR` / `--path DIR`, behind the command as well as before it."""
    return click.option(
        "-C", "--path", "directory", type=click.Path(path_type=Path), metavar="DIR",
        help="Work on the repository in DIR.",
    )(function)  # fmt: skip


def folder_option(function: Decorated) -> Decorated:
    """`-C DIR`, where DIR may be the folder of an experiment: also `-d`, as in older tools."""
    return click.option(
        "-C", "--path", "-d", "--experiment-dir", "directory", type=click.Path(path_type=Path), metavar="DIR",
        help="Work on the repository in DIR, or the experiment whose folder that is.",
    )(function)  # fmt: skip


def json_option(function: Decorated) -> Decorated:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(
        function
    )


def settings_option(function: Decorated) -> Decorated:
    """`-c key=value`, as in git."""
    return click.option(
        "-c",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a setting, such as -c stop.hours=8.",
    )(function)


def experiment_argument(function: Decorated) -> Decorated:
    """`[EXP]`: any unambiguous ending of a name; may be left out where there is only one."""
    return click.argument("experiment", required=False, metavar="[EXP]")(function)


def start(directory: Path | None) -> Path:
    """The folder to work in: -C DIR, wherever it was given."""
    return directory or click.get_current_context().find_root().obj or Path.cwd()


def repository_at(directory: Path | None) -> Repository:
    """The repository to work on. Raises RepositoryError where there is none."""
    return Repository.discover(start(directory))


def refuse_name_as_reason(
    why: str | None, experiment: str | None, found: Sequence[tuple[str, Home]], option: str
) -> None:
    """`--revise api-speed` would take the experiment's name for the reason."""
    if experiment is None and why in {word for name, _ in found for word in (name, split(name)[1])}:
        raise click.UsageError(f"{why!r} names an experiment; put it first: {why} {option} REASON")


def within_reach(directory: Path | None) -> tuple[Repository | None, list[tuple[str, Home]]]:
    """The repository to work on, None outside of one, and every experiment in reach."""
    try:
        repository = repository_at(directory)
    except RepositoryError:
        if directory is not None or click.get_current_context().find_root().obj:
            raise
        return None, find(None)
    return repository, find(repository)


def open_experiment(wanted: str | None, directory: Path | None, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment that is meant: named, or the only one, or chosen at the terminal."""
    repository, found = within_reach(directory)
    name, home = one_of(meant(found, wanted, directory))
    return open_named(name, home, repository, overrides)


def meant(
    found: Sequence[tuple[str, Home]], wanted: str | None, directory: Path | None
) -> Sequence[tuple[str, Home]]:
    """The experiments that may be meant; where none is named, the one whose folder we are in."""
    here = start(directory).resolve()
    inside = [(name, home) for name, home in found if here.is_relative_to((home.folder / name).resolve())]
    return inside if inside and wanted is None else choose(found, wanted)


def one_of(found: Sequence[tuple[str, Home]]) -> tuple[str, Home]:
    """The only one there is; else a terminal is asked, and a script is told which there are."""
    if len(found) == 1:
        return found[0]
    names = [name for name, _ in found]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ExperimentError(f"several experiments are meant: {', '.join(names)}", "name one of them")
    chosen = click.prompt("Which experiment", type=click.Choice(names), err=True)
    return found[names.index(chosen)]
