"""Where candidates are built and measured: never the user's checkout, and clean ground for every trial."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from autoresearch.adapters.git import Repository, branch_ref
from autoresearch.adapters.worktree import Worktree
from autoresearch.core.errors import ExperimentError, TrialFailed
from autoresearch.core.model import Proposal
from autoresearch.research.workspace import Origin, Workspace
from tests.conftest import Project, plainly

NAME = "engineering/knob"
# A candidate is any Python; what it does to the place where it runs is what is tested.
BENCH = """\
import os, shutil, subprocess, sys, time
assert sorted(os.listdir()) == sorted(open("listed").read().split()), os.listdir()
with open(os.environ["HOME"] + "/measured", "a") as log:
    log.write(os.environ["AUTORESEARCH_TRIAL"] + "\\n")
exec(open("knob.py").read())
print("value:", x ** 2)
"""


def workspace(project: Project, target: Sequence[str] = ("knob.py",), share: Sequence[str] = ()) -> Workspace:
    found = Repository.discover(project.path)
    project.git("branch", "--force", f"autoresearch/{NAME}", "HEAD")
    made = Workspace(
        found, Worktree(found, project.folder() / "worktree", branch_ref(NAME)), NAME, target, share
    )
    made.restore()
    return made


def commit(space: Workspace, files: dict[str, str | None], idea: str = "an idea") -> str:
    return space.commit(Proposal(idea, "because", files), origin(space))[0]


def origin(space: Workspace) -> Origin:
    return Origin(3, space.repository.resolve(branch_ref(NAME)) or "", "command", 1_700_000_000)


def everything(project: Project) -> dict[str, tuple[int, int, bytes | None]]:
    """Every file of the user's, those of git too: mode, time of change, content. What is ours is left out."""
    ours = (".autoresearch", ".git/objects", ".git/worktrees", ".git/refs/autoresearch",
            ".git/logs/refs/autoresearch", ".git/refs/autoresearch-pending",
            ".git/refs/heads/autoresearch", ".git/logs/refs/heads/autoresearch")  # fmt: skip
    found = {}
    for path in project.path.rglob("*"):
        name = path.relative_to(project.path)
        if not path.is_dir() and not any(name.is_relative_to(own) for own in ours):
            state = path.lstat()
            found[str(name)] = (
                state.st_mode,
                state.st_mtime_ns,
                path.read_bytes() if path.is_file() else None,
            )
    return found


def experiment(project: Project, *options: str, extra: str = "") -> None:
    project.write("bench.py", BENCH)
    project.write("listed", f".git bench.py knob.py listed propose.py .gitignore {extra}")
    project.write(".gitignore", "*.secret\ndata\n")
    project.commit()
    done = project.run("new", NAME, "--target", "knob.py", "--eval", f"{sys.executable} bench.py",
                       "--metric", "value", "--direction", "lower", "--budget", "5s", *plainly(),
                       *options)  # fmt: skip
    assert done.code == 0, done.err


def idea(code: str) -> dict[str, object]:
    return {"idea": code, "files": {"knob.py": f"{code}\n"}}


def test_the_users_checkout_is_the_same_whatever_a_trial_does_and_however_it_ends(project: Project) -> None:
    """AR-12"""
    project.write("stashed", "x")
    project.git("stash", "push", "--quiet", "--include-untracked")
    experiment(project, "-c", "timeout=1s", "-c", "sandbox.use=none")
    project.git("tag", "v1")
    project.git("branch", "side")
    project.write("knob.py", "x = 100  # being edited\n")
    project.write("new.py", "staged\n").chmod(0o755)
    project.git("add", "new.py")
    project.write("untracked", "x")
    project.write("my.secret", "x")
    (project.path / "link").symlink_to("/nowhere")
    (project.path / "propose.py").unlink()
    before, stash = everything(project), project.git("stash", "list")
    hostile = [
        "x = 2", "x = 5", "x = ", "x = 1 / 0", "x = float('nan')", "x = 1; time.sleep(60)",
        "x = 1; sys.exit(125)", "os.kill(os.getpid(), 9)", "open('junk', 'w'); x = 2.5",
        "x = 1; [os.remove(f) for f in os.listdir() if os.path.isfile(f)]",
        "shutil.rmtree(os.getcwd()); x = 1.5",
        "subprocess.run(['git', 'reset', '--hard', '--quiet']); x = 3", "os.remove('.git'); x = 1.25",
    ]  # fmt: skip
    others = [{"idea": "outside", "files": {"bench.py": "x"}}, {"exit": 1}, {"raw": "no JSON"}, idea("x = 2")]
    played = project.ideas(*map(idea, hostile), *others)
    done = project.run("run", "--loop", *played, "-c", "stop.crashes=99")
    assert done.code == 0, done.err
    reasons = [row["reason"] for row in project.trials()]
    assert reasons == [
        "baseline", "unconfirmed", "not_better", "invalid_edit", "exit_code", "not_finite", "timeout",
        "skipped", "exit_code", "not_better", "tampered", "tampered", "not_better", "unconfirmed",
        "invalid_edit", "no_proposal", "no_proposal", "duplicate",
    ]  # fmt: skip
    assert everything(project) == before
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        interrupt(project, number, *played)
        assert everything(project) == before, number
    for command in (
        ("status",),
        ("list",),
        ("show", "1"),
        ("dashboard",),
        ("run", "--dry-run", *played),
        ("clean",),
    ):
        project.run(*command)
    assert everything(project) == before
    assert project.git("stash", "list") == stash


