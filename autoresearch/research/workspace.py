"""The experiment's worktree in its terms: target and context texts, candidates, `share:`, clean ground."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoresearch.adapters.git import Commit, Entry, Repository, pending_ref
from autoresearch.adapters.reserve import DISK
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import ExperimentError, RepositoryError, TrialFailed
from autoresearch.core.model import Proposal
from autoresearch.core.paths import escapes, matches
from autoresearch.core.text import one_line


@dataclass(frozen=True)
class Origin:
    """Where a candidate comes from: its trial, the commit it starts from, who proposed it, and when
    (epoch seconds), so that the same proposal always makes the same commit."""

    trial: int
    parent: str
    proposer: str
    when: int


@dataclass
class Workspace:
    """Where candidates are built and measured: never the user's checkout."""

    repository: Repository
    worktree: Worktree
    experiment: str
    target: Sequence[str]
    share: Sequence[str]
    _listed: tuple[str, dict[str, Entry]] = ("", {})
    _texts: dict[tuple[str, ...], tuple[str, dict[str, str]]] = field(default_factory=dict)

    def restore(self, *, anew: bool = False) -> None:
        """Stand at the best kept candidate, with nothing else there but what is shared; `anew`: in a worktree
        that was made just now."""
        if anew:
            self.worktree.remove()
        shared = [name.rstrip("/") for name in self.share]
        self.worktree.reset(spare=[name for name in shared if self._linked(name)])
        for name in shared:
            self._link(name)

    def renew(self, proposal: Proposal, parent: str) -> None:
        """Put every file that git tracks back as the best kept candidate has it, and the proposal's files
        again; what else is there stays."""
        self.worktree.put_back()
        self.place(proposal, parent)

    def texts(self, commit: str, patterns: Sequence[str]) -> dict[str, str]:
        """The files of `commit` that match, as text in which any bytes survive."""
        known, texts = self._texts.get(tuple(patterns), ("", {}))
        if known != commit:
            texts = read_texts(self.repository, commit, patterns)
            self._texts[tuple(patterns)] = (commit, texts)
        return texts

    def commit(self, proposal: Proposal, origin: Origin) -> tuple[str, str]:
        """Commit a proposal on top of its parent; the commit and its tree.

        Raises TrialFailed where the proposal may not be written.
        """
        entries = self._entries(origin.parent)
        files = {path: self._allowed(path, text) for path, text in proposal.files.items()}
        commit = Commit(
            message=_message(proposal, self.experiment, origin),
            files={path: data for path, data in files.items() if data is not None or path in entries},
            parents=[origin.parent],
            when=origin.when,
            modes={path: entries[path].mode for path in files if path in entries},
        )
        return self.repository.commit(pending_ref(self.experiment), commit)

    def place(self, proposal: Proposal, parent: str) -> None:
        """Put the proposal's files into the worktree, which stands at the parent. Raises TrialFailed where
        they can't be put there, OSError where that is the disk's fault."""
        entries = self._entries(parent)
        files = {path: _bytes(text) for path, text in proposal.files.items()}
        modes = {path: entries[path].mode for path in files if path in entries}
        try:
            self.worktree.write(files, modes)
        except (RepositoryError, OSError) as error:
            if isinstance(error, OSError) and error.errno in DISK:
                raise
            raise TrialFailed("invalid_edit", str(error)) from error

    def _allowed(self, path: str, text: str | None) -> bytes | None:
        indirect = posixpath.normpath(path) != path  # `src/../bench.py` would match `src/`
        if escapes(path) or indirect or not any(matches(pattern, path) for pattern in self.target):
            raise TrialFailed("invalid_edit", f"{path!r} is not among the target files")
        return _bytes(text)

    def _entries(self, commit: str) -> dict[str, Entry]:
        """The target files of a commit; trials start from one parent again and again, so it is kept."""
        if self._listed[0] != commit:
            self._listed = (commit, list_files(self.repository, commit, self.target))
        return self._listed[1]

    def _linked(self, name: str) -> bool:
        source, link = self.repository.root / name, self.worktree.path / name
        return link.is_symlink() and link.readlink() == source

    def _link(self, name: str) -> None:
        if self._linked(name):
            return
        source, link = self.repository.root / name, self.worktree.path / name
        if link.exists() or link.is_symlink():
            raise ExperimentError(f"share: {name} is in git already", "take it out of share:")
        if not source.exists():
            raise ExperimentError(f"share: {source} does not exist", "make it, or take it out of share:")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source)


def list_files(repository: Repository, commit: str, patterns: Sequence[str]) -> dict[str, Entry]:
    """The files of a commit that match one of the patterns; only the folders they can be in are listed."""
    below = {_fixed_part(pattern) for pattern in patterns}
    found = repository.files(commit, *([] if "" in below else sorted(below))) if patterns else {}
    return {path: entry for path, entry in found.items() if any(matches(p, path) for p in patterns)}


def read_texts(repository: Repository, commit: str, patterns: Sequence[str]) -> dict[str, str]:
    """The files of a commit that match, as text in which any bytes survive."""
    entries = list_files(repository, commit, patterns)
    found = repository.contents(entry.oid for entry in entries.values())
    return {
        path: content.decode(errors="surrogateescape")
        for path, content in zip(entries, found, strict=True)
        if content is not None
    }


def _fixed_part(pattern: str) -> str:
    """The leading folders of a pattern that hold no wildcard; the whole of it where it has none."""
    parts = pattern.rstrip("/").split("/")
    wild = next((i for i, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    return "/".join(parts[:wild])


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode(errors="surrogateescape")


def _message(proposal: Proposal, experiment: str, origin: Origin) -> str:
    """The idea, the reasoning, the trailers."""
    trailers = {
        "Trial": str(origin.trial),
        "Experiment": experiment,
        "Proposer": origin.proposer,
        "Model": proposal.model,
    }
    lines = "\n".join(f"Autoresearch-{name}: {one_line(value)}" for name, value in trailers.items() if value)
    subject = one_line(proposal.idea) or f"trial {origin.trial}"
    return "\n\n".join(part for part in (subject, proposal.why.strip(), lines) if part) + "\n"
