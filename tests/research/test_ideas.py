"""The text of IDEA.md, and what a new user is told about who will have the ideas."""

import re
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import as_yaml, load
from autoresearch.research.experiment import Experiment, project_home
from autoresearch.research.ideas import TEMPLATES, proposer_hint, text
from tests.conftest import Project

SETTINGS = {
    "target": ["src/a.py", "src/b.py"],
    "evaluate": "python bench.py",
    "metric": {"name": "p50_ms", "direction": "lower"},
    "constraints": ["peak_mb <= 512"],
}


def test_what_was_said_comes_first(tmp_path: Path) -> None:
    """AR-07: words, then a file, then a template, then the repository's program.md, then a sentence."""
    (tmp_path / "program.md").write_text("the program\n")
    assert text(tmp_path, SETTINGS, " words \n", "file", TEMPLATES[0]) == "words\n"
    assert text(tmp_path, SETTINGS, None, "a file\r\n", TEMPLATES[0]) == "a file\r\n"
    assert text(tmp_path, SETTINGS, None, None, TEMPLATES[0]).startswith("# Goal")
    assert text(tmp_path, SETTINGS, None, None, None) == "the program\n"
    (tmp_path / "program.md").unlink()
    plain = text(tmp_path, SETTINGS, None, None, None)
    assert all(word in plain for word in ("p50_ms", "lower", "src/a.py, src/b.py", "peak_mb <= 512"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_says_what_it_was_given_and_no_two_are_alike(tmp_path: Path, template: str) -> None:
    """AR-07"""
    filled = {name: text(tmp_path, SETTINGS, None, None, name) for name in TEMPLATES}
    assert len(set(filled.values())) == len(TEMPLATES)
    for word in ("`p50_ms`", "lower", "src/a.py, src/b.py", "peak_mb <= 512"):
        assert word in filled[template]
    bare = text(tmp_path, {**SETTINGS, "constraints": []}, None, None, template)
    assert "peak_mb" not in bare
    assert filled[template].endswith("\n")
    assert "\n\n\n" not in filled[template] + bare


@pytest.mark.parametrize(
    ("source", "proposer", "hint"),
    [
        ("x = 3  # tune: 1..9\nlr = 0.1  # tune: log 1e-4..1\n", {}, r"the tuner will try: x, lr$"),
        ("x = 3\n", {}, r"the tuner finds nothing to tune: mark a number .*, or ask a model"),
        ("x = 3  # tune: nine\n", {}, r"the tuner can't work yet: .*knob\.py"),
        ("x = 3\n", {"command": "python propose.py"}, r"^$"),
    ],
)
def test_a_new_user_is_told_who_will_have_the_ideas(
    project: Project, source: str, proposer: dict[str, str], hint: str
) -> None:
    """AR-03: before the first run, so that it doesn't end in an error; by the files at the base."""
    project.write("knob.py", source)
    base = project.commit()
    project.write("knob.py", "y = 2  # tune: 1..9\n")
    project.commit()
    path = project.path.parent / "settings.yaml"
    path.write_text(as_yaml({**SETTINGS, "target": ["knob.py"], "proposer": proposer}))
    repository = Repository.discover(project.path)
    experiment = Experiment("a/b", project_home(repository), repository, load([path]), "")
    told, options = proposer_hint(experiment, base)
    assert re.search(hint, told)
    assert bool(options) == told.startswith("the tuner finds nothing")
