"""Making an experiment: everything is looked at first, and a failure leaves nothing half-made behind."""

import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch import __version__
from autoresearch.adapters import checkout, disk
from autoresearch.adapters.git import Repository, branch_ref, chain_ref, pending_ref
from autoresearch.adapters.settings import Settings, load
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import ExperimentError, RepositoryError, SettingsError
from autoresearch.core.naming import check_name
from autoresearch.research.experiment import Experiment, environ_of
from autoresearch.research.home import Home, make_home, unmake_home
from autoresearch.research.ledger import Ledger, Opening
from autoresearch.research.question import ask, named_paths
from autoresearch.research.workspace import list_files


@dataclass(frozen=True)
class Request:
    """What `new` was asked for. `config` and `idea` are the texts of the two files that people edit;
    `base` is a revision, None for HEAD with the user's checkout as it is committed; `programs` are the files
    of a ready evaluator."""

    name: str
    home: Home
    config: str
    idea: str
    base: str | None = None
    programs: Mapping[str, bytes] = field(default_factory=dict)


def create(repository: Repository, request: Request, first: Callable[[Experiment], None]) -> Experiment:
    """Make an experiment and let `first` have it (to measure its baseline).

    If anything fails, also in `first`, everything that was made is taken away again.
    """
    name, home = check_name(request.name), request.home
    base = _base(repository, request.base)
    _refuse_if_taken(repository, name, home)
    folder = home.folder / name
    with ExitStack() as undo:
        if make_home(home):
            undo.callback(unmake_home, home)
        before = set(folder.iterdir()) if folder.exists() else set()
        undo.callback(_undo, repository, name, folder, before)
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in {"config.yaml": request.config.encode(), **request.programs}.items():
            disk.write(folder / file, content)
        if not (folder / "IDEA.md").exists():
            disk.write(folder / "IDEA.md", request.idea)
        environ = environ_of(repository)
        settings = _loaded([home.folder / "config.yaml", folder / "config.yaml"], environ)
        check_target(repository, settings, base)
        if request.base is None:
            check_committed(repository, settings, base)
        experiment = Experiment(name, home, repository, settings, request.idea.strip(), environ)
        question = ask(settings, folder, repository, base)
        about = {"autoresearch": __version__}
        Ledger.create(repository, name, base, Opening(about, question.files, int(time.time())))
        first(experiment)
        undo.pop_all()
    return experiment


def check_target(repository: Repository, settings: Settings, base: str) -> None:
    """Raises ExperimentError where a target can't be worked on, saying why and what to do."""
    for pattern in settings.target:
        found = list_files(repository, base, [pattern])
        if not found:
            raise _missing(repository, pattern)
        for path, entry in found.items():
            if entry.mode == "120000" and not _outside(repository, path):
                raise ExperimentError(f"target {path} is a symbolic link", "name the file it points at")
            if entry.mode == "120000":
                raise _leads_out(path)
            if entry.mode == "160000":
                raise ExperimentError(f"target {path} is a submodule", "work inside that repository: -C DIR")
        if filtered := checkout.filtered(repository, list(found)):
            raise ExperimentError(
                f"target {filtered[0]} goes through a git filter (LFS?)", "choose a plain file"
            )
        if away := checkout.left_out(repository, list(found)):
            add = shlex.join(["git", "sparse-checkout", "add", str(Path(away[0]).parent)])
            raise ExperimentError(f"target {away[0]} is not in your sparse checkout", add)


def check_committed(repository: Repository, settings: Settings, base: str) -> None:
    """Raises ExperimentError, naming the files, where what is in the checkout would not be measured."""
    commands = (settings.evaluate, *settings.checks, settings.proposer.command or "")
    named = [path for command in commands for path in named_paths(command)]
    there = [path for path in dict.fromkeys(named) if (repository.root / path).exists()]
    patterns = [*settings.target, *settings.context]
    committed = [*list_files(repository, base, patterns), *(repository.files(base, *there) if there else ())]
    changed = checkout.changed(repository, [*committed, *there])
    if changed:
        names, paths = ", ".join(sorted(changed)), shlex.join(["git", "add", "--", *sorted(changed)])
        several = "are" if len(changed) > 1 else "is"
        instead = ", or start from what is committed: --base HEAD" if set(changed) <= set(committed) else ""
        raise ExperimentError(
            f"{names} {several} not committed as it stands here, and only what is committed is measured",
            f"commit them ({paths} && git commit){instead}",
        )


def _base(repository: Repository, revision: str | None) -> str:
    found = repository.resolve(revision or "HEAD")
    if found is None and revision is not None:
        raise RepositoryError(f"no commit {revision!r}", "see: git log")
    if found is None:
        raise RepositoryError(f"{repository.root} has no commit yet", "make one: git add … && git commit")
    return found


def _refuse_if_taken(repository: Repository, name: str, home: Home) -> None:
    go_on = f"go on with it: autoresearch run {name}"
    if (home.folder / name / "config.yaml").exists():
        raise ExperimentError(f"{name} exists already ({home.folder / name})", go_on)
    for ref, mend in ((chain_ref(name), go_on), (branch_ref(name), "choose another name")):
        if repository.resolve(ref):
            raise ExperimentError(f"{name} exists already in git ({ref})", mend)
    for short in ("autoresearch", f"autoresearch/{name.split('/', maxsplit=1)[0]}"):
        if repository.resolve(f"refs/heads/{short}"):
            raise RepositoryError(
                f"a branch named {short!r} stands where our branches go",
                f"git branch -m {short} another-name",
            )


def _missing(repository: Repository, pattern: str) -> ExperimentError:
    """Why a target is not among the committed files."""
    path = repository.root / pattern
    if _outside(repository, pattern) and path.exists():
        return _leads_out(pattern)
    if not path.exists():
        where = f"there is no {pattern} in {repository.root}"
        return ExperimentError(f"target: {where}", "name a committed file, or a glob of some")
    if checkout.ignored(repository, pattern):
        return ExperimentError(
            f"target {pattern} is ignored by git", "only files that git tracks can be changed"
        )
    inside = next((p for p in (path, *path.parents) if p != repository.root and (p / ".git").exists()), None)
    if inside:
        return ExperimentError(
            f"target {pattern} is in another repository, {inside}", f"work there: -C {inside}"
        )
    add = shlex.join(["git", "add", "--", pattern])
    return ExperimentError(f"target {pattern} is not committed", f"{add} && git commit")


def _outside(repository: Repository, path: str) -> bool:
    return repository.root not in (repository.root / path).resolve().parents


def _leads_out(path: str) -> ExperimentError:
    return ExperimentError(f"target {path} leads out of the repository", "name a file inside it")


def _loaded(files: Sequence[Path], environ: Mapping[str, str]) -> Settings:
    """The settings; the last file is taken away after a mistake, so that places in it would help nobody."""
    try:
        return load(files, environ=environ)
    except SettingsError as error:
        here = re.escape(str(files[-1]))
        raise SettingsError(re.sub(rf"^{here}(:\d+)*: ", "", error.message, flags=re.MULTILINE)) from error


def _undo(repository: Repository, name: str, folder: Path, before: set[Path]) -> None:
    Worktree(repository, folder / "worktree", branch_ref(name)).remove()
    refs = (chain_ref(name), branch_ref(name), pending_ref(name))
    repository.move([(ref, None, None) for ref in refs if repository.resolve(ref)])
    for made in set(folder.iterdir() if folder.exists() else ()) - before:
        disk.remove(made)
    for empty in (folder, folder.parent):
        if empty.exists() and not any(empty.iterdir()):
            empty.rmdir()
