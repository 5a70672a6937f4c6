"""The error tree. Every error that can reach a person or a trial's row is one of these.

    AutoresearchError          the user can mend it: one line and the mend, exit 1
    ├── SettingsError          a configuration is wrong (every mistake at once)
    ├── RepositoryError        git, or the state of the repository, is in the way
    │   └── DiskFull           git found no space left
    ├── ExperimentError        an experiment is missing, ambiguous, damaged or refused
    ├── Busy                   another process holds the experiment
    └── GaveUp                 stopped because going on is pointless, exit 4
    TrialFailed                a failed trial: a row, never the end of the loop
    RunOver                    a stop rule that only an actor can see: ends the run, exit 0
    └── NoMoreIdeas            the proposer has nothing left to try
    Terminated                 SIGTERM or SIGHUP arrived (a BaseException, as KeyboardInterrupt is)

Anything else that escapes is a bug in autoresearch: exit 3, with a log file.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from autoresearch.core.model import Proposal


class AutoresearchError(Exception):
    """Something the user can mend: `message` says what and where, `mend` what to do about it; `said` is
    what another program said of it, in its own lines."""

    exit_code = 1

    def __init__(self, message: str, mend: str = "", said: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.said = said

    def __str__(self) -> str:
        line = f"{self.message}; {self.mend}" if self.mend else self.message
        return "\n    ".join([line, *self.said.splitlines()])


class SettingsError(AutoresearchError):
    """One or more mistakes in a configuration; the message has a line for each."""


class RepositoryError(AutoresearchError):
    """git refused, or the repository is in a state that we can't work with."""


class DiskFull(RepositoryError):
    """git found no space left on the disk."""


class ExperimentError(AutoresearchError):
    """An experiment is missing, ambiguous, damaged, or can't be made as asked."""


class Busy(AutoresearchError):
    """Another process is running this experiment."""


class GaveUp(AutoresearchError):
    """The run ended because going on would only waste time or money."""

    exit_code = 4


class TrialFailed(Exception):
    """A trial without a measurement. `reason` is one of `core.model.REASONS`; `detail` is for people;
    `proposal` is as much as is known of the idea."""

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        status: Literal["discard", "crash"] = "crash",
        metrics: Mapping[str, float] | None = None,
        seconds: float = 0.0,
        proposal: "Proposal | None" = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.status: Literal["discard", "crash"] = status
        self.metrics = dict(metrics or {})
        self.seconds = seconds
        self.proposal = proposal


class RunOver(Exception):
    """The run ends well, by a rule that only an actor can see; `why` is a sentence for people."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule
        self.why = why


class NoMoreIdeas(RunOver):
    """The proposer has nothing left to try."""

    def __init__(self, why: str = "") -> None:
        super().__init__("no_more_ideas", f"no more ideas: {why}")


class Terminated(BaseException):
    """SIGTERM or SIGHUP. `signal` is its number; the exit code is 128 + signal."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal
