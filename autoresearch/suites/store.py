"""The records of suites: what each stage made, found by the hash of what it depends on.

Append-only files of JSON lines, one for each process that writes: the calls to models (`calls/`, as of an
experiment) and all else (`records/`). The index is derived. A claim keeps two processes from doing the same.
"""

import fcntl
import json
import os
import struct
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from autoresearch.adapters import disk
from autoresearch.calls.reading import parsed
from autoresearch.calls.store import Store, Table
from autoresearch.core.redaction import Redactor

KINDS = ("call", "run", "given", "edit", "execute", "score", "cancel")
KEPT = ("id", "key", "kind", "good", "time", "body")
TABLES = """
CREATE TABLE records (
    number INTEGER PRIMARY KEY, file INTEGER, at INTEGER, length INTEGER,
    id TEXT UNIQUE, key TEXT, kind TEXT, good INTEGER, time TEXT, body TEXT
);
"""
INDEXES = "CREATE INDEX IF NOT EXISTS by_key ON records (key, time);"
SELECT = "SELECT file, at, length, key, kind, good, time, body FROM records"
CHUNK = 500  # keys that are asked for at once
FLOCK = "hhqqi4x"  # Linux's struct flock: type, whence, start, length, process


@dataclass(frozen=True)
class Record:
    """What a stage made. `good`: a clean finish. `body` is the stage's own; `file`, `at` and `length` are
    where the whole line is."""

    key: str
    kind: str
    good: bool
    time: str
    body: Mapping[str, Any]
    file: Path | None = None
    at: int = 0
    length: int = 0

    def whole(self) -> Mapping[str, Any]:
        """The line as it was written, the request too; the body where it can't be read any more."""
        if self.file is None:
            return self.body
        try:
            with self.file.open("rb") as file:
                file.seek(self.at)
                line: Mapping[str, Any] = json.loads(file.read(self.length))
        except (OSError, ValueError):
            return self.body
        return line


