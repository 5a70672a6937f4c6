"""The experiment's folder: where experiments live, finding one by name, opening it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.adapters.env_file import variables
from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import Settings, load
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Metric
from autoresearch.core.naming import ending
from autoresearch.research.home import HOME_CONFIG, Home, make_home, user_home
from autoresearch.research.ledger import Ledger
from autoresearch.research.question import CARRIED, DEFAULTS, SHARED

REFS = "refs/autoresearch/"


def project_home(repository: Repository) -> Home:
    """The repository's own."""
    return Home(repository.root / ".autoresearch", "project")


@dataclass(frozen=True)
class Experiment:
    """One question, opened: its folder, its repository, its settings, its goal in the user's words."""

    name: str
    home: Home
    repository: Repository
    settings: Settings
    goal: str
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    @property
    def folder(self) -> Path:
        """`.autoresearch/<domain>/<name>/`."""
        return self.home.folder / self.name

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return self.settings.metric

    @property
    def lock(self) -> Path:
        """Held for the whole of a run; its time says when the experiment was last active."""
        return self.folder / "lock"

    @property
    def worktree(self) -> Path:
        """Where candidates are built and measured."""
        return self.folder / "worktree"

    @property
    def shared(self) -> Path:
        """What the first evaluation of a question leaves for the later ones."""
        return self.folder / "shared"

    @property
    def call_log(self) -> Path:
        """The file of its calls to models; where several experiments may share a folder, named after it."""
        asked = self.settings.logs.dir
        if asked is None:
            return self.folder / "calls.jsonl"
        return self.folder / Path(asked).expanduser() / f"{self.name.replace('/', '-')}.jsonl"

    def trial_folder(self, number: int) -> Path:
        """`trials/NNNN/`."""
        return self.folder / "trials" / f"{number:04}"


def find(repository: Repository | None) -> list[tuple[str, Home]]:
    """Every experiment in reach: of the repository (also those that only a fetched ref holds), the user's."""
    user = user_home()
    try:
        users = user.names() if user.exists() else []
    except ExperimentError:
        if repository is None:
            raise
        users = []  # another tool's folder in the home is no reason to refuse this repository
    found = [(name, user) for name in users]
    if repository is not None:
        project = project_home(repository)
        names = set(project.names() if project.exists() else ())
        fetched = {ref.removeprefix(REFS) for ref in repository.refs(REFS)} - set(users)
        found += [(name, project) for name in names | fetched]
    return sorted(found, key=lambda pair: (pair[0], pair[1].scope != "user"))


def open_named(
    name: str, home: Home, repository: Repository | None, overrides: Sequence[str] = ()
) -> Experiment:
    """Open one experiment. Where only its ref is here (a fetch), its folder is drawn from the chain."""
    folder = home.folder / name
    if not (folder / "config.yaml").exists():
        if repository is None:
            raise ExperimentError(f"no experiment {name}", "see: autoresearch list")
        make_home(home)
        draw_folder(folder, repository, name)
    environ = environ_of(repository)
    settings = load([home.folder / "config.yaml", folder / "config.yaml"], overrides, environ)
    if home.scope == "user":
        if settings.repository is None:
            raise ExperimentError(f"{folder / 'config.yaml'} names no repository", "add: repository: /path")
        if not settings.repository.is_dir():
            there = f"{folder / 'config.yaml'} names {settings.repository}, which is not there"
            raise ExperimentError(there, "mend the line repository: in it, or remove its folder")
        repository = Repository.discover(settings.repository)
    if repository is None:
        raise AssertionError("a project's experiment is opened from its repository")
    goal = disk.read(folder / "IDEA.md") or ""
    return Experiment(name, home, repository, settings, goal.strip(), environ)


def environ_of(repository: Repository | None) -> dict[str, str]:
    """The environment, with what it lacks from `.env` in the working folder, then in the repository."""
    folders = [Path.cwd(), *([repository.root] if repository else [])]
    return variables(folders, os.environ)


def choose(found: Sequence[tuple[str, Home]], wanted: str | None) -> list[tuple[str, Home]]:
    """The experiments that `wanted` may mean: the repository's own, or else the user's.

    Raises ExperimentError where there is none.
    """
    if not found:
        raise ExperimentError("no experiment here", "make one: autoresearch new DOMAIN/NAME --help")
    if wanted is None:
        return [pair for pair in found if pair[1].scope == "project"] or list(found)
    own = dict(found)  # the repository's own come later, so they win
    names = ending(list(own), wanted)
    if not names:
        there = ", ".join(own)
        raise ExperimentError(f"no experiment {wanted!r}", f"there are: {there}")
    return [(name, home) for name, home in own.items() if name in names]


def last_active(found: Sequence[tuple[str, Home]]) -> tuple[str, Home]:
    """The experiment that was run last, one whose run was cut short before all others.

    Raises ExperimentError where none was ever run here.
    """
    seen: dict[tuple[str, Home], tuple[bool, int]] = {}
    for name, home in found:
        session, results = (home.folder / name / file for file in ("session.json", "results.tsv"))
        times = [path.stat().st_mtime_ns for path in (session, results) if path.exists()]
        if times:
            seen[name, home] = (session.exists(), max(times))
    if not seen:
        raise ExperimentError("no experiment was run here yet", "name the one to run: autoresearch run EXP")
    return max(seen, key=seen.__getitem__)


def draw_folder(folder: Path, repository: Repository, name: str) -> None:
    """Write the experiment's own files, as its newest question had them, from the chain."""
    carried = Ledger.load(repository, name).question()
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in carried.items():
        if file in CARRIED or fnmatch(file, SHARED):
            disk.write(folder / file, content)
    defaults = folder.parent.parent / "config.yaml"
    if DEFAULTS in carried and disk.read(defaults) in (None, HOME_CONFIG):
        disk.write(defaults, carried[DEFAULTS])
