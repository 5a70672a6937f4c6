"""What one command may reach and use, in words that every level of the sandbox understands.

Owns the words only: `sandbox.py` turns them into walls, `warden.py` watches over the limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

THREADS = 8  # of a process, on the whole


@dataclass(frozen=True)
class Room:
    """What one command may reach besides the system's programs and the user's toolchains. Absolute paths.

    `write` may be changed; `read` may be read; `keep` lies inside `write` and stays as it is (read-only);
    `hide` lies inside them and reads as empty. Of `listed` folders the names may be seen, as a program is
    only found in a folder that can be listed. `network` is all of it, none of it, or these TCP ports (of any
    machine: the kernel can tell ports apart, not hosts). `memory` (bytes), `processes` and `disk` (bytes
    written) are limits of all that the command starts; None is no limit.
    """

    write: Sequence[Path] = ()
    read: Sequence[Path] = ()
    keep: Sequence[Path] = ()
    hide: Sequence[Path] = ()
    listed: Sequence[Path] = ()
    network: bool | Sequence[int] = False
    memory: int | None = None
    processes: int | None = None
    disk: int | None = None


@dataclass(frozen=True)
class Walls:
    """How to start a command in a room.

    `argv` is the command line. `wrapped`: it begins with a program that stands around the command. `own` is
    how many processes are the sandbox's. `filter` is a seccomp program, `rules` are Landlock's
    (`landlock.py`). `memory_folders` are folders that only the command sees and that are kept in memory.
    """

    argv: Sequence[str]
    wrapped: bool = False
    own: int = 0
    filter: bytes = b""
    rules: tuple[object, ...] | None = None
    memory_folders: Sequence[str] = ()


def tasks(room: Room) -> int | None:
    """How many threads may be, so that processes can't multiply faster than they are counted. Not root's."""
    return None if room.processes is None else THREADS * room.processes + 1000
