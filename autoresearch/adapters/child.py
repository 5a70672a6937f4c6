"""A program that is asked again and again, by JSON lines: its standard input and output are the channel.

It is of a session of its own, so Ctrl-C is ours alone; it sees the end of the channel however we end.
"""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from autoresearch.core.errors import AutoresearchError

BLOCK = 1 << 16
LONGEST = 64 << 20  # bytes of one message


class ChildDied(Exception):
    """It ended, or said what is no message; the words are the end of its standard error."""


class ChildLate(Exception):
    """Nothing came in time."""


class Child:
    """One such program. Whoever has it is the only one to use it."""

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the program is
        try:
            self._process = subprocess.Popen(
                argv, cwd=cwd, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._errors, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._errors.close()
            raise AutoresearchError(
                f"`{argv[0]}` can't be started: {error.strerror}", "put a python3 on PATH"
            ) from None
        self._rest = b""

    def send(self, message: Mapping[str, Any]) -> None:
        """Raises ChildDied."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise ChildDied(self._last_words()) from None

    def receive(self, deadline: float | None) -> dict[str, Any]:
        """The next message, until `deadline` (of the monotonic clock). Raises ChildLate or ChildDied."""
        assert self._process.stdout is not None
        while b"\n" not in self._rest:
            left = None if deadline is None else deadline - time.monotonic()
            if (left is not None and left <= 0) or not select.select([self._process.stdout], [], [], left)[0]:
                raise ChildLate
            block = os.read(self._process.stdout.fileno(), BLOCK)
            self._rest += block
            if not block or len(self._rest) > LONGEST:
                raise ChildDied(self._last_words())
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise ChildDied(f"it said what is no message: {line[:100]!r}")
        return message

    def close(self) -> None:
        """End it, and all of its group."""
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                stream.close() if stream else None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._errors.close()

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 2000))
        said = self._errors.read().decode(errors="replace").strip()
        code = self._process.poll()
        how = "" if code is None else f"signal {-code}" if code < 0 else f"exit {code}"
        return f"{how}: {said}".strip(": ") or "it ended"
