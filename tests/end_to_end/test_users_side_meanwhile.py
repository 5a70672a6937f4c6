"""The user's side is never touched: what they do in the middle of a run is as if there were no run."""

import os
import shutil
import subprocess
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch.adapters import checkout
from autoresearch.adapters.git import Commit, Repository, branch_ref, chain_ref, pending_ref
from autoresearch.adapters.worktree import Worktree
from tests.conftest import Project
from tests.end_to_end.users import NEW, in_the_middle, plan, settle
from tests.faults import NAME

DATES = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
DAY = """
git commit -q -m 'what is staged'
git stash -q && git stash apply -q
git switch -q -c topic && git add later.txt && git commit -q -m 'on a topic'
git stash -q --include-untracked && git rebase -q -x 'git commit -q --amend -m two' HEAD~1 && git stash pop -q
git tag v2 && git branch -m side aside && git branch -D main
git pack-refs --all && git reflog expire --expire=now --all && git gc -q --prune=now
git worktree prune --expire=now
echo more >> notes.txt && git add notes.txt && git commit -q --amend -m 'amended'
git checkout -q --detach HEAD~1
git config user.name 'Ada King' && chmod +x notes.txt
"""
ACTS = [
    "echo {0} > notes.txt", "git add --all -- . ':!.autoresearch'", "git commit -q --allow-empty -m {0}",
    "git stash -q", "git stash pop -q", "git switch -q --discard-changes side", "git switch -q -f main",
    "git switch -q -c topic{0}", "git rm -q --cached knob.py", "git mv knob.py knob{0}.py", "rm -f later.txt",
    "git reset -q --hard HEAD~1", "git merge -q --no-edit side", "git rebase -q side", "git rebase --abort",
    "git update-index --assume-unchanged bench.py", "git checkout -q --detach", "git pack-refs --all",
    "git worktree prune --expire=now", "git gc -q --prune=now", "git tag tag{0}", "chmod +x notes.txt",
    "git branch -f side HEAD", "git notes add -f -m {0}", "git sparse-checkout set src", "git rebase --quit",
    "git sparse-checkout disable", "git update-index --split-index", "ln -sf {0} link", "git gc --auto -q",
]  # fmt: skip


def does(project: Project, act: str) -> int:
    """What the user does at their shell, always at the same time."""
    env = {**os.environ, **DATES}
    return subprocess.run(
        ["bash", "-c", act],
        cwd=project.path,
        env=env,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    ).returncode


def side(project: Project) -> dict[str, object]:
    """The user's side, without what depends on the moment: the times of files, and the index's of them."""
    refs = project.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    files = {
        str(path.relative_to(project.path)): (
            oct(path.lstat().st_mode),
            path.is_symlink() or path.read_bytes(),
        )
        for path in project.path.rglob("*")
        if not path.is_dir() and not {".git", ".autoresearch"} & set(path.relative_to(project.path).parts)
    }
    return {
        **files,
        "HEAD": (project.path / ".git/HEAD").read_text(),
        "index": project.git("ls-files", "--stage", "-v"),
        "status": project.git("status", "--porcelain", "--ignored", "--", ".", ":!.autoresearch"),
        "refs": [
            ref for ref in refs if not ref.startswith(("refs/autoresearch", "refs/heads/autoresearch/"))
        ],
        "stash": project.git("stash", "list", "--format=%H %gs"),
        "reflog": project.git("reflog", "--format=%H %gs", check=False),
        "config": (project.path / ".git/config").read_text(),
    }


def twin(project: Project, folder: Path) -> Project:
    """The same checkout with no run going on."""
    shutil.copytree(project.path, folder, symlinks=True)
    return Project(folder)


def test_a_users_day_in_the_middle_of_a_run_is_as_if_there_were_none(
    project: Project, tmp_path: Path
) -> None:
    """AR-12, AR-17: they commit, switch, rebase, stash, merge, collect garbage; the run doesn't notice."""
    other = twin(settle(project), tmp_path / "twin")
    done = project.run(*NEW)
    assert done.code == 0, done.err
    with in_the_middle(project, "--loop", *plan(project, "2", "1", "0.5")) as run:
        (project.folder() / "worktree" / "go").touch()
        for act in DAY.strip().splitlines():
            assert (does(other, act), does(project, act)) == (0, 0), act
        done = run.end()
    assert done.code == 0, done.err
    assert [(row["status"], row["metric"]) for row in project.trials()][1:] == [
        ("keep", 4.0), ("keep", 1.0), ("keep", 0.25),
    ]  # fmt: skip
    assert project.run("clean").code == 0
    assert side(project) == side(other)
    project.git("fsck", "--strict", "--no-dangling")


class Work:
    """What a run does with git, step by step, in this process."""

    def __init__(self, project: Project) -> None:
        self.repository = Repository.discover(project.path)
        self.head = self.repository.resolve("HEAD") or ""
        self.chain: str | None = None
        self.repository.move([(branch_ref(NAME), self.head, None)])
        folder = project.path / ".autoresearch" / NAME / "worktree"
        self.tree = Worktree(self.repository, folder, branch_ref(NAME))
        self.steps = [self.tried, self.kept, self.tree.remove, self.tree.reset, self.looked]

    def tried(self) -> str:
        candidate, _ = self.repository.commit(
            pending_ref(NAME), Commit("idea\n", {"knob.py": b"x = 2\n"}, [self.head])
        )
        self.tree.reset()
        self.tree.write({"knob.py": b"x = 2\n"}, {})
        self.tree.changed(self.head)
        return candidate

    def kept(self) -> None:
        candidate = self.tried()
        parents = [self.chain, candidate] if self.chain else [candidate]
        record, _ = self.repository.commit(pending_ref(NAME), Commit("record\n", {}, parents, fresh=True))
        self.repository.move(
            [
                (chain_ref(NAME), record, self.chain),
                (branch_ref(NAME), candidate, self.head),
                (pending_ref(NAME), None, record),
            ]
        )
        self.chain, self.head = record, candidate
        self.tree.reset()

    def looked(self) -> None:
        names = ["bench.py", "knob.py", "notes.txt", "nothing"]
        here = [name for name in names if (self.repository.root / name).is_file()]
        checkout.hash_files(self.repository, here)
        checkout.changed(self.repository, names)
        checkout.filtered(self.repository, names)
        checkout.left_out(self.repository, names)
        checkout.worktrees(self.repository)


@settings(max_examples=6, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 4)), min_size=8, max_size=14))
def test_whatever_the_user_does_between_any_two_of_our_steps_has_the_same_effect(
    project: Project, steps: list[tuple[str, int]]
) -> None:
    """AR-12"""
    folder = Path(str(project.path.parent), f"try{len(list(project.path.parent.iterdir()))}")
    here = settle(twin(project, folder / "here"))
    other = twin(here, folder / "there")
    work = Work(here)
    for number, (act, step) in enumerate(steps):
        typed = act.format(number)
        assert does(here, typed) == does(other, typed), typed
        work.steps[step]()
    assert side(here) == side(other)
    assert work.repository.resolve(branch_ref(NAME)) == work.head
