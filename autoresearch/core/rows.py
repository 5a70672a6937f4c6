"""The row of a trial, as text: the columns of results.tsv and their escapes. Reading files is not here."""

import json
from collections.abc import Sequence

from autoresearch.core.model import Trial

COLUMNS = (
    "commit", "metric", "status", "description", "reason", "trial", "parent", "samples", "metrics",
    "seconds", "cost_usd", "tokens", "finished",
)  # fmt: skip
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def as_row(trial: Trial) -> dict[str, object]:
    """The columns of a trial with their own types; a missing value is None."""
    row = trial.as_json()
    return {name: row[name] for name in COLUMNS}


def as_cells(trial: Trial) -> list[str]:
    """The columns as unescaped text: full precision, "" for what is missing, `N/A` for a missing metric."""
    row = as_row(trial)
    row["metric"] = "N/A" if trial.metric is None else repr(trial.metric)
    row["samples"] = ",".join(repr(sample) for sample in trial.samples)
    row["metrics"] = json.dumps(dict(trial.metrics), ensure_ascii=False)
    row["seconds"] = f"{trial.seconds:.3f}"
    return ["" if value is None else str(value) for value in row.values()]


def as_line(trial: Trial) -> str:
    """One line of results.tsv, with its line break."""
    return "\t".join(cell.translate(_ESCAPES) for cell in as_cells(trial)) + "\n"


def as_table(trials: Sequence[Trial]) -> str:
    """The whole of results.tsv."""
    return "\t".join(COLUMNS) + "\n" + "".join(map(as_line, trials))
