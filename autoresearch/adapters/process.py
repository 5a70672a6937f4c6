"""A command with a time limit, an output cap, and nothing left behind.

Owns the client of `warden.py`: it starts that program, asks it, and waits. How a command is watched,
capped and ended is the warden's; what its output means is the caller's.
"""

import marshal
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autoresearch.adapters.levels import Sandbox
from autoresearch.adapters.room import Room, Walls
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import AutoresearchError

START = "import sys; sys.path.append(sys.argv[1]); from autoresearch.adapters.warden import main; main()"
SIGNALLED = 128  # a wrapper ends with this and the number of the signal that ended the command
PACKAGES = Path(__file__).parents[2]  # where autoresearch lies


@dataclass(frozen=True)
class Redirect:
    """Files instead of the empty input and the merged log.

    `stdout` is written anew and holds the first 16 MiB of standard output; standard error stays in the log.
    """

    stdin: Path | None = None
    stdout: Path | None = None


@dataclass(frozen=True)
class Finished:
    """How a command ended; when this is known, no process of it is left.

    `code` is the exit code, the negative number of the signal that killed it, or None if it was killed at
    a limit; 127 also stands for a command that could not be started (the log says why). `killed` is "", or
    that limit: "timeout", "memory", "processes" or "disk". `seconds` are from the start until the command
    itself ended. `swept` counts the processes that it left behind, found and killed (a namespace ends its
    own). `output_bytes` is all it wrote, kept or not.
    """

    code: int | None
    seconds: float
    killed: str
    swept: int
    output_bytes: int

    @property
    def timed_out(self) -> bool:
        """Was it killed at its time limit?"""
        return self.killed == "timeout"


def _limits(room: Room, walls: Walls) -> tuple[object, ...]:
    """As `limits.py` takes them."""
    folders = [str(folder) for folder in room.write]
    return (
        room.memory,
        room.processes,
        room.disk,
        folders,
        list(walls.memory_folders),
        walls.own,
        walls.wrapped,
    )


class Warden:
    """Runs commands, one at a time, in a process of its own that outlives us if we are killed.

    A context manager; the process starts at first use and serves every later command.
    """

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.sandbox = sandbox or Sandbox("none")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(
        self,
        command: str | Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        limit: float | None = None,
        redirect: Redirect | None = None,
        room: Room | None = None,
    ) -> Finished:
        """Runs a command line (by /bin/sh) or an argument list for at most `limit` seconds.

        What it writes is appended to `log` while it runs: the first and the last 1 MiB. At the limit it is
        asked to end, then killed, and the log says `[TIMEOUT]`. Whatever interrupts the wait, Ctrl-C too,
        ends the command first. Raises AutoresearchError where a file can't be written or the warden died.
        """
        redirect = redirect or Redirect()
        argv = ["/bin/sh", "-c", command] if isinstance(command, str) else command
        walls = self.sandbox.wrap(argv, room)
        stdin = redirect.stdin.absolute() if redirect.stdin else os.devnull
        stdout = os.fsencode(redirect.stdout.absolute()) if redirect.stdout else None
        request: tuple[Any, ...] = (
            (
                [os.fsencode(argument) for argument in walls.argv],
                {os.fsencode(name): os.fsencode(value) for name, value in env.items()},
                os.fsencode(cwd.absolute()),
            ),
            (os.fsencode(stdin), os.fsencode(log.absolute()), stdout),
            (limit, (walls.filter, walls.rules, walls.wrapped), _limits(room or Room(), walls)),
        )
        with ExitStack() as unfinished:
            unfinished.callback(self.close)
            answer = self._ask(marshal.dumps(request))
            unfinished.pop_all()
        if "error" in answer:
            raise AutoresearchError(
                f"a command's files can't be used: {answer['error']}", "free some space, or check the folder"
            )
        if walls.wrapped and (answer["code"] or 0) > SIGNALLED:
            answer["code"] = SIGNALLED - answer["code"]
        return Finished(**answer)

    def close(self) -> None:
        """Ends whatever runs, and waits until all of it is gone.

        Whatever interrupts this wait, the warden finishes alone what it was told by the end of its input.
        """
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin and process.stdout and process.stderr
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def _ask(self, request: bytes) -> dict[str, Any]:
        process = self._started()
        assert process.stdin and process.stdout and process.stderr
        try:
            process.stdin.write(request)
            process.stdin.flush()
            answer: dict[str, Any] = marshal.load(process.stdout)
        except (BrokenPipeError, EOFError) as error:
            code, complaint = process.wait(), process.stderr.read().decode(errors="replace").strip()
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            raise AutoresearchError(
                f"the process that watches over commands ended {how} {complaint[-200:]}".strip(),
                "see whether memory ran out, and whether something that the command started still runs",
            ) from error
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", START, str(PACKAGES)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env=for_evaluator(os.environ),  # what a command can read of its parents
                start_new_session=True,  # out of reach of the terminal's Ctrl-C
            )
        return self._process
