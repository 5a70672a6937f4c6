"""The report: its chapters, that every number in it is found again, and that it is good with anything."""

import json
import re
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings_sections import StopSettings
from autoresearch.calls.statistics import Totals
from autoresearch.core.certify import Certified
from autoresearch.core.key_findings import KeyFinding
from autoresearch.core.model import Metric, Trial
from autoresearch.core.notes import Analysis, Notes, Prose
from autoresearch.core.tasks import Changes, Tasks
from autoresearch.core.text import one_line
from autoresearch.research.experiment import open_named, project_home
from autoresearch.views.report import about, as_json, named_in, report
from autoresearch.views.report_facts import About
from tests.conftest import Project
from tests.end_to_end.laid import NAME, Idea, knob, lay

MS = Metric("p50_ms", "lower", "ms")
TERMS = {"metric": "p50_ms, lower is better", "measured by": "`python bench.py`, in at most 50.0 s"}
ABOUT = About("a/b", MS, "Make it fast.", TERMS, "b" * 40, StopSettings(), ended="100 trials (stop.trials)")
SINGLE = [
    "Executive summary", "Methodology", "Key results", "Tried and failed", "Challenges", "Key findings",
    "Conclusions", "Future work", "Cost",
]  # fmt: skip


def made(number: int, value: float | None, status: str = "keep", **more: Any) -> Trial:
    reason = {"keep": "confirmed" if number else "baseline", "discard": "not_better", "crash": "exit_code"}[
        status
    ]
    row = {
        "parent": 0 if number else None, "commit": f"{number:x}c" * 10, "reason": reason,
        "sandbox": "bubblewrap", "description": f"idea {number}", "proposer": "llm", "model": "x/y",
        "seconds": 2.0, **more,
    }  # fmt: skip
    return Trial(number, tree=None, status=status, metric=value, **row)  # type: ignore[arg-type]


TRIALS = [
    made(0, 8.0, samples=(8.0, 8.2, 7.8), versions={"python": "3.12"}),
    made(1, 6.0, samples=(6.0, 6.1), description="cache the parsed query"),
    made(2, 7.0, "discard"),
    made(3, None, "crash", commit=None, detail="`python bench.py` exited 1\nTraceback"),
    made(4, 6.5, "discard", parent=1, reason="inconclusive"),
]
NOTES = Notes(
    revisions=((3, "the parser was not slow after all"),),
    tasks=Tasks().changed(Changes(add=[{"description": "try mmap", "priority": "high"}]), "")[0],
    findings=(
        KeyFinding("F1", "Caching helps by 30 %.", (1, 2), 2),
        KeyFinding("F2", "Threads help", (4,), 4, "they did not"),
    ),
    analysis=Analysis(4, "text", ("early_exit_required",), "the data is missing", "m/a"),
)
SECTIONS = {
    "summary": "A cache brought {gain}: {metric 1} instead of {baseline}.",
    "challenges": "Trial numbers {trial 3} failed.",
    "conclusions": "- Cache `query`\n- <b>no</b> [link](x)",
    "future_work": "Look at {change 4} more.",
}


