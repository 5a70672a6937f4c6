"""The lab notebook when things go wrong: edits of every kind, kills, commands beside a run, clones."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Done, Project
from tests.end_to_end.test_notebook import MODEL, ON, notes, page, prompts
from tests.provider import Provider, own_variables, reply, serve
from tests.stages import analysed, idea, planned, told

__all__ = ["own_variables", "serve"]  # fixtures

CHAIN = "refs/autoresearch/engineering/knob"
END = "<!-- end of yours -->\n"


def run(project: Project, provider: Provider, *options: str, **env: str) -> Done:
    return project.run("run", "--model", MODEL, *ON, *options, env={**provider.environ, **env})


def begun(project: Project, provider: Provider) -> None:
    """An experiment with a plan of a model and one trial."""
    assert project.new().code == 0
    provider.plays(planned("First.", "a", "b"), idea(2), analysed(findings=[{"text": "f", "trials": [1]}]))
    assert run(project, provider).code == 0


def book(project: Project) -> str:
    return project.git("log", "-p", "--first-parent", CHAIN)


WAYS = {
    "at the end of the file": lambda text: f"{text}MINE\n",
    "without the plan's end": lambda text: text.replace("<!-- the plan ends here", "MINE\n<!-- "),
    "between": lambda text: text.replace("it is from -->\n", "it is from -->\nMINE\n"),
    "without the section's end": lambda text: text.replace(END, "MINE\n"),
    "without the section's beginning": lambda text: "\n".join(
        line for line in text.replace(END, f"MINE\n{END}").split("\n") if not line.startswith("<!-- yours")
    ),
    "in a second section": lambda text: f"{text}\n<!-- yours: mine -->\nMINE\n{END}",
    "in the plan": lambda text: text.replace("First.", "First.\nMINE"),
    "with Windows' line ends": lambda text: text.replace("First.", "First.\nMINE").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_a_person_wrote_into_a_plan_is_lost(
    project: Project, provider: Provider, way: str
) -> None:
    """AM-06: wherever it stands; in the file, in the records, and for who has the ideas."""
    begun(project, provider)
    path = project.folder() / "PLAN.md"
    text = path.read_text().replace("ideas is told -->\n", "ideas is told -->\nBEFORE\n")
    path.write_text(text)
    assert project.run("run", *project.ideas("9", "9", "1")).code == 0
    path.write_bytes(WAYS[way](path.read_text()).encode())
    provider.plays(idea(1), analysed())
    assert run(project, provider).code == 0
    found = page(project, "PLAN.md")
    assert "MINE" in found and "BEFORE" in found.partition("<!-- yours")[2]
    assert "MINE" in book(project) and "MINE" in prompts(provider, "propose")[-1]


def test_what_is_added_to_a_page_that_is_no_plan_makes_it_none(project: Project, provider: Provider) -> None:
    """With the tuner: words put into the drawn page are kept, and a model may still plan; a page of one's own
    is the plan."""
    assert project.new().code == 0
    path = project.folder() / "PLAN.md"
    path.write_text(path.read_text().replace("## How\n", "## How\n\nMINE\n"))
    assert project.run("run", *project.ideas("2")).code == 0
    assert "MINE" in page(project, "PLAN.md").partition("<!-- yours")[2]
    provider.plays(planned("Of the model."), idea(1), analysed())
    assert run(project, provider).code == 0
    assert page(project, "PLAN.md").startswith("# Plan\n\nOf the model.") and "MINE" in page(
        project, "PLAN.md"
    )
    path.write_text("Only mine.\n")
    provider.plays(idea(0.5), analysed())
    assert run(project, provider).code == 0
    assert page(project, "PLAN.md").startswith("# Plan\n\nOnly mine.") and len(prompts(provider, "plan")) == 1


def test_a_page_from_an_old_editor_is_not_told_to_models_as_a_persons(
    project: Project, provider: Provider
) -> None:
    begun(project, provider)
    path = project.folder() / "KEY_FINDINGS.md"
    old = path.read_text()
    provider.plays(idea(1), analysed(findings=[{"text": "g", "trials": [2]}]))
    assert run(project, provider).code == 0
    path.write_text(old.replace("# Key findings\n", "# Key findings\n\nMINE\n"))
    provider.plays(idea(0.5), analysed())
    assert run(project, provider).code == 0
    assert notes(project)["yours"] == {"KEY_FINDINGS.md": "MINE"}


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_analysis_is_taken_once_however_a_run_ended_before_its_record(
    project: Project, provider: Provider, how: str
) -> None:
    """AM-05, AM-09: cut short between the analysis and the record of its trial."""
    assert project.new().code == 0
    once = analysed(findings=[{"text": "f", "trials": [1]}], tasks={"add": ["after one"]})
    provider.plays(planned("First.", "a"), idea(2, works_on="T1"), once, idea(1), analysed())
    ended = run(project, provider, AUTORESEARCH_KILL_AT="learnt 1", AUTORESEARCH_KILL_BY=how)
    assert ended.code != 0
    assert "notebook.json" in project.git("ls-tree", "--name-only", CHAIN) and not notes(project)["findings"]
    assert run(project, provider, "--resume").code == 0
    found = notes(project)
    assert [one["id"] for one in found["findings"]] == ["F1"]
    assert [task["description"] for task in found["tasks"]["tasks"]] == ["a", "after one"]
    assert len(prompts(provider, "analyze")) == 1


def test_the_pages_are_true_when_a_run_gave_up(project: Project) -> None:
    assert project.new().code == 0
    done = project.run("run", "--loop", *project.ideas(*[{"exit": 1, "says": f"no {n}"} for n in range(5)]))
    assert done.code == 4
    assert "After 5 ideas" in page(project, "KEY_FINDINGS.md") and "Crashed 5 times" in page(
        project, "KEY_FINDINGS.md"
    )
    assert "5 of 100 tried" in page(project, "TASKS.md")


def test_in_a_fresh_clone_tasks_and_report_work_at_once(
    project: Project, provider: Provider, tmp_path: Path
) -> None:
    begun(project, provider)
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", ".", str(clone.path))
    clone.git("fetch", "--quiet", "origin", f"{CHAIN}:{CHAIN}")
    added = clone.run("tasks", "--add", "z")
    assert added.code == 0, added.err
    assert "z" in added.out and clone.run("report", "--plain").code == 0
    assert clone.git("rev-parse", "refs/heads/autoresearch/engineering/knob")


def test_tasks_that_many_add_at_once_are_all_there(project: Project) -> None:
    assert project.new().code == 0
    words = [sys.executable, "-m", "autoresearch", "tasks", "--add"]
    several = [
        subprocess.Popen([*words, f"task {n}"], cwd=project.path, stdout=subprocess.DEVNULL) for n in range(6)
    ]
    assert [child.wait(60) for child in several] == [0] * 6
    listed = project.run("tasks", "--json").json["tasks"]
    assert {task["description"] for task in listed} >= {f"task {n}" for n in range(6)}
    assert len({task["id"] for task in listed}) == len(listed)


def test_a_task_that_is_added_while_an_idea_is_asked_for_costs_none_of_the_runs_own(
    project: Project, provider: Provider
) -> None:
    begun(project, provider)

    def beside(request: object, closing: object) -> None:
        assert project.run("tasks", "--add", "beside").code == 0
        reply(idea(1, works_on="T2"))(request, closing)  # type: ignore[arg-type]

    provider.plays(beside, analysed(tasks={"add": ["of the analysis"]}))
    assert run(project, provider).code == 0
    tasks = {task["description"]: task["status"] for task in json.loads(page(project, "tasks.json"))["tasks"]}
    assert tasks == {"a": "pending", "b": "in_progress", "beside": "pending", "of the analysis": "pending"}


def test_a_resumed_loop_with_one_idea_left_has_its_report_too(project: Project, provider: Provider) -> None:
    assert project.new("engineering/knob", "-c", "models.report=[]").code == 0
    provider.plays(idea(2), idea(1), told("So it ended."))
    killed = project.run(
        "run",
        "--loop",
        "-r",
        "2",
        "--model",
        MODEL,
        env={**provider.environ, "AUTORESEARCH_KILL_AT": "row written 1"},
    )
    assert killed.code == -signal.SIGKILL
    assert project.run("run", "--resume", env=provider.environ).code == 0
    assert "So it ended." in page(project, "REPORT.md")


def test_a_goal_that_is_missing_costs_nothing_in_any_way_to_run(project: Project, provider: Provider) -> None:
    """AM-02"""
    assert project.new().code == 0
    (project.folder() / "IDEA.md").unlink()
    for options in (("--dry-run",), ("--revise-plan", "why"), ("--loop",)):
        assert run(project, provider, *options).code == 1
    assert not provider.seen


def test_a_report_needs_no_key_where_its_model_has_none(project: Project) -> None:
    """AM-57: it can be had at any time."""
    assert project.new("engineering/knob", "-c", "models.report=openrouter/v/m").code == 0
    done = project.run("report")
    assert done.code == 0 and "OPENROUTER_API_KEY is not set; put" in done.err and "--plain" in done.err
    assert "## Executive summary" in page(project, "REPORT.md")


def test_the_report_for_programs_goes_where_it_is_asked_to(project: Project, tmp_path: Path) -> None:
    assert project.new().code == 0
    target = tmp_path / "report.json"
    done = project.run("report", "--json", "-o", str(target))
    assert (done.code, done.out) == (0, "")
    assert json.loads(target.read_text()) == project.run("report", "--json").json


def test_what_the_report_cost_is_in_the_end_and_in_status(project: Project, provider: Provider) -> None:
    assert project.new("engineering/knob", "-c", "models.report=[]").code == 0
    provider.plays(idea(2), idea(1), told())
    done = project.run("run", "--loop", "-r", "2", "--model", MODEL, env=provider.environ)
    assert "360 tokens" in done.out
    assert "360 tokens" in project.run("status").out


def test_the_log_in_short_is_the_candidates_own(project: Project) -> None:
    """AM-34: what the best so far printed, measured again beside it, is in the log and not in its summary."""
    noisy = (
        Path(project.path / "bench.py")
        .read_text()
        .replace("** 2)", "** 2 + 10 + __import__('random').random())")
    )
    project.write("bench.py", noisy + 'print("who:", open("knob.py").read().split()[2])\n')
    project.commit()
    assert project.new("engineering/knob", "-c", "keep.confirm=normal").code == 0
    assert project.run("run", *project.ideas("2")).code == 0
    log = (project.folder() / "trials/0001/run.log").read_text()
    assert "  # the best so far, measured again beside it\n" in log and "who: 3" in log
    summary = (project.folder() / "trials/0001/summary.md").read_text()
    assert "who: 2" in summary and "who: 3" not in summary
