"""The user's side is never touched: whatever hooks, settings, filters, locks and files they have."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.end_to_end.users import changed, interrupt, live, plan, settle, users

HOOKS = """
applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg
post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive
post-update reference-transaction push-to-checkout pre-auto-gc post-rewrite sendemail-validate
fsmonitor-watchman post-index-change p4-changelist p4-prepare-changelist p4-post-changelist p4-pre-submit
""".split()

Arrange = Callable[[Project], None]


def refuse(project: Project, folder: str) -> None:
    """Every hook that git knows leaves a mark outside of the repository, and refuses."""
    mark = project.path.parent / "mark"
    for name in HOOKS:
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
    project.git("replace", "HEAD", "HEAD~1")


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
