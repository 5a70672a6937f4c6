"""bubblewrap's command line: a file system made of what a room shows, in namespaces of its own.

Owns which mounts that takes, and in which order. What `SYSTEM` and toolchains are is `toolchains.py`'s.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from glob import glob
from pathlib import Path

from autoresearch.adapters.room import Room
from autoresearch.adapters.toolchains import ETC, SYSTEM, home, toolchains

FILTER = 3  # the descriptor at which it finds its seccomp filter
OWN_PROCESSES = 2  # one outside that waits, one inside that reaps
ACCELERATORS = "/dev/nvidia* /dev/kfd /dev/dri /dev/dxg /dev/accel*".split()
DEVICES = "null zero full random urandom tty".split()
SHELL = ["/bin/sh", "-c", 'exec "$@"', "sh"]  # ends with 127 where there is no such program, as bwrap doesn't


def command(program: str, argv: Sequence[str], room: Room, environ: Mapping[str, str]) -> list[str]:
    """The command line that runs `argv` in `room`."""
    accelerators = [path for pattern in ACCELERATORS for path in glob(pattern)]
    devices = [word for path in accelerators for word in ("--dev-bind", path, path)]
    # Who is root here owns the devices, and could change the mode of /dev/null for the whole machine.
    sealed = [word for path in (*accelerators, *(f"/dev/{name}" for name in DEVICES)) for word in ("--remount-ro", path)]
    return [
        *(program, "--unshare-all", "--die-with-parent", "--seccomp", str(FILTER)),
        *(["--share-net"] if room.network is True else []),
        *("--proc", "/proc", "--dev", "/dev", *devices, *sealed, *_memory("/dev/shm", room)),
        *("--remount-ro", "/dev"),
        *_mounts(room, environ, gpu=bool(accelerators)),
        *("--remount-ro", "/", "--", *SHELL, *argv),
    ]


def memory_folders(environ: Mapping[str, str]) -> list[str]:
    """The folders that only the command sees, and that are kept in memory."""
    return ["/dev/shm", "/tmp", str(home(environ))]


def _mounts(room: Room, environ: Mapping[str, str], *, gpu: bool) -> list[str]:
    """Parents before what lies in them, links before what they lead to, and last what hides something."""
    links: dict[str, str] = {}

    def places(paths: Iterable[str | Path]) -> list[str]:
        return [_place(str(path), links) for path in paths if os.path.exists(path)]

    system = [*SYSTEM, *ETC, "/sys" if gpu else "/sys/devices/system"]
    system += ["/etc/resolv.conf"] if room.network is True else []
    plan = {_place(path, links): _memory for path in ("/tmp", str(home(environ)))}
    plan |= dict.fromkeys(places([*system, *toolchains(environ), *room.read]), _shown)
    plan |= dict.fromkeys(places(room.write), _open)
    ordered = sorted(plan, key=lambda path: Path(path).parts)
    bound = [path for path in ordered if plan[path] is not _memory]
    return [
        *(word for path, target in links.items() if not _inside(path, bound) for word in ("--symlink", target, path)),
        *(word for path in ordered for word in plan[path](path, room)),
        *(word for path in places(room.keep) for word in _shown(path, room)),
        *(word for path in places(room.hide) for word in _hidden(path)),
    ]


def _shown(path: str, _: Room) -> list[str]:
    return ["--ro-bind", path, path]


def _open(path: str, _: Room) -> list[str]:
    return ["--bind", path, path]


def _memory(path: str, room: Room) -> list[str]:
    limits = [limit for limit in (room.memory, room.disk) if limit is not None]
    return [*(["--size", str(min(limits))] if limits else []), "--tmpfs", path]


def _hidden(path: str) -> list[str]:
    if os.path.isdir(path):
        return ["--tmpfs", path, "--remount-ro", path]
    return ["--dev-bind", "/dev/null", path, "--remount-ro", path]


def _place(path: str, links: dict[str, str]) -> str:
    """Where a path really is; the links on the way there are added to `links`."""
    at, rest = "/", path.split("/")[::-1]
    while rest:
        part = rest.pop()
        if part == "..":
            at = os.path.dirname(at)
        elif part not in ("", "."):
            step = os.path.join(at, part)
            if os.path.islink(step):
                links[step] = target = os.readlink(step)
                at = "/" if target.startswith("/") else at
                rest += target.split("/")[::-1]
            else:
                at = step
    return at


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)
