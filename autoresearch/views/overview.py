"""An experiment in one row: what is asked, what was tried, how far it came. All of it derived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository
from autoresearch.adapters.screen import Column
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.model import Trial, current, incumbent, tried
from autoresearch.core.naming import split
from autoresearch.core.stopping import Session, ideas, stop
from autoresearch.core.text import one_line
from autoresearch.core.units import format_change, format_number
from autoresearch.research.drafts import Draft
from autoresearch.research.experiment import Experiment, open_named
from autoresearch.research.home import Home
from autoresearch.research.ledger import Ledger


@dataclass(frozen=True)
class Overview:
    """One row. Counts are of this question's ideas; `change` in percent; `certified` is the
    measured gain of the best with its interval; what is not certified is claimed. None: nothing yet."""

    domain: str
    experiment: str
    scope: str
    state: str
    target: tuple[str, ...] = ()
    metric: str = ""
    direction: str = ""
    trials: int = 0
    kept: int = 0
    discarded: int = 0
    crashed: int = 0
    baseline: float | None = None
    best: float | None = None
    change: float | None = None
    certified: Mapping[str, Any] | None = None
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The row with its own types."""
        return {**asdict(self), "target": list(self.target)}


COLUMNS = (
    Column("domain", rank=4), Column("experiment", flexible=True), Column("metric", rank=3),
    Column("trials", number=True, rank=2), Column("kept", number=True, rank=5),
    Column("discarded", number=True, rank=7), Column("crashed", number=True, rank=8),
    Column("baseline", number=True, rank=6),
    Column("best", number=True), Column("change", number=True, rank=1), Column("certified", rank=9),
    Column("state"),
)  # fmt: skip


def overview(experiment: Experiment, trials: Sequence[Trial]) -> Overview:
    """The row of an open experiment."""
    domain, name = split(experiment.name)
    since = current(trials)
    counts = Counter(trial.status for trial in tried(trials))
    best, metric = incumbent(trials), experiment.metric
    baseline = since[0].metric if since else None
    value = best.metric if best else None
    return Overview(
        domain=domain,
        experiment=name,
        scope=experiment.home.scope,
        target=tuple(experiment.settings.target),
        metric=metric.name,
        direction=metric.direction,
        trials=counts.total(),
        kept=counts["keep"],
        discarded=counts["discard"],
        crashed=counts["crash"],
        baseline=baseline,
        best=value,
        change=metric.change(value, baseline),
        certified=best.certified if best else None,
        state=state(experiment, trials),
    )


def state(experiment: Experiment, trials: Sequence[Trial]) -> str:
    """active: run now; idle: nothing tried yet; done: a rule says stop; paused: there is more to try."""
    if disk.locked(experiment.lock):
        return "active"
    if not ideas(trials):
        return "idle"
    asked = Session(before=len(trials), hours=0.0)
    return "done" if stop(experiment.settings.stop, experiment.metric, trials, asked) else "paused"


def in_flight(experiment: Experiment, number: int) -> str:
    """The trial that has no record yet: its number and its idea; "" where there is none."""
    draft = Draft(number, experiment.trial_folder(number), "")
    if not draft.folder.exists():
        return ""
    proposed = draft.proposal()
    return f"trial {number}: {one_line(proposed[0].idea) if proposed else 'asking for an idea'}"


def overviews(found: Sequence[tuple[str, Home]], repository: Repository | None) -> list[Overview]:
    """A row for each; one that can't be opened says why in `error`, and does not hide the others."""
    rows = []
    for name, home in found:
        domain, short = split(name)
        try:
            experiment = open_named(name, home, repository)
            rows.append(overview(experiment, Ledger.load(experiment.repository, name).trials))
        except AutoresearchError as error:
            rows.append(Overview(domain, short, home.scope, state="damaged", error=str(error)))
    return rows


def cells(row: Overview) -> list[str]:
    """The row as text, in the order of `COLUMNS`."""
    counts = (row.trials, row.kept, row.discarded, row.crashed)
    numbers = (format_number(row.baseline), format_number(row.best))
    return [
        row.domain,
        row.experiment,
        row.metric,
        *map(str, counts),
        *numbers,
        format_change(row.change),
        _gain(row.certified),
        row.state,
    ]


def _gain(found: Mapping[str, Any] | None) -> str:
    """A certified gain and its interval, in percent or the metric's unit; "" where there is none."""
    if found is None:
        return ""
    unit = " %" if found["percent"] else ""
    gain, low, high = (format_number(round(found[end], 3)) for end in ("gain", "low", "high"))
    return f"{gain}{unit} ({low} to {high})"
