"""The trial in flight, on disk: `trials/NNNN/` as it is being written.

Each reply and each measurement is flushed here before anything else is done with it, so that a run which
was killed goes on where it was. Once the trial has a record, the folder is only a view of it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autoresearch.adapters import disk
from autoresearch.core.keep import Who
from autoresearch.core.model import Measurement, Proposal
from autoresearch.core.text import as_json, ends

KEPT_OF_LOG = (32 * 1024, 64 * 1024)  # head and tail that go into the record


LOOKS = "looks.jsonl"


@dataclass(frozen=True)
class Seen:
    """A measurement that was made, and of whom."""

    who: Who
    measurement: Measurement


@dataclass(frozen=True)
class Draft:
    """The folder of the trial in flight. `key` ties what is in it to this trial of this question."""

    trial: int
    folder: Path
    key: str

    def open(self) -> None:
        """Make the folder. What another question, parent or kill half-made in it is cleared away."""
        if self.folder.exists() and (disk.read(self.folder / "key") or "") != self.key:
            disk.remove(self.folder)
        if not self.folder.exists():
            self.folder.mkdir(parents=True)
            disk.write(self.folder / "key", self.key)
        disk.sweep_unfinished(self.folder)

    def discard(self) -> None:
        """There is no such trial: nothing was proposed."""
        disk.remove(self.folder)

    def save_proposal(self, proposal: Proposal, started: str) -> None:
        """The proposal as it came, before it is judged."""
        disk.write(self.folder / "proposal.json", as_json({**asdict(proposal), "started": started}))

    def proposal(self) -> tuple[Proposal, str] | None:
        """A proposal that was paid for already, and when it was begun."""
        row = self._read("proposal.json")
        if row is None:
            return None
        started = row.pop("started")
        lists = {name: tuple(row.get(name, ())) for name in ("put_back", "tasks")}
        return Proposal(**{**row, **lists}), started

    def save_look(self, seen: Seen) -> None:
        """A measurement that was made, before anything else is done with it."""
        row = {"who": seen.who, **asdict(seen.measurement)}
        disk.append(self.folder / LOOKS, json.dumps(row, ensure_ascii=False) + "\n")

    def looks(self) -> list[Seen]:
        """The measurements that were made already, in their order. A line that a kill cut short is none."""
        lines = (disk.read(self.folder / LOOKS) or "").split("\n")
        whole = [json.loads(line) for line in lines[:-1]]
        if lines[-1]:
            disk.write(self.folder / LOOKS, "".join(f"{line}\n" for line in lines[:-1]))
        return [
            Seen(row["who"], Measurement(tuple(row["samples"]), row["metrics"], row["seconds"]))
            for row in whole
        ]

    @property
    def log(self) -> Path:
        """Where the output of checks and evaluation goes, as it comes."""
        return self.folder / "run.log"

    def evidence(self) -> dict[str, bytes]:
        """The files that go into the record; long logs by their head and tail."""
        names = ("proposal.json", "prompt.md", "reply.md", "proposer.log", LOOKS, "run.log", "summary.md")
        found = {name: (self.folder / name).read_bytes() for name in names if (self.folder / name).is_file()}
        return {n: ends(c, *KEPT_OF_LOG) if n.endswith(".log") else c for n, c in found.items()}

    def _read(self, name: str) -> dict[str, Any] | None:
        text = disk.read(self.folder / name)
        row: dict[str, Any] | None = json.loads(text) if text is not None else None
        return row
