"""The question of an experiment: what changes its key, what does not, and which files belong to it."""

import json
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import Settings, as_yaml, load
from autoresearch.research.question import Question, ask, evaluator_files, named_paths
from tests.conftest import Project

METRIC = {"name": "value", "direction": "lower"}
USUAL = {"target": ["knob.py"], "evaluate": "python bench.py", "metric": METRIC}


def settings(tmp_path: Path, **more: object) -> Settings:
    path = tmp_path / "settings.yaml"
    path.write_text(as_yaml({**USUAL, **more}))
    return load([path])


def asked(project: Project, tmp_path: Path, **more: object) -> Question:
    repository = Repository.discover(project.path)
    return ask(settings(tmp_path, **more), project.path, repository, project.git("rev-parse", "HEAD"))


@pytest.mark.parametrize(
    "more",
    [
        {"target": ["knob.py", "propose.py"]},
        {"evaluate": "python bench.py --fast"},
        {"evaluate": ["python", "bench.py"]},
        {"metric": {**METRIC, "name": "lines"}},
        {"metric": {**METRIC, "direction": "higher"}},
        {"metric": {**METRIC, "once": True}},
        {"checks": ["true"]},
        {"constraints": ["lines <= 3"]},
        {"time_budget": "9s"},
    ],
)
def test_what_makes_numbers_incomparable_is_another_question(
    project: Project, tmp_path: Path, more: dict[str, object]
) -> None:
    """AR-10: a new baseline is measured first."""
    assert asked(project, tmp_path, **more).key != asked(project, tmp_path).key


@pytest.mark.parametrize(
    "more",
    [
        {"stop": {"trials": 3}},
        {"proposer": {"command": "python propose.py"}},
        {"context": ["propose.py"]},
        {"metric": {**METRIC, "unit": "ms"}},
        {"time_budget": "300"},
    ],
)
def test_what_leaves_them_comparable_is_the_same_question(
    project: Project, tmp_path: Path, more: dict[str, object]
) -> None:
    """AR-10: nobody pays for a baseline because of a stop rule."""
    assert asked(project, tmp_path, **more).key == asked(project, tmp_path).key


def test_the_evaluators_files_are_part_of_it_as_they_are_committed(project: Project, tmp_path: Path) -> None:
    """AR-10, AR-12: not as they stand in the checkout; and the target is not part of it."""
    before = asked(project, tmp_path).key
    project.write("bench.py", "print('value: 0')\n")
    assert asked(project, tmp_path).key == before
    project.commit()
    after = asked(project, tmp_path).key
    assert after != before
    project.write("knob.py", "x = 99\n")
    project.write("propose.py", "")
    project.commit()
    assert asked(project, tmp_path).key == after


def test_an_evaluator_that_was_copied_in_is_part_of_it(project: Project, tmp_path: Path) -> None:
    """AR-10: evaluate.py stands in the experiment's folder, not in the repository."""
    before = asked(project, tmp_path)
    project.write("evaluate.py", "print('value: 0')\n")
    after = asked(project, tmp_path)
    assert after.key != before.key
    assert after.files["question/evaluate.py"] == b"print('value: 0')\n"
    assert "question/evaluate.py" not in before.files


def test_it_carries_what_a_clone_needs_to_ask_it_again(project: Project, tmp_path: Path) -> None:
    """AR-17: the settings, the goal, and in JSON what the key was made of."""
    project.write("config.yaml", as_yaml(USUAL))
    project.write("IDEA.md", "be quick\n")
    files = asked(project, tmp_path).files
    assert files["question/config.yaml"] == as_yaml(USUAL).encode()
    assert files["question/IDEA.md"] == b"be quick\n"
    told = json.loads(files["question/question.json"])
    assert told["files"] == {"bench.py": project.git("rev-parse", "HEAD:bench.py")}
    assert told["target"] == ["knob.py"]


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("python bench.py", ["python", "bench.py"]),
        ("./run.sh --in data/;", ["run.sh", "--in", "data"]),
        (
            "python -m tools.bench 'a file.txt'",
            ["python", "-m", "tools.bench", "a file.txt", "tools/bench.py"],
        ),
        (["sh", "a b.sh"], ["sh", "a b.sh"]),
        ("/usr/bin/time ../up.sh .git/config . bench.py", ["bench.py"]),
        ("echo 'unfinished", ["echo", "'unfinished"]),
        ("", []),
    ],
)
def test_the_words_of_a_command_that_may_be_files(command: str | list[str], paths: list[str]) -> None:
    """AR-12: relative to the repository, a module's file too; nothing outside of it."""
    assert named_paths(command) == paths


def test_the_files_that_commands_name_are_found_folders_whole(project: Project, tmp_path: Path) -> None:
    """AR-12: of the evaluation and of the checks, but for targets, which trials may change."""
    for name in ("tests/test_a.py", "tests/data/b.txt", "tools/bench.py", "unnamed.py"):
        project.write(name, f"{name}\n")
    base = project.commit()
    commands = {"evaluate": "python -m tools.bench knob.py", "checks": ["pytest tests/"]}
    given = settings(tmp_path, target=["knob.py", "tests/data/"], **commands)
    found = evaluator_files(given, Repository.discover(project.path), base)
    assert sorted(found) == ["tests/test_a.py", "tools/bench.py"]
