"""A stand-alone program: runs one command at a time and leaves nothing of it behind.

Owns the time limit, the capped output and the sweep of every process that a command started. Requests
come on standard input, answers go to standard output (see `run`); the end of the input, at any moment,
ends everything. `process.py` is its client. Imports little, and nothing of autoresearch, to start fast.
"""

import io
import marshal
import os
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

LINUX = sys.platform == "linux"
if LINUX:
    import ctypes
else:
    import subprocess

KEEP = 1 << 20  # bytes kept of the beginning of the output, and as many of its end
STDOUT_CAP = 16 << 20  # bytes kept of a standard output that has a file of its own
CHUNK = 1 << 16
GRACE = 2.0  # seconds between SIGTERM and SIGKILL
RESCAN = 0.05  # seconds given to the killed, before looking for others

Command = tuple[list[bytes], dict[bytes, bytes], bytes]  # arguments, environment, working folder
Files = tuple[bytes, bytes, bytes | None]  # standard input, log, standard output if not the log too


class Log:
    """The merged output: its beginning as it comes, its end when it is over, the middle only counted."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self.file = file
        self.total = self.head = 0
        self.tail = bytearray()
        self.inside_line = False

    def write(self, data: bytes) -> None:
        self.total += len(data)
        room = max(0, KEEP - self.head)
        if room < len(data):  # cut between two lines, so that no number is cut in two
            room = room and (data.find(b"\n", room - 1) + 1 or len(data))
        self.head += len(data[:room])
        self._put(data[:room])
        self.tail += data[room:]
        if len(self.tail) > 2 * KEEP:
            del self.tail[:-KEEP]

    def finish(self) -> None:
        """Writes the end of the output, after a line that counts what is left out before it."""
        del self.tail[:-KEEP]
        if self.total > self.head + len(self.tail):
            del self.tail[: self.tail.find(b"\n", 0, CHUNK) + 1]
            self.note(f"[… {self.total - self.head - len(self.tail):,} bytes left out …]")
        self._put(self.tail)

    def note(self, text: str) -> None:
        """A line of our own."""
        start = "\n" if self.inside_line else ""
        self._put(f"{start}{text}\n".encode("utf-8", "surrogateescape"))

    def _put(self, data: bytes | bytearray) -> None:
        if data:
            self.file.write(data)
            self.file.flush()
            self.inside_line = not data.endswith(b"\n")


class Stdout:
    """A standard output with a file of its own: its first `STDOUT_CAP` bytes, the rest only counted."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self.file = file
        self.total = 0

    def write(self, data: bytes) -> None:
        self.file.write(data[: max(0, STDOUT_CAP - self.total)])
        self.total += len(data)


