"""Checks, then the evaluation, under the time budget: a candidate in the worktree -> a Measurement."""

import hashlib
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoresearch.adapters import disk
from autoresearch.adapters.process import Finished, Redirect, Warden
from autoresearch.adapters.reserve import refuse_full
from autoresearch.adapters.sandbox import Room
from autoresearch.core import readings
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import Measurement, Observer
from autoresearch.core.text import last_lines
from autoresearch.core.units import format_duration
from autoresearch.research.experiment import Experiment
from autoresearch.research.rooms import for_evaluation

SKIP = 125  # as in `git bisect run`: this candidate can't be tested
GUARDED = 100  # files that are made read-only one by one; beyond that a change is only noticed
LOG_READ = 4 * 1024 * 1024  # bytes of a log that are searched for numbers; the process adapter keeps less

OF_OTHER = "  # the best so far, measured again beside it"

Command = str | Sequence[str]


@dataclass(frozen=True)
class Task:
    """What is measured: which trial, its folder, its idea for those who watch; the evaluation's `seed`;
    `renew` puts the files that git tracks back between two commands; `first` of this question? `look` counts
    the measurements of the same files, from 0."""

    trial: int
    into: Path
    idea: str
    seed: int
    renew: Callable[[], None]
    stage: str = "evaluate"
    first: bool = False
    look: int = 0

    @property
    def files(self) -> Path:
        """Where the evaluation may leave files; of this look only: no other finds what one left."""
        return self.into / "files"


@dataclass
class Evaluator:
    """Runs an experiment's checks and evaluation in its worktree; `guarded` are the evaluator's files."""

    experiment: Experiment
    warden: Warden
    environ: Mapping[str, str]
    question: str = ""
    guarded: Sequence[str] = ()

    def measure(self, task: Task, observer: Observer) -> Measurement:
        """Measure what stands in the worktree; output is appended to `task.into`/run.log as it comes.

        Raises TrialFailed with the reason where there is no valid measurement, OSError where the disk is
        full.
        """
        settings, limit = self.experiment.settings, self.experiment.settings.hard_limit
        with tempfile.TemporaryDirectory(prefix="autoresearch-", ignore_cleanup_errors=True) as folder:
            scratch = Path(folder)
            files = self.guarded_files()
            disk.remove(task.files)
            task.files.mkdir(parents=True)
            room = for_evaluation(
                self.experiment, (scratch, task.files), list(files)[:GUARDED], first=task.first
            )
            log, environment = task.into / "run.log", self._environment(task, scratch)
            execution = _Execution(self, files, room, log, environment, task.stage)
            try:
                for check in settings.checks:
                    observer.stage(task.trial, "check", idea=task.idea, limit=limit)
                    execution.check(check)
                    task.renew()
                observer.stage(task.trial, task.stage, idea=task.idea, limit=limit)
                return execution.evaluate(scratch / "result.json")
            except TrialFailed:
                refuse_full(task.into)
                raise

    def python_reads(self, text: str) -> bool:
        """Can the user's own Python read this text? It may be newer than ours. Nothing of it is run."""
        with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
            source = Path(folder, "source.py")
            disk.write(source, text)
            parse = ["python3", "-I", "-c", "import ast, sys; ast.parse(sys.stdin.buffer.read())"]
            environment = for_evaluator(self.environ, self.experiment.settings.environment)
            done = self.warden.run(
                parse, cwd=Path(folder), env=environment, log=Path(folder, "log"), limit=60.0,
                redirect=Redirect(stdin=source),
            )  # fmt: skip
        return done.code == 0

    def guarded_files(self) -> dict[str, bytes]:
        """The evaluator's files as they stand in the worktree, hashed: plain files only."""
        paths = {name: self.experiment.worktree / name for name in self.guarded}
        plain = {name: path for name, path in paths.items() if path.is_file() and not path.is_symlink()}
        return {name: hashlib.sha256(path.read_bytes()).digest() for name, path in plain.items()}

    def _environment(self, task: Task, scratch: Path) -> dict[str, str]:
        """The user's environment without secrets, and what an evaluator is told (docs/guide.md)."""
        settings = self.experiment.settings
        # Unbuffered, so that what a Python program printed before it was killed is in the log.
        return (
            {"PYTHONUNBUFFERED": "1"}
            | for_evaluator(self.environ, settings.environment)
            | {
                "AUTORESEARCH_TRIAL": str(task.trial),
                "AUTORESEARCH_EXPERIMENT": self.experiment.name,
                "AUTORESEARCH_TIME_BUDGET": f"{settings.time_budget:g}",
                "AUTORESEARCH_SEED": str(task.seed),
                "AUTORESEARCH_LOOK": str(task.look),
                "AUTORESEARCH_STAGE": task.stage,
                "AUTORESEARCH_QUESTION": self.question,
                "AUTORESEARCH_PYTHON": sys.executable,
                "AUTORESEARCH_DIR": str(self.experiment.folder),
                "AUTORESEARCH_TRIAL_DIR": str(task.files),
                "AUTORESEARCH_RESULT": str(scratch / "result.json"),
                "TMPDIR": str(scratch),
            }
        )


