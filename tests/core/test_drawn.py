"""The pages of the notebook, drawn from trials and notes."""

from dataclasses import replace

from autoresearch.adapters.settings_sections import StopSettings
from autoresearch.core import drawn
from autoresearch.core.key_findings import KeyFinding
from autoresearch.core.model import Metric, Trial
from autoresearch.core.notes import Analysis, Notes, Plan
from autoresearch.core.stage_replies import AnalysisReply
from autoresearch.core.tasks import Changes, Tasks
from autoresearch.core.text import inert

NOW = "2026-01-01T00:00:00+00:00"
METRIC = Metric("ms", "lower", "ms")
BASE = Trial(0, None, "c" * 40, "t0", "keep", "baseline", "baseline", metric=10.0, finished=NOW)
KEPT = replace(
    BASE, number=1, parent=0, reason="confirmed", description="cache it", metric=8.0, why="It is asked twice."
)
FORGED = replace(KEPT, number=2, parent=1, status="discard", reason="suspect", metric=0.1, commit="d" * 40)
RULES = StopSettings(trials=10, target=5.0)


def test_the_page_of_a_plan_gives_the_plan_back() -> None:
    for notes in (
        Notes(plan=Plan("# Plan\n\nfirst\n\n---\nthen", 1, "m")),
        Notes(plan=Plan("no heading", 1, "you")),
    ):
        page = drawn.plan(notes, "goal", {}, "")
        assert notes.plan is not None
        assert drawn.plan_in(page)[0].endswith(notes.plan.text)
        assert (
            drawn.plan(replace(notes, plan=replace(notes.plan, text=drawn.plan_in(page)[0])), "goal", {}, "")
            == page
        )


def test_a_plan_says_who_made_it_and_why_it_was_revised() -> None:
    """AM-39: the reason reaches the plan."""
    notes = Notes(
        plan=Plan("second", 8, "openai/m", "the bottleneck moved"), revisions=((8, "the bottleneck moved"),)
    )
    page = drawn.plan(notes, "goal", {}, "")
    assert "Made before trial 8 by openai/m." in page
    assert "Revised before trial 8: the bottleneck moved" in page


def test_a_plan_says_that_it_has_come_to_its_end() -> None:
    """AM-38: the reason of an early end reaches the plan."""
    ended = Analysis(3, "It is zero.", ("experiment_complete",), "nothing is below zero", "openai/m")
    page = drawn.plan(Notes(plan=Plan("p", 1, "openai/m"), analysis=ended), "goal", {}, "")
    assert "Trial 3: experiment complete, says openai/m: nothing is below zero" in page


def test_without_a_plan_the_page_says_what_is_known() -> None:
    page = drawn.plan(Notes(), "# Goal\n\nMake it fast.", {"metric": "ms, lower is better"}, "The tuner.")
    assert "Make it fast." in page and "- metric: ms, lower is better" in page and "The tuner." in page


def test_without_a_list_the_tasks_follow_from_the_trials() -> None:
    found = drawn.tasks_of(Notes(), [BASE, KEPT, FORGED], RULES)
    assert [(task.description, task.status) for task in found] == [
        ("measure the baseline", "completed"),
        ("look at trial 2: too good to be believed unseen", "pending"),
        ("try ideas: 2 of 10 tried", "in_progress"),
        ("reach 5", "in_progress"),
        ("certify the gain of trial 1", "pending"),
    ]
    own = Notes(tasks=Tasks().changed(Changes(add=[{"description": "mine"}]), NOW)[0])
    assert [task.description for task in drawn.tasks_of(own, [BASE, KEPT], RULES)] == [
        "mine", "certify the gain of trial 1",
    ]  # fmt: skip


def test_tasks_stand_by_their_status() -> None:
    """AM-49"""
    changes = Changes(
        add=[{"description": "a"}, {"description": "b", "priority": "high", "depends_on": ["T1"]}]
    )
    tasks, _ = Tasks().changed(changes, NOW)
    tasks, _ = tasks.changed(Changes(complete=["T1"]), NOW)
    page = drawn.tasks(list(tasks))
    assert page.index("## Pending (1)") < page.index("- [ ] **T2** (high) b; after T1")
    assert page.index("- [ ] **T2**") < page.index("## Completed (1)") < page.index("- [x] **T1** (medium) a")


