"""Folders of experiments: whose they are, finding one by name, opening it."""

import os
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import as_yaml
from autoresearch.core.errors import ExperimentError, SettingsError
from autoresearch.research.experiment import choose, find, last_active, open_named, project_home
from autoresearch.research.home import GITIGNORE, Home, make_home, unmake_home, user_home
from autoresearch.research.setup import Request, create
from tests.conftest import Project

METRIC = {"name": "value", "direction": "lower"}
SETTINGS = {"target": ["knob.py"], "evaluate": "python bench.py", "metric": METRIC}


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository.discover(project.path)


def make(repository: Repository, name: str, home: Home | None = None) -> None:
    home = home or project_home(repository)
    own = {"repository": str(repository.root)} if home.scope == "user" else {}
    create(repository, Request(name, home, as_yaml({**SETTINGS, **own}), f"goal of {name}\n"), lambda _: None)


def test_a_home_is_made_once_with_its_marker(repository: Repository) -> None:
    """AR-02, AR-08"""
    home = project_home(repository)
    assert not home.exists()
    assert make_home(home)
    assert home.exists()
    assert not make_home(home)
    assert {path.name for path in home.folder.iterdir()} == {"version", ".gitignore", "config.yaml"}
    assert (home.folder / ".gitignore").read_text() == GITIGNORE
    unmake_home(home)
    assert not home.folder.exists()


def test_a_home_into_which_something_came_is_not_unmade(repository: Repository) -> None:
    """AR-01: somebody else's experiment is no leftover of ours."""
    home = project_home(repository)
    make_home(home)
    (home.folder / "content").mkdir()
    unmake_home(home)
    assert home.exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"version": "autoresearch-git 2\n"}, "newer"),
        ({"version": "1.0"}, "not written by this"),
        ({"version": ""}, "not written by this"),
        ({"config.yaml": "x: 1\n"}, "not written by this"),
    ],
)
def test_a_home_of_somebody_else_is_never_taken_for_ours(
    repository: Repository, files: dict[str, str], words: str
) -> None:
    """AR-08"""
    home = project_home(repository)
    home.folder.mkdir()
    for name, text in files.items():
        (home.folder / name).write_text(text)
    for use in (home.exists, lambda: make_home(home), lambda: find(repository)):
        with pytest.raises(ExperimentError, match=words):
            use()
    assert {path.name: path.read_text() for path in home.folder.iterdir()} == files


def test_a_link_that_leads_nowhere_is_somebody_elses(repository: Repository) -> None:
    """AR-08: nothing is made where it points."""
    home = project_home(repository)
    home.folder.symlink_to(repository.root / "gone")
    with pytest.raises(ExperimentError, match="not written by this"):
        make_home(home)
    assert not (repository.root / "gone").exists()


def test_all_in_reach_are_found_the_repositorys_and_the_users(repository: Repository) -> None:
    """AR-05: by name; of the same name, both."""
    assert find(repository) == []
    project, user = project_home(repository), user_home()
    for name in ("prompts/b", "content/a"):
        make(repository, name)
    make(repository, "engineering/c", user)
    for home in (project, user):
        (home.folder / "content/d").mkdir(parents=True)
        (home.folder / "content/d/config.yaml").write_text(as_yaml(SETTINGS))
    assert find(repository) == [
        ("content/a", project),
        ("content/d", user),
        ("content/d", project),
        ("engineering/c", user),
        ("prompts/b", project),
    ]
    assert find(None) == [("content/d", user), ("engineering/c", user)]


def test_one_is_named_by_any_unambiguous_ending(repository: Repository) -> None:
    """AR-05: the whole name first, then the word behind the domain, then any ending."""
    home = project_home(repository)
    found = [(name, home) for name in ("content/speed", "engineering/api-speed", "engineering/speed")]
    assert choose(found, "content/speed") == found[:1]
    assert choose(found, "api-speed") == found[1:2]
    assert choose(found, "speed") == [found[0], found[2]]
    assert choose(found, "pi-speed") == found[1:2]
    assert choose(found, None) == found
    with pytest.raises(ExperimentError, match=r"no experiment 'sped'; there are: content/speed, engineering"):
        choose(found, "sped")
    with pytest.raises(ExperimentError, match="no experiment here; make one"):
        choose([], None)
    assert choose([("a/b", user_home()), ("a/b", home)], "b") == [("a/b", home)]


def test_the_one_that_was_last_active_is_the_one_that_was_run_last(repository: Repository) -> None:
    """AR-41: not by its name or when it was made; and before all others one whose run was cut short."""
    for name in ("a/first", "b/second", "c/never-run"):
        make(repository, name)
    found = find(repository)
    with pytest.raises(ExperimentError, match="no experiment was run here yet"):
        last_active(found)
    folder = project_home(repository).folder
    for seconds, file in ((30, "a/first/results.tsv"), (20, "b/second/results.tsv")):
        (folder / file).touch()
        os.utime(folder / file, (seconds, seconds))
    assert last_active(found)[0] == "a/first"
    (folder / "b/second/session.json").touch()
    os.utime(folder / "b/second/session.json", (10, 10))
    assert last_active(found)[0] == "b/second"


def test_one_that_is_opened_has_its_settings_and_its_goal(repository: Repository) -> None:
    """AR-03: the experiment's settings over the common ones, overrides over both."""
    make(repository, "content/a")
    home = project_home(repository)
    (home.folder / "config.yaml").write_text("stop: {trials: 7, hours: 2}\ntime_budget: 9s\n")
    opened = open_named("content/a", home, repository, ["stop.trials=3"])
    assert (opened.settings.stop.trials, opened.settings.stop.hours, opened.settings.time_budget) == (3, 2, 9)
    assert opened.goal == "goal of content/a"
    assert opened.folder == home.folder / "content/a"
    assert opened.trial_folder(7) == opened.folder / "trials" / "0007"
    with pytest.raises(SettingsError, match="trails"):
        open_named("content/a", home, repository, ["stop.trails=3"])


def test_one_whose_folder_is_gone_is_drawn_from_its_records(repository: Repository) -> None:
    """AR-17: settings and goal come back as they were; without records there is nothing to draw."""
    make(repository, "content/a")
    home = project_home(repository)
    config = (home.folder / "content/a/config.yaml").read_bytes()
    home.folder.rename(repository.root.parent / "away")
    assert find(repository) == [("content/a", home)]
    opened = open_named("content/a", home, repository)
    assert opened.goal == "goal of content/a"
    assert (opened.folder / "config.yaml").read_bytes() == config
    assert home.exists()
    with pytest.raises(ExperimentError, match="no experiment content/b"):
        open_named("content/b", home, None)


def test_a_users_experiment_says_where_its_repository_is(repository: Repository, tmp_path: Path) -> None:
    """AR-02: from anywhere; one that names none, or one that is gone, says so with the mend."""
    user = user_home()
    make(repository, "content/a", user)
    assert open_named("content/a", user, None).repository.root == repository.root
    config = user.folder / "content/a/config.yaml"
    config.write_text(as_yaml(SETTINGS))
    with pytest.raises(ExperimentError, match="names no repository; add: repository: /path"):
        open_named("content/a", user, repository)
    config.write_text(as_yaml({**SETTINGS, "repository": str(tmp_path / "gone")}))
    with pytest.raises(
        ExperimentError, match=r"names .*/gone, which is not there; mend the line repository:"
    ):
        open_named("content/a", user, repository)
