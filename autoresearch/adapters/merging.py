"""Bringing commits to a branch without a checkout: merged in memory, then moved as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch.adapters.checkout import worktrees
from autoresearch.adapters.git import Repository
from autoresearch.core.errors import RepositoryError


@dataclass(frozen=True)
class Step:
    """One commit to make: the change from `old` to `new`, and its message."""

    old: str
    new: str
    message: str


def bring(repository: Repository, branch: str, steps: Sequence[Step]) -> str | None:
    """Commit each step on top of `branch` (a full ref name); the new tip, or None where it has them all.

    Where the branch is checked out, that checkout is moved along as `git merge --ff-only` does it, so
    changes in it are never overwritten. Raises RepositoryError, with nothing changed, on a conflict.
    """
    before = repository.resolve(branch)
    if before is None:
        raise AssertionError(f"{branch} was looked up by the caller")
    tip = before
    for step in steps:
        tree = _merged(repository, tip, step)
        if tree != repository.tree(tip):
            tip = _commit(repository, tree, tip, step.message)
    if tip == before:
        return None
    _advance(repository, branch, before, tip)
    return tip


def holds(repository: Repository, branch: str, old: str, new: str) -> bool:
    """Does the branch have all of the change from `old` to `new` already?"""
    tip = repository.resolve(branch)
    return tip is not None and _merge(repository, tip, old, new) == (repository.tree(tip), [])


def _merged(repository: Repository, tip: str, step: Step) -> str:
    """The tree of `tip` with the step's change merged in. Raises RepositoryError on a conflict."""
    tree, conflicts = _merge(repository, tip, step.old, step.new)
    if conflicts:
        raise RepositoryError(
            f"the change conflicts with the branch in {', '.join(conflicts)}; nothing was changed",
            f"merge it by hand: git merge --no-commit {step.new[:12]}",
        )
    return tree


def _merge(repository: Repository, tip: str, old: str, new: str) -> tuple[str, list[str]]:
    """A tree, and the files in conflict: `tip` and a change, three-way, as `git cherry-pick` does it."""
    # The base of a merge is where two commits part: give ours the one that the change starts from.
    ours = _commit(repository, repository.tree(tip), old, "ours")
    merge = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z")
    out = repository.run(*merge, ours, new, check=False)
    tree, *conflicts = out.stdout.decode(errors="surrogateescape").rstrip("\0").split("\0")
    if out.code > 1:
        raise RepositoryError(f"git merge-tree failed: {out.stderr.strip()}")
    return tree, conflicts


def _commit(repository: Repository, tree: str, parent: str, message: str) -> str:
    name, email = repository.identity
    who = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    said = message.replace("\0", " ").encode(errors="replace")
    made = repository.run(*who, "commit-tree", tree, "-p", parent, "-F", "-", stdin=said)
    return made.stdout.decode().strip()


def _advance(repository: Repository, branch: str, before: str, tip: str) -> None:
    at = next((path for path, checked_out in worktrees(repository) if checked_out == branch), None)
    if at is None:
        repository.move([(branch, tip, before)])
        return
    plain = ("--ff-only", "--quiet", "--no-autostash", "--no-verify-signatures")
    merged = repository.run("merge", *plain, tip, at=at, check=False)
    if merged.code:
        said = [line.strip() for line in merged.stderr.splitlines() if line.startswith("\t")]
        if said:
            raise RepositoryError(
                f"your changes to {', '.join(said)} in {at} would be overwritten; nothing was changed",
                "commit or stash them first",
            )
        raise RepositoryError(
            f"git could not move the checkout in {at}: {merged.stderr.strip().splitlines()[0]}"
        )
