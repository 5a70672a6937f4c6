"""The lab notebook: files in the experiment's folder, drawn from the records, and what people wrote in them.

What people and models wrote stands in every record, so that the files can be drawn again; what it was before
stands in the records before. The log is only ever added to.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
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
from autoresearch.research.drawn_before import DrawnBefore
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
    _before: DrawnBefore = field(init=False)
    _seen: dict[str, str] = field(default_factory=dict, init=False)
    _edited: dict[str, None] = field(default_factory=dict, init=False)
    _begun: bool = field(default=False, init=False)
    _forgets: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.notes = notes_of(self.ledger)
        self._before = DrawnBefore(self.folder / ".drawn")

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
        self.ledger.heal_branch()  # in a clone there is none yet
        pages = {name: text.encode(errors="surrogateescape") for name, text in (files or {}).items()}
        clean = Redactor(self.experiment.environ).data  # people write keys into files, and records travel
        whole = {NOTEBOOK: as_json(notes.as_json()), **pages}
        self.ledger.note(what, {name: clean(content) for name, content in whole.items()})
        self._edited.clear()
        self.draw()

    def take_over(self) -> None:
        """Read what people wrote, and have it in the records before anything is drawn over it."""
        self.read()
        if self._edited:
            pages = {name: disk.read(self.folder / name) or "" for name in self._edited}
            self.change(self.notes, f"edited by hand: {', '.join(self._edited)}", pages)

    def working_on(self, ids: tuple[str, ...]) -> None:
        """A proposal says that it works on these tasks; the record of its trial will say so too."""
        if ids:
            self.notes = self.notes.working_on(ids, now())
            if not self._forgets:
                self.draw()

    def read(self) -> None:
        """Take what people wrote into `notes`; the next record will have it."""
        for name, page in {**self._pages(), REPORT: ""}.items():
            found, before = disk.read(self.folder / name), self.notes
            if found is None or found == self._seen.get(name):
                continue
            self._seen[name] = found
            if not self._before.knows(name):
                self._before.note(name, page or sections.split(found)[0])
            self.notes = self._with_words(name, *sections.split(found.replace("\r\n", "\n")))
            self._edited |= {name: None} if self.notes != before else {}
        with turn(self.folder):
            self._with_tasks()

    def revert(self) -> None:
        """Forget what has no record: it will be found again."""
        self.notes = notes_of(self.ledger)
        self._seen.clear()
        self._edited.clear()

    def _with_words(self, name: str, body: str, yours: str) -> Notes:
        """The notes with what a person wrote into a page, in their section (`yours`) or elsewhere."""
        notes, before = self.notes, self._before
        if name == PLAN and not before.unedited(PLAN, body):
            plan, body = drawn.plan_in(body)
            lines = [line for line in plan.splitlines() if line.strip() and not line.startswith("#")]
            if notes.plan is None and any(before.has(PLAN, line) for line in lines):
                body = f"{plan}\n{body}"  # words put into a page that is no plan
            elif plan and not before.unedited(PLAN, plan):
                notes = notes.by_hand(plan, before.added(PLAN, plan), len(self.ledger.trials))
        if not before.unedited(name, body):
            yours = sections.together(yours, before.added(name, body))
        known = notes.yours.get(name, "")
        return notes if yours == known else replace(notes, yours={**notes.yours, name: yours})

    def recorded(self, trial: Trial, files: Mapping[str, bytes]) -> None:
        """A trial is in the ledger: the log gets its entry, the pages are drawn where that is due."""
        self._edited.clear()  # its record has what people wrote
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
        drawn_all = False
        while not drawn_all:
            self.take_over()
            for name, page in self._pages().items():
                self._write(name, page)
            with turn(self.folder):  # who changed the list just now has it recorded first
                drawn_all = not self._with_tasks()
                if drawn_all:
                    self._put(LIST, as_json(self.notes.tasks.as_json()).decode())
        self._at = time.monotonic()

    def report(self, page: str) -> Path:
        """Put the report into its file; what a model newly wrote for it is recorded, with the page."""
        if self.notes.prose != notes_of(self.ledger).prose:
            made = counted(len(self.ledger.trials), "trial")
            self.change(self.notes, f"report after {made}", {REPORT: page})
        self._write(REPORT, page)
        return self.folder / REPORT

    def _write(self, name: str, page: str) -> None:
        """Put a page into its file, with the person's section in it."""
        text = sections.joined(page, self.notes.yours.get(name, ""))
        self._before.note(name, sections.split(text)[0])
        if name == PLAN:
            self._before.note(name, drawn.plan_in(page)[0])
        self._put(name, text)

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

    def _with_tasks(self) -> bool:
        """Take over what a person changed in tasks.json, and say whether they did; one that can't be read is
        put aside, never lost."""
        path, last = self.folder / LIST, self._before.folder / LIST
        found = disk.read(path)
        if found is None or found == self._seen.get(LIST) or self._before.unedited(LIST, found):
            return False
        self._seen[LIST] = found
        try:
            edited, known = read_tasks(path, self.notes.tasks.next)
        except ExperimentError as error:
            aside = next(
                at for n in range(1, 10_000) if not (at := path.with_name(f"{LIST}.damaged-{n}")).exists()
            )
            path.rename(aside)
            self.told(f"{error.message}; it is kept as {aside.name}, and the list is as the records have it")
            return False
        base = read_tasks(last)[0] if last.exists() else Tasks()
        merged = self.notes.tasks.merged(base, edited, known)
        if merged == self.notes.tasks:
            return False
        self.notes = replace(self.notes, tasks=merged)
        self._edited[LIST] = None
        return True

    def _put(self, name: str, text: str) -> None:
        """Write it, where it is not as it should be; that it is ours is noted before."""
        path = self.folder / name
        if name == LIST:
            self._before.note(LIST, text)
            self._before.folder.mkdir(exist_ok=True)
            disk.write(self._before.folder / LIST, text, flush=False)
        if disk.read(path) != text:
            disk.write(path.resolve() if path.is_symlink() else path, text, flush=False)
        self._seen.pop(name, None)


def turn(folder: Path) -> AbstractContextManager[None]:
    """Held while tasks.json is read and written, by a run and by who changes it beside one."""
    return disk.turn(folder / ".turn")


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


def read_tasks(path: Path, least: int = 1) -> tuple[Tasks, int]:
    """A tasks.json, and the number of the first task that it knew nothing of. Raises ExperimentError, saying
    what is wrong with it."""
    try:
        value = json.loads(disk.read(path) or "")
        said = value.get("next") if isinstance(value, dict) else None
        return Tasks.from_json(value, least), said if type(said) is int else sys.maxsize
    except (ValueError, RecursionError) as error:
        raise ExperimentError(f"{path} can't be read: {error}", "mend it, or take it away") from error
