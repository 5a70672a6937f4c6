"""What the doctor finds, and what its repairs do: each thing that a kill, a program or a person can leave."""

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoresearch.adapters import disk, sandbox
from autoresearch.adapters.git import Commit, Repository, pending_ref
from autoresearch.core.text import as_json
from autoresearch.research import health
from autoresearch.research.experiment import Experiment
from autoresearch.research.findings import REPAIR, Finding
from autoresearch.research.ledger import Ledger
from autoresearch.research.sessions import Asked, begin
from tests.conftest import Project
from tests.faults import BRANCH, CHAIN, NAME, make

PENDING = pending_ref(NAME)


@pytest.fixture
def experiment(project: Project, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment without a trial, where nobody's keys and proxies are."""
    for name in list(os.environ):
        if name.upper().endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_PROXY")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(project.path)
    monkeypatch.setattr(tempfile, "tempdir", str(project.path.parent))
    return make(project)


def examine(at: Path) -> list[Finding]:
    """What is found besides the sandbox, which is as good as the machine that the tests run on."""
    return [found for found in health.examine(at) if found.where != "sandbox"]


def ill(project: Project) -> dict[str, Finding]:
    """What is not well, by what it says."""
    return {found.what: found for found in examine(project.path) if found.state != "ok"}


def only(project: Project) -> Finding:
    (found,) = ill(project).values()
    return found


def told(project: Project, where: str) -> list[str]:
    return [found.what for found in examine(project.path) if found.where == where]


def repair(found: Finding) -> str:
    assert found.repair is not None and found.mend == REPAIR
    (line,) = found.repair()
    return line


def age(path: Path) -> Path:
    then = time.time() - 3600
    os.utime(path, (then, then))
    return path


def test_where_all_is_well_each_thing_is_named(project: Project, experiment: Experiment) -> None:
    found = examine(project.path)
    assert {finding.state for finding in found} == {"ok"}, found
    assert [finding.where for finding in found] == ["git", "disk", "keys", "agents", NAME]
    assert told(project, NAME) == ["0 trials, every record whole"]


def test_settings_that_can_not_be_read_are_wrong_and_the_records_are_looked_at_all_the_same(
    project: Project, experiment: Experiment
) -> None:
    with (experiment.folder / "config.yaml").open("a") as file:
        file.write("metrik: x\n")
    found = only(project)
    assert (found.where, found.state) == (NAME, "wrong")
    assert "metrik" in found.what and "config.yaml:" in found.what
    assert "0 trials, every record whole" in told(project, NAME)


def test_the_levels_of_the_sandbox_are_named_with_why_not() -> None:
    """Whichever this machine has."""
    levels = {level: why for level, why in sandbox.available().items() if level != "none"}
    (found,) = [found for found in health.examine(Path.cwd()) if found.where == "sandbox"]
    assert found.state == ("warning" if all(levels.values()) else "ok")
    assert all(level in found.what and why in found.what for level, why in levels.items())


def test_a_dotenv_that_can_not_be_read_is_wrong_and_the_rest_is_shown(
    project: Project, experiment: Experiment
) -> None:
    project.write(".env", "what is this\n")
    assert ".env:1" in next(iter(ill(project)))
    assert told(project, "agents")


def test_a_run_that_was_cut_short_is_named_with_how_it_goes_on(
    project: Project, experiment: Experiment
) -> None:
    """AR-41: its folder is no leftover: it holds what was paid for."""
    begin(experiment.folder, Asked(3, ()))
    flight = experiment.trial_folder(0)
    flight.mkdir(parents=True)
    (flight / "proposal.json").write_text("{}")
    found = only(project)
    assert (found.state, found.repair) == ("warning", None)
    assert found.what == "a run was cut short in trial 0; nothing of it is lost"
    assert found.mend == f"go on with it: autoresearch run {NAME} --resume"


@pytest.mark.parametrize("number, name", [(1, "proposal.json"), (0, "trial.json")])
def test_folders_above_the_end_of_the_chain_are_moved_aside_and_never_removed(
    project: Project, experiment: Experiment, number: int, name: str
) -> None:
    """AR-41: they may hold a trial that has no record."""
    folder = experiment.trial_folder(number)
    folder.mkdir(parents=True)
    (folder / name).write_text("paid for")
    assert "moved folders of trials" in repair(only(project))
    assert (experiment.folder / "damaged" / "1" / folder.name / name).read_text() == "paid for"
    assert ill(project) == {}


def test_what_was_half_written_is_swept_but_not_in_what_others_own(
    project: Project, experiment: Experiment
) -> None:
    half = [experiment.folder / ".results.tsv.new", experiment.folder / "shared" / ".weights.new"]
    for path in half:
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    assert repair(only(project)) == f"removed {half[0]}"
    assert [path.exists() for path in half] == [False, True]
    assert ill(project) == {}


def test_a_candidate_that_nothing_waits_for_is_let_go(project: Project, experiment: Experiment) -> None:
    project.git("update-ref", PENDING, "HEAD")
    assert repair(only(project)).startswith(f"removed {PENDING}")
    assert ill(project) == {}
    assert PENDING not in project.git("for-each-ref")


def test_a_trial_without_a_record_is_never_taken_away(project: Project, experiment: Experiment) -> None:
    """AR-41: killed between writing the record and moving the refs, and its folder is gone too."""
    record = Commit("trial 0\n", {"trial.json": as_json({})}, [project.git("rev-parse", CHAIN)], fresh=True)
    oid, _ = experiment.repository.commit(PENDING, record)
    found = only(project)
    assert (found.repair, found.what) == (None, f"{PENDING} holds a trial without a record")
    assert found.mend == f"look at it: git show {oid[:10]}:trial.json"


@pytest.mark.parametrize("ref", [CHAIN, BRANCH, PENDING])
def test_a_lock_on_a_ref_of_ours_is_taken_away_once_nobody_can_be_using_it(
    project: Project, experiment: Experiment, ref: str
) -> None:
    path = experiment.repository.git_dir / f"{ref}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert ill(project) == {}, "git may be working under it this moment"
    age(path)
    found = only(project)
    assert (found.state, found.what) == ("wrong", f"a killed git left the lock {path}")
    assert repair(found) == f"removed {path}"
    assert ill(project) == {}


@pytest.mark.parametrize("name, state", [("index", "warning"), ("HEAD", "warning"), ("packed-refs", "wrong")])
def test_a_lock_of_another_program_is_named_and_left(
    project: Project, experiment: Experiment, name: str, state: str
) -> None:
    path = experiment.repository.git_dir / f"{name}.lock"
    path.touch()
    age(path)
    found = only(project)
    assert (found.state, found.repair, str(path) in found.what) == (state, None, True)


def test_a_worktree_that_is_gone_is_forgotten_and_one_of_the_users_is_not(
    project: Project, experiment: Experiment, tmp_path: Path
) -> None:
    for path in (experiment.worktree, tmp_path / "worktree"):
        project.git("worktree", "add", "--quiet", "--detach", str(path))
        disk.remove(path)
    assert repair(only(project)) == f"let git forget the worktree {experiment.worktree}"
    assert ill(project) == {}
    assert str(tmp_path / "worktree") in project.git("worktree", "list")


def test_a_branch_that_is_missing_is_made_and_one_that_was_moved_is_left(
    project: Project, experiment: Experiment
) -> None:
    head = project.git("rev-parse", BRANCH)
    project.git("update-ref", "-d", BRANCH)
    assert repair(only(project)) == f"{NAME}: made the branch again at {head[:10]}"
    assert project.git("rev-parse", BRANCH) == head
    moved = project.commit("somebody's own")
    project.git("update-ref", BRANCH, moved)
    found = only(project)
    assert (found.state, found.repair, f"git update-ref {BRANCH} {head}" in found.mend) == (
        "wrong",
        None,
        True,
    )


def test_one_that_another_process_runs_is_left_alone(project: Project, experiment: Experiment) -> None:
    """Whatever state it is in at this moment."""
    project.git("update-ref", PENDING, "HEAD")
    with disk.lock(experiment.lock, NAME):
        assert told(project, NAME) == ["is being run by another process: left alone"]
        assert ill(project) == {}
    assert ill(project)


def test_one_that_only_a_fetched_ref_holds_is_looked_at_and_nothing_is_drawn(
    project: Project, experiment: Experiment
) -> None:
    disk.remove(experiment.home.folder)
    assert told(project, NAME) == ["0 trials, every record whole"]
    project.git("update-ref", "-d", BRANCH)
    repair(only(project))
    assert not experiment.home.folder.exists()


def test_another_tools_folder_is_named_and_what_is_of_the_machine_is_shown(project: Project) -> None:
    """AR-08."""
    project.write(".autoresearch/config.json", "{}")
    found = only(project)
    assert (found.where, found.state) == ("experiments", "wrong")
    assert "was not written by this autoresearch" in found.what


def test_outside_of_a_repository_it_looks_at_the_machine(tmp_path: Path) -> None:
    git, *rest = examine(tmp_path)
    assert (git.state, git.what) == ("warning", f"{tmp_path} is not in a git checkout")
    assert [found.where for found in rest] == ["disk", "keys", "agents"]


def test_without_git_it_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    git = examine(project.path)[0]
    assert (git.where, git.state, git.mend) == ("git", "wrong", "install git")


def test_a_disk_that_is_nearly_full_is_a_warning(
    project: Project, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LITTLE", 10**18)
    found = only(project)
    assert (found.where, found.state) == ("disk", "warning")
    assert " GB free at " in found.what


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def name_models(experiment: Experiment, *models: Mapping[str, str] | str) -> None:
    with (experiment.folder / "config.yaml").open("a") as file:
        file.write(f"models: {{default: {list(models)}}}\n")


def test_keys_are_present_or_not_and_never_shown(
    project: Project, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AM-72: not even a part of one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-topsecret-1")
    project.write(".env", "MISTRAL_API_KEY=sk-topsecret-2\n")
    found = examine(project.path)
    assert "topsecret" not in str([finding.as_json() for finding in found])
    (keys,) = told(project, "keys")
    assert keys == "openai (OPENAI_API_KEY in the environment), mistral (MISTRAL_API_KEY in .env)"


def test_of_the_models_that_settings_name_it_says_whether_key_and_server_are_there(
    project: Project, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AM-17: and a password in an address is not shown."""
    with serving(monkeypatch) as there:
        name_models(
            experiment,
            "groq/lacks",
            "unheard/of",
            {"model": "openai/here", "api_base": f"http://me:topsecret@{there}/v1"},
            {"model": "openai/gone", "api_base": "http://127.0.0.1:1/v1"},
        )
        found = {f.where: f for f in examine(project.path) if f.where.startswith("model ")}
    assert [(f.state, f.what) for f in found.values()] == [
        ("wrong", "no key: GROQ_API_KEY is not set"),
        ("ok", "its server is not known here; not tried"),
        ("ok", f"http://me:[password]@{there}/v1 can be reached"),
        ("warning", "http://127.0.0.1:1/v1 can't be reached (Connection refused)"),
    ]


@pytest.mark.parametrize("proposer", ["{agent: claude}", "{use: agent, command: [no-such-agent]}"])
def test_an_agent_that_settings_name_and_that_is_not_installed_is_wrong(
    project: Project, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, proposer: str
) -> None:
    git = Path(experiment.repository.run("--exec-path").stdout.decode().strip()) / "git"
    (project.path.parent / "bin").mkdir()
    for program in (git, Path(shutil.which("env") or "")):
        (project.path.parent / "bin" / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", f"{project.path.parent / 'bin'}")
    with (experiment.folder / "config.yaml").open("a") as file:
        file.write(f"proposer: {proposer}\n")
    found = next(f for f in ill(project).values() if f.where == NAME)
    assert (found.state, found.what.startswith("its agent is not installed: ")) == ("wrong", True)
    assert found.mend


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_temporary_folders_of_killed_runs_are_swept(project: Project, experiment: Experiment) -> None:
    left = Path(tempfile.mkdtemp(prefix="autoresearch-"))
    (left / "result.json").touch()
    os.utime(left, (1, 1))
    assert repair(only(project)) == f"removed {left}"
    assert not left.exists()


def test_a_sound_ledger_is_what_it_was_after_a_repair_of_everything(
    project: Project, experiment: Experiment
) -> None:
    before = Ledger.load(Repository.discover(project.path), NAME)
    (experiment.folder / ".half.new").touch()
    for found in examine(project.path):
        if found.repair:
            found.repair()
    assert Ledger.load(Repository.discover(project.path), NAME).records == before.records
