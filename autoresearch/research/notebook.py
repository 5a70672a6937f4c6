"""The lab notebook: files in the experiment's folder, drawn from the records, and what people wrote in them.

What people and models wrote stands in every record, so that the files can be drawn again; what it was before
stands in the records before. The log is only ever added to.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.core import drawn, sections
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Trial
from autoresearch.core.notes import PAGE, Notes
from autoresearch.core.redaction import Redactor
from autoresearch.core.tasks import Tasks
from autoresearch.core.text import as_json
from autoresearch.core.units import counted
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import NOTEBOOK, Ledger
from autoresearch.research.question import terms

PLAN, TASKS, FINDINGS, LOG, REPORT = (
    PAGE, "TASKS.md", "KEY_FINDINGS.md", "EXPERIMENT_LOG.md", "REPORT.md",
)  # fmt: skip
LIST = "tasks.json"
EVIDENCE = ("summary.md", "analysis.md")  # of a trial, which its entry in the log shows
PAUSE = 10.0  # seconds between two drawings where nothing was kept or learnt
AT_ONCE = 100  # entries of the log drawn with one call of git
WHO = {
    "llm": "A model has the ideas.",
    "agent": "A command-line agent has the ideas.",
    "tuner": "The tuner tries the numbers and choices that the target marks.",
    "command": "A program of yours has the ideas.",
}


@dataclass
class Notebook:
    """The notebook of one experiment, open for writing; `told` is for people. `notes` is what it says now."""

    experiment: Experiment
    ledger: Ledger
    told: Callable[[str], None]
    notes: Notes = field(init=False)
    _at: float = field(default=0.0, init=False)
    _seen: dict[str, str] = field(default_factory=dict, init=False)
    _begun: bool = field(default=False, init=False)
    _forgets: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.notes = notes_of(self.ledger)

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.experiment.folder

    def carried(self) -> dict[str, bytes]:
        """What goes into a trial's record."""
        return {} if self.notes == Notes() else {NOTEBOOK: as_json(self.notes.as_json())}

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """What changes while in the block is forgotten afterwards."""
        before, self._forgets = self.notes, True
        try:
            yield
        finally:
            self.notes, self._forgets = before, False

    def change(self, notes: Notes, what: str, files: Mapping[str, str] | None = None) -> None:
        """Record what changed besides trials, and draw it; `files` are pages to be read in the record."""
        self.notes = notes
        if self._forgets:
            return
        pages = {name: text.encode(errors="surrogateescape") for name, text in (files or {}).items()}
        clean = Redactor(self.experiment.environ).data  # people write keys into files, and records travel
        whole = {NOTEBOOK: as_json(notes.as_json()), **pages}
        self.ledger.note(what, {name: clean(content) for name, content in whole.items()})
        self.draw()

    def take_over(self) -> None:
        """Read what people wrote, and have it in the records before anything is drawn over it."""
        if changed := self.read():
            pages = {name: disk.read(self.folder / name) or "" for name in changed}
            self.change(self.notes, f"edited by hand: {', '.join(changed)}", pages)

    def working_on(self, ids: tuple[str, ...]) -> None:
        """A proposal says that it works on these tasks; the record of its trial will say so too."""
        if ids:
            self.notes = self.notes.working_on(ids, now())
            if not self._forgets:
                self.draw()

    def read(self) -> list[str]:
        """Take what people wrote into `notes`; the names of the files where they did."""
        notes, changed = self.notes, []
        for name, page in {**self._pages(), REPORT: ""}.items():
            found, last = disk.read(self.folder / name), self._last(name)
            if found is None or found == last:
                continue
            self._seen[name] = found
            body, yours = sections.split(found)
            before, _ = sections.split(last if last is not None else page or body)
            text, old = drawn.plan_in(body), drawn.plan_in(before)
            if name == PLAN and text not in ("", old):
                notes = notes.by_hand(text, sections.added(old, text), len(self.ledger.trials))
            elif name != PLAN:
                yours = sections.together(yours, sections.added(before, body))
            if yours != notes.yours.get(name, ""):
                notes = replace(notes, yours={**notes.yours, name: yours})
            if notes != self.notes:
                changed.append(name)
                self.notes = notes
        listed = self._listed()
        if listed is not None and listed != notes.tasks:
            changed.append(LIST)
            notes = replace(notes, tasks=listed)
        self.notes = notes
        return changed

    def recorded(self, trial: Trial, files: Mapping[str, bytes]) -> None:
        """A trial is in the ledger: the log gets its entry, the pages are drawn where that is due."""
        if not self._begun or not (self.folder / LOG).exists():
            self.catch_up()
            return
        texts = {name: files[name].decode(errors="replace") for name in EVIDENCE if name in files}
        self._append([drawn.entry(trial, self.ledger.trials, self.experiment.metric, texts)])
        learnt = self.notes.analysis is not None and self.notes.analysis.trial == trial.number
        if trial.status == "keep" or learnt or time.monotonic() - self._at > PAUSE:
            self.draw()

    def draw(self) -> None:
        """Bring all files but the log and the report to what the records say; people's words stay."""
        self.take_over()
        for name, page in self._pages().items():
            self._write(name, page)
        text = as_json(self.notes.tasks.as_json()).decode()
        self._put(LIST, text)
        self._at = time.monotonic()

    def report(self, page: str) -> Path:
        """Put the report into its file; what a model newly wrote for it is recorded, with the page."""
        if self.notes != notes_of(self.ledger):
            self.change(
                self.notes, f"report after {counted(len(self.ledger.trials), 'trial')}", {REPORT: page}
            )
        self._write(REPORT, page)
        return self.folder / REPORT

    def _write(self, name: str, page: str) -> None:
        """Put a page into its file, with the person's section in it."""
        self._put(name, sections.joined(page, self.notes.yours.get(name, "")))

    def catch_up(self) -> None:
        """Bring the log to the trials that there are, and all else with it."""
        self._begun, there = True, disk.read(self.folder / LOG)
        if there is None:
            disk.write(self.folder / LOG, drawn.LOG_BEGINS, flush=False)
        known = drawn.entries(there or "")
        trials, metric = self.ledger.trials, self.experiment.metric
        for start in range(known, len(trials), AT_ONCE):
            some = trials[start : start + AT_ONCE]
            found = self.ledger.files_of([trial.number for trial in some], EVIDENCE)
            texts = [{n: c.decode(errors="replace") for n, c in files.items()} for files in found]
            self._append([drawn.entry(t, trials, metric, f) for t, f in zip(some, texts, strict=True)])
        self.draw()

    def close(self) -> None:
        """Draw all once more, if anything was drawn."""
        if self._begun:
            self.draw()

    def _append(self, entries: Sequence[str]) -> None:
        disk.append(self.folder / LOG, "".join(entries), flush=False)

    def _pages(self) -> dict[str, str]:
        """The pages that are drawn again and again."""
        trials, metric, settings = self.ledger.trials, self.experiment.metric, self.experiment.settings
        return {
            PLAN: plan_page(self.experiment, self.notes),
            TASKS: drawn.tasks(drawn.tasks_of(self.notes, trials, settings.stop)),
            FINDINGS: drawn.findings(drawn.findings_of(self.notes, trials, metric), metric, trials),
        }

    def _listed(self) -> Tasks | None:
        """tasks.json where a person changed it; one that can't be read is put aside, never lost."""
        path = self.folder / LIST
        found = disk.read(path)
        if found is None or found == self._last(LIST):
            return None
        self._seen[LIST] = found
        try:
            return read_tasks(path, self.notes.tasks.next)
        except ExperimentError as error:
            aside = next(
                at for n in range(1, 10_000) if not (at := path.with_name(f"{LIST}.damaged-{n}")).exists()
            )
            path.rename(aside)
            self.told(f"{error.message}; it is kept as {aside.name}, and the list is as the records have it")
            return None

    def _put(self, name: str, text: str) -> None:
        if disk.read(self.folder / name) != text:
            disk.write(self.folder / name, text, flush=False)
        if disk.read(self._drawn(name)) != text:
            self._drawn(name).parent.mkdir(exist_ok=True)
            disk.write(self._drawn(name), text, flush=False)
        self._seen.pop(name, None)

    def _last(self, name: str) -> str | None:
        """The file as it was drawn, or taken over, last. What was taken over but not drawn is not on disk: a
        kill must not lose what has no record yet."""
        return self._seen.get(name) or disk.read(self._drawn(name))

    def _drawn(self, name: str) -> Path:
        """The file as it was drawn last, by which a person's changes are told."""
        return self.folder / ".drawn" / name


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def plan_page(experiment: Experiment, notes: Notes) -> str:
    """PLAN.md without a person's section."""
    settings = experiment.settings
    return drawn.plan(notes, experiment.goal, terms(settings), WHO[settings.use])


def notes_of(ledger: Ledger) -> Notes:
    """What the newest record says. Raises ExperimentError where it can't be read."""
    content = ledger.notes()
    if content is None:
        return Notes()
    try:
        return Notes.from_json(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(
            f"the notebook of {ledger.name} in record {ledger.tip[:10]} can't be read ({error})",
            "update autoresearch, or see: autoresearch doctor",
        ) from error


def read_tasks(path: Path, least: int = 1) -> Tasks:
    """A tasks.json. Raises ExperimentError, saying what is wrong with it."""
    try:
        return Tasks.from_json(json.loads(disk.read(path) or ""), least)
    except (ValueError, RecursionError) as error:
        raise ExperimentError(f"{path} can't be read: {error}", "mend it, or take it away") from error
