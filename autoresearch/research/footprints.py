"""What stands in a folder now, so that two looks tell what was written there in between."""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.adapters.git import Repository

Seen = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Place:
    """A folder to look at, so many folders deep (None: all of it), without the paths in `spare`."""

    folder: Path
    deep: int | None = None
    spare: Collection[Path] = ()

    def look(self) -> Seen:
        """Size and time of change of every file, and of the folders that are not entered."""
        return dict(self._below(self.folder, self.deep))

    def changed(self, before: Seen) -> list[str]:
        """The paths that came, went or were written since `before`."""
        now = self.look()
        return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))

    def _below(self, folder: Path, deep: int | None) -> Iterator[tuple[str, tuple[int, int]]]:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return  # not ours to read, or gone just now
        for entry in entries:
            if Path(entry.path) in self.spare:
                continue
            if entry.is_dir(follow_symlinks=False) and deep != 1:
                yield from self._below(Path(entry.path), None if deep is None else deep - 1)
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            yield entry.path, (stat.st_size, stat.st_mtime_ns)


def places(repository: Repository, home: Path, temporary: Path, ours: Path) -> Sequence[Place]:
    """Where a program that strays would write: the user's checkout, their home, the temporary folder, in
    which `ours` stands."""
    git, root = repository.git_dir, repository.root
    own = {root / ".autoresearch", home / ".autoresearch", git / "worktrees", git / "objects", ours}
    return (
        Place(root, spare=own),
        Place(home, 3, {*own, root, temporary}),
        Place(temporary, 1, {*own, root, home}),
    )
