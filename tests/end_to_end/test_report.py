"""`autoresearch report`: at any time, with a model's prose and without, every number from the records."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Done, Project
from tests.provider import Provider, own_variables, serve, status
from tests.stages import analysed, idea, told

__all__ = ["own_variables", "serve"]  # fixtures

CHAPTERS = [
    "Executive summary", "Methodology", "Key results", "Tried and failed", "Challenges", "Key findings",
    "Conclusions", "Future work", "Cost",
]  # fmt: skip
HELD = """\
import os, time
while os.path.exists(os.path.expanduser("~/hold")):
    time.sleep(0.02)
print("value:", 4)
"""


def tried(project: Project, *values: object) -> None:
    assert project.new().code == 0
    assert (
        project.run(
            "run", "--loop", "--max-experiments", str(len(values)), *project.ideas(*map(str, values))
        ).code
        == 0
    )


def report(project: Project, provider: Provider, *options: str) -> Done:
    asks = provider.options("openai/writer", "report")
    return project.run("report", *asks, *options)


def page(project: Project) -> str:
    return (project.folder() / "REPORT.md").read_text()


def test_a_report_has_its_chapters_and_a_picture(project: Project) -> None:
    """AM-48, AM-56"""
    tried(project, 2, 5, "oops", 1)
    done = project.run("report")
    assert done.code == 0, done.err
    assert re.findall(r"^## (.*)$", page(project), re.MULTILINE)[: len(CHAPTERS)] == CHAPTERS
    assert "![progress](progress.svg)" in page(project)
    assert (project.folder() / "progress.svg").read_text().startswith("<svg")
    assert "## Executive summary" in done.out and "## Methodology" not in done.out
    assert "wrote " in done.err


def test_a_report_is_there_when_a_run_ends_and_says_why(project: Project) -> None:
    """AM-56, AM-57: also where a budget or a rule ended it."""
    assert project.new().code == 0
    assert project.run("run", "--loop", "-c", "stop.trials=2", *project.ideas("2", "1")).code == 0
    assert "2 trials (stop.trials)" in page(project)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_report_can_be_had_after_a_kill(project: Project, how: signal.Signals) -> None:
    """AM-57"""
    project.write("bench.py", HELD)
    project.commit()
    assert project.new().code == 0
    hold = Path(os.environ["HOME"], "hold")
    words = [sys.executable, "-m", "autoresearch", "run", "--loop", *project.ideas("2", "1")]
    hold.touch()
    child = subprocess.Popen(words, cwd=project.path, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert any("trial 1: evaluate" in line for line in child.stdout)
        child.send_signal(how)
    done = project.run("report")
    assert done.code == 0, done.err
    assert "## Executive summary" in page(project)


def test_while_a_run_goes_on_the_report_is_shown_and_nothing_is_touched(project: Project) -> None:
    """AM-57: at any time."""
    project.write("bench.py", HELD)
    project.commit()
    assert project.new().code == 0
    hold = Path(os.environ["HOME"], "hold")
    hold.touch()
    words = [sys.executable, "-m", "autoresearch", "run", *project.ideas("2")]
    with subprocess.Popen(words, cwd=project.path, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert any("trial 1: evaluate" in line for line in child.stdout)
        done = project.run("report")
        assert not (project.folder() / "REPORT.md").exists()
        assert project.run("report", "--json").json["experiment"] == "engineering/knob"
        hold.unlink()
        child.stdout.read()
    assert done.code == 0 and "## Cost" in done.out and "a run goes on" in done.err
    assert child.returncode == 0 and (project.folder() / "REPORT.md").exists()


def test_a_model_writes_the_prose_and_no_number(project: Project, provider: Provider) -> None:
    """AM-15, AM-20, AM-59: a number of its own is asked away; what stands in braces is filled in."""
    tried(project, 2, 5, 1)
    provider.plays(
        told("It got 90 % better, to 1."), told("From {baseline} to {best}; {trial 3} has {metric 3}.")
    )
    done = report(project, provider)
    assert done.code == 0, done.err
    assert "90 %" not in page(project)
    assert "From 9 to 1; trial 3 has 1." in page(project)
    assert "by openai/writer; every number is filled in from the records." in page(project)
    again = provider.seen[1].body["messages"][-1]["content"]
    assert "the answer can't be read" in again and "a number of your own" in again


def test_a_model_that_insists_on_numbers_loses_those_sentences(project: Project, provider: Provider) -> None:
    """AM-59"""
    tried(project, 2)
    provider.plays(told("It is 97 times better. A smaller x helped."))
    done = report(project, provider)
    assert done.code == 0 and len(provider.seen) == 3
    assert "97 times" not in page(project) and "A smaller x helped." in page(project)


def test_prose_is_not_paid_for_twice_and_is_dropped_when_there_is_more_to_tell(
    project: Project, provider: Provider
) -> None:
    tried(project, 2)
    provider.plays(told("A smaller x helped."))
    assert report(project, provider).code == 0
    assert report(project, provider).code == 0
    assert len(provider.seen) == 1 and "A smaller x helped." in page(project)
    assert report(project, provider, "--plain").code == 0
    assert "A smaller x helped." in page(project)
    assert project.run("run", *project.ideas("9", "1")).code == 0
    assert "A smaller x helped." not in page(project)


def test_an_earlier_report_stands_in_git(project: Project, provider: Provider) -> None:
    """AM-58"""
    tried(project, 2)
    provider.plays(told("The first report."))
    assert report(project, provider).code == 0
    log = project.git("log", "--format=%H %s", "--first-parent", "refs/autoresearch/engineering/knob")
    (record,) = [line.split()[0] for line in log.splitlines() if line.endswith("note: report after 2 trials")]
    assert "The first report." in project.git("show", f"{record}:REPORT.md")


def test_a_model_that_cannot_be_asked_leaves_the_records_to_speak(
    project: Project, provider: Provider
) -> None:
    """AM-25, AM-26: named with its stage; the report is written all the same."""
    tried(project, 2)
    provider.plays(status(404))
    done = report(project, provider)
    assert done.code == 0 and "models.report: openai/writer (404)" in done.err
    assert "## Executive summary" in page(project)


def test_the_loop_ends_with_the_prose_of_its_model(project: Project, provider: Provider) -> None:
    assert project.new("engineering/knob", "-c", "models.report=[]", "-c", "models.analyze=[]").code == 0
    provider.plays(idea(2), analysed(), idea(1), analysed(), told("So it ended well."))
    done = project.run(
        "run", "--loop", "--model", "openrouter/v/m", "--max-experiments", "2", env=provider.environ
    )
    assert done.code == 0, done.err
    assert "So it ended well." in page(project) and len(provider.seen) == 5


def test_the_same_is_there_for_programs_and_elsewhere(project: Project, tmp_path: Path) -> None:
    tried(project, 2)
    told = project.run("report", "--json").json
    assert told["figures"]["kept"] == "1" and told["best"] == 1
    target = tmp_path / "out.md"
    assert project.run("report", "-o", str(target)).code == 0
    assert target.read_text() == project.run("report", "--output", "-").out
    assert "## Cost" in target.read_text()


def test_what_a_person_wrote_into_a_report_stays(project: Project) -> None:
    tried(project, 2)
    path = project.folder() / "REPORT.md"
    path.write_text(path.read_text().replace("## Cost", "My own view of it.\n\n## Cost"))
    assert project.run("run", *project.ideas("9", "1")).code == 0
    assert "My own view of it." in page(project).partition("<!-- yours")[2]


def test_without_any_trial_there_is_a_report_too(project: Project) -> None:
    assert project.new("engineering/knob", "--no-measure").code == 0
    done = project.run("report")
    assert done.code == 0 and "## Executive summary" in done.out
