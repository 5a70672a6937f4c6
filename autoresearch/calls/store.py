"""The file of an index: SQLite in the user's cache, derived from files of JSON lines. Whatever is wrong with
it, it is made again, or in memory; it may be deleted at any time. What of a line it keeps is a `Table`'s."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from autoresearch.calls.reading import KEPT, Reading, facts

WAIT = 60.0  # seconds that another process may take to read the logs
EDGE = 256  # bytes at either end of what was read by which a file is known again
FILES = """
CREATE TABLE files (file INTEGER PRIMARY KEY, path BLOB, stat TEXT, end INTEGER, edges BLOB, damaged INTEGER);
"""
CALLS = """
CREATE TABLE calls (
    number INTEGER PRIMARY KEY, file INTEGER, at INTEGER, length INTEGER,
    id TEXT UNIQUE, started TEXT, experiment TEXT, trial INTEGER, stage TEXT, model TEXT, status TEXT,
    seconds REAL, cost_usd REAL, cost_whole INTEGER,
    input_tokens INTEGER, output_tokens INTEGER, tokens INTEGER, attempts INTEGER, error TEXT
);
"""
# Made when the logs have been read: a table grows faster without them.
INDEXES = """
CREATE INDEX IF NOT EXISTS by_time ON calls (started);
CREATE INDEX IF NOT EXISTS by_stage ON calls (stage, started);
CREATE INDEX IF NOT EXISTS by_trial ON calls (experiment, trial, started);
CREATE INDEX IF NOT EXISTS by_duration ON calls (seconds, started);
CREATE INDEX IF NOT EXISTS sums ON calls (stage, model, status, seconds, attempts, input_tokens,
    output_tokens, tokens, cost_usd, cost_whole);
"""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Table:
    """What is kept of each line: `kept` names the columns, `facts` gives their values (None: the line is
    damaged). Of another `version` the file is made again."""

    name: str
    version: int
    tables: str
    indexes: str
    kept: Sequence[str]
    facts: Callable[[bytes], tuple[Any, ...] | None]

    @property
    def insert(self) -> str:
        """The statement that takes where a line is, and what is kept of it."""
        places = ", ".join("?" * (len(self.kept) + 3))
        columns = ", ".join(self.kept)
        return f"INSERT OR IGNORE INTO {self.name} (file, at, length, {columns}) VALUES ({places})"


LOGS = Table("calls", 1, CALLS, INDEXES, KEPT, facts)


class _Known(NamedTuple):
    """How far a file is read, and what it was then."""

    file: int
    stat: str
    end: int
    edges: bytes
    damaged: int


class Store:
    """The rows of some files. `files` may be set anew; what is there is read by `refresh`."""

    def __init__(self, folder: Path, files: Sequence[Path], table: Table = LOGS) -> None:
        self.files = list(files)
        self._table = table
        self._path = place(folder)
        self._ways: list[Callable[[], sqlite3.Connection]] = [self._on_disk, self._anew, self._in_memory]
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query gives."""
        return self._surely(lambda connection: connection.execute(query, values).fetchall())

    def refresh(self) -> None:
        """Read what the logs have got since."""
        self._surely(self._update)

    def _surely(self, act: Callable[[sqlite3.Connection], Made]) -> Made:
        """Do it; where the file turns out to be no use, on a new one, and at last in memory."""
        while True:
            try:
                if self._connection is None:
                    self._connection = self._ways.pop(0)()
                    self._update(self._connection)
                return act(self._connection)
            except (sqlite3.DatabaseError, OSError) as error:
                if not self._ways:
                    raise
                self.close()
                if isinstance(error, OSError | sqlite3.OperationalError):  # no room, or locked
                    self._ways = [self._in_memory]

    def _on_disk(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        connection = _connected(str(self._path))
        connection.execute("PRAGMA journal_mode=WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._lay_down(connection)
            elif version != self._table.version:
                raise sqlite3.DatabaseError(f"tables of version {version}")
        return connection

    def _anew(self) -> sqlite3.Connection:
        for end in ("-wal", "-shm", ""):
            Path(f"{self._path}{end}").unlink(missing_ok=True)
        return self._on_disk()

    def _update(self, connection: sqlite3.Connection) -> None:
        there = {path: _stat(path) for path in self.files if path.is_file()}
        if {path: one.stat for path, one in _known(connection).items()} == there:
            return
        with connection:
            connection.execute("BEGIN IMMEDIATE")  # another process may have done it meanwhile
            known = _known(connection)
            if any(path not in there or _edges(path, one.end) != one.edges for path, one in known.items()):
                connection.execute(f"DELETE FROM {self._table.name}")
                connection.execute("DELETE FROM files")
                known = {}
            for path, stat in there.items():
                self._read(connection, path, stat, known.get(path))
            _execute(connection, self._table.indexes)
            if not known:
                _execute(connection, "PRAGMA analysis_limit=1000; ANALYZE;")

    def _in_memory(self) -> sqlite3.Connection:
        connection = _connected(":memory:")
        self._lay_down(connection)
        return connection

    def _lay_down(self, connection: sqlite3.Connection) -> None:
        _execute(connection, f"{FILES}{self._table.tables}PRAGMA user_version={self._table.version};")

    def _read(self, connection: sqlite3.Connection, path: Path, stat: str, known: _Known | None) -> None:
        if known and known.stat == stat:
            return
        if known is None:
            values: tuple[object, ...] = (os.fsencode(path), stat, 0, b"", 0)
            row = connection.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?)", values)
            known = _Known(row.lastrowid or 0, stat, 0, b"", 0)
        reading = Reading(path, known.file, known.end, known.damaged, self._table.facts)
        connection.executemany(self._table.insert, reading)
        values = (stat, reading.end, _edges(path, reading.end), reading.damaged, known.file)
        connection.execute(
            "UPDATE files SET stat = ?, end = ?, edges = ?, damaged = ? WHERE file = ?", values
        )


def place(folder: Path) -> Path:
    """Where the index of the logs in `folder` is."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return home / "autoresearch" / f"logs-{name}.sqlite"


def _connected(name: str) -> sqlite3.Connection:
    """Not bound to a thread: a viewer opens it in one and looks at it in another."""
    connection = sqlite3.connect(name, timeout=WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-16000")
    return connection


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    """Several, without an end to the transaction."""
    for statement in statements.split(";")[:-1]:
        connection.execute(statement)


def _known(connection: sqlite3.Connection) -> dict[Path, _Known]:
    found = connection.execute("SELECT path, file, stat, end, edges, damaged FROM files")
    return {Path(os.fsdecode(path)): _Known(*more) for path, *more in found}


def _stat(path: Path) -> str:
    """What changes with a file."""
    now = path.stat()
    return f"{now.st_dev} {now.st_ino} {now.st_size} {now.st_mtime_ns}"


def _edges(path: Path, end: int) -> bytes:
    """A hash of both ends of the first `end` bytes; of a shorter file it is another one."""
    with path.open("rb") as log:
        head = log.read(min(EDGE, end))
        log.seek(max(0, end - EDGE))
        return hashlib.sha256(head + log.read(min(EDGE, end))).digest()
