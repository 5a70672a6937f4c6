"""A git worktree of our own: made, hard-reset, filled, rebuilt when it is damaged, removed.

Changed files are put there by hand: whatever touches the index costs as much as the repository is large.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository
from autoresearch.core.errors import RepositoryError

# Files are put here with the bytes that they have in git: a reset must not give them other line ends.
BYTES = ("-c", "core.autocrlf=false", "-c", "core.eol=lf")
RESET = (*BYTES, "reset", "--quiet", "--hard")
FILES = (*BYTES, "checkout-index", "--quiet", "--force", "--all")  # a reset that leaves the index alone


class Worktree:
    """The worktree at `path`, whose HEAD is the branch `branch` (a full ref name)."""

    def __init__(self, repository: Repository, path: Path, branch: str) -> None:
        self.repository = repository
        self.path = path.parent.resolve() / path.name  # as git names it
        self.branch = branch
        self._left: tuple[str, ...] | None = None  # the index, as the last reset left it

    def ensure(self) -> bool:
        """Make it, or make it again where it is missing or damaged. Says whether it had to."""
        if self._sound():
            return False
        self.remove()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        at = self.repository.resolve(self.branch)
        if at is None:
            raise RepositoryError(f"the branch {self.branch} is missing")
        add = ("worktree", "add", "--quiet", "--force", "--force", "--detach", "--no-checkout")
        with ExitStack() as undo:
            undo.callback(self.remove)
            # From the user's checkout: where that is sparse, so is this one.
            self.repository.run(*add, str(self.path), at, at=self.repository.root)
            self.repository.run("symbolic-ref", "HEAD", self.branch, at=self.path)
            self.repository.run(*RESET, at=self.path)
            undo.pop_all()
        return True

    def reset(self, spare: Sequence[str] = ()) -> None:
        """Hard-reset to the branch and delete everything else, ignored files too, except `spare`."""
        if self.ensure():
            return
        patterns = [f"--exclude=/{_literal(path)}" for path in spare]
        self._drop_flags("HEAD")
        untouched = self._left is not None and self._left == self._index()
        reset = self.repository.run(*(FILES if untouched else RESET), at=self.path, check=False)
        self._left = self._index()
        clean = self.repository.run("clean", "-ffdxq", *patterns, at=self.path, check=False)
        if reset.code or clean.code or not self._rid_of_special_files():
            self.remove()
            self.ensure()

    def put_back(self) -> None:
        """Every tracked file as the branch has it; others stay."""
        self._drop_flags("HEAD")
        self.repository.run(*RESET, at=self.path)
        self._left = self._index()

    def changed(self, commit: str) -> set[str]:
        """The paths that differ from a commit, and new ones that git does not ignore."""
        self._drop_flags(commit)
        differ = self.repository.run("diff", "--name-only", "--no-renames", "-z", commit, "--", at=self.path)
        others = self.repository.run("ls-files", "--others", "--exclude-standard", "-z", at=self.path)
        names = (differ.stdout + others.stdout).decode(errors="surrogateescape").split("\0")
        return {name for name in names if name}

    def write(self, files: Mapping[str, bytes | None], modes: Mapping[str, str]) -> None:
        """Put files (None: no such file) where a proposal wants them. Never through a symbolic link."""
        for name, content in files.items():
            path = self.path / name
            if any((self.path / parent).is_symlink() for parent in Path(name).parents):
                raise RepositoryError(f"{name} stands behind a symbolic link")
            if path.is_dir() and not path.is_symlink():
                raise RepositoryError(f"{name} is a folder")
            path.unlink(missing_ok=True)
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(0o755 if modes.get(name) == "100755" else 0o644)

    def remove(self) -> None:
        """Take it away, and git's note of it. The branch stays."""
        disk.remove(self.path)  # first: git forgets a folder that is gone, and refuses a damaged one
        self.repository.run("worktree", "remove", "--force", "--force", str(self.path), check=False)

    def _drop_flags(self, commit: str) -> None:
        """Read the index anew where somebody else wrote it: `update-index --skip-worktree` hides a change
        from a reset and a diff alike."""
        now = self._index()
        if self._left is None or now is None or now[1] != self._left[1]:
            self.repository.run("read-tree", commit, at=self.path, check=False)

    def _index(self) -> tuple[str, ...] | None:
        """What changes when the branch moves or anybody writes the index; None where that can't be seen."""
        branch = disk.read(self.repository.git_dir / self.branch)
        index = self._git_dir() / "index"
        if branch is None or not index.exists():
            return None
        stat = index.stat()
        return branch, f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"

    def _rid_of_special_files(self) -> bool:
        """Unlink what git does not see: a socket that is left would fail the next trial."""
        try:
            for path in disk.special(self.path):
                path.unlink()
        except OSError:
            return False
        return True

    def _git_dir(self) -> Path:
        """git's own folder for it, as the worktree says."""
        pointer = disk.read(self.path / ".git") or ""
        return Path(pointer.removeprefix("gitdir: ").strip())

    def _sound(self) -> bool:
        """Is this still a worktree of the repository, on our branch? An evaluation may have changed that."""
        git_dir = self._git_dir()
        if git_dir.parent != self.repository.git_dir / "worktrees" or self.path.is_symlink():
            return False
        if (git_dir / "index.lock").exists():  # we hold the experiment's lock, so its writer is dead
            return False
        back = (disk.read(git_dir / "gitdir") or "").strip()
        head = (disk.read(git_dir / "HEAD") or "").strip()
        return head == f"ref: {self.branch}" and Path(back) == self.path / ".git"


def _literal(path: str) -> str:
    """A path as a gitignore pattern that means just this path."""
    return "".join("\\" + c if c in "\\*?[]!# " else c for c in path.rstrip("/"))
