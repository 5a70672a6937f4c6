"""Walls that a process puts around itself, before it becomes the command.

Runs in the warden, in the child: standard library only. What is allowed is said by `levels.py`; what the
kernel is too old for is left out (docs/security.md).
"""

import ctypes
import os
import resource
import signal
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress

Rules = tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[int] | None, int | None, Sequence[str]]
"""Paths that may be read, that may be written, devices (none at all: files are somebody else's to guard);
the only TCP ports, where that is Landlock's to say; how many threads there may be more than there are; and
folders whose names may be seen."""

NO_NEW_PRIVS, BOUNDING_DROP, SET_SECCOMP = 38, 24, 22  # prctl
CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every machine
READ = 0b1101  # execute, read files, list folders
LIST = 0b1000
ON_FILES = 0b1100000000000111  # what can be allowed for a file: also write, truncate, steer a device
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many kinds of access each version knows; 16 from 5 on
SCOPED = 0b11  # abstract unix sockets and signals stay inside

libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Which Landlock this kernel has; 0 where it has none."""
    return max(0, int(libc.syscall(CREATE, None, ctypes.c_size_t(0), 1)))


def confine(rules: Rules, seccomp: bytes, leash: int) -> None:
    """Puts this process, and all that it will start, inside. Where the kernel can keep signals inside, all of
    it is killed when the other end of `leash` is closed. Raises OSError where the kernel refuses."""
    read, write, devices, ports, tasks, listed = rules
    _check(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    if read:
        for capability in range(64):  # root keeps what the next program would give it otherwise
            libc.prctl(BOUNDING_DROP, capability, 0, 0, 0)
    if tasks is not None and os.geteuid():  # no limit to root
        number = tasks + _tasks_of(os.geteuid())
        with suppress(ValueError):  # there is a lower one
            resource.setrlimit(resource.RLIMIT_NPROC, (number, number))
    if read and version() >= 6:
        _enter(_ruleset(0, 0, SCOPED))
        _be_held(leash)
    _restrict((read, write, devices, listed), ports)
    if seccomp:
        program = ctypes.create_string_buffer(seccomp, len(seccomp))
        head = struct.pack("HxxxxxxP", len(seccomp) // 8, ctypes.addressof(program))
        _check(libc.prctl(SET_SECCOMP, 2, head, 0, 0))


def _be_held(leash: int) -> None:
    """Leaves a process behind that can signal this one and all that it starts, and nobody else. None of them
    can signal it, once they have walls of their own."""
    warden = os.getppid()
    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            _hold(leash, warden)
        os._exit(0)  # so that it is no child of the command's
    os.waitpid(middle, 0)


def _hold(leash: int, warden: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, leash)
    os.closerange(leash + 1, 256)
    try:
        os.kill(warden, 0)
    except PermissionError:  # its signals stay inside: this was seen, or it would kill all that the user runs
        os.read(leash, 1)
        os.kill(-1, signal.SIGKILL)
    finally:
        os._exit(0)


def _tasks_of(user: int) -> int:
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it ended meanwhile
            if os.stat(f"/proc/{pid}").st_uid == user:
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count


def _restrict(paths_by_right: tuple[Sequence[str], ...], ports: Sequence[int] | None) -> None:
    read, write, devices, listed = paths_by_right
    known = version()
    everything = (1 << FILE_RIGHTS.get(known, 16)) - 1
    ruleset = _ruleset(everything if read else 0, 0b11 if ports is not None else 0, SCOPED)
    for paths, rights in (
        (read, READ),
        (write, everything),
        (devices, everything & ON_FILES & ~1),
        (listed, LIST),
    ):
        for path in paths:
            _allow(ruleset, path, rights)
    for port in ports or ():
        _check(libc.syscall(ADD, ruleset, 2, struct.pack("QQ", 0b10, port), 0))  # to connect
    _enter(ruleset)


def _ruleset(files: int, network: int, scoped: int) -> int:
    known = version()
    attributes = struct.pack("3Q", files, network, scoped)[: 24 if known > 5 else 16 if known > 3 else 8]
    return _check(libc.syscall(CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))


def _enter(ruleset: int) -> None:
    _check(libc.syscall(RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= ON_FILES
    try:
        _check(libc.syscall(ADD, ruleset, 1, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _check(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock or seccomp: {os.strerror(number)}")
    return answer
