"""What a command may reach: a room of its own, by the best level of isolation that this machine has.

Owns the ladder: bubblewrap, Landlock with seccomp, Seatbelt, none; each is tried by running something.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autoresearch.adapters import seccomp
from autoresearch.adapters.levels import LEVELS, Level, Sandbox, bwrap
from autoresearch.adapters.process import Warden
from autoresearch.adapters.room import Room
from autoresearch.core.errors import AutoresearchError

__all__ = ["LEVELS", "Level", "Room", "Sandbox", "available", "choose"]

PROBE = Room(memory=1 << 30, processes=64, disk=1 << 30)


def available(environ: Mapping[str, str] = os.environ) -> dict[Level, str]:
    """Every level, the strongest first: "" where it works here, else in a few words why not."""
    return {level: _why_not(Sandbox(level, environ)) for level in LEVELS}


def choose(use: str, environ: Mapping[str, str]) -> Sandbox:
    """The level that `use` asks for: `auto` takes the strongest there is (never none), a name that level or a
    stronger one, `none` no isolation. Raises AutoresearchError where it can't be had, with the mend."""
    if use == "none":
        return Sandbox("none", environ)
    reasons = {}
    for level in LEVELS[:-1]:
        sandbox = Sandbox(level, environ)
        if not (why_not := _why_not(sandbox)):
            return sandbox
        reasons[level] = why_not
        if level == use:
            break
    told = ", ".join(f"{level}: {why_not}" for level, why_not in reasons.items())
    raise AutoresearchError(
        f"there is no sandbox here for code that nobody has read ({told})",
        "install bubblewrap (apt install bubblewrap, dnf install bubblewrap), or run without one: "
        "`sandbox: {use: none}`",
    )


def _why_not(sandbox: Sandbox) -> str:
    level = sandbox.level
    if level == "none":
        return ""
    if level == "bubblewrap" and not bwrap(sandbox.environ):
        return "bwrap is not installed"
    if level == "landlock" and sys.platform != "linux":
        return "it is Linux's"
    if level == "landlock" and not seccomp.known():
        return "it takes x86_64 or aarch64"
    if level == "seatbelt" and sys.platform != "darwin":
        return "it is macOS's"
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder, Warden(sandbox) as warden:
        log = Path(folder, "log")
        done = warden.run(["true"], cwd=Path("/"), env={}, log=log, limit=20, room=PROBE)
        said = log.read_text(errors="replace").strip() or f"exit {done.code}"
    return said.splitlines()[-1] if done.code else ""
