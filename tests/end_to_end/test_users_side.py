"""The user's side is never touched: whatever hooks, settings, filters, locks and files they have."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.users import NEW, changed, in_the_middle, interrupt, live, plan, settle, users

HOOKS = """\
applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg
post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive
post-update reference-transaction push-to-checkout pre-auto-gc post-rewrite sendemail-validate
fsmonitor-watchman post-index-change p4-changelist p4-prepare-changelist p4-post-changelist p4-pre-submit
"""

Arrange = Callable[[Project], None]


def refuse(project: Project, folder: str) -> None:
    """Every hook that git knows leaves a mark outside of the repository, and refuses."""
    mark = project.path.parent / "mark"
    for name in HOOKS.split():
        project.write(f"{folder}/{name}", f"#!/bin/sh\ntouch '{mark}'\nexit 1\n").chmod(0o755)


def hooks(project: Project) -> None:
    refuse(project, ".git/hooks")


def hooks_elsewhere(project: Project) -> None:
    refuse(project, "../hooks")
    project.git("config", "core.hooksPath", "../hooks")


def nobody(project: Project) -> None:
    Path.home().joinpath(".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")


def signing(project: Project) -> None:
    for key, value in {
        "commit.gpgSign": "true", "tag.gpgSign": "true", "user.signingKey": "none", "gpg.program": "missing",
        "gpg.ssh.program": "missing", "merge.verifySignatures": "true", "log.showSignature": "true",
        "push.gpgSign": "true",
    }.items():  # fmt: skip
        project.git("config", key, value)


def line_ends(project: Project) -> None:
    project.git("config", "core.autocrlf", "true")
    project.write("crlf.txt", "one\r\ntwo\r\n")
    project.git("add", "crlf.txt")


def monitor(project: Project) -> None:
    refuse(project, ".git/hooks")
    project.git("config", "core.fsmonitor", ".git/hooks/fsmonitor-watchman")


def split_index(project: Project) -> None:
    project.git("update-index", "--split-index")
    project.write("split.txt", "x\n")
    project.git("add", "split.txt")
    project.git("config", "core.splitIndex", "true")


def untracked_cache(project: Project) -> None:
    project.git("config", "core.untrackedCache", "true")
    project.git("update-index", "--force-untracked-cache")
    project.git("status")


def flags(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "src/tool.sh")
    project.git("update-index", "--skip-worktree", "propose.py")
    project.git("add", "--intent-to-add", "later.txt")


def packed(project: Project) -> None:
    project.git("pack-refs", "--all")
    project.git("-c", "gc.auto=0", "gc", "--quiet")
    project.git("multi-pack-index", "write")
    for key in ("gc.auto", "gc.autoPackLimit", "fetch.unpackLimit"):
        project.git("config", key, "1")


def taste(project: Project) -> None:
    for key, value in {
        "color.ui": "always", "core.pager": "false", "core.editor": "false", "core.abbrev": "4",
        "core.logAllRefUpdates": "always", "core.sharedRepository": "group", "diff.noprefix": "true",
        "diff.external": "false", "i18n.commitEncoding": "latin1", "core.commentChar": ";",
        "rebase.updateRefs": "true", "status.branch": "true", "status.short": "true", "pull.rebase": "true",
        "branch.autoSetupMerge": "always", "checkout.defaultRemote": "none", "worktree.guessRemote": "true",
        "alias.worktree": "!false", "core.untrackedCache": "keep", "index.threads": "4", "feature.manyFiles":
        "true", "core.checkStat": "minimal", "core.trustctime": "false", "core.fileMode": "false",
    }.items():  # fmt: skip
        project.git("config", key, value)


def merging(project: Project) -> None:
    """In the middle of a merge with a conflict."""
    project.git("reset", "--quiet", "--hard")
    project.git("checkout", "--quiet", "side")
    project.write("notes.txt", "side\n")
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.write("notes.txt", "main\n")
    project.commit()
    project.git("merge", "side", check=False)
    assert (project.path / ".git/MERGE_HEAD").exists()


def rebasing(project: Project) -> None:
    """In the middle of a rebase, with HEAD detached."""
    merging(project)
    project.git("merge", "--abort")
    project.git("rebase", "side", check=False)
    assert (project.path / ".git/rebase-merge").exists()


def bisecting(project: Project) -> None:
    project.git("bisect", "start", "HEAD", "HEAD~1")


def locked(project: Project) -> None:
    for name in ("index", "HEAD", "config", "refs/heads/main", "refs/stash"):
        project.write(f".git/{name}.lock", "stale")


def filtering(project: Project) -> None:
    """As git-lfs and git-crypt: what is in git is not what stands in the checkout."""
    for name in ("upper", "optional"):
        project.git("config", f"filter.{name}.clean", "tr A-Z a-z")
        project.git("config", f"filter.{name}.smudge", "tr a-z A-Z")
    project.git("config", "filter.upper.required", "true")
    project.write(".gitattributes", "*.big filter=upper\n*.bin filter=optional\n*.odd filter=unknown\n")
    for name in ("a.big", "b.bin", "c.odd"):
        project.write(name, "LARGE\n")
    project.commit("filtered")


def optional_filter_missing(project: Project) -> None:
    filtering(project)
    project.git("config", "filter.optional.smudge", "missing-program")


def away(project: Project) -> None:
    """Another worktree of the user's is on a disk that is not plugged in: git would prune it."""
    project.git("worktree", "add", "--quiet", "../disk", "side")
    (project.path.parent / "disk").rename(project.path.parent / "unplugged")
    project.git("config", "gc.worktreePruneExpire", "now")


