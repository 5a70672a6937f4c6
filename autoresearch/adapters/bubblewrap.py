"""bubblewrap's command line: a file system made of what a room shows, in namespaces of its own.

Owns which mounts that takes, and in which order. What `SYSTEM` and toolchains are is `toolchains.py`'s.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from autoresearch.adapters import seccomp
from autoresearch.adapters.room import Room, tasks
from autoresearch.adapters.toolchains import Ground, there

FILTER = 3  # the descriptor at which it finds its seccomp filter
OWN_PROCESSES = 2  # one outside that waits, one inside that reaps
EMPTY = str(Path(__file__).parents[1] / "py.typed")
SHELL = 'ulimit -u "$0" 2>/dev/null || ulimit -p "$0" 2>/dev/null; exec "$@"'

Mount = Callable[[str, Room], list[str]]  # the words that mount a path


def command(program: str, argv: Sequence[str], room: Room, ground: Ground) -> list[str]:
    """The command line that runs `argv` in `room`."""
    return [
        *(program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"),  # which root would keep
        *(["--seccomp", str(FILTER)] if seccomp.known() else []),
        *(["--share-net"] if room.network else []),
        *("--proc", "/proc", "--dev", "/dev"),
        *(word for path in ground.devices for word in ("--dev-bind", path, path)),
        *_memory("/dev/shm", room),
        *("--remount-ro", "/dev"),
        *_mounts(room, ground),
        # A shell ends with 127 where there is no such program, as bwrap doesn't.
        *("--remount-ro", "/", "--", "/bin/sh", "-c", SHELL, str(tasks(room)), *argv),
    ]


def memory_folders(ground: Ground) -> list[str]:
    """The folders that only the command sees, and that are kept in memory."""
    return ["/dev/shm", "/tmp", ground.home]


def _mounts(room: Room, ground: Ground) -> list[str]:
    """Parents before what lies in them, and last what hides something."""
    ground = replace(ground, links=dict(ground.links))

    def places(paths: Iterable[str | Path]) -> list[str]:
        return [ground.place(str(path)) for path in paths if there(path)]

    plan: dict[str, Mount] = {ground.place(path): _memory for path in ("/tmp", ground.home)}
    plan |= dict.fromkeys([*ground.places, *places(room.read)], _shown)
    plan |= dict.fromkeys(places(room.write), _open)
    late = [(_shown, path) for path in places(room.keep)] + [(_hidden, path) for path in places(room.hide)]
    words: list[str] = []
    for path in sorted({*plan, *ground.links}):
        around = next((plan[str(above)] for above in Path(path).parents if str(above) in plan), None)
        if path in ground.links and around in (None, _memory):
            words += ["--symlink", ground.links[path], path]
        elif path in plan and not around is plan[path] is _shown:
            words += plan[path](path, room)
    return words + [word for mount, path in late for word in mount(path, room)]


def _shown(path: str, _: Room) -> list[str]:
    return ["--ro-bind", path, path]


def _open(path: str, _: Room) -> list[str]:
    return ["--bind", path, path]


def _memory(path: str, room: Room) -> list[str]:
    limits = [limit for limit in (room.memory, room.disk) if limit is not None]
    return [*(["--size", str(min(limits))] if limits else []), "--tmpfs", path]


def _hidden(path: str, _: Room) -> list[str]:
    if Path(path).is_dir():
        return ["--tmpfs", path, "--remount-ro", path]
    return ["--ro-bind", EMPTY, path]
