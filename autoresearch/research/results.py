"""What is drawn from the chain into the experiment's folder: results.tsv and trials/NNNN/.

Views for people and their scripts. They are never read for a decision, and drawn again when they are
missing or were edited.
"""

from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.core.model import Trial
from autoresearch.core.rows import as_line, as_table
from autoresearch.core.text import as_json
from autoresearch.research.drafts import LOOKS
from autoresearch.research.ledger import Ledger

# `trial.json` is last: a folder that has it is whole.
EVIDENCE = (
    "proposal.json", "prompt.md", "reply.md", "proposer.log", LOOKS, "run.log", "summary.md", "analysis.md",
    "trial.json",
)  # fmt: skip
AT_ONCE = 100  # folders drawn with one call of git: logs are large


class Results:
    """results.tsv and trials/ in `folder`, for the trials of `ledger`."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.path = folder / "results.tsv"
        self.trials = folder / "trials"
        self.ledger = ledger
        self._seen: tuple[int, int] | None = None

    def draw(self) -> None:
        """Bring everything to what the chain says."""
        table = as_table(self.ledger.trials)
        if disk.read(self.path) != table:
            disk.write(self.path, table)
        self._seen = self._stat()
        folders = [self.trials / f"{trial.number:04}" for trial in self.ledger.trials]
        missing = [n for n, folder in enumerate(folders) if not (folder / "trial.json").exists()]
        for some in (missing[i : i + AT_ONCE] for i in range(0, len(missing), AT_ONCE)):
            for number, files in zip(some, self.ledger.files_of(some, EVIDENCE), strict=True):
                folders[number].mkdir(parents=True, exist_ok=True)
                disk.sweep_unfinished(folders[number])
                for name, content in files.items():
                    disk.write(folders[number] / name, content, flush=False)

    def add(self, trial: Trial) -> None:
        """One more trial, which is the newest of the chain."""
        if self._seen is None or self._seen != self._stat():
            disk.write(self.path, as_table(self.ledger.trials))
        else:
            disk.append(self.path, as_line(trial))
        self._seen = self._stat()
        folder = self.trials / f"{trial.number:04}"
        folder.mkdir(parents=True, exist_ok=True)
        disk.write(folder / "trial.json", as_json(trial.as_json()))

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns
