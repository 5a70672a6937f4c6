"""The user's checkout, looked at and never written: what is changed, ignored, filtered, checked out."""

from collections.abc import Sequence
from pathlib import Path

from autoresearch.adapters.git import Repository


def changed(repository: Repository, paths: Sequence[str]) -> list[str]:
    """Those of the paths (literal, relative to the root) that differ from HEAD or were never added."""
    if not paths:
        return []
    status = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    out = repository.run("--literal-pathspecs", *status, "--", *paths, at=repository.root).stdout
    return [line[3:] for line in out.decode(errors="surrogateescape").split("\0") if line]


def ignored(repository: Repository, path: str) -> bool:
    """Does a .gitignore or exclude file say to leave this path out?"""
    asked = repository.run("check-ignore", "--quiet", "--", path, at=repository.root, check=False)
    return asked.code == 0


def filtered(repository: Repository, paths: Sequence[str]) -> list[str]:
    """Those of the paths whose content goes through a filter driver (git-lfs, git-crypt)."""
    if not paths:
        return []
    asked = ("check-attr", "-z", "--stdin", "filter")
    out = repository.run(*asked, stdin="\0".join(paths).encode(errors="surrogateescape"), at=repository.root)
    fields = out.stdout.decode(errors="surrogateescape").split("\0")
    rows = zip(fields[0::3], fields[2::3], strict=False)
    return [path for path, value in rows if value not in ("unspecified", "unset")]


def left_out(repository: Repository, paths: Sequence[str]) -> list[str]:
    """Those of the paths that are not here because the checkout is sparse."""
    missing = [path for path in paths if not (repository.root / path).exists()]
    if not missing:
        return []
    listing = ("--literal-pathspecs", "ls-files", "-t", "-z", "--", *missing)
    out = repository.run(*listing, at=repository.root).stdout.decode(errors="surrogateescape")
    return [line[2:] for line in out.split("\0") if line.startswith("S ")]


def worktrees(repository: Repository) -> list[tuple[Path, str]]:
    """Every worktree of the repository, the main one first: its folder, and its branch's ref or ""."""
    out = repository.run("worktree", "list", "--porcelain", "-z").stdout.decode(errors="surrogateescape")
    blocks = (dict(line.partition(" ")[::2] for line in block.split("\0")) for block in out.split("\0\0"))
    return [(Path(block["worktree"]), block.get("branch", "")) for block in blocks if "worktree" in block]


def hash_files(repository: Repository, paths: Sequence[str]) -> list[str]:
    """The object id that each file (relative to the root) would have in git; nothing is written."""
    if not paths:
        return []
    return repository.run("hash-object", "--", *paths, at=repository.root).stdout.decode().split()
