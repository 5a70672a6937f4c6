"""What was drawn into the notebook's files so far, by which a person's words are told from ours.

Every line that was ever drawn into a page is remembered, and every whole page by its hash, before the page is
written: neither a kill in between nor a file saved from an old editor makes our words somebody else's.
"""

import hashlib
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.core.sections import marks

MOST = 50_000  # lines of a page; beyond that it begins anew
_WHOLE = "sha256:"


class DrawnBefore:
    """The memory, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, set[str]] = {}

    def knows(self, name: str) -> bool:
        """Was this page ever drawn here?"""
        return bool(self._of(name))

    def unedited(self, name: str, page: str) -> bool:
        """Is this one of the pages as they were drawn?"""
        return _hash(page) in self._of(name)

    def has(self, name: str, line: str) -> bool:
        """Was this line ever drawn into the page?"""
        return line.rstrip() in self._of(name)

    def added(self, name: str, page: str) -> str:
        """The lines of a page that were never drawn into it, in their order: what a person wrote."""
        found: list[str] = []
        for line in (line.rstrip() for line in page.splitlines()):
            if line and not self.has(name, line) and not marks(line):
                found.append(line)
            elif not line and found and found[-1]:
                found.append("")
        return "\n".join(found).strip("\n")

    def note(self, name: str, page: str) -> None:
        """This page is about to be drawn."""
        known = self._of(name)
        lines = {_hash(page), *map(str.rstrip, page.splitlines())}
        new = sorted(lines - known - {""})
        if not new:
            return
        if len(known) + len(new) > MOST:
            self._path(name).unlink(missing_ok=True)
            known.clear()
        known.update(new)
        self.folder.mkdir(exist_ok=True)
        disk.append(self._path(name), "".join(f"{line}\n" for line in new), flush=False)

    def _of(self, name: str) -> set[str]:
        if name not in self._known:
            self._known[name] = set((disk.read(self._path(name)) or "").split("\n")) - {""}
        return self._known[name]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.lines"


def _hash(page: str) -> str:
    return _WHOLE + hashlib.sha256(page.strip().encode(errors="surrogateescape")).hexdigest()