class Records:
    """The records in a folder, open for one process; used from many threads at once."""

    def __init__(self, folder: Path, redactor: Redactor) -> None:
        self.folder = folder
        self._redactor = redactor
        self._store = Store(folder, self._files(), TABLE)
        self._known: dict[str, list[Record]] = {}
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        self._claims: IO[bytes] | None = None
        self._mine: set[str] = set()  # keys that this process is at
        self._own = 0  # records that we have written
        self._seen: dict[str, int] = {}  # by key, how many others had written when it was loaded

    def close(self) -> None:
        """Let go of the index and of all claims."""
        self._store.close()
        if self._claims is not None:
            self._claims.close()
            self._claims = None

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def damaged(self) -> int:
        """Lines that are no records."""
        with self._lock:
            return int(self._store.rows("SELECT COALESCE(SUM(damaged), 0) FROM files")[0][0])

    def load(self, keys: Iterable[str], *, again: bool = False) -> None:
        """Have the records of these keys at hand; `again` also of those that are, as others may have
        written."""
        with self._lock:
            wanted = list(dict.fromkeys(key for key in keys if again or key not in self._known))
            if not wanted:
                return
            others = self._others()
            self._seen.update(dict.fromkeys(wanted, others))
            self._store.files = self._files()
            self._store.refresh()
            paths = {
                file: Path(os.fsdecode(path))
                for file, path in self._store.rows("SELECT file, path FROM files")
            }
            self._known.update({key: [] for key in wanted})
            for start in range(0, len(wanted), CHUNK):
                chunk = wanted[start : start + CHUNK]
                places = ", ".join("?" * len(chunk))
                query = f"{SELECT} WHERE key IN ({places}) ORDER BY time, number"
                for file, at, length, key, kind, good, time, body in self._store.rows(query, chunk):
                    self._known[key].append(
                        Record(key, kind, bool(good), time, json.loads(body), paths.get(file), at, length)
                    )

    def of(self, key: str) -> list[Record]:
        """The records of a key, oldest first."""
        self.load([key])
        return self._known[key]

    def good(self, key: str, kind: str) -> Record | None:
        """The newest clean finish."""
        return next((one for one in reversed(self.of(key)) if one.good and one.kind == kind), None)

    def write(self, kind: str, key: str, body: Mapping[str, Any], *, good: bool) -> Record:
        """Append a record, flushed."""
        line = {"id": uuid.uuid4().hex, "key": key, "kind": kind, "good": good, "time": now(), "body": body}
        return self._append("records", line)

    def write_call(self, call: Mapping[str, Any]) -> Record:
        """Append a call to a model, flushed: as `calls.record` makes them."""
        return self._append("calls", call)

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        """Do what makes this record alone: another process that is at it is waited for, and its record is
        known then. Threads of one process don't wait for each other: each key is one thread's."""
        at, file = _place(key), self._claimed()
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, at)
        except OSError:
            fcntl.lockf(file, fcntl.LOCK_EX, 1, at)
        self._mine.add(key)
        try:
            if self._others() > self._seen.get(key, -1):
                self.load([key], again=True)
            yield
        finally:
            self._mine.discard(key)
            fcntl.lockf(file, fcntl.LOCK_UN, 1, at)

    def in_work(self, key: str) -> bool:
        """Is somebody at it now, here or in another process?"""
        if key in self._mine:
            return True
        if sys.platform != "linux":  # another layout, which nobody has tried
            return False
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _place(key), 1, 0)
        found = fcntl.fcntl(self._claimed(), fcntl.F_GETLK, asked)
        return bool(struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK)

    def _others(self) -> int:
        """How many records others have written: each has left a byte."""
        return os.fstat(self._claimed().fileno()).st_size - self._own

    def _claimed(self) -> IO[bytes]:
        with self._lock:
            if self._claims is None:
                self._claims = (self.folder / "records" / "claims").open("ab", buffering=0)
            return self._claims

    def _append(self, folder: str, line: Mapping[str, Any]) -> Record:
        text = json.dumps(line, ensure_ascii=False)
        text = self._redactor.keys(text.encode(errors="replace").decode())
        kept = facts(text.encode())
        if kept is None:
            raise AssertionError(f"a record that can't be read: {text[:200]}")
        with self._writing:  # who only looks doesn't wait for the disk
            disk.append(self.folder / folder / self._name, text + "\n")
        with self._lock:
            self._claimed().write(b".")  # others see by the length that there is something new
            self._own += 1
            _, key, kind, good, time, body = kept
            record = Record(key, kind, bool(good), time, json.loads(body))
            if key in self._known:
                self._known[key].append(record)
            return record

    def _files(self) -> list[Path]:
        return sorted((*self.folder.glob("calls/*.jsonl"), *self.folder.glob("records/*.jsonl")))


def facts(line: bytes) -> tuple[Any, ...] | None:
    """What is kept of a line, in the order of `KEPT`; None where it is no record."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("key"), str):
        return None
    if "stage" in found:
        return _of_call(found) if parsed(line) else None
    kept = [found.get(name) for name in KEPT]
    if found.get("kind") not in KINDS or not isinstance(found.get("body"), dict) or None in kept:
        return None
    return (*kept[:-1], json.dumps(found["body"]))


def _of_call(call: Mapping[str, Any]) -> tuple[Any, ...]:
    answer, attempts = call.get("response") or {}, call.get("attempts") or []
    body = {
        name: call.get(name)
        for name in ("stage", "model", "error", "cost_usd", "tokens", "seconds", "reason")
    }
    body |= {"text": answer.get("text"), "finish": answer.get("finish"), "attempts": len(attempts)}
    good = call["status"] == "ok" and answer.get("text") is not None
    return call["id"], call["key"], "call", int(good), call["started"], json.dumps(body)


def _place(key: str) -> int:
    """The byte of the claims' file that is locked for a key; the file itself need not be so long."""
    return int(key[:15], 16)


def now() -> str:
    """The time, UTC, as records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


TABLE = Table("records", 1, TABLES, INDEXES, KEPT, facts)
