"""Checks, then the evaluation, under the time budget: a candidate in the worktree -> a Measurement."""

import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.adapters.process import Finished, Redirect, Warden
from autoresearch.core import readings
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import Measurement, Observer
from autoresearch.core.text import last_lines
from autoresearch.core.units import format_duration
from autoresearch.research.experiment import Experiment

SKIP = 125  # as in `git bisect run`: this candidate can't be tested
LOG_READ = 4 * 1024 * 1024  # bytes of a log that are searched for numbers; the process adapter keeps less

Command = str | Sequence[str]


@dataclass
class Evaluator:
    """Runs an experiment's checks and evaluation in its worktree."""

    experiment: Experiment
    warden: Warden
    environ: Mapping[str, str]
    question: str = ""

    def measure(self, trial: int, into: Path, idea: str, observer: Observer) -> Measurement:
        """Measure what stands in the worktree; output goes to `into`/run.log as it comes.

        Raises TrialFailed with the reason where there is no valid measurement.
        """
        log = into / "run.log"
        log.unlink(missing_ok=True)
        settings, limit = self.experiment.settings, self.experiment.settings.hard_limit
        with tempfile.TemporaryDirectory(prefix="autoresearch-", ignore_cleanup_errors=True) as scratch:
            environment = self._environment(trial, into, scratch)
            seconds = 0.0
            for check in settings.checks:
                observer.stage(trial, "check", idea=idea, limit=limit)
                done, _begin = self._run(check, log, environment)
                seconds += done.seconds
                if done.timed_out or done.code:
                    raise TrialFailed("checks_failed", _told(check, done, log, 0), seconds=seconds)
            observer.stage(trial, "evaluate", idea=idea, limit=limit)
            return self._evaluate(into, environment, seconds)

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

    def _evaluate(self, into: Path, environment: Mapping[str, str], seconds: float) -> Measurement:
        log, result = into / "run.log", into / "result.json"
        result.unlink(missing_ok=True)
        settings = self.experiment.settings
        command, metric = settings.evaluate, settings.metric
        done, begin = self._run(command, log, environment)
        seconds += done.seconds
        named = settings.evaluator["use"] if settings.evaluator else command
        told = _told(named, done, log, begin)
        if done.timed_out:
            raise TrialFailed("timeout", told, seconds=seconds)
        if done.code == SKIP:
            raise TrialFailed("skipped", told, status="discard", seconds=seconds)
        read: readings.Readings | None = None
        try:
            read = readings.read(
                _text(log, begin), disk.read(result), (metric.name, *(c.name for c in settings.constraints))
            )
            if done.code:
                raise TrialFailed("exit_code", told)
            value = readings.metric(read, metric)
        except TrialFailed as failure:
            failure.seconds = seconds
            failure.metrics = dict(read.numbers) if read else {}
            raise
        numbers = {name: number for name, number in read.numbers.items() if name != metric.name}
        return Measurement((value,), numbers, seconds)

    def _run(self, command: Command, log: Path, environment: Mapping[str, str]) -> tuple[Finished, int]:
        """How the command ended, and where in the log its output begins: `LR=0.1 train` printed no LR."""
        heading = f"$ {command if isinstance(command, str) else shlex.join(command)}\n"
        disk.append(log, heading if _ends_a_line(log) else f"\n{heading}")
        begin, limit = log.stat().st_size, self.experiment.settings.hard_limit
        worktree = self.experiment.worktree
        return self.warden.run(command, cwd=worktree, env=environment, log=log, limit=limit), begin

    def _environment(self, trial: int, into: Path, scratch: str) -> dict[str, str]:
        """The user's environment without secrets, and what an evaluator is told (docs/guide.md)."""
        settings = self.experiment.settings
        # Unbuffered, so that what a Python program printed before it was killed is in the log.
        return (
            {"PYTHONUNBUFFERED": "1"}
            | for_evaluator(self.environ, settings.environment)
            | {
                "AUTORESEARCH_TRIAL": str(trial),
                "AUTORESEARCH_EXPERIMENT": self.experiment.name,
                "AUTORESEARCH_TIME_BUDGET": f"{settings.time_budget:g}",
                "AUTORESEARCH_SEED": str(trial),
                "AUTORESEARCH_QUESTION": self.question,
                "AUTORESEARCH_PYTHON": sys.executable,
                "AUTORESEARCH_DIR": str(self.experiment.folder),
                "AUTORESEARCH_TRIAL_DIR": str(into),
                "AUTORESEARCH_RESULT": str(into / "result.json"),
                "TMPDIR": scratch,
            }
        )


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
    if done.timed_out:
        how = f"was killed after {format_duration(done.seconds)}"
    elif done.code is not None and done.code < 0:
        how = f"was ended by signal {-done.code}"
    else:
        how = f"exited {done.code}"
    return f"`{shown}` {how}\n{last_lines(_text(log, begin))}".strip()