def replaced(project: Project) -> None:
    project.git("replace", "--graft", "HEAD")


WORLDS = [
    hooks, hooks_elsewhere, nobody, signing, line_ends, monitor, split_index, untracked_cache, flags, packed,
    taste, merging, rebasing, bisecting, locked, filtering, optional_filter_missing, away, replaced,
]  # fmt: skip


@pytest.mark.parametrize("arrange", WORLDS)
def test_whatever_the_user_has_set_up_stays_as_it_is_and_is_not_in_the_way(
    project: Project, home: Path, arrange: Arrange
) -> None:
    """AR-12: a whole experiment, made, run and cleaned away. No hook was run: it would have left a mark."""
    arrange(settle(project))
    plan(project)
    before = users(project.path.parent, home)
    live(project)
    assert changed(before, users(project.path.parent, home)) == []


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_or_refused_leaves_it_as_it_is(project: Project, ended: signal.Signals) -> None:
    """AR-12, AR-42, AR-45: while a candidate is measured, with a second run at its side."""
    for arrange in (hooks, nobody, signing, monitor, taste, locked):
        arrange(project if arrange is not hooks else settle(project))
    plan(project)
    before = users(project.path.parent)
    done = project.run(*NEW)
    assert done.code == 0, done.err
    with in_the_middle(project, *plan(project, "1")) as run:
        second = project.run("run", *plan(project, "1"))
        assert second.code == 1 and "knob" in second.err
        assert "left alone" in project.run("clean").err
        run.send_signal(ended)
        run.end()
    assert changed(before, users(project.path.parent)) == []
    assert interrupt(project, ended) != 0
    assert project.run("clean").code == 0
    assert changed(before, users(project.path.parent)) == []


def test_variables_that_point_git_elsewhere_lead_nowhere(project: Project) -> None:
    """AR-12: as in a hook, or in a shell where somebody works on another repository."""
    other = Project(project.path.parent / "other")
    project.git("clone", "--quiet", str(project.path), str(other.path))
    settle(project)
    plan(project)
    before = users(project.path.parent)
    at, git_dir = str(other.path), str(other.path / ".git")
    live(project, {
        "GIT_DIR": git_dir, "GIT_WORK_TREE": at, "GIT_INDEX_FILE": f"{git_dir}/index",
        "GIT_OBJECT_DIRECTORY": f"{git_dir}/objects", "GIT_COMMON_DIR": git_dir, "GIT_PREFIX": "src/",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{git_dir}/objects", "GIT_NAMESPACE": "odd",
        "GIT_QUARANTINE_PATH": f"{git_dir}/objects", "GIT_CEILING_DIRECTORIES": str(project.path.parent),
        "GIT_CONFIG_GLOBAL": f"{at}/config", "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
        "GIT_REFLOG_ACTION": "odd", "GIT_EXEC_PATH": at, "GIT_DEFAULT_HASH": "sha256",
    }, confirm="normal")  # fmt: skip
    assert changed(before, users(project.path.parent)) == []


@pytest.mark.parametrize(
    "name", ["two words", 'it\'s "so"', "naïve 漢字", "new\nline", "end\n", "*?[x]", "-C"]
)
def test_a_repository_may_stand_in_a_folder_of_any_name(project: Project, name: str) -> None:
    """AR-12"""
    settle(project)
    here = Project(project.path.rename(project.path.parent / name))
    plan(here)
    before = users(here.path.parent)
    live(here)
    assert changed(before, users(here.path.parent)) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("*.py", "error: target knob.py goes through a git filter (LFS?); choose a plain file"),
        ("*.sh", "src/tool.sh: smudge filter lfs failed; install the program of that filter"),
    ],
)
def test_a_filter_that_is_missing_is_named_and_nothing_is_made(
    project: Project, names: str, words: str
) -> None:
    """AR-06, AR-12: as in a clone where git-lfs is not installed."""
    project.write(".gitattributes", f"{names} filter=lfs\n")
    settle(project)
    for key, value in {"clean": "missing", "smudge": "missing", "required": "true"}.items():
        project.git("config", f"filter.lfs.{key}", value)
    before = users(project.path.parent)
    done = project.run(*NEW)
    assert done.code == 1 and words in done.err, done.err
    assert changed(before, users(project.path.parent)) == []
    assert not project.folder().exists()
    assert project.git("for-each-ref", "refs/autoresearch", "refs/heads/autoresearch") == ""