class Execution:
    """One command, from its start until nothing of it is left."""

    def __init__(self, wake: int, log: Log, stdout: Log | Stdout) -> None:
        self.wake = wake  # readable when a child has ended
        self.log = log
        self.stdout = stdout
        self.pipes: dict[int, Log | Stdout] = {}
        self.pid: int | None = None
        self.code: int | None = None
        self.started = time.monotonic()
        self.ended: float | None = None

    def start(self, command: Command, stdin: int) -> None:
        """What can't be started ends with code 127, as in a shell, and a line in the log."""
        stderr = self._pipe(self.log)
        stdout = stderr if self.stdout is self.log else self._pipe(self.stdout)
        try:
            self.pid = _spawn(command, (stdin, stdout, stderr))
        except (OSError, ValueError) as error:
            self.code, self.ended = 127, self.started
            self.log.note(f"[NOT STARTED] {error}")
        finally:
            for descriptor in {stdout, stderr}:
                os.close(descriptor)

    def _pipe(self, sink: Log | Stdout) -> int:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self.pipes[ours] = sink
        return theirs

    def wait(self, seconds: float | None, *, for_all: bool = False) -> bool:
        """Moves output until the command, or all it started, has ended. False: it took too long."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while self._reap() and (for_all or self.code is None):
            rest = None if deadline is None else deadline - time.monotonic()
            if rest is not None and rest <= 0:
                return False
            self._move_ready(rest)
        return True

    def sweep(self) -> int:
        """Kills until no process is left. How many were found, the command itself aside?"""
        killed: set[int] = set()
        while self._reap() or not LINUX:
            hit, refused = self.signal(signal.SIGKILL)
            killed |= hit
            if refused and not hit:
                self.log.note(f"[LEFT RUNNING] no permission to end {sorted(refused)}")
            if not hit and (refused or not LINUX):
                break
            if select.select([self.wake], [], [], RESCAN)[0]:
                os.read(self.wake, CHUNK)
        return len(killed - {self.pid})

    def drain(self) -> None:
        """Moves what is in the pipes already; whoever else holds them is not waited for."""
        for pipe in list(self.pipes):
            all(self._move(pipe) for _ in range(4 * KEEP // CHUNK))  # until there is no more
        for pipe in self.pipes:
            os.close(pipe)

    def _move_ready(self, timeout: float | None) -> None:
        """Waits for output (and moves it), for the end of a child, or for `timeout` seconds."""
        ready, _, _ = select.select([0, self.wake, *self.pipes], [], [], timeout)
        if 0 in ready:  # nothing is sent while a command runs: this is the end
            raise EOFError
        if self.wake in ready:
            os.read(self.wake, CHUNK)
        for pipe in self.pipes.keys() & ready:
            self._move(pipe)

    def _move(self, pipe: int) -> bool:
        try:
            data = os.read(pipe, CHUNK)
        except BlockingIOError:
            return False
        if data:
            self.pipes[pipe].write(data)
        else:
            os.close(pipe)
            del self.pipes[pipe]
        return bool(data)

    def _reap(self) -> bool:
        """Collects every child that has ended. Is any left?"""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.ended = time.monotonic()
                self.code = os.waitstatus_to_exitcode(status)

    def signal(self, number: int) -> tuple[set[int], set[int]]:
        """Sends it to all. The living processes that it reached, and those that we may not signal."""
        hit, refused = set(), set()
        for pid, alive in _descendants(self.pid):
            try:
                os.kill(pid, number)
                hit |= {pid} if alive else set()
            except ProcessLookupError:
                pass
            except PermissionError:
                refused.add(pid)
        return hit, refused


def _spawn(command: Command, streams: tuple[int, int, int]) -> int:
    """Starts the command in a session of its own, with no signal ignored or blocked."""
    arguments, environment, folder = command
    os.environb[b"PATH"] = environment.get(b"PATH", os.defpath.encode())  # where posix_spawnp looks
    os.chdir(os.fsdecode(folder))
    try:
        return os.posix_spawnp(
            os.fsdecode(arguments[0]),
            arguments,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, ours, theirs) for theirs, ours in enumerate(streams)],
            setsid=True,
            setsigmask=[],
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
    finally:
        os.chdir("/")  # or the folder could not be removed


def _descendants(group: int | None) -> list[tuple[int, bool]]:
    """Every process below this one, and whether it is more than a zombie (or its first thread is)."""
    below = defaultdict(list)
    for pid, parent, its_group, state in _processes():
        below[os.getpid() if its_group == group else parent].append((pid, state[:1] != b"Z"))
    found = below[os.getpid()]
    for pid, _ in found:
        found += below[pid]
    return found


def _processes() -> Iterator[tuple[int, int, int, bytes]]:
    """Id, parent, process group (-1 where parents say enough) and state of every process."""
    if not LINUX:  # without a subreaper, orphans are known by their group only
        rows = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid=,pgid=,state="], stdout=subprocess.PIPE
        ).stdout
        for pid, parent, group, state in (row.split() for row in rows.splitlines()):
            yield int(pid), int(parent), int(group), state
        return
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb", buffering=0) as stat:
                state, parent, *_ = stat.read(4096).rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(name), int(parent), -1, state


def run(wake: int, command: Command, files: Files, limit: float | None) -> dict[str, object]:
    """Answers a request when nothing of the command is left. EOFError: nobody wants the answer."""
    stdin_path, log_path, own = files
    with (
        open(stdin_path, "rb") as stdin,
        open(log_path, "ab") as log_file,
        open(own or "/dev/null", "wb") as stdout_file,
    ):
        log = Log(log_file)
        stdout = Stdout(stdout_file) if own else log
        execution = Execution(wake, log, stdout)
        try:
            execution.start(command, stdin.fileno())
            timed_out = not execution.wait(limit)
            if timed_out:
                execution.signal(signal.SIGTERM)
                execution.wait(GRACE, for_all=True)
        finally:
            swept = execution.sweep()
            execution.drain()
            log.finish()
        if timed_out:
            log.note(f"[TIMEOUT] killed after {limit:g} s")
    return {
        "code": None if timed_out else execution.code,
        "seconds": (execution.ended or time.monotonic()) - execution.started,
        "timed_out": timed_out,
        "swept": swept,
        "output_bytes": log.total + (stdout.total if own else 0),
    }


def main() -> None:
    """Serves until standard input ends."""
    wake, alarm = os.pipe()
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if LINUX and ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) != 0:  # PR_SET_CHILD_SUBREAPER
        sys.exit("Linux refused to make it a child subreaper")
    while True:
        try:
            answer = run(wake, *marshal.load(sys.stdin.buffer))
        except EOFError:
            break
        except OSError as error:
            answer = {"error": str(error)}
        os.write(1, marshal.dumps(answer))


if __name__ == "__main__":
    main()