def interrupt(project: Project, number: int, *options: str) -> None:
    """Send a signal to a run while it measures a candidate that never ends."""
    trial = len(project.trials())
    project.ideas(*["0"] * (trial - 1), idea(f"x = {trial}; time.sleep(60)"))
    Path(os.environ["HOME"], "measured").write_text("")
    command = [sys.executable, "-m", "autoresearch", "run", "-c", "timeout=50s", *options]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=project.path, stdout=quiet, stderr=quiet, start_new_session=True
    ) as run:
        deadline = time.monotonic() + 30
        while str(trial) not in Path(os.environ["HOME"], "measured").read_text().split():
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.01)
        os.killpg(run.pid, number)
        assert run.wait(30) != 0


def test_what_was_kept_stays_kept_when_nothing_changes_or_nothing_works(project: Project) -> None:
    """AR-13"""
    experiment(project)
    same = {"idea": "nothing", "files": {"knob.py": "x = 2\n"}}
    none = {"idea": "delete what is not there", "files": {"knob.py": "x = 2\n", "missing.py": None}}
    rest = ("3", same, none, {"exit": 1}, "broken =", {"idea": "outside", "files": {"bench.py": ""}})
    done = project.run("run", "--loop", *project.ideas("2", *rest), "-c", "stop.crashes=99")
    assert done.code == 0, done.err
    rows = project.trials()
    assert [row["status"] for row in rows][:5] == ["keep", "keep", "discard", "discard", "crash"]
    assert project.git("rev-parse", f"heads/autoresearch/{NAME}") == rows[1]["commit"]
    assert project.git("log", "--format=%s", f"heads/autoresearch/{NAME}").splitlines()[0] == "x = 2"
    assert (project.folder() / "worktree/knob.py").read_text() == "x = 2\n"
    assert project.run("run", "--loop", "--resume", *project.ideas(*["2"] * 8, same)).code == 0
    assert project.git("rev-parse", f"heads/autoresearch/{NAME}") == rows[1]["commit"]


def test_identical_trees_are_not_measured_twice(project: Project) -> None:
    """AR-19: neither the baseline's, nor a kept one's, nor a discarded or crashed one's."""
    experiment(project)
    again = [{"idea": "another name for it", "files": {"knob.py": text}} for text in
             ("x = 3  # tune: -10..10\n", "x = 2\n", "x = 5\n", "x = 1 / 0\n")]  # fmt: skip
    project.run("run", "--loop", *project.ideas("2", "5", "1 / 0", *again), "-c", "stop.crashes=99")
    rows = project.trials()
    assert [(row["status"], row["reason"]) for row in rows[4:]] == [("discard", "duplicate")] * 4
    assert Path(os.environ["HOME"], "measured").read_text().split() == ["0", "1", "2", "3"]
    assert all(row["metric"] is None and row["commit"] for row in rows[4:])
    records = [json.loads((project.folder() / f"trials/{n:04}/trial.json").read_text()) for n in range(4, 8)]
    assert [record["detail"] for record in records] == [
        f"the same files as trial {number}" for number in range(4)
    ]


def test_a_candidate_is_one_commit_with_the_idea_the_reason_and_the_trailers(project: Project) -> None:
    space = workspace(project)
    made = commit(space, {"knob.py": "x = 2\n"}, "a  better\n knob \x1b[1m")
    assert project.git("log", "-1", "--format=%B", made).splitlines() == [
        "a better knob [1m", "", "because", "", "Autoresearch-Trial: 3", f"Autoresearch-Experiment: {NAME}",
        "Autoresearch-Proposer: command",
    ]  # fmt: skip
    assert project.git("rev-parse", f"{made}^") == project.git("rev-parse", "main")


