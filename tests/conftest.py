"""What every test stands on: real repositories in a temporary home, with a fixed identity and clock zone."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None, print_blob=True)
settings.load_profile("here")

GITCONFIG = """\
[user]
	name = Ada Lovelace
	email = ada@example.org
[init]
	defaultBranch = main
"""

BENCH = """\
import re
print("value:", float(re.search(r"x = (.*?)(?:  #|$)", open("knob.py").read(), re.M)[1]) ** 2)
print("lines:", len(open("knob.py").readlines()))
"""

# Plays the ideas in ideas.json, which is looked for beside the repository: trial N plays number N - 1.
PROPOSE = """\
import json, os, sys
asked = json.load(sys.stdin)
ideas = json.load(open(os.environ["IDEAS"]))
if asked["trial"] > len(ideas):
    print("the list is over", file=sys.stderr)
    sys.exit(10)
idea = ideas[asked["trial"] - 1]
if isinstance(idea, str):
    idea = {"idea": f"x = {idea}", "files": {"knob.py": f"x = {idea}\\n"}}
if "exit" in idea:
    print(idea.get("says", ""), file=sys.stderr)
    sys.exit(idea["exit"])
print(idea["raw"] if "raw" in idea else json.dumps(idea))
"""


def plainly() -> tuple[str, ...]:
    """Options for `new`, where neither keep rule nor sandbox nor notebook is tested: one look decides,
    evaluators may tell in the home folder what they saw, and models are asked for ideas alone."""
    alone = (f"models.{stage}=none" for stage in ("plan", "analyze", "report"))
    home = f"sandbox.write=[{os.environ['HOME']}]"
    return tuple(word for text in ("keep.confirm=off", home, *alone) for word in ("-c", text))


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own; nothing of the machine's settings reaches it."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".gitconfig").write_text(GITCONFIG)
    for name in list(os.environ):
        if name.startswith(("GIT_", "AUTORESEARCH_", "XDG_")) or name in ("COLUMNS", "LINES", "NO_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Project:
    """A real repository with a knob to turn (knob.py), a program that measures it (bench.py: `value` is
    the square of x) and a proposer that plays a list of ideas (propose.py)."""

    path: Path

    def git(self, *args: str, check: bool = True) -> str:
        done = subprocess.run(["git", *args], cwd=self.path, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all", "--", ".", ":!.autoresearch")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def run(self, *args: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """The command line, as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "autoresearch", *args],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=100,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def new(self, name: str = "engineering/knob", *more: str) -> Done:
        """The usual experiment: lower `value`, which is the same at each look, by changing knob.py."""
        return self.run(
            "new", name, "--target", "knob.py", "--eval", f"{sys.executable} bench.py",
            "--metric", "value", "--direction", "lower", "--budget", "20s", *plainly(), *more,
        )  # fmt: skip

    def measure_by(self, script: str, *more: str, env: Mapping[str, str] | None = None) -> Done:
        """An experiment `a/b` that another committed script measures."""
        return self.run(
            "new", "a/b", "--target", "knob.py", "--eval", f"{sys.executable} {script}",
            "--metric", "value", "--direction", "lower", *plainly(), *more, env=env,
        )  # fmt: skip

    def ideas(self, *ideas: object) -> tuple[str, ...]:
        """Options for `run`, so that the proposer plays these: a number for x, or a whole answer."""
        path = self.path.parent / "ideas.json"
        path.write_text(json.dumps(ideas))
        os.environ["IDEAS"] = str(path)
        return ("--proposer", "command", "-c", f"proposer.command={sys.executable} propose.py")

    def trials(self, name: str = "engineering/knob") -> list[dict[str, Any]]:
        """Every trial of an experiment, as `dashboard --json` gives them."""
        done = self.run("dashboard", name, "--json")
        assert done.code == 0, done.err
        trials: list[dict[str, Any]] = done.json["trials"]
        return trials

    def folder(self, name: str = "engineering/knob") -> Path:
        return self.path / ".autoresearch" / name

    def fingerprint(self) -> dict[str, str]:
        """All of the user's own state, byte for byte: files, index, HEAD, branches, tags, stash."""
        files = {
            str(path.relative_to(self.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and not {".git", ".autoresearch"} & set(path.relative_to(self.path).parts)
        }
        index = self.path / ".git" / "index"
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        mine = [ref for ref in refs if not ref.startswith(("refs/autoresearch", "refs/heads/autoresearch/"))]
        return {
            **files,
            "the index": hashlib.sha256(index.read_bytes()).hexdigest(),
            "HEAD": (self.path / ".git" / "HEAD").read_text(),
            "refs": "\n".join(mine),
            "config": (self.path / ".git" / "config").read_text(),
        }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository with the knob at x = 3 (so that `value` is 9)."""
    monkeypatch.setenv("IDEAS", "")
    made = Project(tmp_path / "project")
    made.path.mkdir()
    made.git("init", "--quiet")
    made.write("knob.py", "x = 3  # tune: -10..10\n")
    made.write("bench.py", BENCH)
    made.write("propose.py", PROPOSE)
    made.commit("start")
    return made
