"""What a run was asked to do, on disk, so that `--resume` does the rest of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.core.model import Trial
from autoresearch.core.stopping import ideas
from autoresearch.core.text import as_json


@dataclass(frozen=True)
class Asked:
    """At most `most` ideas (None: by the stop rules) with these overrides; begun at trial `before`, None
    where it has not begun yet."""

    most: int | None
    overrides: Sequence[str]
    before: int | None = None

    def rest(self, trials: Sequence[Trial]) -> "Asked":
        """What is still to be done of it."""
        left = self.most
        if left is not None and self.before is not None:
            left = max(0, left - ideas(trials[self.before :]))
        return replace(self, most=left, before=len(trials))


def begin(folder: Path, asked: Asked) -> None:
    """Note what is asked, until `end`."""
    disk.write(folder / "session.json", as_json(asdict(asked)))


def end(folder: Path) -> None:
    """It was done."""
    (folder / "session.json").unlink(missing_ok=True)


def note_end(folder: Path, why: str, trials: int) -> None:
    """Note why a run ended, when there were so many trials."""
    disk.write(folder / "ended.json", as_json({"why": why, "trials": trials}), flush=False)


def why_ended(folder: Path, trials: int) -> str:
    """Why the last run ended; "" where that is not known, or there are other trials since."""
    try:
        ended = json.loads(disk.read(folder / "ended.json") or "{}")
        return str(ended["why"]) if ended["trials"] == trials else ""
    except (ValueError, KeyError, TypeError):
        return ""


def unfinished(folder: Path) -> Asked | None:
    """What a run was asked to do that did not end by itself; None where there is no such run."""
    try:
        return Asked(**json.loads(disk.read(folder / "session.json") or ""))
    except (ValueError, TypeError):  # none, or damaged
        return None
