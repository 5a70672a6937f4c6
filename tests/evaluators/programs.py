"""Runs an evaluator as what it is: a program."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "evaluators"
PYTHON = sys.executable


@dataclass(frozen=True)
class Evaluated:
    """How an evaluator ended, and the numbers that it printed."""

    code: int
    out: str
    err: str

    @property
    def numbers(self) -> dict[str, float]:
        assert self.code == 0, self.err
        return {name: float(value) for name, value in (line.split(": ") for line in self.out.splitlines())}

    def failed(self, *words: str) -> bool:
        """Did it end with 1, without a number, with one line that has these words and the command's end?"""
        first, *more = self.err.splitlines()
        assert all(line.startswith("| ") for line in more), self.err
        assert all(word in first for word in words), self.err
        return self.code == 1 and self.out == ""

    def misused(self, *words: str) -> bool:
        """Did it end with 2 and one line that has these words?"""
        (line,) = self.err.splitlines()
        assert all(word in line for word in words), self.err
        return self.code == 2 and self.out == ""


def evaluate(name: str, *args: str, at: Path, env: Mapping[str, str] | None = None) -> Evaluated:
    """Run evaluators/NAME.py in the folder `at`."""
    done = subprocess.run(
        [PYTHON, str(FOLDER / f"{name}.py"), *args],
        cwd=at,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return Evaluated(done.returncode, done.stdout, done.stderr)


def python(script: Path, text: str) -> str:
    """A command that runs this text as a Python program."""
    script.write_text(text)
    return f"{PYTHON} {script}"


def lives(pid_file: Path) -> bool:
    """Does the process live whose number stands in the file? Linux only."""
    stat = Path("/proc", pid_file.read_text(), "stat")
    return stat.exists() and ") Z " not in stat.read_text()
