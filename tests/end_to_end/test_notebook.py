"""The lab notebook of real runs: plan, tasks, findings, log; models over HTTP, people who edit the files."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Done, Project
from tests.provider import KEY, Provider, hang, own_variables, serve, status
from tests.stages import analysed, idea, planned

__all__ = ["own_variables", "serve"]  # fixtures

ON = ("-c", "models.plan=[]", "-c", "models.analyze=[]")
MODEL = "openrouter/v/m"


def run(project: Project, provider: Provider, *options: str, **env: str) -> Done:
    """A run in which every stage but the report asks the same model."""
    return project.run("run", "--model", MODEL, *ON, *options, env={**provider.environ, **env})


def page(project: Project, name: str) -> str:
    return (project.folder() / name).read_text()


def prompts(provider: Provider, stage: str) -> list[str]:
    """What the model of a stage was told, each time."""
    sign = {
        "plan": "You plan research",
        "analyze": "You look at one trial",
        "propose": "You improve one thing",
    }
    bodies = [seen.body["messages"] for seen in provider.seen]
    return [each[-1]["content"] for each in bodies if each[0]["content"].startswith(sign[stage])]


def notes(project: Project) -> dict[str, Any]:
    """What the newest record remembers."""
    text = project.git("show", "refs/autoresearch/engineering/knob:notebook.json")
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_sentence_is_enough_to_begin_with_and_a_plan_comes_before_the_first_idea(
    project: Project, provider: Provider
) -> None:
    """AM-01, AM-15, AM-29, AM-31, AM-47, AM-48, AM-49: what the proposer is told has it all, ids too."""
    assert project.new("engineering/knob", "--goal", "Bring the square to zero.").code == 0
    assert page(project, "IDEA.md") == "Bring the square to zero.\n"
    provider.plays(planned("Halve x each time.", "halve x", "try the negative side"), idea(2), analysed())
    done = run(project, provider)
    assert done.code == 0, done.err
    assert "Bring the square to zero." in prompts(provider, "plan")[0]
    assert "The baseline is value 9" in prompts(provider, "plan")[0]
    (asked,) = prompts(provider, "propose")
    assert "| Halve x each time." in asked
    assert "| - [ ] **T1** (high) halve x" in asked and "WORKING_ON_TASKS: T1" in asked
    assert "Python of the evaluation: 3." in asked and "machine: Linux" in asked and "GPU: " in asked
    assert "$AUTORESEARCH_DIR/shared/" in asked and "x = 3" in asked
    for name in ("PLAN.md", "TASKS.md", "KEY_FINDINGS.md", "EXPERIMENT_LOG.md", "REPORT.md", "tasks.json"):
        assert (project.folder() / name).exists(), name
    assert page(project, "PLAN.md").startswith("# Plan\n\nHalve x each time.")
    assert "**T2** (high) try the negative side" in page(project, "TASKS.md")
    assert "note: plan made" in project.git(
        "log", "--format=%s", "--first-parent", "refs/autoresearch/engineering/knob"
    )


def test_each_trial_is_analysed_once_and_the_next_idea_knows(project: Project, provider: Provider) -> None:
    """AM-30, AM-32, AM-34, AM-35, AM-36, AM-37, AM-55: summary, findings, tasks, log."""
    project.write(
        "bench.py", Path(project.path / "bench.py").read_text() + 'print("note: hello of", __name__)\n'
    )
    project.commit()
    assert project.new().code == 0
    first = analysed(
        "Two is better than three.",
        findings=[{"text": "smaller x is better", "trials": [1]}],
        tasks={"complete": ["T1"], "add": [{"description": "try one", "priority": "low", "depends_on": []}]},
    )
    provider.plays(planned("Go down.", "try two"), idea(2, works_on="T1"), first, idea(1), analysed("Good."))
    done = run(project, provider, "--loop", "--max-experiments", "2")
    assert done.code == 0, done.err
    assert len(prompts(provider, "analyze")) == 2
    one, two = prompts(provider, "propose")
    assert "| $ " in one and "| value: 9.0" in one  # the log of the baseline
    assert "| value: 4.0" in two and "| note: hello of __main__" in two  # the log of trial 1
    assert "| - **F1** smaller x is better (trial 1)." in two
    assert "try one" in two and "try two" not in two.partition("# Open tasks")[2]
    told = prompts(provider, "analyze")[0]
    assert "| +x = 2" in told and "| value: 4.0" in told and "**T1** (high) try two" in told
    tasks = {task["id"]: task for task in json.loads(page(project, "tasks.json"))["tasks"]}
    assert (tasks["T1"]["status"], tasks["T2"]["status"]) == ("completed", "pending")
    log = page(project, "EXPERIMENT_LOG.md")
    assert "## Trial 1: keep" in log and f"Analysis ({MODEL}): Two is better than three." in log
    assert "F1" in page(project, "KEY_FINDINGS.md")
    summary = (project.folder() / "trials/0001/summary.md").read_text()
    assert "value: 4.0" in summary
    record = project.git("show", "refs/autoresearch/engineering/knob~1:summary.md")
    assert record == summary.strip()
    costs = [row["tokens"] for row in project.trials()]
    assert costs == [None, 360, 240]  # the plan's and the analyses' are counted with the trial they belong to


def test_a_task_is_in_progress_while_its_idea_is_measured(project: Project, provider: Provider) -> None:
    """AM-32"""
    project.write("bench.py", (
        "import os, pathlib\nlook = pathlib.Path(os.environ['HOME'], 'seen')\n"
        "if os.environ['AUTORESEARCH_TRIAL'] == '1':\n    look.write_text('now')\n"
        "    while look.exists():\n        pass\nprint('value:', 1)\n"
    ))  # fmt: skip
    project.commit()
    assert project.new().code == 0
    provider.plays(planned("Go down.", "try two"), idea(2, works_on="T1"), analysed())
    words = [sys.executable, "-m", "autoresearch", "run", "--model", MODEL, *ON]
    child = subprocess.Popen(
        words, cwd=project.path, env={**os.environ, **provider.environ}, stdout=subprocess.DEVNULL
    )
    seen = Path(os.environ["HOME"], "seen")
    while not seen.exists():
        assert child.poll() is None
    assert json.loads(page(project, "tasks.json"))["tasks"][0]["status"] == "in_progress"
    assert "in progress" in project.run("tasks").out
    seen.unlink()
    assert child.wait(60) == 0


def test_each_stage_has_its_own_model_and_one_that_is_retired_is_named(
    project: Project, provider: Provider
) -> None:
    """AM-15, AM-16, AM-25: the loop goes on without that stage; the note names stage, model and setting."""
    assert project.new().code == 0
    options = [
        *provider.options("openai/thinker", "plan"), *provider.options("openai/coder", "propose"),
        *provider.options("openai/reader", "analyze"), *provider.options("openai/writer", "report"),
    ]  # fmt: skip
    provider.plays(planned(), idea(2), status(404), idea(1))
    done = project.run("run", "--loop", "--max-experiments", "2", *options)
    assert done.code == 0, done.err
    assert [seen.body["model"] for seen in provider.seen[:4]] == ["thinker", "coder", "reader", "coder"]
    assert "analyze: left out for the rest of this run: models.analyze: openai/reader (404)" in done.err
    assert "models.analyze in config.yaml" in done.err
    assert [row["metric"] for row in project.trials()] == [9.0, 4.0, 1.0]


def test_a_model_that_cannot_write_json_is_named_and_the_loop_goes_on_with_the_summary(
    project: Project, provider: Provider
) -> None:
    """AM-26, AM-40: asked twice more, then left out; the plan is not asked for again in this run."""
    assert project.new().code == 0
    provider.plays("no", "no", "no", idea(2), "no", "no", "no", idea(1), analysed("At last."))
    done = run(project, provider, "--loop", "--max-experiments", "2")
    assert done.code == 0, done.err
    assert (
        "plan: left out for trial 1: models.plan: openrouter/v/m: the answer can't be read: it holds no JSON"
        in done.err
    )
    assert "analyze: left out for trial 1: models.analyze: openrouter/v/m" in done.err
    log = page(project, "EXPERIMENT_LOG.md")
    assert "value: 4.0" in log and "At last." in log
    calls = [json.loads(line) for line in page(project, "calls.jsonl").splitlines()]
    assert [(call["stage"], len(call["attempts"])) for call in calls] == [
        ("plan", 3), ("propose", 1), ("analyze", 3), ("propose", 1), ("analyze", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("flag, code", [("experiment_complete", 0), ("early_exit_required", 4)])
def test_a_model_may_end_the_experiment_and_its_reason_reaches_everybody(
    project: Project, provider: Provider, flag: str, code: int
) -> None:
    """AM-38: the loop ends, and there is a report, which has the reason."""
    assert project.new().code == 0
    provider.plays(planned(), idea(0), analysed(reason="nothing is below zero", **{flag: True}))
    done = run(project, provider, "--loop")
    assert done.code == code, done.err
    assert "nothing is below zero" in done.out + done.err
    assert len(project.trials()) == 2
    assert "nothing is below zero" in page(project, "REPORT.md")
    assert "nothing is below zero" in page(project, "PLAN.md")
    assert project.run("report").code == 0
    assert page(project, "REPORT.md").count("nothing is below zero") == 2
    provider.plays(idea(1), analysed())
    assert (
        run(project, provider, "--loop", "--max-experiments", "1").code == 0
    )  # a person may go on all the same
    assert len(project.trials()) == 3


def test_a_model_that_ends_experiments_can_be_told_not_to(project: Project, provider: Provider) -> None:
    assert project.new().code == 0
    provider.plays(
        planned(), idea(2), analysed(reason="enough", experiment_complete=True), idea(1), analysed()
    )
    assert run(project, provider, "--loop", "--max-experiments", "2", "-c", "stop.early=false").code == 0
    assert len(project.trials()) == 3


def test_the_reason_for_a_new_plan_is_the_models_own(project: Project, provider: Provider) -> None:
    """AM-39: it reaches the planner, the plan, the user and the report; a plan is given some trials first."""
    assert project.new().code == 0
    wish = analysed(plan_revision_needed=True, reason="the sign matters too")
    trials = [each for x in (2.9, 2.8, 2.7, 2.6) for each in (idea(x), wish)]
    provider.plays(
        planned("Go down."), *trials, idea(2.4), wish, planned("Look at the sign."), idea(-1), analysed()
    )
    done = run(project, provider, "--loop", "--max-experiments", "6")
    assert done.code == 0, done.err
    first, second = prompts(provider, "plan")
    assert (
        "The reason: the sign matters too" in second and "| Go down." in second and "The reason" not in first
    )
    assert page(project, "PLAN.md").startswith("# Plan\n\nLook at the sign.")
    assert "Revised before trial 6: the sign matters too" in page(project, "PLAN.md")
    assert "asks for a new plan: the sign matters too" in done.err + done.out
    assert "the sign matters too" in page(project, "REPORT.md")
    log = project.git("log", "--format=%s", "--first-parent", "refs/autoresearch/engineering/knob")
    assert "note: plan revised: the sign matters too" in log


def test_a_plan_is_never_made_anew_by_starting_again(project: Project, provider: Provider) -> None:
    """AM-06, AM-14: neither a plan, nor tasks and findings, nor a revision is lost when a run starts."""
    assert project.new().code == 0
    provider.plays(planned("First.", "a"), idea(2), analysed(findings=[{"text": "f", "trials": [1]}]))
    assert run(project, provider).code == 0
    provider.plays(planned("Second."))
    done = project.run("plan", "--revise", "think of memory", "--model", MODEL, env=provider.environ)
    assert done.code == 0, done.err
    assert "Second." in done.out
    provider.plays(idea(1), analysed())
    assert run(project, provider, "--resume", "-r", "1").code == 0
    assert page(project, "PLAN.md").startswith("# Plan\n\nSecond.")
    assert "Revised before trial 2: think of memory" in page(project, "PLAN.md")
    assert "**T1** (high) a" in page(project, "TASKS.md") and "F1" in page(project, "KEY_FINDINGS.md")
    assert len(prompts(provider, "plan")) == 2


def test_a_plan_that_a_person_edited_is_theirs(project: Project, provider: Provider) -> None:
    """AM-06, AM-14, AM-58: models are told of it and don't replace it; a revision keeps their words, and git
    has what was replaced."""
    assert project.new().code == 0
    provider.plays(planned("First."), idea(2.9), analysed())
    assert run(project, provider).code == 0
    path = project.folder() / "PLAN.md"
    path.write_text(path.read_text().replace("First.", "First.\nNever use negative numbers."))
    wish = analysed(plan_revision_needed=True, reason="boring")
    trials = [each for x in (2.8, 2.7, 2.6, 2.5, 2.4, 2.3) for each in (idea(x), wish)]
    provider.plays(*trials)
    done = run(project, provider, "--loop", "--max-experiments", "6")
    assert done.code == 0, done.err
    assert "| Never use negative numbers." in prompts(provider, "propose")[-1]
    assert "boring; yours stays" in done.err + done.out
    assert "Never use negative numbers." in page(project, "PLAN.md") and len(prompts(provider, "plan")) == 1
    log = project.git("log", "--format=%H %s", "--first-parent", "refs/autoresearch/engineering/knob")
    (edited,) = [
        line.split()[0] for line in log.splitlines() if line.endswith("note: edited by hand: PLAN.md")
    ]
    assert "Never use negative" in project.git("show", f"{edited}:PLAN.md")
    provider.plays(planned("Second."))
    assert project.run("plan", "--revise", "--model", MODEL, env=provider.environ).code == 0
    assert "Never use negative numbers." in prompts(provider, "plan")[-1]
    found = page(project, "PLAN.md")
    assert (
        found.startswith("# Plan\n\nSecond.") and "\nNever use negative numbers.\n<!-- end of yours" in found
    )


def test_a_revision_without_a_reason_has_a_usual_one_and_reads_the_report_unless_told_not_to(
    project: Project, provider: Provider
) -> None:
    """AM-13"""
    assert project.new().code == 0
    provider.plays(planned("First."), idea(2), analysed())
    assert run(project, provider).code == 0
    assert page(project, "REPORT.md").startswith("# Report: engineering/knob")
    provider.plays(
        planned("Second."), planned("Third."), idea(1), analysed(), planned("Fourth."), idea(0.5), analysed()
    )
    assert project.run("plan", "--revise", "--model", MODEL, env=provider.environ).code == 0
    second = prompts(provider, "plan")[-1]
    assert (
        "The reason: make it fit what the trials have shown since" in second
        and "# Report: engineering/knob" in second
    )
    done = run(project, provider, "--revise-plan", "be bold", "--ignore-report")
    assert done.code == 0, done.err
    third = prompts(provider, "plan")[-1]
    assert "The reason: be bold" in third and "# Report: engineering/knob" not in third
    assert run(project, provider, "--revise-plan").code == 0
    assert page(project, "PLAN.md").startswith("# Plan\n\nFourth.")


def test_without_a_model_there_is_no_revision_and_nothing_is_lost(project: Project) -> None:
    assert project.new().code == 0
    done = project.run("plan", "--revise", "why not")
    assert done.code == 1 and "no model for plan" in done.err and "models.plan" in done.err
    assert project.run("plan").out.startswith("# Plan\n")


def test_a_goal_that_is_missing_is_told_before_anything_is_spent(
    project: Project, provider: Provider
) -> None:
    """AM-02: exit code 1, one line, no request."""
    assert project.new().code == 0
    (project.folder() / "IDEA.md").unlink()
    for command in (
        ("run", "--loop", "--model", MODEL),
        ("plan", "--revise", "--model", MODEL, "-c", "proposer.use=llm"),
    ):
        done = project.run(*command, *ON, env=provider.environ)
        assert done.code == 1, done.err
        assert "IDEA.md is missing; write the goal into it" in done.err
    assert not provider.seen and len(project.trials()) == 1
    (project.folder() / "IDEA.md").write_text(" \n")
    assert "IDEA.md is empty" in run(project, provider).err


def test_a_key_that_a_stage_lacks_is_told_before_any_work(project: Project, provider: Provider) -> None:
    """AM-17"""
    assert project.new().code == 0
    done = run(project, provider, "--loop", "-c", "models.report=anthropic/claude")
    assert done.code == 1 and "models.report" in done.err and "ANTHROPIC_API_KEY" in done.err
    assert not provider.seen


def test_the_folder_of_an_experiment_says_which_one_is_meant(project: Project) -> None:
    """AM-03: -d, or being there."""
    for name in ("engineering/knob", "engineering/other"):
        assert project.new(name).code == 0
    assert project.run("run", "-d", str(project.folder("engineering/other")), "-r", "1").code == 0
    assert [len(project.trials(name)) for name in ("engineering/knob", "engineering/other")] == [1, 2]
    there = Project(project.folder())
    assert there.run("tasks").out.startswith("engineering/knob: ")
    assert project.run("tasks", "--experiment-dir", str(there.path)).out.startswith("engineering/knob: ")


def test_the_number_of_runs_has_its_old_names(project: Project) -> None:
    """AM-04, AM-07"""
    assert project.new().code == 0
    for option in ("-r", "--max-runs"):
        assert project.run("run", "--loop", option, "2").code == 0
    assert [row["trial"] for row in project.trials()] == [0, 1, 2, 3, 4]


def test_the_task_list_is_shown_in_three_forms(project: Project, provider: Provider) -> None:
    """AM-54: counts and a table; markdown; JSON."""
    assert project.new().code == 0
    provider.plays(planned("Go.", "halve x", "negate x"), idea(2, works_on="T2"), analysed())
    assert run(project, provider).code == 0
    shown = project.run("tasks")
    assert shown.out.splitlines()[0] == "engineering/knob: 2 pending, 1 in progress, 0 completed, 0 blocked"
    assert shown.out.splitlines()[2].split()[:4] == ["T2", "in", "progress", "high"]
    assert "| T1 | pending | high |" in project.run("tasks", "-f", "markdown").out
    told = project.run("tasks", "--json").json
    assert told == project.run("tasks", "--format", "json").json
    assert told["counts"]["in_progress"] == 1 and told["tasks"][0]["id"] == "T2"
    assert set(told["tasks"][0]) >= {
        "id",
        "description",
        "status",
        "priority",
        "created",
        "updated",
        "completed",
    }


def test_a_person_changes_the_list_from_the_command_line_and_in_the_file(
    project: Project, provider: Provider
) -> None:
    """AM-51: and the proposer is told."""
    assert project.new().code == 0
    assert "try the moon" in project.run("tasks", "--add", "try the moon", "--add", "rest").out
    assert project.run("tasks", "--done", "T2").code == 0
    missing = project.run("tasks", "--remove", "T9")
    assert missing.code == 1 and "there is no task T9" in missing.err
    path = project.folder() / "tasks.json"
    edited = json.loads(path.read_text())
    edited["tasks"].append({"id": "T7", "description": "by hand"})
    path.write_text(json.dumps(edited))
    provider.plays(planned("Go.", "of the model"), idea(2), analysed())
    assert run(project, provider).code == 0
    (asked,) = prompts(provider, "propose")
    assert "**T1** (medium) try the moon" in asked and "**T7** (medium) by hand" in asked
    assert "**T8** (high) of the model" in asked and "rest" not in asked.partition("# Open tasks")[2]


def test_a_task_file_that_cannot_be_read_is_told_and_kept(project: Project, provider: Provider) -> None:
    """AM-53"""
    assert project.new().code == 0
    assert project.run("tasks", "--add", "keep me").code == 0
    path = project.folder() / "tasks.json"
    path.write_text('{"tasks": [{"id": "T1", ')
    shown = project.run("tasks")
    assert shown.code == 0 and "tasks.json can't be read" in shown.err and "keep me" in shown.out
    assert path.read_text() == '{"tasks": [{"id": "T1", '
    refused = project.run("tasks", "--add", "more")
    assert refused.code == 1 and "mend it, or take it away" in refused.err
    provider.plays(planned(), idea(2), analysed())
    done = run(project, provider)
    assert done.code == 0 and "it is kept as tasks.json.damaged-1" in done.err
    assert (project.folder() / "tasks.json.damaged-1").read_text() == '{"tasks": [{"id": "T1", '
    assert "keep me" in page(project, "tasks.json")


@pytest.mark.parametrize("name", ["TASKS.md", "KEY_FINDINGS.md"])
def test_what_people_write_survives_whatever_is_drawn(
    project: Project, provider: Provider, name: str
) -> None:
    """In their section, or anywhere else; the proposer is told, and the records have it."""
    assert project.new().code == 0
    text = page(project, name)
    text = text.replace("ideas is told -->\n", "ideas is told -->\nmy own words\n")
    (project.folder() / name).write_text(text.replace("\n\n", "\n\nand these, anywhere\n\n", 1))
    provider.plays(planned(), idea(2), analysed())
    assert run(project, provider).code == 0
    found = page(project, name)
    mine = found.partition("ideas is told -->\n")[2].partition("<!-- end of yours")[0]
    assert "my own words" in mine and "and these, anywhere" in mine and found.count("my own words") == 1
    (asked,) = prompts(provider, "propose")
    assert "to be heeded:\n> my own words" in asked
    assert "my own words" in notes(project)["yours"][name]
    (project.folder() / name).unlink()
    assert project.run("run", *project.ideas("9", "1")).code == 0
    assert "my own words" in page(project, name)


def test_the_notebook_travels_with_the_ref(project: Project, provider: Provider, tmp_path: Path) -> None:
    """A clone that fetched it has plan, tasks, findings and the log, and goes on with them."""
    assert project.new().code == 0
    provider.plays(
        planned("First.", "a"), idea(2), analysed("Told.", findings=[{"text": "f", "trials": [1]}])
    )
    assert run(project, provider).code == 0
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", ".", str(clone.path))
    ref = "refs/autoresearch/engineering/knob"
    clone.git("fetch", "--quiet", "origin", f"{ref}:{ref}")
    assert "**T1**" not in clone.run("tasks").out and "T1" in clone.run("tasks").out
    assert "First." in clone.run("plan").out
    assert clone.run("run", *clone.ideas("9", "1")).code == 0
    for name in ("PLAN.md", "TASKS.md", "KEY_FINDINGS.md"):
        assert page(clone, name).split("\n")[0] == page(project, name).split("\n")[0]
    log = page(clone, "EXPERIMENT_LOG.md")
    assert "Told." in log and "## Trial 2: " in log
    for name in ("summary.md", "analysis.md"):  # AM-35
        assert (clone.folder() / "trials/0001" / name).read_text() == (
            project.folder() / "trials/0001" / name
        ).read_text()


def test_a_run_that_was_killed_while_it_learnt_pays_nothing_twice(
    project: Project, provider: Provider
) -> None:
    """AM-05: the idea, its measurement and its analysis are found again."""
    assert project.new().code == 0
    provider.plays(
        planned("First.", "a"), idea(2, works_on="T1"), analysed("Once."), idea(1), analysed("Twice.")
    )
    killed = run(project, provider, AUTORESEARCH_KILL_AT="learnt 1")
    assert killed.code == -signal.SIGKILL and len(project.trials()) == 1
    before = len(provider.seen)
    done = run(project, provider, "--resume")
    assert done.code == 0, done.err
    assert before == 3 and len(provider.seen) == 3
    assert (
        "Once." in page(project, "EXPERIMENT_LOG.md")
        and page(project, "EXPERIMENT_LOG.md").count("## Trial 1") == 1
    )
    assert notes(project)["tasks"]["tasks"][0]["status"] == "in_progress"


def test_ctrl_c_leaves_the_notebook_whole(project: Project, provider: Provider) -> None:
    """AM-09, AM-57: a report too."""
    assert project.new().code == 0
    provider.plays(planned("First."), idea(2), analysed(), hang())
    words = [sys.executable, "-m", "autoresearch", "run", "--loop", "--model", MODEL, *ON]
    child = subprocess.Popen(
        words, cwd=project.path, env={**os.environ, **provider.environ},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    provider.wait_for(4)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert "x = 2" in page(project, "REPORT.md") and "## Trial 1: keep" in page(project, "EXPERIMENT_LOG.md")


def test_no_key_reaches_the_notebook(project: Project, provider: Provider) -> None:
    """AM-72: not from a model that repeats it, nor into the records from a person who wrote it down."""
    assert project.new().code == 0
    provider.plays(planned(f"Use {KEY}.", f"use {KEY}"), idea(2), analysed(f"I saw {KEY}."))
    assert run(project, provider).code == 0
    for path in project.folder().rglob("*"):
        if path.is_file() and "worktree" not in path.parts:
            assert KEY.encode() not in path.read_bytes(), path
    plan = project.folder() / "PLAN.md"
    plan.write_text(plan.read_text().replace("Use", f"My key is {KEY}. Use"))
    provider.plays(idea(1), analysed())
    assert run(project, provider).code == 0
    for record in project.git("rev-list", "--first-parent", "refs/autoresearch/engineering/knob").split():
        assert KEY not in project.git("show", "--first-parent", "-p", record)


def test_a_dry_run_plans_and_proposes_and_the_next_run_pays_for_neither(
    project: Project, provider: Provider
) -> None:
    assert project.new().code == 0
    provider.plays(planned("First."), idea(2), analysed())
    before = page(project, "PLAN.md")
    dry = run(project, provider, "--dry-run")
    assert dry.code == 0 and "x = 2" in dry.out, dry.err
    assert page(project, "PLAN.md") == before and len(provider.seen) == 2
    assert run(project, provider).code == 0
    assert len(provider.seen) == 3 and "First." in page(project, "PLAN.md")


def test_without_a_model_the_same_files_are_there_and_worth_reading(project: Project) -> None:
    """Drawn from the records alone, by the tuner's trials."""
    assert project.new().code == 0
    assert project.run("run", "--loop", "--max-experiments", "4").code == 0
    assert "The tuner tries the numbers" in page(project, "PLAN.md")
    assert "x: the best trial has" in page(project, "KEY_FINDINGS.md")
    assert "try ideas: 4 of 100 tried" in page(project, "TASKS.md")
    assert page(project, "EXPERIMENT_LOG.md").count("\n## Trial ") == 5
    assert "# " in page(project, "REPORT.md")
    kept = [row for row in project.trials() if row["status"] == "keep"]
    assert f"trial {kept[-1]['trial']}" in page(project, "REPORT.md").lower()


def test_the_name_of_an_experiment_is_not_taken_for_a_reason(project: Project) -> None:
    assert project.new().code == 0
    for words in (("plan", "--revise", "knob"), ("run", "--revise-plan", "engineering/knob")):
        done = project.run(*words)
        assert done.code == 2 and "put it first" in done.err
    done = project.run("run", "--dry-run", "--revise-plan", "why not")
    assert done.code == 2 and "a dry run records nothing" in done.err


def test_an_emptied_plan_is_drawn_anew_and_an_edited_one_is_shown_at_once(project: Project) -> None:
    assert project.new().code == 0
    path = project.folder() / "PLAN.md"
    path.write_text("my plan\n")
    assert project.run("plan").out == "my plan\n"
    path.write_text("")
    assert project.run("run").code == 0
    assert "How it is judged" in page(project, "PLAN.md")
