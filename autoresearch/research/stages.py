"""The stages besides the idea itself: a plan, a log in short, what a trial taught. Each has its own model.

A stage never ends a run: what its model can't give is left out, with a note, and the records stand alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from autoresearch.adapters.pages import prompt
from autoresearch.adapters.settings import Settings
from autoresearch.calls.models import Models
from autoresearch.calls.record import Answer, Question
from autoresearch.core import log_summary, stage_replies
from autoresearch.core.errors import AutoresearchError, RunOver, TrialFailed
from autoresearch.core.model import Brief, Trial
from autoresearch.core.text import as_data, one_line
from autoresearch.core.units import format_number
from autoresearch.research import briefing
from autoresearch.research.files_shown import context_shown, target_shown

STAGES = ("plan", "summarize", "analyze", "report")
FAILURES = 3  # answers in a row that are no use, after which a stage is left out
LONG = 2500  # characters of a summary that a model, where there is one, is asked to shorten
MOST = 1500  # tokens that an answer may well have
TOLD = 3000  # characters of a plan's reason, and of a trial's numbers

T = TypeVar("T")


@dataclass
class Stages:
    """Asks the models of an experiment's stages. `note` is for people."""

    settings: Settings
    models: Models
    note: Callable[[str], None]
    _failed: dict[str, int] = field(default_factory=dict)

    def prepare(self) -> None:
        """Raises AutoresearchError where a key, a price or a model's name is missing, before any work."""
        for stage in STAGES:
            if self.on(stage):
                self.models.check(stage)

    def on(self, stage: str) -> bool:
        """Has it a model, and is that of use?"""
        return bool(self.settings.asks(stage)) and self._failed.get(stage, 0) < FAILURES

    @property
    def limit(self) -> float:
        """Seconds that one request may take."""
        return self.settings.requests.timeout

    def leave_out(self, stage: str) -> None:
        """Don't ask it again in this run."""
        self._failed[stage] = FAILURES

    def tried(
        self, question: Question, read: Callable[[str], T], strict: Callable[[str], object] | None = None
    ) -> tuple[T, Answer] | None:
        """What the stage answers; None, with a note, where it can't be had. `strict` decides whether it is
        asked again."""
        stage = question.stage
        if not self.on(stage):
            return None
        try:
            found = self.asked(question, read, strict)
        except RunOver:
            self.note(f"{stage}: left out, as what is left of stop.cost is too little for it")
        except TrialFailed as failure:
            self._failed[stage] = self._failed.get(stage, 0) + 1
            over = "" if self.on(stage) else f"; models.{stage} is asked no more in this run"
            which = "" if stage == "report" else f" for trial {question.trial}"
            self.note(f"{stage}: left out{which}: {failure.detail}{over}")
        except AutoresearchError as error:
            self.leave_out(stage)
            self.note(f"{stage}: left out for the rest of this run: {error}")
        else:
            self._failed.pop(stage, None)
            return found
        return None

    def asked(
        self, question: Question, read: Callable[[str], T], strict: Callable[[str], object] | None = None
    ) -> tuple[T, Answer]:
        """The same; raises what went wrong."""
        answer = self.models.ask(replace(question, read=strict or read))
        try:
            return read(answer.text), answer
        except ValueError as reason:  # an answer in the log, which was read by other rules
            raise TrialFailed("no_proposal", f"the answer can't be read: {reason}") from reason

    def summary(self, trial: int, log: str, numbers: Mapping[str, float]) -> str:
        """A log in short: by rules, and where that is long and a model is there for it, by that."""
        short = log_summary.summarize(log, numbers)
        if len(short) < LONG or not self.on("summarize"):
            return short
        found = self.tried(summary_question(trial, short), _plain)
        return f"{found[0]}\n(by {found[1].model})" if found else short


def summary_question(trial: int, short: str) -> Question:
    """What the stage `summarize` is asked of a log that was shortened by rules."""
    text = prompt("summarize.md.j2", log=as_data(short, len(short)))
    return Question("summarize", trial, [{"role": "user", "content": text}], need=300)


def plan_question(brief: Brief, why: str, report: str = "") -> Question:
    """What the stage `plan` is asked: a plan, or a new one for the reason `why`."""
    told = briefing.history(brief)
    best = f"The baseline is {told['best']}" if brief.trials else "Nothing is measured yet"
    user = prompt(
        "plan.user.md.j2",
        context=context_shown(brief.context),
        target=target_shown(brief.target),
        why=one_line(why, TOLD),
        baseline=best,
        report=as_data(report, TOLD * 2),
        **told,
    )
    messages = [{"role": "system", "content": prompt("plan.system.md.j2")}, {"role": "user", "content": user}]
    context = {"why": why} if why else {}
    return Question("plan", brief.trial, messages, MOST * 2, None, context, stage_replies.PLAN_SCHEMA)


def analysis_question(brief: Brief, trial: Trial, summary: str) -> Question:
    """What the stage `analyze` is asked of `trial`, which is not among those of the brief yet."""
    numbers = ", ".join(f"{name} {format_number(value)}" for name, value in trial.metrics.items())
    user = prompt(
        "analyze.user.md.j2",
        row=briefing.row(trial, brief),
        said=as_data(trial.why, TOLD),
        numbers=one_line(numbers, TOLD),
        diff=briefing.diff(brief, trial),
        summary=as_data(summary, log_summary.LONGEST),
        detail="" if trial.metric is not None else as_data(trial.detail, briefing.DETAIL),
        **briefing.history(brief),
    )
    system = prompt("analyze.system.md.j2")
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return Question("analyze", trial.number, messages, MOST, schema=stage_replies.ANALYSIS_SCHEMA)


def numbers_of(trial: Trial, metric: str) -> dict[str, float]:
    """What was measured, the metric first."""
    own = {metric: trial.metric} if trial.metric is not None else {}
    return {**own, **trial.metrics}


def _plain(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines() if line.strip()]
    return "\n".join(lines[:15])[: log_summary.LONGEST]