@pytest.mark.parametrize(
    "path",
    ["bench.py", "src", "src/", "/etc/passwd", "../x", "src/../bench.py", "src/./a.py", "./src/a.py",
     "src//a.py", "src/../../x", ".git/config", "src/.git/config", ".autoresearch/x", "", "src/a\0b",
     "src/a\nb"],
)  # fmt: skip
def test_a_proposal_writes_the_target_and_no_path_that_only_looks_like_it(
    project: Project, path: str
) -> None:
    """AR-18"""
    project.write("src/a.py", "a = 1\n")
    project.commit()
    space = workspace(project, ["src/"])
    with pytest.raises(TrialFailed, match="not among the target files") as refused:
        commit(space, {"src/a.py": "a = 2\n", path: "theirs"})
    assert refused.value.reason == "invalid_edit"


def test_bytes_and_modes_survive_from_the_proposal_to_the_worktree_and_the_patch(project: Project) -> None:
    files = {
        "src/run.sh": b"#!/bin/sh\necho 2\n", "src/crlf.txt": b"a\r\nb", "src/latin.txt": b"caf\xe9",
        "src/-rf": b"", 'src/a "b" \xc3\xa9\\.txt': b"new", "src/new/deep": b"1",
    }  # fmt: skip
    texts: dict[str, str | None] = {
        os.fsdecode(n): c.decode(errors="surrogateescape") for n, c in files.items()
    }
    project.write("src/run.sh", "#!/bin/sh\n").chmod(0o755)
    project.write("src/crlf.txt", b"a\r\n")
    project.write("src/gone", "x")
    base = project.commit()
    space = workspace(project, ["src/"])
    proposal = Proposal("x", files={**texts, "src/gone": None})
    made, tree = space.commit(proposal, origin(space))
    space.place(proposal, base)
    project.git("update-ref", f"refs/heads/autoresearch/{NAME}", made)
    for _standing in ("placed", "restored"):
        there = {
            p.relative_to(space.worktree.path): p.read_bytes()
            for p in space.worktree.path.rglob("src/**/*")
            if p.is_file()
        }
        assert there == {Path(name): content for name, content in zip(texts, files.values(), strict=True)}
        assert os.access(space.worktree.path / "src/run.sh", os.X_OK)
        space.restore()
    patch = space.repository.patch(base, made).encode(errors="surrogateescape")
    subprocess.run(["git", "apply", "--index"], cwd=project.path, input=patch, check=True)
    assert project.git("write-tree") == tree
    assert space.texts(made, ["src/"]) == texts
    assert space.texts(base, ["src/"])["src/crlf.txt"] == "a\r\n"


def test_a_link_of_the_repository_is_not_written_through(project: Project, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (project.path / "lib").symlink_to(tmp_path / "outside")
    project.commit()
    space = workspace(project, ["**/*.py"])
    proposal = Proposal("x", files={"lib/evil.py": "x"})
    space.commit(proposal, origin(space))
    with pytest.raises(TrialFailed, match="symbolic link"):
        space.place(proposal, origin(space).parent)
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_is_shared_appears_survives_and_is_never_taken_away(project: Project) -> None:
    project.write(".gitignore", "data\n/a b/c\n")
    base = project.commit()
    project.write("data/set", "1")
    project.write("a b/c/set", "2")
    space = workspace(project, share=["data/", "a b/c"])
    path = space.worktree.path

    def shared() -> bool:
        return (path / "data/set").read_text() + (path / "a b/c/set").read_text() == "12" and (
            path / "data"
        ).is_symlink()

    assert shared()
    space.restore()
    assert shared()
    (path / "data").unlink()
    (path / "a b/c").unlink()
    (path / "a b/c").mkdir()
    (path / "a b/c/junk").write_text("x")
    space.restore()
    assert shared()
    (path / "data").unlink()
    (path / "data").symlink_to(project.path)
    space.restore()
    assert shared()
    shutil.rmtree(path / "a b")
    (path / "a b").symlink_to(project.path)
    (path / ".git").unlink()
    space.restore()
    assert shared()
    space.worktree.remove()
    assert (project.path / "data/set").exists() and (project.path / "a b/c/set").exists()
    assert project.git("rev-parse", "HEAD") == base


@pytest.mark.parametrize(("name", "words"), [("knob.py", "in git already"), ("missing", "does not exist")])
def test_what_cannot_be_shared_is_named_with_the_mend(project: Project, name: str, words: str) -> None:
    with pytest.raises(ExperimentError, match=rf"share: .*{name}.*{words}; .*share:"):
        workspace(project, share=[name])
