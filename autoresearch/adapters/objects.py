"""Objects of git looked at one by one: are they there, and are they what their names say?

For when reading them in the usual way (`git`) failed. What is damaged is put aside, never deleted.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.adapters.git import Repository

AT_ONCE = 200  # objects read with one call of git: logs are large
ASIDE = "autoresearch-damaged"  # the folder in the git dir for what could not be read


@dataclass(frozen=True)
class Found:
    """A commit as it stands in the store: `when` in epoch seconds, `subject` the first line."""

    parents: Sequence[str]
    when: int
    subject: str


def stored(repository: Repository, ref: str) -> str | None:
    """What a ref holds, whether there is such an object or not; None where it is missing or unreadable."""
    oid = repository.line("rev-parse", "--verify", "--quiet", "--end-of-options", ref, check=False)
    return oid if oid.strip("0") else None


def history(repository: Repository, tip: str) -> list[list[str]]:
    """The commits from the first to `tip` by first parents, each with all its parents behind it."""
    out = repository.line("rev-list", "--first-parent", "--parents", "--reverse", tip)
    return [line.split() for line in out.splitlines()]


def flaw(repository: Repository, tip: str, since: Sequence[str] = ()) -> str | None:
    """The first object missing or damaged among all that `tip` reaches and `since` does not, or None."""
    below = [f"^{oid}" for oid in since]
    listed = repository.run("rev-list", "--objects", "--no-object-names", tip, *below, check=False)
    if listed.code:
        named = re.search(r"\b[0-9a-f]{40,64}\b", listed.stderr)
        return named[0] if named else tip
    found = _read_each(repository, listed.stdout.decode().split())
    return next((oid for oid, content in found if content is None), None)


def commits(repository: Repository) -> dict[str, Found]:
    """Every commit that can be read in the whole of the store, also those that no ref reaches."""
    asked = ("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)")
    lines = repository.run(*asked, check=False).stdout.decode().splitlines()
    oids = [line.split()[0] for line in lines if line.endswith(" commit")]
    return {oid: _commit(content) for oid, content in _read_each(repository, oids) if content is not None}


def restore(repository: Repository, oid: str, copies: Iterable[tuple[Path, bytes]]) -> Path | None:
    """Make a file's content again out of one of `copies` (where each is from, and what it is); says which.

    What is left of it is put aside in any case: git would not write, or fetch, what it takes to be there.
    """
    if [content for _, content in _read_each(repository, [oid])] == [None]:
        put_aside(repository, repository.git_dir / "objects" / oid[:2] / oid[2:])
    for path, content in copies:
        if _name(b"blob", content, oid) == oid:
            repository.run("hash-object", "-w", "--stdin", stdin=content)
            return path
    return None


def put_aside(repository: Repository, path: Path) -> Path | None:
    """Move a damaged file out of git's way, but keep it; says where it is now, None where there was none."""
    if not path.is_file():
        return None
    folder = repository.git_dir / ASIDE
    folder.mkdir(exist_ok=True)
    taken = len(list(folder.iterdir()))
    return path.rename(folder / f"{taken:04}-{'-'.join(path.relative_to(repository.git_dir).parts)}")


def _read_each(repository: Repository, oids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each object's content; None where it is missing, can't be read, or is not what its name says."""
    left = list(oids)
    while left:
        asked = "".join(f"{oid}\n" for oid in left[:AT_ONCE]).encode()
        out = io.BytesIO(repository.run("cat-file", "--batch", "--buffer", stdin=asked, check=False).stdout)
        done = 0
        for oid in left[:AT_ONCE]:
            header = out.readline().split()
            if not header:
                break  # git gave up on this one, and says nothing of those behind it
            done += 1
            content = None if header[-1] == b"missing" else out.read(int(header[2]) + 1)[:-1]
            sound = content is not None and _name(header[1], content, oid) == oid
            yield oid, content if sound else None
        if not done:
            yield left[0], None
        left = left[max(done, 1) :]


def _name(kind: bytes, content: bytes, like: str) -> str:
    """The id that an object has by its content, in the format of another id."""
    how = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(how, b"%b %d\0%b" % (kind, len(content), content), usedforsecurity=False).hexdigest()


def _commit(content: bytes) -> Found:
    head, _, message = content.decode(errors="replace").partition("\n\n")
    lines = [line.split(" ") for line in head.split("\n")]
    when = next((words[-2] for words in lines if words[0] == "committer"), "0")
    parents = [words[1] for words in lines if words[0] == "parent"]
    return Found(parents, int(when), message.partition("\n")[0])
