"""Where the evals of a project are, and the settings that suites share with experiments (models, requests,
sandbox). Inside of an experiment's evaluation it is the place that the experiment is in."""

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch.adapters.env_file import variables
from autoresearch.adapters.settings import Settings, load
from autoresearch.core.errors import AutoresearchError, ExperimentError
from autoresearch.core.redaction import Redactor
from autoresearch.research.home import Home, make_home

FOLDER = ".suites"
FOLDERS = ("calls", "records", "evals")
DURING = "AUTORESEARCH_DIR"  # says, in an evaluation, where the experiment is
# An experiment needs these, a suite doesn't.
STAND_INS = ("target=none", "evaluate=none", "metric={name: none, direction: higher}")


@dataclass(frozen=True)
class Place:
    """`folder` holds records and evals; paths of suites are told from `root`."""

    root: Path
    home: Home
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        """`.autoresearch/.suites/`."""
        return self.home.folder / FOLDER

    @property
    def redactor(self) -> Redactor:
        """Takes the user's keys out of what is written."""
        return Redactor(self.environ)


def find(start: Path, overrides: Sequence[str] = ()) -> Place:
    """The place that `start` is in: the nearest folder with `.autoresearch/` or `.git`, else `start` itself.

    Raises AutoresearchError where its settings are wrong, or where nothing can be written there.
    """
    environ = variables([Path.cwd(), root := _root(start.resolve())], os.environ)
    during = environ.get(DURING)
    home = Home(Path(during).parent.parent if during else root / ".autoresearch", "project")
    own = [Path(during) / "config.yaml"] if during else [Path(os.devnull)]
    stand_ins = () if during else STAND_INS
    settings = load([home.folder / "config.yaml", *own], [*stand_ins, *overrides], environ)
    return Place(root, home, settings, environ)


def make(place: Place) -> None:
    """Make the folders that evals are written to. Raises AutoresearchError where they can't be.

    In an evaluation they must be there already: what else the sandbox lets be written is gone afterwards.
    """
    during = bool(place.environ.get(DURING))
    mend = f"let the evaluation write there: -c sandbox.write=[{place.folder}]"
    if during and not all((place.folder / name).is_dir() for name in FOLDERS):
        raise AutoresearchError(
            f"the answers can't be kept: {place.folder} is out of reach",
            f"make it (autoresearch suite validate SUITE), and {mend}",
        )
    try:
        if not during:
            make_home(place.home)
        for name in FOLDERS:
            (place.folder / name).mkdir(parents=True, exist_ok=True)
            if not os.access(place.folder / name, os.W_OK):
                raise PermissionError(errno.EACCES, "may not be written to")
    except OSError as error:
        raise AutoresearchError(
            f"the answers can't be kept in {place.folder}: {error.strerror}",
            mend if during else "free some space, or check the folder",
        ) from error


def _root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
        try:
            if Home(folder / ".autoresearch", "project").exists():
                return folder
        except ExperimentError:
            continue  # another tool's
    return start
