"""The machine and the versions that a figure was measured with."""

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import autoresearch


def facts(folder: Path) -> list[tuple[str, str]]:
    """What a reader needs to compare: (name, value)."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return [
        ("machine", f"{os.cpu_count()} cores, {_memory()} of memory, {platform.machine()}"),
        ("system", platform.platform()),
        ("file system of the temporary folders", _file_system(folder)),
        ("load when it began", " ".join(f"{load:.2f}" for load in os.getloadavg())),
        ("versions", f"autoresearch {autoresearch.__version__}, {git}, Python {platform.python_version()}"),
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
    ]


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _file_system(folder: Path) -> str:
    if shutil.which("findmnt") is None:
        return "unknown"
    asked = ["findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(folder)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
