"""Making an experiment, from within: the order of things, and what a failure takes away again."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository, branch_ref, chain_ref, pending_ref
from autoresearch.adapters.settings import as_yaml, load
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import ExperimentError, RepositoryError, SettingsError, Terminated
from autoresearch.research.experiment import Experiment, project_home
from autoresearch.research.home import Home
from autoresearch.research.ledger import Ledger
from autoresearch.research.setup import Request, check_committed, check_target, create
from tests.conftest import Project
from tests.end_to_end.traces import traces

NAME = "engineering/knob"


def configured(**more: object) -> str:
    metric = {"name": "value", "direction": "lower"}
    return as_yaml({"target": ["knob.py"], "evaluate": "python bench.py", "metric": metric, **more})


def asked(repository: Repository, name: str = NAME, **more: object) -> Request:
    return Request(name, project_home(repository), configured(**more), "be quick\n")


def seen(_experiment: Experiment) -> None:
    """Nothing to measure."""


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository.discover(project.path)


def test_an_experiment_is_a_folder_a_chain_and_a_branch_at_head(
    project: Project, repository: Repository
) -> None:
    """AR-01: made before the first measurement, which finds it whole."""
    found: list[tuple[str, str]] = []

    def first(experiment: Experiment) -> None:
        ledger = Ledger.load(repository, experiment.name)
        found.append((ledger.base, ledger.head))

    made = create(repository, asked(repository), first)
    head = project.git("rev-parse", "HEAD")
    assert found == [(head, head)]
    assert (made.name, made.goal, made.settings.target) == (NAME, "be quick", ("knob.py",))
    assert {path.name for path in made.folder.iterdir()} == {"config.yaml", "IDEA.md"}
    refs = repository.refs("refs/")
    assert refs[branch_ref(NAME)] == head
    assert chain_ref(NAME) in refs
    assert pending_ref(NAME) not in refs
    question = Ledger.load(repository, NAME).question()
    assert question["IDEA.md"] == b"be quick\n"
    assert question["config.yaml"] == configured().encode()


def test_the_base_may_be_another_commit_and_then_the_checkout_does_not_matter(
    project: Project, repository: Repository
) -> None:
    """AR-12: what stands in the checkout is neither read nor needed."""
    first = project.git("rev-parse", "HEAD")
    project.write("knob.py", "x = 1\n")
    project.commit("later")
    project.write("knob.py", "changed, and not committed\n")
    create(repository, replace(asked(repository), base="HEAD~1"), seen)
    assert Ledger.load(repository, NAME).base == first
    with pytest.raises(RepositoryError, match="no commit 'nope'"):
        create(repository, replace(asked(repository, "a/b"), base="nope"), seen)


def with_worktree(experiment: Experiment) -> None:
    worktree = Worktree(experiment.repository, experiment.worktree, branch_ref(experiment.name))
    assert worktree.ensure()
    (experiment.folder / "trials").mkdir()
    raise ExperimentError("it could not be measured")


def with_ctrl_c(_experiment: Experiment) -> None:
    raise KeyboardInterrupt


def with_sigterm(_experiment: Experiment) -> None:
    raise Terminated(signal.SIGTERM)


def with_a_bug(_experiment: Experiment) -> None:
    raise RuntimeError("a bug of ours")


@pytest.mark.parametrize("first", [with_worktree, with_ctrl_c, with_sigterm, with_a_bug])
def test_whatever_ends_the_measurement_nothing_is_left(
    project: Project, repository: Repository, first: Callable[[Experiment], None]
) -> None:
    """AR-04: no folder, no ref, no worktree, neither in the repository nor in git's notes."""
    with pytest.raises((ExperimentError, KeyboardInterrupt, Terminated, RuntimeError)):
        create(repository, asked(repository), first)
    assert traces(project) == []
    assert not list((project.path / ".git").glob("worktrees/*"))