def chapters(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_report_has_its_chapters_drawn_from_the_records_alone() -> None:
    """AM-56: executive summary, methodology, key results, challenges, conclusions, future work."""
    page = report(ABOUT, TRIALS, NOTES)
    found = chapters(page)
    assert list(found) == [*SINGLE, "Trials named above"]
    assert page.startswith("# Report: a/b\n\n## Executive summary\n\n")
    assert found["Executive summary"].strip() == (
        "p50_ms went from 8 ms (trial 0) to 6 ms (trial 1): -25.0 %, where lower is better. The gain is "
        "claimed, not certified yet. 4 ideas tried: 1 kept, 2 discarded, 1 crashed."
    )
    for line in (
        "> Make it fast.", "- measured by: `python bench.py`, in at most 50.0 s", "- sandbox: bubblewrap",
        "- kept when: it is better than noise explains (keep.confirm: normal)",
        "- ideas by: llm x/y (4 trials)",
        "- versions: python 3.12", f"- base commit: `{'b' * 40}`",
        "- stops after: 100 trials, 5 crashes in a row",
    ):  # fmt: skip
        assert line in found["Methodology"].splitlines(), line
    assert "![progress](progress.svg)" in found["Key results"]
    assert "| 1 | 6 | 2 | 6.05 ± 0.64 | -25.0 % | -25.0 % | 1c1c1c1c1c1c | cache the parsed query |" in page
    assert "claimed only" in found["Key results"] and "`autoresearch certify a/b`" in found["Key results"]
    assert found["Tried and failed"].splitlines()[3:] == [
        "- trial 4: 6.5 ms (+8.3 % on trial 1), inconclusive: idea 4",
        "- trial 2: 7 ms (-12.5 % on trial 0), not_better: idea 2",
        "", "By reason:", "",
        "- not_better, no better than the best so far: 1 (trial 2)",
        "- inconclusive, measured as often as is worth it, and still not told from the best so far: 1 "
        "(trial 4)",
        "",
    ]  # fmt: skip
    assert "(trial 3); `python bench.py` exited 1\n" in found["Challenges"]
    assert found["Key findings"].strip().splitlines() == [
        "In quotation marks: a model's words. Behind them: what was measured.", "",
        "- F1: “Caching helps by 30 %” (trial 1: 6 ms, -25.0 % on trial 0; trial 2: 7 ms, -12.5 % on "
        "trial 0).",
        "", "Withdrawn:", "",
        "- F2: “Threads help” (trial 4: 6.5 ms, +8.3 % on trial 1). “they did not”",
    ]  # fmt: skip
    assert "`autoresearch apply a/b`" in found["Conclusions"] and "trial 1" in found["Conclusions"]
    assert "- T1 (high): try mmap" in found["Future work"]
    assert "- Certify the gain of trial 1: `autoresearch certify a/b`" in found["Future work"]
    assert "Measured for 10.0 s, in 5 trials." in found["Cost"]


def test_why_it_ended_early_and_why_the_plan_was_revised_stand_in_it() -> None:
    """AM-38, AM-39: the reason that the model gave."""
    told = chapters(report(ABOUT, TRIALS, NOTES))["Challenges"]
    assert "- The analysis of trial 4 says early exit required: “the data is missing” (m/a)" in told
    assert "- The plan was revised after 3 trials: “the parser was not slow after all”" in told
    assert "- It ended: 100 trials (stop.trials)" in told
    waited = replace(ABOUT, outages=["openrouter for 12 minutes"])
    assert "- Waited: openrouter for 12 minutes" in report(waited, TRIALS, NOTES)


def test_every_trial_that_is_named_is_found_again_by_its_commit() -> None:
    """AM-59: once, in the table of what was kept or in the last one."""
    page = report(ABOUT, TRIALS, NOTES)
    named = named_in(page)
    assert named == [0, 1, 2, 3, 4]
    rows = [row.split(" | ") for row in re.findall(r"^\| (\d.*) \|$", page, re.MULTILINE)]
    assert sorted(int(row[0]) for row in rows) == named
    assert ["4", "4c" * 10, "discard", "inconclusive", "6.5 ms"] in rows
    assert ["3", "", "crash", "exit_code", ""] in rows
    assert "`autoresearch show a/b TRIAL`" in page and "`git show COMMIT`" in page


def test_what_a_model_wrote_stands_first_with_the_numbers_of_the_records() -> None:
    """AM-59: while it is of the same trials; its text is text."""
    notes = replace(NOTES, prose=Prose(SECTIONS, len(TRIALS), "m/r"))
    found = chapters(report(ABOUT, TRIALS, notes))
    by = "by m/r; every number is filled in from the records.*"
    summary = found["Executive summary"].strip()
    assert summary.startswith("A cache brought -25.0 %: 6 ms (trial 1) instead of 8 ms.\n\n*This, and")
    drawn_alone = chapters(report(ABOUT, TRIALS, NOTES))["Executive summary"].strip()
    assert summary.endswith(f"{by}\n\n{drawn_alone}") and "Challenges, Conclusions and Future work" in summary
    assert found["Conclusions"].startswith(
        "\n- Cache `query`\n- \\<b\\>no\\</b\\> \\[link\\](x)\n\nWhat is best"
    )
    assert found["Future work"].startswith("\nLook at +8.3 % (trial 4) more.\n")
    assert found["Challenges"].startswith("\nTrial numbers trial 3 failed.\n\n- exit_code")
    later = report(ABOUT, [*TRIALS, made(5, 7.5, "discard")], notes)
    assert by not in later and "5 ideas tried" in later


def test_what_to_look_at_is_said_first_of_all() -> None:
    suspect = made(5, 1e-9, "discard", reason="suspect")
    page = report(ABOUT, [*TRIALS, suspect], NOTES)
    assert page.startswith("**look at trial 5: p50_ms 1e-9 is too good to believe unseen")
    assert "- Look at trial 5, p50_ms 1e-9 ms" in chapters(page)["Future work"]


def test_a_certified_gain_stands_there_with_its_interval() -> None:
    """AM-56"""
    check = asdict(Certified(24.0, 22.5, 25.5, 20, True))
    trials = [*TRIALS, made(5, 6.1, reason="certified", parent=1, commit=TRIALS[1].commit, certified=check)]
    page = report(ABOUT, trials, NOTES)
    assert "certified: gain 24.0 % (22.5 to 25.5, 95 %, 20 pairs), in trial 5." in page
    assert "The gain is certified." in page and "autoresearch certify" not in page


def test_trials_of_an_earlier_question_are_counted_apart_and_never_compared() -> None:
    trials = [*TRIALS, made(5, 900.0, reason="baseline", parent=None), made(6, 800.0, parent=5)]
    found = chapters(report(ABOUT, trials, NOTES))
    assert "The question changed at trial 5: 5 trials before it" in found["Executive summary"]
    assert "from 900 ms (trial 5) to 800 ms (trial 6): -11.1 %" in found["Executive summary"]
    assert "| 1 |" not in found["Key results"]
    assert "7 ms, -12.5 % on trial 0; of an earlier question)." in found["Key findings"]
    assert "Nothing was discarded." in found["Tried and failed"]


def test_what_apply_would_take_is_said_after_the_question_changed_too() -> None:
    """AM-56: what was kept before is there to be taken, though nothing since is better than the baseline."""
    moved = [*TRIALS, made(5, 900.0, reason="baseline", parent=1, commit=TRIALS[1].commit)]
    told = chapters(report(ABOUT, moved, NOTES))["Conclusions"]
    assert "nothing to take over" not in told and "Nothing is better than the baseline." in told
    assert "(trial 1, commit `1c1c1c1c1c1c`)" in told and "`autoresearch apply a/b`" in told
    failed = [*TRIALS, made(5, None, "crash", reason="baseline", parent=1, commit=TRIALS[1].commit)]
    assert "`autoresearch apply a/b`" in chapters(report(ABOUT, failed, NOTES))["Conclusions"]
    better = chapters(report(ABOUT, [*moved, made(6, 800.0, parent=5)], NOTES))["Conclusions"]
    assert "(trial 6, " in better and "kept before the question changed, too: 1 change." in better
    alone = chapters(report(ABOUT, TRIALS[:1], NOTES))["Conclusions"]
    assert "there is nothing to take over" in alone


def test_what_was_adopted_by_hand_is_no_new_idea() -> None:
    adopted = replace(TRIALS[4], number=5, status="keep", reason="adopted")
    found = chapters(report(ABOUT, [*TRIALS, adopted], NOTES))
    assert "4 ideas tried: 2 kept, 1 discarded, 1 crashed." in found["Executive summary"]
    assert "trial 4" not in found["Tried and failed"]


def test_the_same_commit_measured_again_shows_no_change() -> None:
    again = made(5, 6.0 + 1e-14, reason="certified", parent=1, commit=TRIALS[1].commit)
    assert "e-14" not in report(ABOUT, [*TRIALS, again], NOTES)
    assert "| 5 | 6 | | | | -25.0 % |" in re.sub(" +", " ", report(ABOUT, [*TRIALS, again], NOTES))


def test_what_each_stage_cost_stands_there_where_it_is_known() -> None:
    """AM-56"""
    unknown = Totals(calls=1, tokens=10, cost_usd=None, cost_whole=False)
    calls = {"propose": Totals(calls=4, tokens=1200, cost_usd=0.25), "analyze": unknown}
    told = chapters(report(replace(ABOUT, calls=calls), TRIALS, NOTES))["Cost"]
    assert "| propose | 4 | 1,200 | $0.25 |\n| analyze | 1 | 10 | not known |\n" in told
    assert "| all | 5 | 1,210 | at least $0.25 |" in told
    assert "No model was asked." in chapters(report(ABOUT, TRIALS, NOTES))["Cost"]


def many(count: int) -> list[Trial]:
    kinds = {0: "keep", 5: "crash"}
    return [
        made(n, None if n % 7 == 5 else 1000.0 - n / 100, kinds.get(n % 7, "discard") if n else "keep")
        for n in range(count)
    ]


@pytest.mark.parametrize("metric", [MS, Metric("score", "higher")])
@pytest.mark.parametrize(
    "trials",
    [[], TRIALS[:1], [made(0, None, "crash", reason="timeout")], [made(0, 0.0), made(1, -1.0)], many(2500),
     [made(0, -3.0), made(1, -4.0)], [made(0, 1.0), *[made(n, None, "crash") for n in range(1, 9)]]],
)  # fmt: skip
def test_it_is_good_with_few_trials_many_and_only_crashes(trials: list[Trial], metric: Metric) -> None:
    """AM-56: it can be written at any time, and is bounded."""
    told = replace(ABOUT, metric=metric)
    page = report(told, trials, Notes())
    assert list(chapters(page))[:9] == SINGLE
    assert len(page.splitlines()) <= 200
    assert not re.search(r"\bNone\b(?! (yet|that))|\bnan\b|\binf\b|N/A", page)
    assert all(chapter.strip() for chapter in chapters(page).values())
    json.dumps(as_json(told, trials, Notes()))


def test_the_same_facts_are_there_for_programs() -> None:
    """AM-56: under the names of results.tsv, with their own types."""
    notes = replace(NOTES, prose=Prose(SECTIONS, len(TRIALS), "m/r"))
    told = json.loads(json.dumps(as_json(ABOUT, TRIALS, notes)))
    assert told["experiment"] == "a/b" and told["best"] == 1 and told["baseline"] == 8.0
    assert [row["trial"] for row in told["trials"]] == [0, 1, 2, 3, 4]
    assert told["trials"][1]["samples"] == [6.0, 6.1] and told["trials"][3]["metric"] is None
    assert told["discarded"] == {"not_better": [2], "inconclusive": [4]} and told["crashed"] == {
        "exit_code": [3]
    }
    assert told["figures"]["gain"] == "-25.0 %" and told["certified"] is None
    assert told["prose"]["by"] == "m/r" and "-25.0 %" in told["prose"]["summary"]
    assert told["analysis"]["reason"] == "the data is missing" and told["tasks"][0]["id"] == "T1"


def test_what_is_asked_is_told_from_the_settings(project: Project) -> None:
    trials = lay(project, Idea(4.0, knob(x=2))).trials
    repository = Repository.discover(project.path)
    experiment = open_named(NAME, project_home(repository), repository)
    told = about(experiment, trials[0].commit or "", ended="enough")
    page = report(told, trials, Notes())
    assert page.startswith(f"# Report: {NAME}\n") and "- It ended: enough" in page
    assert f"- base commit: `{trials[0].commit}`" in page and "- target files: knob.py" in page


READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@given(st.text(), st.text(max_size=60))
def test_what_models_and_programs_wrote_changes_nothing_of_its_shape(text: str, short: str) -> None:
    trials = [made(0, 8.0), made(1, 6.0, description=text), made(2, None, "crash", detail=text),
              made(3, 9.0, "discard", description=text)]  # fmt: skip
    sections = dict.fromkeys(SECTIONS, text.replace("{", "("))
    notes = Notes(
        revisions=((1, text),),
        findings=(KeyFinding("F1", text or "x", (1,), 1),),
        prose=Prose(sections, 4, short),
    )
    page = report(
        replace(ABOUT, goal=text, metric=Metric(one_line(short), "lower", one_line(short))), trials, notes
    )
    tokens = READER.parse(page)
    titles = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert titles[:10] == ["Report: a/b", *SINGLE]
    kinds = {token.type for token in tokens} | {c.type for t in tokens for c in t.children or []}
    assert not kinds & {"html_block", "html_inline", "link_open", "fence", "hr"}
