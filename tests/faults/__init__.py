"""What the tests of running, stopping and killing share: runs to interrupt, counts, and what is left.

Every test has a home folder of its own (tests/conftest.py), so a process of ours is known by its HOME.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import as_yaml
from autoresearch.core.model import Brief, Proposal, Trial
from autoresearch.research.experiment import Experiment, project_home
from autoresearch.research.setup import Request, create
from tests.conftest import BENCH, PROPOSE, Done, Project

NAME = "engineering/knob"
BRANCH = f"refs/heads/autoresearch/{NAME}"
CHAIN = f"refs/autoresearch/{NAME}"
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

# Counts itself, and waits where a test says so: in the stage and trial that the file `hold` names, for as
# long as it names it.
COUNTED = """\
import os, pathlib, time
def counted(stage, trial):
    folder = pathlib.Path(os.environ["HOME"])
    with open(folder / stage, "a") as calls:
        calls.write(f"{trial}\\n")
    while (folder / "hold").exists() and (folder / "hold").read_text() == f"{stage} {trial}":
        (folder / "waiting").touch()
        time.sleep(0.005)
"""
SLOW_GIT = """\
#!/bin/sh
case " $* " in
*" $(cat "$HOME/git-stop" 2> /dev/null || echo no such words) "*)
    touch "$HOME/git-waits"
    while [ -e "$HOME/git-stop" ]; do sleep 0.01; done ;;
esac
exec {git} "$@"
"""
COUNTED_BENCH = f'{COUNTED}counted("measured", os.environ["AUTORESEARCH_TRIAL"])\n{BENCH}'
COUNTED_PROPOSE = COUNTED + PROPOSE.replace("ideas = ", 'counted("asked", asked["trial"])\nideas = ', 1)
# 1 percent of noise, which follows from the seed; the level is what the knob says.
NOISY_LEVEL = """\
import os, random
level = float(open("knob.py").read().split()[2])
print("value:", level * random.Random(os.environ["AUTORESEARCH_SEED"]).gauss(1, 0.01))
"""


def count_calls(project: Project) -> None:
    """Let the evaluator and the proposer count their calls; before the experiment is made."""
    project.write("bench.py", COUNTED_BENCH)
    project.write("propose.py", COUNTED_PROPOSE)
    project.commit("count the calls")


def calls(stage: str) -> Counter[int]:
    """How often the proposer was `asked`, or a candidate `measured`, by trial."""
    path = Path(os.environ["HOME"], stage)
    return Counter(map(int, path.read_text().split() if path.exists() else ()))


def hold(stage: str, trial: int) -> None:
    """From now on this stage of this trial waits for `release`."""
    Path(os.environ["HOME"], "hold").write_text(f"{stage} {trial}")


def release() -> None:
    """Let what is held go on."""
    Path(os.environ["HOME"], "hold").unlink(missing_ok=True)


@contextmanager
def git_waits(words: str) -> Iterator[None]:
    """While in the block, a git command with these words in it waits before it does anything; only for
    programs that were started with the PATH that `with_slow_git` gives."""
    home = Path(os.environ["HOME"])
    (home / "git-waits").unlink(missing_ok=True)
    (home / "git-stop").write_text(words)
    yield
    (home / "git-stop").unlink()


def git_is_waiting() -> bool:
    """Has it come to the command that `git_waits` names?"""
    return Path(os.environ["HOME"], "git-waits").exists()


def with_slow_git() -> dict[str, str]:
    """An environment in which `git_waits` works."""
    folder = Path(os.environ["HOME"], "bin")
    folder.mkdir(exist_ok=True)
    (folder / "git").write_text(SLOW_GIT.format(git=shutil.which("git")))
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


class Started(subprocess.Popen[str]):
    """The command line, started and not waited for; signals to the test don't reach it. Leaving the block
    of a `with` kills it."""

    def __init__(self, project: Project, *args: str, env: Mapping[str, str] | None = None) -> None:
        super().__init__(
            [sys.executable, "-m", "autoresearch", *args],
            cwd=project.path,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def __exit__(self, *exception: Any) -> None:
        self.kill()
        super().__exit__(*exception)

    def end(self) -> Done:
        """How it ended; waits for that."""
        out, err = self.communicate(timeout=60)
        return Done(self.returncode, out, err)


@contextmanager
def held(
    project: Project, stage: str, trial: int, *args: str, env: Mapping[str, str] | None = None
) -> Iterator[Started]:
    """The command line, started, once it waits in this stage (`asked`, `measured`) of this trial."""
    waiting = Path(os.environ["HOME"], "waiting")
    waiting.unlink(missing_ok=True)
    hold(stage, trial)
    with Started(project, *args, env=env) as process:
        assert eventually(lambda: waiting.exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        yield process
        release()


def living() -> list[str]:
    """Every process of this test that is still alive, by its command; Linux only."""
    home, found = f"HOME={os.environ['HOME']}\0".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            ours = home in (folder / "environ").read_bytes() + b"\0"
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if ours and not zombie:
            found.append(command)
    return found


def eventually(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Does it come true?"""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def leftovers(project: Project, name: str = NAME) -> str:
    """What differs from the best kept candidate in the experiment's worktree; "" for nothing."""
    worktree = project.folder(name) / "worktree"
    if not worktree.exists():
        return ""
    return project.git("-C", str(worktree), "status", "--porcelain", "--ignored", "--branch").partition("\n")[
        2
    ]


def make(project: Project, **more: Any) -> Experiment:
    """The usual experiment, in process and not measured yet; `more` are settings."""
    settings = {
        "target": ["knob.py"],
        "evaluate": f"{sys.executable} -S bench.py",
        "metric": {"name": "value", "direction": "lower"},
        "time_budget": "20s",
        "keep": {"confirm": "off"},
        "sandbox": {"write": [os.environ["HOME"]]},
        **more,
    }
    repository = Repository.discover(project.path)
    request = Request(NAME, project_home(repository), as_yaml(settings), "Make it small.\n")
    return create(repository, request, lambda _: None)


def turn(x: object) -> Proposal:
    """The proposal to set the knob to x."""
    return Proposal(f"x = {x}", files={"knob.py": f"x = {x}\n"})


@dataclass
class Scripted:
    """A proposer that plays a queue, and keeps what it was told."""

    queue: list[Proposal | Exception]
    briefs: list[Brief] = field(default_factory=list)
    name: str = "scripted"
    uses_worktree: bool = False
    limit: float | None = None

    def prepare(self) -> None:
        """Nothing to prepare."""

    def propose(self, brief: Brief) -> Proposal:
        self.briefs.append(replace(brief, trials=list(brief.trials)))
        following = self.queue.pop(0)
        if isinstance(following, Exception):
            raise following
        return following


@dataclass
class Noted:
    """An observer that remembers."""

    stages: list[tuple[int, str]] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def stage(self, trial: int, name: str, *, idea: str = "", limit: float | None = None) -> None:
        self.stages.append((trial, name))

    def recorded(self, trial: Trial) -> None:
        self.trials.append(trial)

    def note(self, text: str) -> None:
        self.notes.append(text)


def told(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows by what must not depend on how often a run was interrupted."""
    return [(row["trial"], row["status"], row["reason"], row["metric"], row["description"]) for row in rows]