def test_what_was_there_before_is_left(project: Project, repository: Repository) -> None:
    """AR-07: the user's own files in the folder, and other experiments of the domain."""
    create(repository, asked(repository, "engineering/other"), seen)
    mine = project.write(f".autoresearch/{NAME}/notes.txt", "mine")
    with pytest.raises(ExperimentError):
        create(repository, asked(repository), with_worktree)
    assert [path.name for path in mine.parent.iterdir()] == ["notes.txt"]
    assert project_home(repository).names() == ["engineering/other"]
    assert len(Ledger.load(repository, "engineering/other").records) == 1


def test_one_that_was_made_while_another_was_measured_survives_its_failure(repository: Repository) -> None:
    """AR-01, AR-04: the folder of both was made by the one that failed."""

    def meanwhile(experiment: Experiment) -> None:
        create(repository, asked(repository, "content/second"), seen)
        with_worktree(experiment)

    with pytest.raises(ExperimentError):
        create(repository, asked(repository), meanwhile)
    home = project_home(repository)
    assert home.names() == ["content/second"]
    assert home.exists()
    assert not (home.folder / "engineering").exists()


def test_mistakes_have_their_place_in_files_that_stay_and_none_in_the_one_that_goes(
    project: Project, repository: Repository
) -> None:
    """AR-03: the common settings stay; the new experiment's are gone with the refusal."""
    create(repository, asked(repository, "a/b"), seen)
    common = project.write(".autoresearch/config.yaml", "stop: {hurs: 8}\n")
    with pytest.raises(SettingsError) as refusal:
        create(repository, asked(repository, time_budget="soon"), seen)
    assert str(refusal.value).splitlines() == [
        "2 mistakes in the settings:",
        f"{common}:1:8: stop: unknown key 'hurs'; did you mean 'hours'?",
        "time_budget: must be a duration such as 5m or 2h, not 'soon'",
    ]


def test_only_what_the_question_needs_must_be_committed(project: Project, repository: Repository) -> None:
    """AR-12: target, context, and the files that commands name; not the rest of the checkout."""
    path = project.path.parent / "config.yaml"
    path.write_text(configured(context=["docs/"], checks=[["sh", "check.sh"]]))
    project.write("docs/a.md", "a\n")
    project.write("check.sh", "true\n")
    base = project.commit()
    settings = load([path])
    project.write("propose.py", "changed\n")
    project.write("docs/new.md", "new\n")
    check_committed(repository, settings, base)
    project.write("docs/a.md", "changed\n")
    project.write("check.sh", "false\n")
    with pytest.raises(ExperimentError, match=r"check\.sh, docs/a\.md are not committed"):
        check_committed(repository, settings, base)


def test_every_target_of_several_is_looked_at(project: Project, repository: Repository) -> None:
    """AR-06: the second is as bad as the first; a glob needs only one file."""
    path = project.path.parent / "config.yaml"
    path.write_text(configured(target=["*.py", "nope/*.py"]))
    with pytest.raises(ExperimentError, match=r"there is no nope/\*\.py"):
        check_target(repository, load([path]), "HEAD")
    path.write_text(configured(target=["*.py", "./knob.py"]))
    check_target(repository, load([path]), "HEAD")


def test_a_foreign_folder_is_refused_before_anything_is_made(
    project: Project, repository: Repository
) -> None:
    """AR-08: not even a ref."""
    foreign = project.write(".autoresearch/state.json", "{}")
    refs = repository.refs("refs/")
    with pytest.raises(ExperimentError, match="was not written by this autoresearch"):
        create(repository, asked(repository), seen)
    assert repository.refs("refs/") == refs
    assert list(foreign.parent.iterdir()) == [foreign]


def test_in_the_users_home_it_is_made_and_unmade_as_well(
    project: Project, repository: Repository, home: Path
) -> None:
    """AR-02: the repository gets its refs only."""
    users = Home(home / ".autoresearch", "user")
    request = Request(NAME, users, configured(repository=str(project.path)), "be quick\n")
    with pytest.raises(ExperimentError):
        create(repository, request, with_worktree)
    assert not users.folder.exists()
    assert traces(project) == []
    create(repository, request, seen)
    assert users.names() == [NAME]
    assert not (project.path / ".autoresearch").exists()