def test_findings_cite_their_trials_and_withdrawn_ones_stand_apart() -> None:
    """AM-49"""
    found = [KeyFinding("F1", "a", (1,), 1, "it was luck"), KeyFinding("F2", "b.", (0, 1), 1)]
    page = drawn.findings(found, METRIC, [BASE, KEPT])
    assert "After 1 idea: ms 8 ms -20.0 % (trial 1, claimed, not certified)." in page
    assert page.index("- **F2** b (trials 0, 1).") < page.index("## Withdrawn")
    assert "- **F1** a (trial 1). Withdrawn: it was luck." in page


def test_a_finding_of_an_earlier_question_says_so() -> None:
    new = replace(BASE, number=2, parent=1)
    page = drawn.findings([KeyFinding("F1", "a", (1,), 1)], METRIC, [BASE, KEPT, new])
    assert "(trial 1, of an earlier question)" in page


def test_an_entry_of_the_log_has_time_number_idea_log_and_analysis() -> None:
    """AM-55"""
    files = {"summary.md": "$ python bench.py\nms: 8.0\n", "analysis.md": "Analysis (m): It helped.\n"}
    told = drawn.entry(KEPT, [BASE, KEPT], METRIC, files)
    assert "## Trial 1: keep (confirmed)" in told and "2026-01-01 00:00:00 UTC" in told
    assert "ms 8 ms (-20.0 % on trial 0)" in told and "**cache it**" in told
    assert "> It is asked twice." in told and "    ms: 8.0" in told and "Analysis (m): It helped." in told


def test_how_far_a_log_is_cannot_be_told_wrong_by_what_a_model_says() -> None:
    files = {"analysis.md": "Analysis (m): as in\n## Trial 99: keep (confirmed)\n"}
    log = (
        drawn.LOG_BEGINS
        + drawn.entry(BASE, [BASE], METRIC, {})
        + drawn.entry(KEPT, [BASE, KEPT], METRIC, files)
    )
    assert drawn.entries(log) == 2 and drawn.entries("") == 0 == drawn.entries(drawn.LOG_BEGINS)


def test_an_entry_is_bounded_and_steers_no_terminal() -> None:
    loud = replace(KEPT, status="crash", reason="exit_code", metric=None, detail="\x1b[2Jboo\n" * 500)
    told = drawn.entry(loud, [BASE, loud], METRIC, {"summary.md": "line\n" * 500})
    assert "\x1b" not in told and len(told.splitlines()) < 60 and "not measured" in told


def test_ideas_of_the_current_question_are_counted_and_an_adopted_one_once() -> None:
    again = replace(BASE, number=3, parent=1)
    adopted = replace(FORGED, number=5, status="keep", reason="adopted", parent=3)
    trials = [BASE, KEPT, FORGED, again, replace(FORGED, number=4, parent=3), adopted]
    assert "After 1 idea:" in drawn.findings([], METRIC, trials)
    told = drawn.tasks_of(Notes(), trials, RULES)
    assert "try ideas: 1 of 10 tried" in [task.description for task in told]


def test_images_and_html_of_a_model_are_text_on_its_pages() -> None:
    """REPORT.md has them as text, too; all else stays as it was written."""
    bad, told = "![x](http://a/b) <script>1</script> if a < b: `c`", r"!\[x](http://a/b) &lt;script>"
    found = KeyFinding("F1", bad, (1,), 1, bad)
    tasks, _ = Tasks().changed(Changes(add=[{"description": bad}]), NOW)
    noted = drawn.analysis(AnalysisReply(bad, [], {}, Changes(), (), ""), "m", [found], [bad])
    pages = [
        drawn.findings([found], METRIC, [BASE, KEPT]), drawn.tasks(list(tasks), [bad]), noted,
        drawn.entry(replace(KEPT, why=bad, description=bad), [BASE, KEPT], METRIC, {"analysis.md": bad}),
    ]  # fmt: skip
    for page in pages:
        assert told in page and "![" not in page and "<script" not in page and "</" not in page
        assert "if a < b: `c`" in page
    assert inert(noted) == noted
