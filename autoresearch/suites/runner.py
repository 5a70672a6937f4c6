"""Runners: the user's own Python for what the ready way doesn't do, in child processes, one sample at a time.

It never has a key: `run.ask` asks through us, so that each answer is on record, within the budget and the
window. A child that is late is killed, so that nothing that comes later counts.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from autoresearch.adapters.child import Child, ChildDied, ChildLate
from autoresearch.adapters.resources import folder
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Failure, Verdict

STARTING = 60.0  # seconds in which the file must be loaded
USUAL_STEP = 600.0  # seconds

AskFor = Callable[[Sequence[Mapping[str, str]], Mapping[str, Any], int], Mapping[str, Any]]
"""Asks the sample's model: messages, parameters, the how-manieth time. `{"text": …}` or `{"error",
"reason"}`."""


@dataclass(frozen=True)
class Work:
    """A sample as its runner sees it; times in seconds."""

    data: Any
    case: str
    model: str
    index: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    targets: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    old_context: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Limits:
    """Seconds for one hook or step, and for a whole sample."""

    step: float = USUAL_STEP
    sample: float | None = None


@dataclass(frozen=True)
class Ran:
    """What came of it. `reason` is "" where all went well, else `timeout`, `died`, `error`, or why no model
    could be asked; `printed` is what the code printed."""

    answer: Any = None
    score: float | None = None
    verdict: Verdict = "none"
    context: Sequence[Mapping[str, Any]] = ()
    logs: Sequence[Any] = ()
    failure: Failure | None = None
    reason: str = ""
    printed: str = ""
    seconds: float = 0.0


class Runners:
    """At most `jobs` children that have loaded one file. A context manager; used by threads."""

    def __init__(
        self, path: Path, environ: Mapping[str, str], jobs: int, allowed: Sequence[str] = ()
    ) -> None:
        self.path = path
        self._environ = for_evaluator(environ, allowed)
        self._free: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        self._all: set[Child] = set()
        self._lock = threading.Lock()
        for _ in range(jobs):
            self._free.put(None)

    def __enter__(self) -> "Runners":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for child in list(self._all):
            self._end(child)

    def check(self, needed: Sequence[str] = ("step",)) -> dict[str, Any]:
        """The hooks that the file has. Raises AutoresearchError, with the line, where it can't be loaded,
        lacks one that is needed, or a hook takes something else."""
        with self._lock:
            child = self._start()
            self._free.get()
            self._free.put(child)
        return self._hooks(child, needed)

    def load(self, path: str, arguments: Sequence[str]) -> list[Any]:
        """The cases that `load(path, …)` of the file gives. Raises AutoresearchError."""
        with self._child() as child:
            child.send({"load": [path, *arguments]})
            said = child.receive(time.monotonic() + STARTING)
        found = self._value(said)
        if not isinstance(found, list):
            raise AutoresearchError(f"{self.path}: load gave {type(found).__name__}", "let it return a list")
        return found

    def score(self, answer: Any, case: Mapping[str, Any], limit: float) -> tuple[float | None, Verdict]:
        """What `score(answer, case)` of the file says. Raises AutoresearchError, ChildDied or ChildLate."""
        with self._child() as child:
            child.send({"score": [answer, dict(case)]})
            score, verdict = self._value(child.receive(time.monotonic() + limit))
        return score, verdict

    def run(self, work: Work, limits: Limits, ask: AskFor) -> Ran:
        """Bring a sample to its end. What `ask` raises ends it, and the child."""
        begun = time.monotonic()
        try:
            with self._child() as child:
                child.send({"sample": asdict(work)})
                done = self._converse(child, limits, ask)
        except ChildLate:
            seconds = time.monotonic() - begun
            why = Failure("TimeoutError", f"no end after {seconds:.1f} s")
            return Ran(failure=why, reason="timeout", seconds=seconds)
        except ChildDied as died:
            why = Failure("Died", f"the runner's process ended: {died}")
            return Ran(failure=why, reason="died", seconds=time.monotonic() - begun)
        failure = Failure(**done.pop("failure")) if "failure" in done else None
        return Ran(**done, failure=failure, seconds=time.monotonic() - begun)

    def _converse(self, child: Child, limits: Limits, ask: AskFor) -> dict[str, Any]:
        """Answer what the runner asks until it is done."""
        begun = phase = time.monotonic()
        while True:
            ends = [phase + limits.step, *([begun + limits.sample] if limits.sample else [])]
            said = child.receive(min(ends))
            if "done" in said:
                done: dict[str, Any] = said["done"]
                return done
            if "phase" in said:
                phase = time.monotonic()
            elif "ask" in said:
                reply = ask(said["ask"]["messages"], said["ask"]["parameters"], said["number"])
                child.send({"reply": said["number"], **reply})
            else:
                raise ChildDied(f"it said {str(said)[:100]}")

    @contextmanager
    def _child(self) -> Iterator[Child]:
        """A child for one piece of work; one that failed at it is not used again."""
        child = self._free.get()
        kept: Child | None = None
        try:
            if child is None:
                with self._lock:
                    child = self._start()
                self._hooks(child, ())
            yield child
            kept = child
        finally:
            if kept is None and child is not None:
                self._end(child)
            self._free.put(kept)

    def _start(self) -> Child:
        program = folder("templates") / "suite" / "child.py"
        child = Child(["python3", str(program), str(self.path)], cwd=self.path.parent, env=self._environ)
        self._all.add(child)
        return child

    def _end(self, child: Child) -> None:
        self._all.discard(child)
        child.close()

    def _hooks(self, child: Child, needed: Sequence[str]) -> dict[str, Any]:
        try:
            said = child.receive(time.monotonic() + STARTING)
        except ChildLate:
            raise AutoresearchError(
                f"{self.path}: it is not loaded after {STARTING:.0f} s", "see what it does"
            ) from None
        except ChildDied as died:
            raise AutoresearchError(
                f"{self.path}: its process ended: {died}", "see what it does at its top"
            ) from None
        hooks: dict[str, Any] = self._value(said)
        for name, hook in hooks.items():
            if not hook["fits"]:
                takes = "(answer, case)" if name == "score" else "(run)"
                raise AutoresearchError(
                    f"{self.path}:{hook['line']}: {name} takes other arguments", f"write {name}{takes}"
                )
        for name in needed:
            if name not in hooks:
                there = ", ".join(hooks) or "none"
                raise AutoresearchError(f"{self.path} has no {name} (there are: {there})", f"define {name}")
        return hooks

    def _value(self, said: Mapping[str, Any]) -> Any:
        if "failure" in said:
            told = Failure(**said["failure"])
            last = [line.strip() for line in told.traceback.splitlines() if str(self.path.name) in line]
            where = last[-1].partition(", line ")[2].partition(",")[0] if last else ""
            place = f"{self.path}:{where}" if where else str(self.path)
            raise AutoresearchError(
                f"{place}: {told.kind}: {told.message}", "mend it", told.traceback[-1500:]
            )
        return said["value"]
