"""macOS: a profile for `sandbox-exec`, in its language.

Written by the book and held by its text only: nobody has run it on a Mac yet (docs/security.md).
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from autoresearch.adapters.room import Room
from autoresearch.adapters.toolchains import Ground

SYSTEM = ["/System", "/Library", "/Applications/Xcode.app", "/private/var/db/timezone", "/private/var/select"]
BASE = """(version 1)
(deny default)
(allow process-fork process-exec)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow ipc-posix-sem)
(allow ipc-posix-shm (ipc-posix-name-prefix "/psm_") (ipc-posix-name-prefix "/torch_"))
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow file-read-metadata)
(allow file-read* (literal "/") (subpath "/dev/fd"))
(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))
(allow file-read* (literal "/dev/random") (literal "/dev/urandom"))
"""
NETWORK = """(allow network*)
(allow system-socket)
(allow mach-lookup (global-name "com.apple.SystemConfiguration.configd"))
"""


def command(argv: Sequence[str], room: Room, ground: Ground) -> list[str]:
    """The command line that runs `argv` in `room`."""
    return ["/usr/bin/sandbox-exec", "-p", profile(room, ground), *argv]


def profile(room: Room, ground: Ground) -> str:
    """What `room` may reach. What is said last counts."""
    return "".join(
        [
            BASE,
            _rule("allow file-read*", [*SYSTEM, *ground.places, *room.read, *room.write]),
            _rule("allow file-write*", room.write),
            _rule("deny file-write*", [*room.keep, *room.hide]),
            _rule("deny file-read-data", room.hide),
            NETWORK if room.network else "",
        ]
    )


def _rule(verdict: str, paths: Iterable[str | Path]) -> str:
    """A path is meant as it really is: `/tmp` is a link there."""
    named = [os.path.realpath(path).replace("\\", "\\\\").replace('"', '\\"') for path in paths]
    return "".join([f"({verdict}", *(f'\n  (subpath "{path}")' for path in named), ")\n"]) if named else ""
