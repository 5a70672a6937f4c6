"""A `.autoresearch/` folder: is it there, is it ours, making it. What is in it is left to others."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoresearch.adapters import disk
from autoresearch.core.errors import ExperimentError

MARKER = "autoresearch-git 1\n"

Scope = Literal["project", "user"]


@dataclass(frozen=True)
class Home:
    """One `.autoresearch/` folder: a repository's own, or the user's."""

    folder: Path
    scope: Scope

    def exists(self) -> bool:
        """Is it there, and ours? Raises ExperimentError where another tool, or a newer version, wrote it."""
        if not os.path.lexists(self.folder):
            return False
        marker = disk.read(self.folder / "version")
        if marker == MARKER:
            return True
        if marker is None and self.folder.is_dir() and not any(self.folder.iterdir()):
            return False
        if marker is not None and marker.startswith("autoresearch-git "):
            raise ExperimentError(f"{self.folder} was written by a newer autoresearch", "update this one")
        if self.swept():
            raise ExperimentError(
                f"{self.folder / 'version'} is gone (git stash -u, git clean?)",
                "bring it back (git stash pop), or make it again: autoresearch init; no trial is lost",
            )
        raise ExperimentError(
            f"{self.folder} was not written by this autoresearch (no marker in {self.folder / 'version'})",
            "nothing in it was touched; rename that folder to make room",
        )

    def swept(self) -> bool:
        """Is it ours, but what git does not ignore was taken away?"""
        signs = ("*/*/trials/*/trial.json", "*/*/worktree/.git")  # `git clean -fdx` spares a worktree
        return not (self.folder / "version").exists() and any(any(self.folder.glob(sign)) for sign in signs)

    def names(self) -> list[str]:
        """The experiments in it, as `domain/name`."""
        return sorted("/".join(path.parts[-3:-1]) for path in self.folder.glob("*/*/config.yaml"))


def user_home() -> Home:
    """The user's, for experiments that leave no file in their repository."""
    return Home(Path.home() / ".autoresearch", "user")


def make_home(home: Home) -> bool:
    """Make the `.autoresearch/` folder with its marker, whole or not at all. Says whether it had to."""
    if not home.swept() and home.exists():
        return False
    home.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        undo.callback(unmake_home, home)
        for name, text in LAID_DOWN.items():
            if not (home.folder / name).exists():
                disk.write(home.folder / name, text)
        undo.pop_all()
    return True


def unmake_home(home: Home) -> None:
    """Take away what `make_home` made, unless something else has come into it."""
    if {path.name for path in home.folder.iterdir()} <= LAID_DOWN.keys():
        disk.remove(home.folder)


GITIGNORE = """\
# What people write is tracked; what runs write is not (it is in refs/autoresearch/).
/*/*/*
!/*/*/config.yaml
!/*/*/IDEA.md
!/*/*/evaluate.py
!/*/*/_*.py
"""
HOME_CONFIG = """\
# Defaults for every experiment here; an experiment's own config.yaml comes before them.
# For example:
# stop: {hours: 8}
"""
LAID_DOWN = {"version": MARKER, ".gitignore": GITIGNORE, "config.yaml": HOME_CONFIG}
