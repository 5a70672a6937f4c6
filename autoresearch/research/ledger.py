"""The record chain: every trial of an experiment, in git, and nowhere else for a decision.

A record is a commit whose first parent is the record before it and whose second parent is the candidate;
its tree holds the trial's files. The first record opens the chain and holds the question. `append` is the
commit point of a trial: one ref transaction moves the chain and the branch.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from autoresearch.adapters import objects, packs
from autoresearch.adapters.git import Commit, Repository, branch_ref, chain_ref, pending_ref
from autoresearch.adapters.points import reached
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Trial, current, incumbent
from autoresearch.core.paths import escapes
from autoresearch.core.text import as_json, one_line
from autoresearch.core.units import format_number
from autoresearch.research.chain import FORMAT, NOTE, Chain, load, survey

NOTEBOOK = "notebook.json"
PACK_EVERY = 500  # trials: some ten loose objects each


@dataclass
class Ledger:
    """An open chain. `records` are commit ids, the opening one first: trial N stands in `records[N + 1]`.
    `tip` is the newest record, which may be a note."""

    repository: Repository
    name: str
    base: str
    records: list[str]
    tip: str
    trials: list[Trial] = field(default_factory=list)
    _by_tree: dict[str | None, Trial] = field(init=False, repr=False, default_factory=dict)
    _notes: dict[str, bytes | None] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for trial in current(self.trials):
            self._by_tree.setdefault(trial.tree, trial)

    @classmethod
    def create(cls, repository: Repository, name: str, base: str, opening: "Opening") -> "Ledger":
        """Begin the chain of a new experiment at the commit `base`, and its branch."""
        about = {"format": FORMAT, "experiment": name, "base": base, **opening.about}
        files = {"experiment.json": as_json(about), **opening.files}
        commit = Commit(f"experiment {name}\n", files, when=opening.when, fresh=True)
        record, _tree = repository.commit(pending_ref(name), commit)
        repository.move(
            [
                (chain_ref(name), record, None),
                (branch_ref(name), base, None),
                (pending_ref(name), None, record),
            ]
        )
        return cls(repository, name, base, [record], record)

    @classmethod
    def load(cls, repository: Repository, name: str) -> "Ledger":
        """Read the whole chain. Raises ExperimentError where there is none, or it is damaged."""
        return cls.of(repository, name, load(repository, name))

    @classmethod
    def of(cls, repository: Repository, name: str, chain: Chain) -> "Ledger":
        """The ledger of a chain that was read."""
        return cls(repository, name, chain.base, chain.of_trials, chain.records[-1], chain.trials)

    @property
    def head(self) -> str:
        """The best kept candidate: where the branch points, always."""
        best = incumbent(self.trials)
        return best.commit if best is not None and best.commit is not None else self.base

    def twin(self, tree: str) -> Trial | None:
        """The first trial of the current question that had these files, if there is one."""
        return self._by_tree.get(tree)

    def heal_branch(self) -> None:
        """Make the branch where it is missing (a clone). Raises where somebody else has moved it, or where
        something of what was kept is damaged, which reading the records does not show."""
        if objects.flaw(self.repository, self.head, [self.base]) and (
            damage := survey(self.repository, self.name)
        ):
            raise damage.error()
        branch = branch_ref(self.name)
        there = self.repository.resolve(branch)
        if there is None:
            self.repository.move([(branch, self.head, None)])
        elif there != self.head:
            raise ExperimentError(
                f"the branch autoresearch/{self.name} was moved to {there[:10]} by somebody else",
                f"keep that work under another name, then: git update-ref {branch} {self.head}",
            )

    def take_back(self) -> None:
        """Set the branch to where it belongs, whoever moved it just now: a proposer that commits."""
        branch = branch_ref(self.name)
        if (there := self.repository.resolve(branch)) != self.head:
            self.repository.move([(branch, self.head, there)])

    def append(self, trial: Trial, files: Mapping[str, bytes]) -> None:
        """Record a trial: durable, with its candidate and the branch, all or nothing."""
        parents = [self.tip, *([trial.commit] if trial.commit else [])]
        content = {"trial.json": as_json(trial.as_json()), **self._carried(), **files}
        commit = Commit(_message(trial), content, parents, when=_epoch(trial), fresh=True)
        self._put(commit, trial.commit if trial.status == "keep" and trial.commit else self.head)
        self.records.append(self.tip)
        self.trials.append(trial)
        if trial.reason == "baseline":
            self._by_tree.clear()
        self._by_tree.setdefault(trial.tree, trial)
        if len(self.records) % PACK_EVERY == 0:
            self.pack()

    def note(self, what: str, files: Mapping[str, bytes]) -> None:
        """Record what is no trial: a plan, a report, what a person wrote. `what` is its line in the book."""
        now = datetime.now(UTC)
        about = {"what": what, "trials": len(self.trials), "at": now.isoformat(timespec="milliseconds")}
        content = {"note.json": as_json(about), **self._carried(), **files}
        message = f"{NOTE}{one_line(what)}\n"
        self._put(Commit(message, content, [self.tip], int(now.timestamp()), fresh=True), self.head)

    def notes(self) -> bytes | None:
        """The newest record's `notebook.json`, which every record carries on; None where there is none."""
        if self.tip not in self._notes:
            self._notes = {self.tip: self.repository.contents([f"{self.tip}:{NOTEBOOK}"])[0]}
        return self._notes[self.tip]

    def _carried(self) -> dict[str, bytes]:
        notes = self.notes()
        return {} if notes is None else {NOTEBOOK: notes}

    def _put(self, commit: Commit, new_head: str) -> None:
        """The commit point: chain and branch move in one transaction."""
        pending, branch = pending_ref(self.name), branch_ref(self.name)
        record, _tree = self.repository.commit(pending, commit)
        reached("record written")
        moves = [(chain_ref(self.name), record, self.tip), (branch, new_head, self.head)]
        self.repository.move([*moves, (pending, None, record)])
        self.tip, self._notes = record, {record: commit.files.get(NOTEBOOK)}

    def pack(self) -> None:
        """Pack our own objects as a binary counter counts: packs stay few, and each is soon left alone."""
        blocks = len(self.records) // PACK_EVERY
        begin = (blocks - (blocks & -blocks)) * PACK_EVERY
        tip, since = self.tip, [self.base, *self.records[begin - 1 : begin]]
        packs.pack(self.repository, tip, since)
        if blocks % 2 == 0:
            packs.merge(self.repository, tip, since)

    def files(self, trial: int, *names: str) -> dict[str, bytes]:
        """Files of a trial's record by name; those that it does not have are left out."""
        return next(self.files_of([trial], names))

    def files_of(self, trials: Sequence[int], names: Sequence[str]) -> Iterator[dict[str, bytes]]:
        """The same for each of several trials, with one call of git."""
        wanted = (f"{self.records[trial + 1]}:{name}" for trial in trials for name in names)
        found = iter(self.repository.contents(wanted))
        for _ in trials:
            yield {name: content for name in names if (content := next(found)) is not None}

    def patch(self, trial: Trial) -> str:
        """What a trial changed against the one that it started from; "" where it has no candidate."""
        if trial.commit is None or trial.parent is None:
            return ""
        return self.repository.patch(self.trials[trial.parent].commit or self.base, trial.commit)

    def refused(self, trial: Trial) -> dict[str, tuple[str | None, str | None]]:
        """The files of a proposal that no candidate was made of: path -> (text before, text proposed)."""
        stored = self.files(trial.number, "proposal.json").get("proposal.json")
        if stored is None or trial.commit is not None or trial.parent is None:
            return {}
        files: dict[str, str | None] = json.loads(stored)["files"]
        known = [path for path in files if not escapes(path)]
        found = self.repository.contents(f"{self.trials[trial.parent].commit}:{path}" for path in known)
        before = {
            p: c.decode(errors="surrogateescape") for p, c in zip(known, found, strict=True) if c is not None
        }
        return {path: (before.get(path), text) for path, text in files.items()}

    def question(self) -> dict[str, bytes]:
        """The newest record's `question/` files (config.yaml, IDEA.md, …), by their name within it."""
        asked = [i + 1 for i, trial in enumerate(self.trials) if trial.reason == "baseline"]
        record = self.records[asked[-1]] if asked else self.records[0]
        names = list(self.repository.files(record, "question"))
        found = self.repository.contents(f"{record}:{name}" for name in names)
        return {n.removeprefix("question/"): c for n, c in zip(names, found, strict=True) if c is not None}


@dataclass(frozen=True)
class Opening:
    """What the first record holds besides its format: facts and files, and when (epoch seconds)."""

    about: Mapping[str, object]
    files: Mapping[str, bytes]
    when: int


def _epoch(trial: Trial) -> int:
    return int(datetime.fromisoformat(trial.finished).timestamp())


def _message(trial: Trial) -> str:
    """The record's line in the lab book (`git log --first-parent`), and what is worth reading below it."""
    value = format_number(trial.metric)
    subject = f"trial {trial.number}: {trial.status} ({trial.reason}) {value}: {one_line(trial.description)}"
    return "\n\n".join(part for part in (subject, trial.detail, trial.why) if part) + "\n"
