"""What killed runs and other programs left in an experiment or its repository, and how it is taken away.

Nothing that may hold a trial without a record is ever deleted: at most it is moved aside.
"""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from autoresearch.adapters import checkout, disk, scratch
from autoresearch.adapters.git import Repository, branch_ref, chain_ref, pending_ref
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.units import counted
from autoresearch.research import sessions
from autoresearch.research.findings import REPAIR, Finding, State
from autoresearch.research.ledger import Ledger
from autoresearch.research.mending import held, put_aside

SETTLED = 60.0  # seconds after which a lock of git is none that a git is just working under
FOREIGN = ("index", "HEAD", "config", "packed-refs", "shallow")


def of_refs(repository: Repository, name: str, folder: Path) -> Iterator[Finding]:
    """Locks on the experiment's own refs: while there is one nothing can be recorded."""
    for ref in (chain_ref(name), branch_ref(name), pending_ref(name)):
        if _settled(path := repository.git_dir / f"{ref}.lock"):
            unlock = partial(_unlock, path, folder, name)
            yield Finding(name, f"a killed git left the lock {path}", "wrong", REPAIR, unlock)


def of_trials(ledger: Ledger, folder: Path) -> Iterator[Finding]:
    """What was in flight, what stands above the chain's end, what was half written."""
    name, number = ledger.name, len(ledger.trials)
    flight = folder / "trials" / f"{number:04}"
    cut_short = flight.exists() and not (flight / "trial.json").exists()
    if cut_short or sessions.unfinished(folder):
        where = f" in trial {number}" if cut_short else ""
        again = f"go on with it: autoresearch run {name} --resume"
        yield Finding(name, f"a run was cut short{where}; nothing of it is lost", "warning", again)
    above = number + 1 if cut_short else number
    if late := [p for p in folder.glob("trials/*") if p.name.isdigit() and int(p.name) >= above]:
        says = f"{counted(len(late), 'folder')} of trials above the end of the chain ({late[0]})"
        yield Finding(name, says, "warning", REPAIR, partial(_move, folder, above, name))
    if half := list(_half_written(folder)):
        says = f"{counted(len(half), 'file')} half written ({half[0]})"
        yield Finding(name, says, "warning", REPAIR, partial(_sweep, half, folder, name))
    if not cut_short:
        yield from _pending(ledger)


def of_repository(repository: Repository) -> Iterator[Finding]:
    """Worktrees of ours that are gone, and locks that other programs left."""
    for path, branch in checkout.worktrees(repository):
        ours = path.name == "worktree" and path.parents[2].name == ".autoresearch"
        if ours and not path.exists() and not disk.locked(path.parent / "lock"):
            forget = partial(_forget, Worktree(repository, path, branch))
            yield Finding(
                "git", f"the worktree {path} is gone, and git still knows of it", "warning", REPAIR, forget
            )
    for path in (repository.git_dir / f"{name}.lock" for name in FOREIGN):
        if _settled(path):
            mend = "it is not ours: if no git is running, remove it by hand"
            in_our_way = path.name == "packed-refs.lock"
            state: State = "wrong" if in_our_way else "warning"
            yield Finding("git", f"another program left the lock {path}", state, mend)


def of_system() -> Iterator[Finding]:
    """Temporary folders."""
    if old := scratch.left_behind():
        says = f"{counted(len(old), 'temporary folder')} of runs that were killed ({old[0]})"
        yield Finding("disk", says, "warning", REPAIR, partial(_remove, old))


def _pending(ledger: Ledger) -> Iterator[Finding]:
    repository, ref = ledger.repository, pending_ref(ledger.name)
    there = repository.resolve(ref)
    if there is None:
        return
    if there not in ledger.records and repository.contents([f"{there}:trial.json"]) != [None]:
        says, mend = f"{ref} holds a trial without a record", f"look at it: git show {there[:10]}:trial.json"
        yield Finding(ledger.name, says, "warning", mend)
        return
    drop = partial(_drop, repository, ref, there)
    yield Finding(ledger.name, f"{ref} holds a candidate that nothing waits for", "warning", REPAIR, drop)


def _half_written(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder:
            folders[:] = [name for name in folders if name not in ("worktree", "shared", "damaged")]
        yield from (Path(parent, name) for name in names if name[0] == "." and name.endswith(".new"))


def _settled(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > SETTLED
    except OSError:
        return False


def _unlock(path: Path, folder: Path, name: str) -> list[str]:
    with held(folder, name):
        path.unlink(missing_ok=True)
    return [f"removed {path}"]


def _move(folder: Path, first: int, name: str) -> list[str]:
    with held(folder, name):
        aside = put_aside(folder, first)
    return [f"{name}: moved folders of trials to {aside}"]


def _sweep(paths: list[Path], folder: Path, name: str) -> list[str]:
    with held(folder, name):
        return _remove(paths)


def _remove(paths: list[Path]) -> list[str]:
    for path in paths:
        disk.remove(path)
    return [f"removed {path}" for path in paths]


def _drop(repository: Repository, ref: str, oid: str) -> list[str]:
    repository.move([(ref, None, oid)])
    return [f"removed {ref} ({oid[:10]})"]


def _forget(worktree: Worktree) -> list[str]:
    worktree.remove()
    return [f"let git forget the worktree {worktree.path}"]
