"""Suites from code, and from the command line: prepare an eval, run it, look at what came of it.

docs/suites.md shows how.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from autoresearch.adapters.llm import Litellm
from autoresearch.adapters.sandbox import choose
from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import IMPORTED, Outcome, Parameters, Suite
from autoresearch.suites import evals, place
from autoresearch.suites.acts import Acts, scorer_files
from autoresearch.suites.asking import Crowd, Over
from autoresearch.suites.budget import Budget
from autoresearch.suites.cases import cases_of
from autoresearch.suites.evals import Asked, Change, Eval
from autoresearch.suites.execute import Executors
from autoresearch.suites.outcomes import Stage, View
from autoresearch.suites.place import Place
from autoresearch.suites.runner import Runners
from autoresearch.suites.running import ALL, ANSWERING, Run
from autoresearch.suites.store import Records


@dataclass(frozen=True)
class Wanted:
    """What an eval is to have: None is what the suite says. `more` samples come to those that there are;
    `fresh` measures all again; `arguments` are those of `-p`; `offset` is the first index of a sample."""

    models: Sequence[Model] = ()
    samples: int | None = None
    more: int = 0
    parameters: Parameters | None = None
    fresh: bool = False
    arguments: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0


@dataclass(frozen=True)
class Way:
    """How it is run. `widest` requests to each model at once; `jobs` programs at once; `max_cost` in US
    dollars; `per_minute` requests and tokens; `timeout` in seconds for a sample."""

    stages: Collection[Stage] = ALL
    widest: int = 16
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_cost: float | None = None
    per_minute: tuple[int | None, int | None] = (None, None)
    timeout: float | None = None
    revive: bool = False


@dataclass(frozen=True)
class Ended:
    """What came of a run: the outcomes of the samples that were meant, why it ended early, what it has
    cost."""

    outcomes: Sequence[Outcome]
    why: Over | None
    cost_usd: float

    @property
    def complete(self) -> bool:
        """Is every sample completed?"""
        return all(each.status == "completed" for each in self.outcomes)


@dataclass
class Session:
    """The evals of a place, open. `note` is for people."""

    place: Place
    records: Records
    note: Callable[[str], None] = lambda _text: None

    @classmethod
    @contextmanager
    def open(
        cls, start: Path, overrides: Sequence[str] = (), note: Callable[[str], None] = lambda _text: None
    ) -> Iterator["Session"]:
        """Raises AutoresearchError where settings are wrong, or nothing can be kept there."""
        found = place.find(start, overrides)
        place.make(found)
        with Records(found.folder, found.redactor) as records:
            yield cls(found, records, note)

    def eval(self, name: str | None = None) -> Eval:
        """The eval of that name, else the newest. Raises AutoresearchError."""
        return evals.opened(self.place.folder, name)

    def evals(self) -> list[str]:
        """The names of all, the newest first."""
        return evals.names(self.place.folder)

    def listed(self, name: str) -> list[int]:
        """The numbers of the samples that the last list of an eval showed, in its order; all, where there was
        none: what `a:3` means."""
        return evals.listed(self.place.folder, name)

    def view(self, one: Eval) -> View:
        """Its outcomes, the records at hand."""
        view = View(one, self.records, self.base(one.suite))
        view.load()
        return view

    def base(self, suite: Suite) -> Path:
        """The folder of a suite's file."""
        return (self.place.root / suite.path).parent

    def shown(self, suite: Suite) -> str:
        """The way to a suite's file from where we are."""
        return os.path.relpath(self.place.root / suite.path)

    def prepare(self, suite: Suite, name: str, wanted: Wanted) -> Eval:
        """The eval with what is wanted now, written. Raises AutoresearchError where no model is named."""
        asked = self.asked(suite, wanted, evals.load(self.place.folder, name))
        return self.prepare_as(suite, name, asked, wanted)

    def prepare_as(self, suite: Suite, name: str, asked: Sequence[Asked], wanted: Wanted) -> Eval:
        """As `prepare`, of models that are known."""
        evals.refuse_name(name)
        suite = replace(suite, path=os.path.relpath(suite.path, self.place.root))
        old = evals.load(self.place.folder, name)
        if old is not None:
            self._say(name, evals.changes(old, suite))
        one = evals.extended(old, suite, name, asked)
        draw = one.draw + 1 if wanted.fresh else one.draw
        one = replace(one, draw=draw, offset=wanted.offset, arguments=wanted.arguments or one.arguments)
        if one != old:
            evals.save(self.place.folder, one)
        return one

    def run(
        self,
        view: View,
        way: Way,
        numbers: Sequence[int] | None = None,
        done: Callable[[int], None] | None = None,
        begun: Callable[[Crowd], None] | None = None,
    ) -> Ended:
        """Bring samples (all, where none are named) through the stages. `done` is told of each that is
        finished; `begun` gets who asks, which can be told to end. Raises AutoresearchError before anything
        is asked where it can't go well."""
        numbers = view.eval.current() if numbers is None else numbers
        client = Litellm(self.place.environ, self.place.redactor)
        crowd = Crowd(
            client, self.records, self.place.settings.requests, Budget(client, way.max_cost), way.widest,
            self.note, way.per_minute,
        )  # fmt: skip
        if begun is not None:
            begun(crowd)
        stages = {number: view.next(number) for number in numbers}
        todo = [number for number, stage in stages.items() if stage in way.stages]
        with ExitStack() as stack:
            if todo:
                self._check(view, crowd, way, [number for number in todo if stages[number] in ANSWERING])
                acts = self._acts(stack, view, crowd, way)
                revived = [view.key(number) for number in todo] if way.revive else ()
                run = Run(view, crowd, acts.all, way.stages, way.widest, way.jobs, done or _ignore, revived)
                run.run(todo)
        return Ended([view.outcome(number) for number in numbers], crowd.why, crowd.budget.spent)

    def loaded(self, suite: Suite, arguments: Sequence[str]) -> Suite:
        """The suite with the cases that `load(file, …)` of its runner makes. Raises AutoresearchError where
        there is no such function."""
        if suite.runner is None:
            raise AutoresearchError("No load_from_file function defined", "add a runner with load(path, …)")
        path = Path(suite.path).parent / suite.runner
        with Runners(path, self.place.environ, 1, self.place.settings.environment) as runners:
            hooks = runners.check(("step",))
            if not {"load", "load_from_file"} & set(hooks):
                raise AutoresearchError("No load_from_file function defined", f"add load(path, …) to {path}")
            rows = runners.load(suite.path, arguments)
        return replace(suite, cases=tuple(cases_of(rows)))

    def check_runners(self, view: View) -> list[str]:
        """The hooks of the suite's runner. Raises AutoresearchError where it, or a scorer, can't be used."""
        settings, base, suite = self.place.settings, self.base(view.eval.suite), view.eval.suite
        needed = [(base / name, "score") for name in scorer_files(view)]
        needed = [(base / suite.runner, "step"), *needed] if suite.runner else needed
        hooks: list[str] = []
        for path, hook in needed:
            with Runners(path, self.place.environ, 1, settings.environment) as runners:
                hooks += runners.check((hook,))
        return hooks

    def _acts(self, stack: ExitStack, view: View, crowd: Crowd, way: Way) -> Acts:
        environ, settings, suite = self.place.environ, self.place.settings, view.eval.suite
        sandbox = choose(settings.sandbox.use, environ) if any(case.tests for case in suite.cases) else None
        executors = stack.enter_context(Executors(sandbox, environ, way.jobs)) if sandbox else None
        base = self.base(suite)
        make = partial(Runners, environ=environ, allowed=settings.environment)
        runners = stack.enter_context(make(base / suite.runner, jobs=way.widest)) if suite.runner else None
        scorers = {name: stack.enter_context(make(base / name, jobs=way.jobs)) for name in scorer_files(view)}
        for each, needed in [(runners, "step"), *((each, "score") for each in scorers.values())]:
            if each is not None:
                each.check((needed,))
        return Acts(view, crowd, executors, runners, scorers, environ, way.timeout)

    def _check(self, view: View, crowd: Crowd, way: Way, asked: Sequence[int]) -> None:
        """Of the models that will be asked: is there a key, a price?"""
        one = view.eval
        names = {one.samples[number].model for number in asked}
        for each in one.asked:
            if each.model.name in names:
                crowd.check(each.model)
        if one.suite.judge is not None and "score" in way.stages:
            crowd.check(one.suite.judge)

    def asked(self, suite: Suite, wanted: Wanted, old: Eval | None) -> list[Asked]:
        """Who is asked, how often. Raises AutoresearchError where no model is named."""
        models = wanted.models or suite.models or [each.model for each in (old.asked if old else ())]
        models = models or self.place.settings.models.chain("propose")[:1]
        given = [model for model in [*models] if model.name != IMPORTED]
        if not given and not (old and old.asked):
            raise AutoresearchError(
                f"{suite.path}: no model is named", 'add models = ["openrouter/vendor/name"], or --model NAME'
            )
        known = {each.model.name: each.samples for each in (old.asked if old else ())}
        parameters = wanted.parameters or suite.parameters
        samples = wanted.samples or suite.samples
        return [
            Asked(
                model, max(samples, known.get(model.name, 0) + wanted.more if wanted.more else 0), parameters
            )
            for model in given
        ]

    def _say(self, name: str, change: Change) -> None:
        """What is another question now than when the eval was begun."""
        told = {"new": change.new, "changed": change.changed, "gone": change.gone}
        words = [
            f"{len(ids)} {what} ({', '.join(ids[:5])}{', …' if len(ids) > 5 else ''})"
            for what, ids in told.items()
            if ids
        ]
        if words:
            self.note(
                f"{name}: the cases are not what they were: {'; '.join(words)};"
                " what is the same is not asked again"
            )


def _ignore(_number: int) -> None:
    """Nobody watches."""
