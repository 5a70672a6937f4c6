"""The notes of an experiment: what replies and people make of them, and their trip through JSON."""

import json

from autoresearch.core.key_findings import KeyFinding
from autoresearch.core.notes import Notes, Prose
from autoresearch.core.stage_replies import AnalysisReply, NewFinding, PlanReply
from autoresearch.core.tasks import Changes

NOW = "2026-01-01T00:00:00+00:00"
FIRST = PlanReply("# Plan\nfirst this", Changes(add=[{"description": "a"}]))


def analysis(**more: object) -> AnalysisReply:
    given = {
        "text": "It helped.",
        "findings": [],
        "withdraw": {},
        "tasks": Changes(),
        "flags": (),
        "reason": "",
    }
    return AnalysisReply(**{**given, **more})  # type: ignore[arg-type]


def planned() -> Notes:
    return Notes().planned(FIRST, 1, "openai/m", "", NOW)[0]


def through_json(notes: Notes) -> Notes:
    return Notes.from_json(json.loads(json.dumps(notes.as_json())))


def test_notes_survive_their_record() -> None:
    notes, _ = planned().learned(
        analysis(findings=[NewFinding("f", (1,))], flags=("plan_revision_needed",), reason="why"), 1, "m", NOW
    )
    notes = notes.by_hand("# Plan\nmine", "mine", 2)
    full = Notes(**{**vars(notes), "prose": Prose({"summary": "s"}, 2, "m"), "yours": {"TASKS.md": "t"}})
    assert through_json(full) == full
    assert through_json(Notes()) == Notes()


def test_findings_are_numbered_for_good_and_withdrawn_with_a_reason() -> None:
    notes, _ = Notes().learned(analysis(findings=[NewFinding("a", (1,)), NewFinding("b", (1,))]), 1, "m", NOW)
    notes, odd = notes.learned(
        analysis(withdraw={"F1": "no", "F9": "no"}, findings=[NewFinding("c", (2,))]), 2, "m", NOW
    )
    assert odd == ["there is no finding F9"]
    assert notes.findings == (
        KeyFinding("F1", "a", (1,), 1, "no"), KeyFinding("F2", "b", (1,), 1), KeyFinding("F3", "c", (2,), 2),
    )  # fmt: skip


def test_a_revised_plan_remembers_why() -> None:
    """AM-39: the reason that was given, and no other."""
    notes, _ = planned().planned(PlanReply("second", Changes()), 8, "m", "the bottleneck moved", NOW)
    assert notes.revisions == ((8, "the bottleneck moved"),)
    assert notes.plan is not None and notes.plan.why == "the bottleneck moved"


def test_what_a_person_wrote_into_a_plan_outlives_its_revision() -> None:
    """AM-06, AM-14"""
    edited = planned().by_hand(
        "# Plan\nfirst this\nnever touch the API\nkeep it small", "never touch the API\nkeep it small", 3
    )
    assert edited.plan is not None and edited.plan.edited
    notes, _ = edited.planned(PlanReply("second; keep it small", Changes()), 4, "m", "why", NOW)
    assert notes.yours == {"PLAN.md": "never touch the API"}
    assert notes.plan is not None and not notes.plan.edited


def test_a_plan_that_nobody_touched_leaves_nothing_behind() -> None:
    notes, _ = planned().planned(PlanReply("second", Changes()), 4, "m", "why", NOW)
    assert notes.yours == {}


def test_tasks_are_begun_by_who_works_on_them() -> None:
    """AM-32: what is no task is passed over."""
    assert [t.status for t in planned().working_on(("T1", "T7"), NOW).tasks] == ["in_progress"]
    assert planned().working_on(("T7",), NOW) == planned()
