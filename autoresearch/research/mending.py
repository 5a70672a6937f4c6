"""Mends a damaged chain: from copies on disk where there are any, else it goes back to what is whole.

Nothing is thrown away: what the chain was stays under refs of its own, folders of its trials in `damaged/`.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from autoresearch.adapters import disk, objects
from autoresearch.adapters.git import Repository, branch_ref, chain_ref, damaged_refs
from autoresearch.research.chain import Chain, Damage, survey
from autoresearch.research.ledger import Ledger
from autoresearch.research.results import Results


def mend(repository: Repository, name: str, folder: Path) -> list[str]:
    """Mend the chain of an experiment whose folder is `folder` (which need not be there); says what was done.

    Raises Busy while a run goes on.
    """
    with held(folder, name):
        said: list[str] = []
        seen: set[str] = set()
        while (damage := survey(repository, name)) and damage.flaw and damage.flaw not in seen:
            seen.add(damage.flaw)
            if found := objects.restore(repository, damage.flaw, _copies(folder)):
                said.append(f"{name}: made object {damage.flaw[:10]} again from {found}")
        if damage and damage.whole:
            said += _go_back(repository, damage, damage.whole, folder)
        return said


def held(folder: Path, name: str) -> AbstractContextManager[None]:
    """The lock of an experiment; where it has no folder, nothing runs it, and none is made."""
    return disk.lock(folder / "lock", name) if folder.exists() else nullcontext()


def put_aside(folder: Path, first: int) -> Path | None:
    """Move the folders of trials from number `first` on out of the way; says where to, None where none is."""
    late = [
        path for path in sorted(folder.glob("trials/*")) if path.name.isdigit() and int(path.name) >= first
    ]
    if not late:
        return None
    aside = folder / "damaged" / str(len(list(folder.glob("damaged/*"))) + 1)
    aside.mkdir(parents=True)
    for path in late:
        path.rename(aside / path.name)
    return aside


def _copies(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """What may be a copy of something in the chain: files of trials and settings, texts of proposals."""
    for path in (*folder.glob("*"), *folder.glob("trials/*/*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path, content
        if path.name == "proposal.json":
            for text in _texts(content):
                yield path, text.encode(errors="surrogateescape")


def _texts(proposal: bytes) -> list[str]:
    try:
        files = json.loads(proposal)["files"].values()
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    return [text for text in files if isinstance(text, str)]


def _go_back(repository: Repository, damage: Damage, whole: Chain, folder: Path) -> list[str]:
    """Let chain and branch end at the last record that is whole, in one transaction."""
    name, said = damage.name, []
    ledger = Ledger.of(repository, name, whole)
    chain, branch = chain_ref(name), branch_ref(name)
    for ref in (chain, branch):  # a file that holds no id is in the way of every change of that ref
        if objects.stored(repository, ref) is None and (
            at := objects.put_aside(repository, repository.git_dir / ref)
        ):
            said.append(f"{name}: {ref} could not be read; moved to {at}")
    tip, there = objects.stored(repository, chain), objects.stored(repository, branch)
    moves = [(chain, whole.records[-1], tip)]
    left = [tip] if tip != whole.records[-1] else []
    if there != ledger.head and _ours(repository, name, there):
        moves.append((branch, ledger.head, there))
        left.append(there)
    taken = [int(ref.rpartition("/")[2]) for ref in repository.refs(damaged_refs(name))]
    kept = [oid for oid in left if oid and repository.resolve(oid)]
    for number, oid in enumerate(kept, max(taken, default=0) + 1):
        moves.append((f"{damaged_refs(name)}{number}", oid, None))
    repository.move(moves)
    said.append(f"{name}: {damage.good}; the chain ends there now ({whole.records[-1][:10]})")
    said += [
        f"{name}: what was there before is kept as {ref}"
        for ref, *_ in moves
        if ref.startswith(damaged_refs(name))
    ]
    if folder.exists():
        if aside := put_aside(folder, len(whole.trials)):
            said.append(f"{name}: folders of later trials are in {aside}")
        Results(folder, ledger).draw()
    return said


def _ours(repository: Repository, name: str, commit: str | None) -> bool:
    """Is a commit a candidate of the experiment, or lost, so that nobody's work is on it?"""
    if commit is None or not repository.resolve(commit):
        return True
    return f"Autoresearch-Experiment: {name}" in repository.line("log", "-1", "--format=%B", commit)
