"""A stand-alone program: runs one command at a time and leaves nothing of it behind.

Owns the time limit, the capped output and the sweep of every process that a command started. Requests
come on standard input, answers go to standard output (see `run`); the end of the input, at any moment,
ends everything. `process.py` is its client. Imports little, of autoresearch only what stands alone too.
"""

import ctypes
import marshal
import math
import os
import select
import signal
import sys
import time
from contextlib import suppress

from autoresearch.adapters.limits import INTERVAL, Limits, Watch
from autoresearch.adapters.output import CHUNK, KEEP, Log, Stdout
from autoresearch.adapters.processes import LINUX, descendants
from autoresearch.adapters.spawn import Command, Walls, spawn

GRACE = 2.0  # seconds between SIGTERM and SIGKILL
UNREACHED = (
    "[SANDBOX] a program, or what it is run by, was not found or may not be run: "
    "if it is there outside, put its folder on PATH (docs/security.md)"
)
RESCAN = 0.05  # seconds given to the killed, before looking for others

Files = tuple[bytes, bytes, bytes | None]  # standard input, log, standard output if not the log too
Around = tuple[float | None, Walls, Limits]  # seconds, and what stands around the command


class Execution:
    """One command, from its start until nothing of it is left."""

    def __init__(self, wake: int, log: Log, stdout: Log | Stdout) -> None:
        self.wake = wake  # readable when a child has ended
        self.log = log
        self.stdout = stdout
        self.pipes: dict[int, Log | Stdout] = {}
        self.pid: int | None = None
        self.leash: int | None = None
        self.code: int | None = None
        self.started = time.monotonic()
        self.ended: float | None = None

    def start(self, command: Command, stdin: int, walls: Walls) -> None:
        """What can't be started ends with code 127, as in a shell, and a line in the log."""
        stderr = self._pipe(self.log)
        stdout = stderr if self.stdout is self.log else self._pipe(self.stdout)
        try:
            self.pid, self.leash = spawn(command, (stdin, stdout, stderr), walls)
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

    def wait(self, seconds: float | None, watch: Watch, *, for_all: bool = False) -> tuple[str, str]:
        """Moves output until the command, or all it started, has ended: two empty words; else which limit is
        passed, and how far."""
        deadline = time.monotonic() + (math.inf if seconds is None else seconds)
        while self._reap() and (for_all or self.code is None):
            rest = deadline - time.monotonic()
            if rest <= 0:
                return "timeout", f"after {seconds:g} s"
            if over := watch.exceeded(self.pid):
                return over
            rest = min(rest, INTERVAL) if watch else rest
            self._move_ready(None if rest == math.inf else rest)
        return "", ""

    def freeze(self) -> None:
        """Stops all, until a look finds nobody new: they keep their places, so that none can be taken."""
        found: set[int] = set()
        while new := self.signal(signal.SIGSTOP, by_group=True)[0] - found:
            found |= new

    def sweep(self, *, wrapped: bool) -> int:
        """Kills until no process is left. How many were found, the command itself aside?"""
        if self.leash is not None:
            os.close(self.leash)
        elif wrapped and self.pid and self.code is None:  # with the wrapper goes all that it wraps
            os.kill(self.pid, signal.SIGKILL)
        killed: set[int] = set()
        while self._reap() or not LINUX:
            hit, refused = self.signal(signal.SIGKILL, by_group=True)
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

    def signal(
        self, number: int, *, spare: int | None = None, by_group: bool = False
    ) -> tuple[set[int], set[int]]:
        """Sends it to all, by group also to those that are forked meanwhile. The living processes that it
        reached, and those that we may not signal."""
        hit, refused = set(), set()
        found = descendants(self.pid)
        for group in {group for _, group, _ in found} - {os.getpgrp()} if by_group else ():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        for pid, _, alive in found:
            if pid == spare:
                continue
            try:
                os.kill(pid, number)
                hit |= {pid} if alive else set()
            except ProcessLookupError:
                pass
            except PermissionError:
                refused.add(pid)
        return hit, refused


def run(wake: int, command: Command, files: Files, around: Around) -> dict[str, object]:
    """Answers a request when nothing of the command is left. EOFError: nobody wants the answer."""
    stdin_path, log_path, own = files
    seconds, walls, limits = around
    watch = Watch(limits)
    with (
        open(stdin_path, "rb") as stdin,
        open(log_path, "ab") as log_file,
        open(own or "/dev/null", "wb") as stdout_file,
    ):
        log = Log(log_file)
        stdout = Stdout(stdout_file) if own else log
        execution = Execution(wake, log, stdout)
        try:
            execution.start(command, stdin.fileno(), walls)
            killed, told = execution.wait(seconds, watch)
            if killed == "timeout":  # a wrapper would not wait for what it wraps
                execution.signal(signal.SIGTERM, spare=execution.pid if watch.wrapped else None)
                execution.wait(GRACE, watch, for_all=True)
            elif killed == "processes" and not watch.own:
                execution.freeze()
        finally:
            swept = execution.sweep(wrapped=watch.wrapped)
            execution.drain()
            log.finish()
        if watch.own and execution.code in (126, 127):
            log.note(UNREACHED)
        if killed:
            log.note(f"[{killed.upper()}] killed {told}")
    return {
        "code": None if killed else execution.code,
        "seconds": (execution.ended or time.monotonic()) - execution.started,
        "killed": killed,
        "swept": 0 if watch.own else swept,
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
    if LINUX:
        with suppress(PermissionError):  # a fork bomb of root's, which has no limit, would leave us no time
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    while True:
        try:
            answer = run(wake, *marshal.load(sys.stdin.buffer))
        except EOFError:
            break
        except OSError as error:
            answer = {"error": str(error)}
        os.write(1, marshal.dumps(answer))
