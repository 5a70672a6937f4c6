"""Our loose objects into packs, and our small packs into larger ones; what else the user has is left alone.

Every git process opens what packs there are: 200 of them make a trial three times as slow.
"""

from collections.abc import Sequence
from pathlib import Path

from autoresearch.adapters.git import Repository


def pack(repository: Repository, tip: str, since: Sequence[str]) -> int:
    """Pack what `tip` reaches and `since` does not; returns how many loose objects that replaced."""
    below = [f"^{oid}" for oid in since]
    listed = repository.line("rev-list", "--objects", "--unpacked", "--no-object-names", tip, *below).split()
    if not listed:
        return 0
    prefix = repository.git_dir / "objects" / "pack" / "pack"
    repository.run("pack-objects", "--quiet", str(prefix), stdin="\n".join(listed).encode() + b"\n")
    for oid in listed:
        (repository.git_dir / "objects" / oid[:2] / oid[2:]).unlink(missing_ok=True)
    return len(listed)


def merge(repository: Repository, tip: str, since: Sequence[str]) -> int:
    """One pack of what `tip` reaches and `since` does not; returns how many packs that replaced.

    A pack that holds anything else, or that the user wants kept, stays.
    """
    folder = repository.git_dir / "objects" / "pack"
    if (folder / "multi-pack-index").exists():  # it names packs, and only git may change what it names
        return 0
    wanted = "".join(f"{oid}\n" for oid in (tip, *(f"^{oid}" for oid in since)))
    command = ("pack-objects", "--quiet", "--revs", "--delta-base-offset", str(folder / "pack"))
    name = repository.run(*command, stdin=wanted.encode()).stdout.decode().strip()
    whole = folder / f"pack-{name}.idx"
    held, size = _objects(repository, whole), whole.stat().st_size
    others = [index for index in folder.glob("*.idx") if index != whole and index.stat().st_size <= size]
    replaced = [index for index in others if not _kept(index) and _objects(repository, index) <= held]
    for index in replaced:
        index.unlink()  # first, so that nobody looks for the rest
        for rest in folder.glob(f"{index.stem}.*"):
            rest.unlink()
    return len(replaced)


def _objects(repository: Repository, index: Path) -> set[bytes]:
    """The ids of what is in a pack."""
    lines = repository.run("show-index", stdin=index.read_bytes()).stdout.splitlines()
    return {line.split()[1] for line in lines}


def _kept(index: Path) -> bool:
    return any(index.with_suffix(suffix).exists() for suffix in (".keep", ".promisor"))
