"""The levels of isolation, and what each makes of a room.

Owns the choice of means for a level; each means is a module of its own. Whether a level works here is
`sandbox.py`'s.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from autoresearch.adapters import bubblewrap, landlock, seatbelt, seccomp
from autoresearch.adapters.room import Room, Walls, tasks
from autoresearch.adapters.toolchains import Ground, look
from autoresearch.core.errors import AutoresearchError

Level = Literal["bubblewrap", "landlock", "seatbelt", "none"]
LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock", "seatbelt", "none")
"""From the strongest to the weakest."""

DEVICES = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]


@dataclass(frozen=True)
class Sandbox:
    """One level of isolation, which was seen to work here. `environ` is the user's, for their toolchains."""

    level: Level
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def ground(self) -> Ground:
        """What every room shows; looked for once."""
        return look(self.environ)

    def wrap(self, argv: Sequence[str], room: Room | None) -> Walls:
        """What it takes to run `argv` in `room`; without a room it runs as it is."""
        if room is None or self.level == "none":
            return Walls(argv)
        if not isinstance(room.network, bool) and (self.level == "seatbelt" or landlock.version() < 4):
            raise AutoresearchError(
                f"sandbox.network: {[*room.network]}: single ports can't be told apart here",
                "it takes Linux 6.7; write `network: true`, or start the server in the evaluation itself",
            )
        if self.level == "bubblewrap":
            return self._bubblewrap(argv, room)
        if self.level == "landlock":
            read = ["/proc", *self.ground.places, *map(str, room.read)]
            write = ["/dev/shm", *map(str, room.write)]
            listed = [*map(str, room.listed)]
            rules = (read, write, [*DEVICES, *self.ground.devices], _ports(room), tasks(room), listed)
            return Walls(argv, own=1, filter=seccomp.program(room, walled=False), rules=rules)
        return Walls(seatbelt.command(argv, room, self.ground))

    def _bubblewrap(self, argv: Sequence[str], room: Room) -> Walls:
        ports = _ports(room)
        return Walls(
            bubblewrap.command(bwrap(self.environ) or "bwrap", argv, room, self.ground),
            wrapped=True,
            own=bubblewrap.OWN_PROCESSES,
            filter=seccomp.program(room, walled=not room.network),
            rules=None if ports is None else ((), (), (), ports, None, ()),
            memory_folders=bubblewrap.memory_folders(self.ground),
        )


def _ports(room: Room) -> list[int] | None:
    return None if isinstance(room.network, bool) else list(room.network)


def bwrap(environ: Mapping[str, str]) -> str | None:
    """Where bubblewrap's program is."""
    return shutil.which("bwrap", path=environ.get("PATH", ""))
