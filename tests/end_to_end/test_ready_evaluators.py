"""`evaluators`, and `new --evaluator NAME --set key=value`."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from autoresearch.adapters.sandbox import available
from tests.conftest import Done, Project

TIMED = "import sys, time\nimport knob\ntime.sleep(knob.x / 100)\nprint('p50_ms: 0')\n"


def new(project: Project, *options: str) -> Done:
    return project.run("new", "engineering/knob", "--target", "knob.py", "--budget", "20s", *options)


def test_the_ready_ones_are_listed_with_metric_direction_and_settings(project: Project) -> None:
    """AR-05"""
    shown = project.run("evaluators")
    assert shown.code == 0
    assert all(
        word in shown.out for word in ("benchmark_speed", "p50_ms", "lower", "command*", "llm_judge_copy")
    )
    listed = project.run("evaluators", "--json").json["evaluators"]
    assert len(listed) == 8 and listed[0]["settings"]


def test_an_experiment_measures_by_a_ready_one_and_what_the_code_prints_counts_for_nothing(
    project: Project,
) -> None:
    """AR-03, AR-30: a kept gain is of the wall time; a target that prints the metric gets nothing by it."""
    project.write("timed.py", TIMED)
    project.commit()
    made = new(project, "--evaluator", "benchmark_speed", "--set", f"command={sys.executable} -B timed.py",
               "--set", "runs=2", "--set", "warmup=0", "--check", f"{sys.executable} -c pass",
               "-c", "keep.confirm=off")  # fmt: skip
    assert made.code == 0, made.err
    assert "baseline: p50_ms " in made.out and " ms " in made.out
    ideas = project.ideas("-0.0 + 30.0", "0.5")
    done = project.run("run", "--loop", *ideas)
    assert done.code == 0, done.err
    rows = project.trials()
    assert [row["status"] for row in rows] == ["keep", "discard", "keep"]
    assert rows[0]["metric"] > 20 and json.loads(json.dumps(rows[0]["metrics"]))["runs"] == 2
    text = (project.folder() / "config.yaml").read_text()
    assert "use: benchmark_speed" in text and "once: true" in text
    assert (project.folder() / "evaluate.py").exists()
    tracked = project.git("ls-files", "--others", "--exclude-standard").split()
    assert {
        ".autoresearch/engineering/knob/evaluate.py",
        ".autoresearch/engineering/knob/_evaluator.py",
    } <= set(tracked)
    assert not (project.folder() / "__pycache__").exists()


def test_a_ready_one_finds_its_parts_where_there_is_landlock_alone(project: Project, tmp_path: Path) -> None:
    """It hid the names in the experiment's folder, and Python finds a module in a list of names alone."""
    if available()["landlock"]:
        pytest.skip(available()["landlock"])
    (tmp_path / "programs").mkdir()
    broken = tmp_path / "programs" / "bwrap"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    path = f"{broken.parent}{os.pathsep}{os.environ['PATH']}"
    words = ("--evaluator", "benchmark_size", "--set", "path=knob.py")
    made = project.run(
        "new",
        "engineering/knob",
        "--target",
        "knob.py",
        "--budget",
        "20s",
        *words,
        env={"PATH": path},
    )  # fmt: skip
    assert made.code == 0, made.err
    shown = project.run("show", "engineering/knob", "0", "--json").json
    assert "landlock" in json.dumps(shown)


def test_an_evaluator_travels_with_the_ref_and_a_change_of_it_is_a_new_question(project: Project) -> None:
    """AR-17"""
    project.write("data.txt", "x" * 10)
    project.commit()
    made = new(project, "--evaluator", "benchmark_size", "--set", "path=knob.py")
    assert made.code == 0, made.err
    shutil.rmtree(project.folder())
    assert project.run("run", *project.ideas("5")).code == 0
    assert (project.folder() / "_evaluator.py").exists()
    program = project.folder() / "_evaluator.py"
    program.write_text(program.read_text() + "\n# changed\n")
    assert project.run("run", *project.ideas("5", "7777777")).code == 0
    assert [row["reason"] for row in project.trials()].count("baseline") == 2


def test_mistakes_are_one_line_each(project: Project) -> None:
    said = {
        ("--evaluator", "benchmark_sped"): "no evaluator 'benchmark_sped'; did you mean 'benchmark_speed'?",
        ("--evaluator", "benchmark_speed"): "benchmark_speed needs command",
        ("--evaluator", "benchmark_speed", "--set", "comand=x"): "did you mean 'command'",
        ("--set", "runs=3", "--eval", "x"): "--set goes with --evaluator",
        ("--evaluator", "benchmark_speed", "--eval", "x"): "two ways to say the same",
        ("--evaluator", "benchmark_speed", "--set", "command=exit 3"): "exit",
    }
    for options, line in said.items():
        done = new(project, *options)
        assert done.code in (1, 2) and line in done.err, (options, done.err)
        assert "Traceback" not in done.err
        assert not project.folder().exists()
