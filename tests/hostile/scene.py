"""A stage for hostile programs: a home folder with keys, a checkout, a worktree, and a process as victim.

Also a program, so that another user can play: `python -m tests.hostile.scene NAME LEVEL` says what it got.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoresearch.adapters.levels import Sandbox
from autoresearch.adapters.process import Warden
from autoresearch.adapters.room import Room
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import AutoresearchError
from tests.hostile.attacks import ATTACKS, PRELUDE, Attack

FILES = {
    "home/.ssh/id_ed25519": "SECRET",
    "home/.aws/credentials": "SECRET",
    "home/.netrc": "SECRET",
    "home/.bashrc": "",
    "repository/.env": "KEY=SECRET",
    "repository/main.py": "",
    "repository/README.md": "",
    "repository/.git/config": "",
    "repository/.git/hooks/post-checkout": "",
    "repository/.git/refs/heads/main": "",
    "repository/.autoresearch/a/b/results.tsv": "",
    "repository/.autoresearch/a/b/worktree/.git": "gitdir: elsewhere",
    "repository/.autoresearch/a/b/worktree/bench.py": "",
    "scratch/.keep": "",
}
LIMITS = {"memory": 128 << 20, "processes": 100, "disk": 4 << 20}
VICTIM = """
import os, select, socket, sys
tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(tcp.getsockname())
servers = [tcp]
for name in (sys.argv[1], "\\0" + sys.argv[2]):
    servers.append(socket.socket(socket.AF_UNIX))
    servers[-1].bind(name)
    servers[-1].listen()
print(tcp.getsockname()[1], flush=True)
while True:
    for ready in select.select([*servers, udp], [], [])[0]:
        if ready is udp:
            udp.sendto(b"ok", udp.recvfrom(9)[1])
        else:
            ready.accept()[0].send(b"ok\\n")
"""


@dataclass
class Scene:
    """What stands there, and what has become of it."""

    folder: Path
    victim: subprocess.Popen[bytes]
    port: int

    @property
    def worktree(self) -> Path:
        return self.folder / "repository/.autoresearch/a/b/worktree"

    def told(self) -> dict[str, object]:
        """What a program is told of it."""
        return {
            "home": str(self.folder / "home"),
            "repository": str(self.folder / "repository"),
            "experiment": str(self.worktree.parent),
            "temporary": tempfile.gettempdir(),
            "name": f"{self.folder.name}-left",
            "victim": self.victim.pid,
            "port": self.port,
            "socket": str(self.folder / "socket"),
            "abstract": self.folder.name,
            **LIMITS,
        }

    def harm(self) -> list[str]:
        """What happened outside."""
        found = [name for name, text in FILES.items() if not self._as_it_was(name, text)]
        found += [str(path) for path in (self.folder / "home/new", *self._strays()) if path.exists()]
        if self.victim.poll() is not None:
            found.append("the victim is dead")
        if (self.folder / "log").stat().st_size > 4 << 20:
            found.append("the log is large")
        beats = self.worktree / "heartbeat"
        if beats.exists():
            before = beats.stat().st_size
            time.sleep(0.2)
            found += ["it survived"] if beats.stat().st_size > before else []
        return found

    def _strays(self) -> list[Path]:
        return [Path(place, f"{self.folder.name}-left") for place in (tempfile.gettempdir(), "/dev/shm")]

    def _as_it_was(self, name: str, text: str) -> object:
        path = self.folder / name
        return path.is_file() and path.stat().st_mode & 0o400 and path.read_text() == text

    def clear(self) -> None:
        """Take all of it away."""
        self.victim.kill()
        self.victim.communicate()
        for stray in self._strays():
            stray.unlink(missing_ok=True)
        for dark in self.folder.rglob("dark"):
            dark.chmod(0o700)
        shutil.rmtree(self.folder)


@contextmanager
def scene() -> Iterator[Scene]:
    """A scene, for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    victim = subprocess.Popen(
        [sys.executable, "-S", "-c", VICTIM, str(folder / "socket"), folder.name, "SECRET" + folder.name],
        stdout=subprocess.PIPE,
        env=dict(os.environ, ITS_API_KEY="SECRET-OF-A-PROCESS"),
    )
    assert victim.stdout
    made = Scene(folder, victim, int(victim.stdout.readline()))
    try:
        yield made
    finally:
        made.clear()


def play(attack: Attack, level: str) -> list[str]:
    """Runs the program at a level. What it got; nothing where it was stopped."""
    with scene() as made:
        environ = dict(os.environ, HOME=str(made.folder / "home"), MY_API_KEY="SECRET")
        room = Room(
            write=[made.worktree, made.folder / "scratch"],
            keep=[made.worktree / "bench.py"],
            hide=[made.worktree / ".git"],
            **LIMITS,
        )
        env = for_evaluator(environ) | {"TMPDIR": str(made.folder / "scratch")}
        program = f"scene = {made.told()!r}\n{PRELUDE}{attack.source}"
        log = made.folder / "log"
        try:
            with Warden(Sandbox(level, environ)) as warden:  # type: ignore[arg-type]
                warden.run(
                    [sys.executable, "-S", "-c", program],
                    cwd=made.worktree, env=env, log=log, limit=1 if attack.group == "Time" else 30, room=room,
                )  # fmt: skip
        except AutoresearchError as error:
            return [str(error)]
        said = log.read_bytes()
        return (["THROUGH"] if b"THROUGH" in said else []) + made.harm()


if __name__ == "__main__":
    name, where = sys.argv[1:]
    json.dump(play(next(attack for attack in ATTACKS if attack.name == name), where), sys.stdout)
