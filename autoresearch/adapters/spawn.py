"""Starting a command in a session of its own, inside the walls that were planned for it.

Runs in the warden: standard library only.
"""

import os
import signal

from autoresearch.adapters import landlock

Command = tuple[list[bytes], dict[bytes, bytes], bytes]  # arguments, environment, working folder
Walls = tuple[bytes, "landlock.Rules | None", bool]
"""A seccomp program, Landlock's rules, and whether the command begins with a wrapper, which loads the program
from its descriptor 3."""
SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


def spawn(command: Command, streams: tuple[int, int, int], walls: Walls) -> tuple[int, int | None]:
    """Starts the command with no signal ignored or blocked. Its process, and maybe a descriptor that ends all
    of it by being closed. OSError, ValueError: it can't be started."""
    arguments, environment, folder = command
    seccomp, rules, wrapped = walls
    given = (*streams, _in_memory(seccomp)) if wrapped and seccomp else streams
    os.environb[b"PATH"] = environment.get(b"PATH", os.defpath.encode())  # where the program is looked for
    os.chdir(os.fsdecode(folder))
    try:
        if rules is not None:
            return _confined(arguments, environment, given, (rules, b"" if wrapped else seccomp))
        files = [(os.POSIX_SPAWN_DUP2, ours, theirs) for theirs, ours in enumerate(given)]
        program = os.fsdecode(arguments[0])
        return os.posix_spawnp(
            program, arguments, environment, file_actions=files, setsid=True, setsigmask=[], setsigdef=SIGNALS
        ), None  # fmt: skip
    finally:
        os.chdir("/")  # or the folder could not be removed
        for descriptor in given[3:]:
            os.close(descriptor)


def _confined(
    arguments: list[bytes],
    environment: dict[bytes, bytes],
    given: tuple[int, ...],
    walls: tuple[landlock.Rules, bytes],
) -> tuple[int, int]:
    """The same, with walls that a process can only put around itself."""
    told, tell = os.pipe()
    held, leash = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.close(leash)
            os.setsid()
            landlock.confine(*walls, held)
            for theirs, ours in enumerate(given):
                os.dup2(ours, theirs)
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.execvpe(arguments[0], arguments, environment)
        except (OSError, ValueError) as error:
            os.write(tell, str(error).encode("utf-8", "surrogateescape"))
        finally:
            os._exit(127)
    os.close(tell)
    os.close(held)
    with open(told, "rb") as file:
        if said := file.read():
            os.close(leash)
            raise OSError(said.decode("utf-8", "surrogateescape"))
    return pid, leash


def _in_memory(data: bytes) -> int:
    """A descriptor at which `data` can be read. (A pipe would do as well, but not for any size.)"""
    descriptor = os.memfd_create("filter")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
