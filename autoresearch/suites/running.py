"""The engine: each sample through the stages that have no good record yet, many at once.

A stage is done once for each key, also where two processes are at it. Killed anywhere, the next run looks
which records there are, and goes on.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool

from autoresearch.core.suite import Outcome
from autoresearch.suites.asking import Crowd, Over
from autoresearch.suites.outcomes import ANSWERS, Stage, View

ANSWERING: tuple[Stage, ...] = ("generate", "run")
JUDGING: tuple[Stage, ...] = ("execute", "score")
TESTING: tuple[Stage, ...] = ("execute",)
ALL: tuple[Stage, ...] = (*ANSWERING, *JUDGING)
LOCAL = ""  # the threads that run programs

Act = Callable[[int, str], None]
"""Does a stage of a sample (its number, the key), and writes the record."""


@dataclass
class Run:
    """One run over some samples of an eval. `acts` does each stage; `done` is told of each sample that is
    finished, in whatever thread; `widest` threads ask each model, `jobs` run programs; keys that are
    `revived` are asked for although somebody has stopped them."""

    view: View
    crowd: Crowd
    acts: dict[Stage, Act]
    stages: Collection[Stage] = ALL
    widest: int = 16
    jobs: int = 2
    done: Callable[[int], None] = lambda _number: None
    revived: Collection[str] = ()
    under_way: set[int] = field(default_factory=set)
    _left: int = 0
    _trouble: BaseException | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _busy: set[str] = field(default_factory=set)
    _pools: dict[str, ThreadPool] = field(default_factory=dict)

    def run(self, numbers: Sequence[int]) -> None:
        """Until all is done, or all is over (`crowd.why`). Raises what went wrong in a thread; at Ctrl-C what
        is under way comes to its end first, as it is paid for."""
        next_ = {number: self.view.next(number) for number in numbers}
        todo = [number for number, stage in next_.items() if stage in self.stages]
        self._left = len(todo)
        models = Counter(self._pool_of(number, next_[number]) for number in todo)
        for name, some in {LOCAL: self.jobs, **models}.items():
            self._pools[name] = ThreadPool(self.jobs if name == LOCAL else min(self.widest, some))
        for number in todo:
            self._submit(self._pool_of(number, next_[number]), number)
        try:
            self._wait()
        except KeyboardInterrupt:
            self.crowd.end(Over("stopped", "stopped by Ctrl-C"))
            if some := len(self.under_way):
                self.crowd.note(
                    f"{some} under way come to their end, as they are paid for; Ctrl-C again leaves them"
                )
            self._wait()
            raise
        finally:
            self.crowd.over.set()
            for pool in self._pools.values():
                pool.close()
        if self._trouble is not None:
            raise self._trouble

    def _wait(self) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: not self._left or (self.crowd.over.is_set() and not self.under_way)
            )

    def _pool_of(self, number: int, stage: Stage | None) -> str:
        """Which threads do it: those of the sample's model, or those that run programs."""
        return self.view.eval.samples[number].model if stage in ANSWERING else LOCAL

    def _submit(self, pool: str, number: int) -> None:
        def failed(trouble: BaseException) -> None:  # the main thread raises it
            self._trouble = self._trouble or trouble
            self.crowd.end(None)
            self._finished(number)

        self._pools[pool].apply_async(self._advance, (number,), error_callback=failed)

    def _advance(self, number: int) -> None:
        """The next stage of a sample; what comes after an answer is for other threads."""
        with self._changed:
            self.under_way.add(number)
        if self.crowd.over.is_set():
            self._finished(number)
            return
        stage = self.view.next(number)
        try:
            if stage is not None and stage in self.stages:
                self._once(number, stage)
        except Over:
            self._finished(number)
            return
        after = self.view.next(number)
        if after != stage and after in JUDGING and after in self.stages and not self.crowd.over.is_set():
            self._submit(LOCAL, number)
        else:
            self._finished(number)

    def _once(self, number: int, stage: Stage) -> None:
        """Do it, unless somebody else has, or does."""
        key = self.view.key(number) if stage in ANSWERING else self.view.later(number)
        with self._changed:
            self._changed.wait_for(lambda: key not in self._busy)
            self._busy.add(key)
        try:
            with self.view.records.claim(key):
                if self.view.next(number) == stage and not self._cancelled(key):
                    self.acts[stage](number, key)
        finally:
            with self._changed:
                self._busy.discard(key)
                self._changed.notify_all()

    def _cancelled(self, key: str) -> bool:
        """Has somebody stopped it, after all tries?"""
        found = [one.kind for one in self.view.records.of(key) if one.kind in (*ANSWERS, "cancel")]
        return bool(found) and found[-1] == "cancel" and key not in self.revived

    def _finished(self, number: int) -> None:
        with self._changed:
            self.under_way.discard(number)
            self._left -= 1
            self._changed.notify_all()
        self.done(number)


@dataclass(frozen=True)
class Counted:
    """How many samples are in each state."""

    completed: int = 0
    errors: int = 0
    cancelled: int = 0
    pending: int = 0
    passed: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        """Of all of them."""
        return self.completed + self.errors + self.cancelled + self.pending


def counted(outcomes: Sequence[Outcome]) -> Counted:
    """Completed, failed and remaining apart."""
    status = [each.status for each in outcomes]
    verdicts = [each.verdict for each in outcomes if each.status == "completed"]
    return Counted(
        status.count("completed"), status.count("error"), status.count("cancelled"),
        status.count("pending") + status.count("running"), verdicts.count("pass"), verdicts.count("fail"),
    )  # fmt: skip
