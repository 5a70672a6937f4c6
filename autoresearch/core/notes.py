"""What an experiment remembers besides its trials: plan, tasks, findings, and what people wrote.

One value, small enough to stand whole in every record; what it was before stands in the records before.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from autoresearch.core.key_findings import REMEMBERED, KeyFinding
from autoresearch.core.sections import together
from autoresearch.core.stage_replies import AnalysisReply, PlanReply
from autoresearch.core.tasks import Changes, Tasks

PAGE = "PLAN.md"
REVISIONS = 50  # reasons for which the plan was revised, the newest


@dataclass(frozen=True)
class Plan:
    """`made` is how many trials there were; `by` the model, or "you"; `why` it was revised, "" at first;
    `hand` is what people wrote into it."""

    text: str
    made: int
    by: str
    why: str = ""
    hand: str = ""

    @property
    def edited(self) -> bool:
        """Did a person change it? Then nobody else does, unless asked to."""
        return self.by == "you"


@dataclass(frozen=True)
class Analysis:
    """The newest one: of which trial, in words, which flags it raised and why."""

    trial: int
    text: str
    flags: tuple[str, ...]
    reason: str
    by: str


@dataclass(frozen=True)
class Prose:
    """What a model wrote for the report, by section, when there were `made` trials. Its numbers are names in
    braces (`core.prose`)."""

    sections: Mapping[str, str]
    made: int
    by: str


@dataclass(frozen=True)
class Notes:
    """All of it. `yours` holds what people wrote in their section of each file; `revisions` are pairs of a
    number of trials and a reason."""

    plan: Plan | None = None
    revisions: tuple[tuple[int, str], ...] = ()
    tasks: Tasks = field(default_factory=Tasks)
    findings: tuple[KeyFinding, ...] = ()
    next_finding: int = 1
    analysis: Analysis | None = None
    prose: Prose | None = None
    yours: Mapping[str, str] = field(default_factory=dict)

    def planned(self, reply: PlanReply, made: int, by: str, why: str, now: str) -> tuple["Notes", list[str]]:
        """With a new plan and its tasks; and what of that was not possible, in words.

        What a person had written into the old one, and the new one doesn't say, goes to their section.
        """
        tasks, odd = self.tasks.changed(reply.tasks, now)
        after = replace(self, plan=Plan(reply.text, made, by, why), tasks=tasks)
        if self.plan is None:
            return after, odd
        lines = self.plan.hand.splitlines()
        hand = "\n".join(line for line in lines if not line.strip() or line.strip() not in reply.text)
        yours = {**self.yours, PAGE: together(self.yours.get(PAGE, ""), hand.strip("\n"))}
        revised = (*self.revisions, (made, why))[-REVISIONS:]
        return replace(after, revisions=revised, yours=yours if any(yours.values()) else {}), odd

    def by_hand(self, text: str, hand: str, made: int) -> "Notes":
        """With a plan that a person changed to `text`, by writing `hand`."""
        before = self.plan.hand if self.plan else ""
        return replace(self, plan=Plan(text, made, "you", hand=together(before, hand)))

    def learned(self, reply: AnalysisReply, trial: int, by: str, now: str) -> tuple["Notes", list[str]]:
        """With what the analysis of trial number `trial` says; and what of that was not possible."""
        tasks, odd = self.tasks.changed(reply.tasks, now)
        known = {finding.id: finding for finding in self.findings}
        for which, why in reply.withdraw.items():
            if which in known:
                known[which] = replace(known[which], withdrawn=known[which].withdrawn or why)
            else:
                odd.append(f"there is no finding {which}")
        new = [
            KeyFinding(f"F{number}", each.text, each.trials, trial)
            for number, each in enumerate(reply.findings, self.next_finding)
        ]
        findings = (*known.values(), *new)[-REMEMBERED:]
        analysis = Analysis(trial, reply.text, reply.flags, reply.reason, by)
        told = replace(self, tasks=tasks, findings=findings, analysis=analysis)
        return replace(told, next_finding=self.next_finding + len(new)), odd

    def working_on(self, ids: tuple[str, ...], now: str) -> "Notes":
        """With these tasks begun; what is no task is passed over."""
        there = [task.id for task in self.tasks if task.id in ids]
        return replace(self, tasks=self.tasks.changed(Changes(start=there), now)[0]) if there else self

    def as_json(self) -> dict[str, Any]:
        """For the record."""
        rest = {name: value for name, value in asdict(self).items() if name != "tasks"}
        return {"tasks": self.tasks.as_json(), **rest}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Notes":
        """The inverse of `as_json`."""
        plan, analysis, prose = row["plan"], row["analysis"], row["prose"]
        return cls(
            plan=Plan(**plan) if plan else None,
            revisions=tuple((made, why) for made, why in row["revisions"]),
            tasks=Tasks.from_json(row["tasks"]),
            findings=tuple(map(KeyFinding.from_json, row["findings"])),
            next_finding=row["next_finding"],
            analysis=Analysis(**{**analysis, "flags": tuple(analysis["flags"])}) if analysis else None,
            prose=Prose(**prose) if prose else None,
            yours=row["yours"],
        )
