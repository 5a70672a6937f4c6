"""Is everything that a run needs in order? Looks at the machine, the repository and every experiment.

Looking changes nothing, asks no model anything, and reads a key only to see that there is one.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from autoresearch.adapters import disk, git, sandbox
from autoresearch.adapters.git import Repository
from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.reach import ADDRESSES, unreachable
from autoresearch.adapters.settings_sections import AGENTS, ProposerSettings
from autoresearch.core.calls import KEYS, STAGES, Model
from autoresearch.core.errors import AutoresearchError, RepositoryError, SettingsError
from autoresearch.core.redaction import Redactor
from autoresearch.core.units import counted
from autoresearch.research import leftovers, mending
from autoresearch.research.chain import survey
from autoresearch.research.experiment import Experiment, environ_of, find, open_named
from autoresearch.research.findings import REPAIR, Finding
from autoresearch.research.home import Home, user_home
from autoresearch.research.ledger import Ledger
from autoresearch.research.proposers import presets

LITTLE = 10**9  # bytes: with less than this a long run soon can't write what it measured


def examine(start: Path) -> list[Finding]:
    """Everything, for the repository that `start` is in; outside of one, what can be seen from there."""
    repository, found = _git(start)
    try:
        environ = environ_of(repository)
    except SettingsError as error:
        environ = dict(os.environ)
        found.append(Finding.of(".env", error))
    found += [_sandbox(), *_disk(start, repository), _keys(environ)]
    try:
        experiments = find(repository)
    except AutoresearchError as error:
        return [*found, Finding.of("experiments", error)]
    opened: list[Experiment] = []
    chains: list[Finding] = []
    for name, home in experiments:
        chains += _experiment(name, home, repository, opened)
    found += [*_models(opened, environ), *_agents(opened, environ), *chains, *leftovers.of_system()]
    return [*found, *(leftovers.of_repository(repository) if repository else ())]


def _git(start: Path) -> tuple[Repository | None, list[Finding]]:
    try:
        version = git.version(Repository(start, start / ".git"))
        repository = Repository.discover(start)
    except RepositoryError as error:
        found = Finding.of("git", error)
        outside = (
            "is not in a git checkout" in error.message
        )  # no fault: experiments of the user's are in reach
        return None, [Finding("git", error.message, "warning", error.mend) if outside else found]
    if not os.access(repository.git_dir, os.W_OK):
        mend = "make it writable for you; what is recorded is recorded there"
        return repository, [Finding("git", f"{repository.git_dir} can't be written", "wrong", mend)]
    return repository, [Finding("git", version)]


def _sandbox() -> Finding:
    try:
        levels = {level: why for level, why in sandbox.available().items() if level != "none"}
    except AutoresearchError as error:
        return Finding.of("sandbox", error)
    works = [level for level, why in levels.items() if not why]
    not_here = ", ".join(f"{level}: {why}" for level, why in levels.items() if why)
    if not works:
        mend = "install bubblewrap; without one, what is measured can do all that you can"
        return Finding("sandbox", f"no level works here ({not_here})", "warning", mend)
    return Finding("sandbox", ", ".join(works) + (f" ({not_here})" if not_here else ""))


def _disk(start: Path, repository: Repository | None) -> Iterator[Finding]:
    """The room where experiments and records are written, once for each file system."""
    homes = [repository.root, repository.git_dir] if repository else [start]
    places = [path for path in (*homes, user_home().folder) if path.exists()]
    for path in {path.stat().st_dev: path for path in reversed(places)}.values():
        free = shutil.disk_usage(path).free
        says = f"{free / 10**9:,.1f} GB free at {path}"
        if free < LITTLE:
            yield Finding("disk", says, "warning", "free some: a run stops where it can't write")
        else:
            yield Finding("disk", says)


def _keys(environ: Mapping[str, str]) -> Finding:
    """For which providers there is a key, and where; nothing of the key itself."""
    there = [
        f"{provider} ({name} in {'the environment' if os.environ.get(name) else '.env'})"
        for provider, names in KEYS.items()
        if (name := next((name for name in names if environ.get(name)), None))
    ]
    return Finding("keys", ", ".join(there) or "none; only the model proposer and the judges need one")


def _models(experiments: Sequence[Experiment], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Those that settings name: is its key there, and does its server answer?"""
    named = {
        model.name: model
        for experiment in experiments
        for stage in STAGES
        for model in experiment.settings.models.chain(stage)
    }
    keys = Litellm(environ, Redactor(environ))
    addresses = {name: _address(model, keys) for name, model in named.items()}
    shown = Redactor(environ).text
    asked = sorted({address for address in addresses.values() if address})
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        answers = dict(zip(asked, pool.map(unreachable, asked), strict=True))
    for name, model in named.items():
        where, address = f"model {name}", addresses[name]
        if lacks := keys.missing_key(model):
            yield Finding(
                where, f"no key: {lacks} is not set", "wrong", f"set {lacks}, in .env or the environment"
            )
        elif address is None:
            yield Finding(where, "its server is not known here; not tried")
        elif why := answers[address]:
            mend = "is the network there? A run waits for it, as requests: outage: says"
            yield Finding(where, f"{shown(address)} can't be reached ({why})", "warning", mend)
        else:
            yield Finding(where, f"{shown(address)} can be reached")


