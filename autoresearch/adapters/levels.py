"""The levels of isolation, and what each makes of a room.

Owns the choice of means for a level; each means is a module of its own. Whether a level works here is
`sandbox.py`'s.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from autoresearch.adapters import bubblewrap, seccomp
from autoresearch.adapters.room import Room, Walls, tasks
from autoresearch.adapters.toolchains import Ground, look

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
        if room is not None and self.level == "bubblewrap":
            return Walls(
                bubblewrap.command(bwrap(self.environ) or "bwrap", argv, room, self.ground),
                wrapped=True,
                own=bubblewrap.OWN_PROCESSES,
                filter=seccomp.program(room, walled=True),
                memory_folders=bubblewrap.memory_folders(self.ground),
            )
        if room is not None and self.level == "landlock":
            return Walls(argv, own=1, filter=seccomp.program(room, walled=False), rules=self._rules(room))
        return Walls(argv)

    def _rules(self, room: Room) -> tuple[object, ...]:
        """As `landlock.py` takes them. Of its kind it can't take anything back within what it gives: there
        what `keep` and `hide` name is neither kept nor hidden."""
        ports = None if isinstance(room.network, bool) else list(room.network)
        read = ["/proc", *self.ground.places, *map(str, room.read)]
        write = ["/dev/shm", *map(str, room.write)]
        return read, write, [*DEVICES, *self.ground.devices], ports, tasks(room)


def bwrap(environ: Mapping[str, str]) -> str | None:
    """Where bubblewrap's program is."""
    return shutil.which("bwrap", path=f"{environ.get('PATH', '')}:/usr/bin:/usr/local/bin")