@dataclass
class _Execution:
    """The commands of one measurement, in one room; the evaluator's `files` as they were before; `seconds` of
    all commands so far."""

    evaluator: Evaluator
    files: Mapping[str, bytes]
    room: Room
    log: Path
    environment: Mapping[str, str]
    stage: str = "evaluate"
    seconds: float = 0.0

    def check(self, command: Command) -> None:
        """Raises TrialFailed where it doesn't exit 0."""
        done, begin = self._run(command)
        if done.killed or done.code:
            raise self._failed("checks_failed", _told(command, done, self.log, begin))

    def evaluate(self, result: Path) -> Measurement:
        """The evaluation's numbers. Raises TrialFailed where there is no valid metric."""
        settings = self.evaluator.experiment.settings
        command, metric = settings.evaluate, settings.metric
        done, begin = self._run(command)
        named = settings.evaluator["use"] if settings.evaluator else command
        told = _told(named, done, self.log, begin)
        if done.killed:
            raise self._failed(done.killed, told)
        if done.code == SKIP:
            raise self._failed("skipped", told, "discard")
        now = self.evaluator.guarded_files()
        if done.code and (why := readings.crash(_result(result))):
            raise self._failed(readings.INCOMPLETE, f"{why}\n{told}")
        if changed := [name for name in self.files if now.get(name) != self.files[name]]:
            raise self._failed("tampered", f"{', '.join(changed[:5])} changed while it was measured")
        read: readings.Readings | None = None
        try:
            numbers = (metric.name, *(c.name for c in settings.constraints))
            read = readings.read(_text(self.log, begin), _result(result), numbers)
            if done.code:
                raise TrialFailed("exit_code", told)
            value = readings.metric(read, metric)
        except TrialFailed as failure:
            failure.seconds = self.seconds
            failure.metrics = dict(read.numbers) if read else {}
            raise
        others = {name: number for name, number in read.numbers.items() if name != metric.name}
        return Measurement((value,), others, self.seconds)

    def _failed(self, reason: str, told: str, status: Literal["discard", "crash"] = "crash") -> TrialFailed:
        return TrialFailed(reason, told, status=status, seconds=self.seconds)

    def _run(self, command: Command) -> tuple[Finished, int]:
        """How the command ended, and where in the log its output begins: `LR=0.1 train` printed no LR."""
        of_other = OF_OTHER if self.stage == "compare" else ""
        heading = f"$ {command if isinstance(command, str) else shlex.join(command)}{of_other}\n"
        disk.append(self.log, heading if _ends_a_line(self.log) else f"\n{heading}")
        begin, experiment = self.log.stat().st_size, self.evaluator.experiment
        done = self.evaluator.warden.run(
            command, cwd=experiment.worktree, env=self.environment, log=self.log,
            limit=experiment.settings.hard_limit, room=self.room,
        )  # fmt: skip
        self.seconds += done.seconds
        return done, begin


def _result(path: Path) -> str | None:
    """What an evaluator wrote there, if it is a plain file of a sane size."""
    plain = path.is_file() and not path.is_symlink() and path.stat().st_size <= LOG_READ
    return disk.read(path) if plain else None


def _ends_a_line(log: Path) -> bool:
    return not log.exists() or log.read_bytes()[-1:] in (b"", b"\n")


def _text(log: Path, begin: int) -> str:
    """What the command wrote to the log, from `begin` on, its last `LOG_READ` bytes."""
    with log.open("rb") as file:
        file.seek(max(begin, file.seek(0, 2) - LOG_READ))
        return file.read().decode(errors="replace")


def _told(command: Command, done: Finished, log: Path, begin: int) -> str:
    """How a command ended, in a line, and the end of what it said."""
    shown = command if isinstance(command, str) else shlex.join(command)
    if done.killed in ("memory", "processes", "disk"):
        how = f"was killed at the limit of {done.killed} (sandbox.{done.killed})"
    elif done.killed:
        how = f"was killed after {format_duration(done.seconds)}"
    elif done.code is not None and (done.code < 0 or 128 < done.code < 128 + signal.NSIG):
        how = f"was ended by signal {-done.code if done.code < 0 else done.code - 128}"  # as shells say it
    else:
        how = f"exited {done.code}"
    return f"`{shown}` {how}\n{last_lines(_text(log, begin))}".strip()


def of_candidate(log: str) -> str:
    """What a trial's log says of the candidate alone, without the best so far that was measured beside it."""
    kept, mine = [], True
    for line in log.splitlines(keepends=True):
        if line.startswith("$ "):
            mine = not line.rstrip().endswith(OF_OTHER)
        if mine:
            kept.append(line)
    return "".join(kept)