def _address(model: Model, client: Litellm) -> str | None:
    """The server that a model is asked at, None where that is not known here."""
    return client.base(model) or ADDRESSES.get(model.provider)


def _agents(experiments: Sequence[Experiment], environ: Mapping[str, str]) -> Iterator[Finding]:
    """The command-line agents that we know how to start, and those that settings name."""
    nowhere = Path()
    known = {agent: presets.find(ProposerSettings(agent=agent, use="agent"), nowhere) for agent in AGENTS}
    there = [agent for agent, preset in known.items() if not preset.missing(environ, nowhere)]
    yield Finding("agents", ", ".join(there) or f"none of {', '.join(AGENTS)} is installed; none is needed")
    for experiment in experiments:
        if experiment.settings.use != "agent":
            continue
        try:
            preset = presets.find(experiment.settings.proposer, experiment.home.folder)
        except SettingsError as error:
            yield Finding.of(experiment.name, error)
            continue
        if preset.missing(environ, experiment.worktree):
            says = f"its agent is not installed: {preset.shown()}"
            yield Finding(experiment.name, says, "wrong", preset.install)


def _experiment(
    name: str, home: Home, repository: Repository | None, opened: list[Experiment]
) -> Iterator[Finding]:
    """The settings, the chain, the branch, leftovers; `opened` gets it if its settings can be read."""
    folder = home.folder / name
    if disk.locked(folder / "lock"):
        yield Finding(name, "is being run by another process: left alone")
        return
    if (folder / "config.yaml").exists():
        try:
            opened.append(open_named(name, home, repository))
        except AutoresearchError as error:
            yield Finding.of(name, error)
        else:
            repository = opened[-1].repository
    if repository is not None:
        yield from leftovers.of_refs(repository, name, folder)
        try:
            yield from _records(repository, name, folder)
        except AutoresearchError as error:
            yield Finding.of(name, error)


def _records(repository: Repository, name: str, folder: Path) -> Iterator[Finding]:
    if damage := survey(repository, name):
        repair = partial(mending.mend, repository, name, folder) if damage.whole else None
        yield Finding(name, damage.wrong.removeprefix(f"{name}: "), "wrong", damage.mend, repair)
        return
    ledger = Ledger.load(repository, name)
    there = repository.resolve(git.branch_ref(name))
    if there is None:
        says = f"its branch heads/autoresearch/{name} is missing"
        yield Finding(name, says, "warning", REPAIR, partial(_make_branch, ledger))
    elif there != ledger.head:
        yield from _moved_branch(ledger)
    yield Finding(name, f"{counted(len(ledger.trials), 'trial')}, every record whole")
    yield from leftovers.of_trials(ledger, folder)


def _moved_branch(ledger: Ledger) -> Iterator[Finding]:
    try:
        ledger.heal_branch()
    except AutoresearchError as error:
        yield Finding.of(ledger.name, error)


def _make_branch(ledger: Ledger) -> list[str]:
    ledger.heal_branch()
    return [f"{ledger.name}: made the branch again at {ledger.head[:10]}"]
