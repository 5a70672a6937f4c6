"""What the commands on calls share: finding the logs that are meant, options, what to say of none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository
from autoresearch.adapters.screen import Screen
from autoresearch.calls.index import SORTS, Filter, Index
from autoresearch.calls.reading import STATUSES
from autoresearch.cli.common import Decorated, path_option, start, within_reach
from autoresearch.core.errors import AutoresearchError, ExperimentError
from autoresearch.core.units import counted
from autoresearch.research.experiment import choose, open_named
from autoresearch.research.home import MARKER, Home

FOLDERS = ("llm_logs", "../llm_logs")  # looked for where no experiment is named


@dataclass(frozen=True)
class Asked:
    """Which calls are meant: of an experiment that is named, or of a folder, and which of them."""

    experiment: str | None
    log_dir: Path | None
    directory: Path | None
    where: Filter


@dataclass(frozen=True)
class Logs:
    """A folder and its logs: those that match `pattern`, or some that are known; `told` where they were found
    without being named."""

    folder: Path
    pattern: str = ""
    known: tuple[Path, ...] = ()
    told: str = ""

    def files(self) -> list[Path]:
        """Those that there are now, or may come to be."""
        return sorted(self.folder.glob(self.pattern)) if self.pattern else list(self.known)


def log_options(function: Decorated) -> Decorated:
    """`[EXP]`, `-d`, `-C` and the filters, as one `asked`."""

    @click.argument("wanted", required=False, metavar="[EXP]")
    @meant_options
    @wraps(function)
    def with_asked(wanted: str | None, meant: Asked, **more: Any) -> Any:
        return function(asked=replace(meant, experiment=wanted), **more)

    return with_asked


def meant_options(function: Decorated) -> Decorated:
    """`-d`, `-C` and the filters, as one `meant`."""

    @click.option("-d", "--log-dir", type=click.Path(path_type=Path), metavar="DIR",
                  help="The logs in DIR, wherever it is.")  # fmt: skip
    @click.option("--stage", metavar="S", help="Only calls of this stage.")
    @click.option("--trial", type=click.IntRange(min=0), metavar="N", help="Only calls of this trial.")
    @click.option("--experiment", metavar="E", help="Only calls of this experiment.")
    @click.option("--model", metavar="M", help="Only calls that this model answered.")
    @click.option("--status", type=click.Choice(STATUSES), help="Only calls that ended so.")
    @path_option
    @wraps(function)
    def with_meant(log_dir: Path | None, directory: Path | None, **more: Any) -> Any:
        where = Filter(**{name: more.pop(name) for name in Filter.__dataclass_fields__})
        return function(meant=Asked(None, log_dir, directory, where), **more)

    return with_meant


def order_options(function: Decorated) -> Decorated:
    """`--sort` and `--reverse`."""
    sort = click.option("--sort", type=click.Choice(SORTS), default="time", show_default=True,
                        help="The order.")  # fmt: skip
    return sort(click.option("--reverse", is_flag=True, help="The other way round.")(function))


def most_option(default: int, of: str = "calls") -> Callable[[Decorated], Decorated]:
    """`-n N`."""
    return click.option("-n", "--most", type=click.IntRange(min=0), default=default, show_default=True,
                        metavar="N", help=f"At most N {of}; 0: all.")  # fmt: skip


def find_logs(asked: Asked) -> Logs:
    """The logs that are meant. Raises AutoresearchError where there can be none."""
    if asked.log_dir is not None:
        return _in_folder(asked.log_dir)
    beside = [start(asked.directory) / name for name in FOLDERS]
    if asked.experiment is None and (folder := next((f for f in beside if any(f.glob("*.jsonl"))), None)):
        return Logs(folder.resolve(), "*.jsonl", told=f"of {folder}")
    try:
        repository, found = within_reach(asked.directory)
        chosen = choose(found, asked.experiment)
    except ExperimentError as error:
        raise ExperimentError(error.message, f"{error.mend}; or name a folder of logs: -d DIR") from None
    if len(chosen) == 1:
        path = _log_of(*chosen[0], repository)
        return Logs(path.parent, known=(path,))
    paths = [_log_of(name, home, repository) for name, home in chosen]
    return Logs(chosen[0][1].folder, known=tuple(dict.fromkeys(paths)))


@contextmanager
def opened(asked: Asked, screen: Screen) -> Iterator[tuple[Index, Asked]]:
    """The index of the logs that are meant, and what was asked with its names whole. Says on standard error
    where it looked, and what it passed over."""
    logs = find_logs(asked)
    files = logs.files()
    if asked.log_dir is not None and not files:
        raise AutoresearchError(
            f"no log (*.jsonl) in {logs.folder}",
            "name the folder of an experiment, or see: autoresearch list",
        )
    with Index.open(logs.folder, files) as index:
        if logs.told:
            screen.note(logs.told)
        if index.damaged:
            screen.note(f"passed over {counted(index.damaged, 'damaged line')}")
        yield index, replace(asked, where=whole(asked.where, index))


def whole(where: Filter, index: Index) -> Filter:
    """With the names of which only an ending was given, where it is one name's."""
    named = {name: getattr(where, name) for name in ("experiment", "model", "stage")}
    for name, wanted in named.items():
        there = [value for value, _ in index.values(name) if value] if wanted else []
        endings = [value for value in there if value.endswith(f"/{wanted}")]
        if wanted not in there and len(endings) == 1:
            where = replace(where, **{name: endings[0]})
    return where


def say_none(index: Index, where: Filter, screen: Screen) -> None:
    """Why there is nothing to show."""
    if not index.count(Filter()):
        screen.line("no calls yet")
        return
    given = [name for name in Filter.__dataclass_fields__ if getattr(where, name) is not None]
    there = "; ".join(f"{name} {_listed(index, name)}" for name in given)
    screen.line(f"no calls match ({where.told()}); there are: {there}")


def several(index: Index) -> bool:
    """Are there calls of more than one experiment?"""
    return len(index.values("experiment")) > 1


def _listed(index: Index, name: str, most: int = 20) -> str:
    values = index.values(name)
    told = ", ".join("none" if value is None else str(value) for value, _ in values[:most])
    return f"{told}, …" if len(values) > most else told


def _in_folder(folder: Path) -> Logs:
    if folder.is_file():
        return Logs(folder.resolve().parent, known=(folder.resolve(),))
    if not folder.is_dir():
        raise AutoresearchError(f"no folder {folder}", "name one with logs (*.jsonl) in it: -d DIR")
    home = disk.read(folder / "version") == MARKER
    return Logs(folder.resolve(), "*/*/calls.jsonl" if home else "*.jsonl")


def _log_of(name: str, home: Home, repository: Repository | None) -> Path:
    """Where an experiment's calls are; where its settings can't be read, where they are usually."""
    try:
        return open_named(name, home, repository).call_log
    except AutoresearchError:
        return home.folder / name / "calls.jsonl"
