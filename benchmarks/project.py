"""Repositories and experiments to measure on: real ones, with a proposer and an evaluator that do nothing.

The evaluator is `/bin/cat knob.txt`; the proposer writes another number into knob.txt.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from autoresearch.adapters.git import Repository
from autoresearch.core.errors import NoMoreIdeas
from autoresearch.core.model import Brief, Observer, Proposal, Trial
from autoresearch.research import loop
from autoresearch.research.experiment import Experiment, find, open_named, project_home
from autoresearch.research.lab import Lab, open_lab
from autoresearch.research.setup import Request, create

NAME = "engineering/knob"
EVALUATE = ("/bin/cat", "knob.txt")
CONFIG = """\
target: [knob.txt]
evaluate: [/bin/cat, knob.txt]
metric: {name: value, direction: lower}
time_budget: 60
stop: {trials: null}
"""


def git(folder: Path, *args: str, stdin: bytes | None = None) -> str:
    """git as a user has it, in `folder`."""
    done = subprocess.run(["git", *args], cwd=folder, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def make_repository(folder: Path, files: int = 20) -> Path:
    """A repository with one commit: knob.txt, and `files` others of 2 kB, a hundred a folder."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    stream = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 5\nstart\n"]
    contents = [("knob.txt", b"value: 0\n")]
    contents += [(f"d{n // 100:03}/f{n}.txt", f"{n:7}\n".encode() * 256) for n in range(files)]
    stream += [b"M 644 inline %b\ndata %d\n%b\n" % (p.encode(), len(c), c) for p, c in contents]
    git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    git(folder, "reset", "--quiet", "--hard")
    return folder


def make_experiment(folder: Path) -> Experiment:
    """The experiment of a repository, not measured yet."""
    repository = Repository.discover(folder)
    request = Request(NAME, project_home(repository), CONFIG, "Turn the knob.\n")
    return create(repository, request, lambda _: None)


def open_experiment(folder: Path) -> Experiment:
    """The same, opened again."""
    repository = Repository.discover(folder)
    ((name, home),) = find(repository)
    return open_named(name, home, repository)


@dataclass
class Knob:
    """A Proposer that has its answer at once; after `left` of them it has no more."""

    left: int = 0
    better: bool = False
    name: str = "knob"
    uses_worktree: bool = False
    limit: float | None = None

    def prepare(self) -> None:
        """Nothing to prepare."""

    def propose(self, brief: Brief) -> Proposal:
        if self.left == 0:
            raise NoMoreIdeas("enough")
        self.left -= 1
        value = -brief.trial if self.better else brief.trial
        return Proposal(f"turn the knob to {value}", files={"knob.txt": f"value: {value}\n"})


@dataclass
class Clock:
    """An Observer that notes when each trial was recorded, in seconds."""

    times: list[float] = field(default_factory=list)

    def stage(self, trial: int, name: str, *, idea: str = "", limit: float | None = None) -> None:
        pass

    def recorded(self, trial: Trial) -> None:
        self.times.append(time.perf_counter())

    def note(self, text: str) -> None:
        pass


@dataclass
class Bench:
    """An open experiment whose trials can be timed."""

    experiment: Experiment
    lab: Lab
    knob: Knob
    clock: Clock

    def trials(self, count: int, *, better: bool = False) -> list[float]:
        """Milliseconds of each of `count` trials, from record to record, of the real loop.

        One more is made first, so that each has a record before it. `better`: all are kept, else none.
        """
        self.knob.left, self.knob.better, self.clock.times = count + 1, better, []
        loop.run(self.experiment, self.lab)
        return [(after - before) * 1000 for before, after in pairwise(self.clock.times[-count - 1 :])]

    def evaluations(self, count: int) -> list[float]:
        """Milliseconds of the evaluator alone, by the same warden."""
        found = []
        for _ in range(count):
            begun = time.perf_counter()
            self.lab.evaluator.warden.run(
                EVALUATE, cwd=self.experiment.worktree, env={}, log=self.experiment.folder / "log", limit=60
            )
            found.append((time.perf_counter() - begun) * 1000)
        return found


@contextmanager
def bench(experiment: Experiment, observer: Observer | None = None) -> Iterator[Bench]:
    """Open an experiment for as long as the block lasts, its baseline measured."""
    clock, knob = Clock(), Knob()
    with open_lab(experiment, observer or clock) as lab:
        lab.proposer = knob
        loop.run(experiment, lab)
        yield Bench(experiment, lab, knob, clock)
