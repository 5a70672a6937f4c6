"""Every git command: what we write is what was asked for, and nothing of the user's settings reaches it."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.adapters.git import Commit, Repository, branch_ref, chain_ref, pending_ref
from autoresearch.core.errors import RepositoryError
from tests.conftest import Project

NAME = "engineering/knob"
PENDING = pending_ref(NAME)
EVIL = '#!/bin/sh\ntouch "$(git rev-parse --git-common-dir)/evil"; exit 1\n'


def repository(project: Project) -> Repository:
    return Repository.discover(project.path)


def commit(found: Repository, files: dict[str, bytes | None], message: str = "an idea\n") -> str:
    """A candidate on top of HEAD."""
    return found.commit(PENDING, Commit(message, files, [found.resolve("HEAD") or ""], when=1_700_000_000))[0]


def loose(project: Project) -> set[str]:
    return {path.parent.name + path.name for path in (project.path / ".git/objects").glob("??/*")}


def test_a_commit_is_its_parent_with_the_files_changed(project: Project) -> None:
    found = repository(project)
    made, tree = found.commit(
        PENDING,
        Commit("idea\n\nwhy é\n", {"new/a b.txt": b"x", "knob.py": b"x = 2\n", "bench.py": None},
               [found.resolve("HEAD") or ""], when=1_700_000_000),
    )  # fmt: skip
    assert project.git("cat-file", "commit", made).splitlines() == [
        f"tree {tree}",
        f"parent {project.git('rev-parse', 'HEAD')}",
        "author Ada Lovelace <ada@example.org> 1700000000 +0000",
        "committer Ada Lovelace <ada@example.org> 1700000000 +0000",
        "",
        "idea",
        "",
        "why é",
    ]
    assert list(found.files(made)) == ["knob.py", "new/a b.txt", "propose.py"]
    assert found.contents([f"{made}:knob.py", f"{made}:new/a b.txt"]) == [b"x = 2\n", b"x"]
    assert found.resolve(PENDING) == made
    assert found.tree(made) == tree
    project.git("fsck", "--strict")


def test_the_same_proposal_at_the_same_time_is_the_same_commit(project: Project) -> None:
    found = repository(project)
    assert commit(found, {"knob.py": b"x = 2\n"}) == commit(found, {"knob.py": b"x = 2\n"})


BYTES = st.binary(max_size=30)
PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6).filter(
    lambda part: (
        part.strip(". ") and "git" not in part.lower() and "~" not in part and len(os.fsencode(part)) < 200
    )
)


@settings(max_examples=25)
@given(st.dictionaries(st.lists(PARTS, min_size=1, max_size=2).map("/".join), BYTES, min_size=1, max_size=4))
def test_any_names_and_any_bytes_survive(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    tops = [name.split("/")[0] for name in files]
    if len(set(tops)) < len(tops):
        files = dict([next(iter(files.items()))])  # a name can't be a file and a folder
    found = empty(tmp_path_factory.mktemp("repository"))
    made, _tree = found.commit(PENDING, Commit("x\n", dict(files), fresh=True))
    entries = found.files(made)
    assert set(entries) == set(files)
    assert found.contents(entry.oid for entry in entries.values()) == [files[name] for name in entries]


def empty(folder: Path, *options: str) -> Repository:
    subprocess.run(["git", "init", "--quiet", *options, str(folder)], check=True)
    return Repository.discover(folder)


@pytest.mark.parametrize(
    "name", ["-rf", "--", "a b", 'say "x"', "tab\there", "é", "ü/漢", "a\\b", ":(top)x", "*?[a]", "'"]
)
def test_names_that_mean_something_to_git_or_a_shell_are_plain_names(project: Project, name: str) -> None:
    found = repository(project)
    made = commit(found, {name: b"new\n"})
    assert list(found.files(made, name)) == [name]
    patch = found.patch(found.resolve("HEAD") or "", made)
    subprocess.run(["git", "apply"], cwd=project.path, input=patch.encode(), check=True)
    assert (project.path / name).read_bytes() == b"new\n"


def test_a_patch_brings_any_bytes_and_modes_to_another_checkout(project: Project) -> None:
    found = repository(project)
    content: dict[str, bytes | None] = {
        "crlf.txt": b"a\r\nb\r\n", "unfinished.txt": b"no line break", "latin.txt": b"caf\xe9\n",
        "binary.bin": bytes(range(256)), "empty.txt": b"", "run.sh": b"#!/bin/sh\n", "bench.py": None,
    }  # fmt: skip
    parent = found.resolve("HEAD") or ""
    made, _ = found.commit(PENDING, Commit("x\n", content, [parent], modes={"run.sh": "100755"}))
    patch = found.patch(parent, made).encode(errors="surrogateescape")
    project.git("config", "core.autocrlf", "false")
    subprocess.run(["git", "apply"], cwd=project.path, input=patch, check=True)
    there = {name: (project.path / name).read_bytes() for name in content if (project.path / name).exists()}
    assert there == {name: data for name, data in content.items() if data is not None}
    assert os.access(project.path / "run.sh", os.X_OK)
    assert not os.access(project.path / "crlf.txt", os.X_OK)


def test_a_patch_is_the_same_whatever_the_user_likes_to_look_at(project: Project) -> None:
    found = repository(project)
    made = commit(found, {"knob.py": b"x = 2\n", "caf\u00e9.txt": b"a\n"})
    plain = found.patch(found.resolve("HEAD") or "", made)
    (project.path / ".git/info/attributes").write_text("* diff=odd\n")
    for key, value in {
        "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "color.ui": "always",
        "diff.external": "false", "diff.odd.textconv": "tr a-z A-Z <", "diff.context": "0",
        "diff.renames": "copies", "core.quotePath": "true", "diff.algorithm": "patience",
        "diff.wsErrorHighlight": "all",
    }.items():  # fmt: skip
        project.git("config", key, value)
    assert found.patch(found.resolve("HEAD") or "", made) == plain
    assert "--- a/knob.py\n+++ b/knob.py" in plain


def test_the_users_hooks_signing_and_monitors_do_not_reach_our_commits(project: Project) -> None:
    for hook in ("reference-transaction", "post-commit", "pre-commit", "post-checkout", "fsmonitor"):
        project.write(f".git/hooks/{hook}", EVIL).chmod(0o755)
    for key, value in {
        "commit.gpgSign": "true", "gpg.program": "false", "user.signingKey": "none",
        "core.fsmonitor": ".git/hooks/fsmonitor",
        "fastimport.unpackLimit": "1", "gc.auto": "1", "core.pager": "false", "core.editor": "false",
        "alias.fast-import": "!false",
    }.items():  # fmt: skip
        project.git("config", key, value)
    found = repository(project)
    made = commit(found, {"knob.py": b"x = 2\n"})
    found.move([(chain_ref(NAME), made, None), (branch_ref(NAME), made, None), (PENDING, None, made)])
    found.run("status", at=found.root)  # would ask the monitor
    assert "gpgsig" not in project.git("cat-file", "commit", made)
    assert not (project.path / ".git/evil").exists()
    assert made in loose(project), "a pack for each commit would be many packs"


def test_git_variables_of_the_environment_do_not_reach_us(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook, or in a shell where somebody works on another repository."""
    empty(tmp_path / "other")
    for name, value in {
        "GIT_DIR": str(tmp_path / "other/.git"), "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(tmp_path / "index"), "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_AUTHOR_NAME": "Mallory", "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z", "GIT_NAMESPACE": "odd",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Mallory",
        "GIT_EXTERNAL_DIFF": "false", "GIT_LITERAL_PATHSPECS": "0", "GIT_TRACE": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    found = repository(project)
    made = commit(found, {"knob.py": b"x = 2\n"})
    said = found.run("cat-file", "commit", made)
    assert b"Ada Lovelace" in said.stdout and b"Mallory" not in said.stdout
    assert said.stderr == ""
    assert found.root == project.path and found.resolve(PENDING) == made
    assert list((tmp_path / "other/.git/refs").rglob("*knob*")) == []
    assert not (tmp_path / "index").exists() and not (tmp_path / "objects").exists()


@pytest.mark.parametrize(
    ("config", "who"),
    [
        (b"", b"autoresearch <autoresearch@localhost>"),
        (b"[user]\n\tuseConfigOnly = true\n", b"autoresearch <autoresearch@localhost>"),
        (b"[user]\n\tname = J\xc3\xb6rg \xe6\xbc\xa2\n\temail = j@x.org\n", "Jörg 漢 <j@x.org>".encode()),
        (b"[user]\n\tname = J\xf6rg\n\temail = j@x.org\n", b"J\xf6rg <j@x.org>"),
        (b"[user]\n\tname = A <b> C\n\temail = <j@x.org>\n", b"A b C <j@x.org>"),
    ],
)  # fmt: skip
def test_our_commits_have_the_users_identity_or_our_own(
    project: Project, home: Path, config: bytes, who: bytes
) -> None:
    found = repository(project)
    (home / ".gitconfig").write_bytes(config)
    made = commit(found, {"knob.py": b"x = 2\n"})
    assert b"\nauthor " + who + b" 1700000000 +0000\n" in found.run("cat-file", "commit", made).stdout


def test_refs_move_together_or_not_at_all(project: Project) -> None:
    found = repository(project)
    head, one, two = found.resolve("HEAD"), commit(found, {"a": b"1"}), commit(found, {"a": b"2"})
    chain, branch = chain_ref(NAME), branch_ref(NAME)
    found.move([(chain, one, None), (branch, head, None)])
    project.git("update-ref", branch, two)  # by somebody else
    for moves in (
        [(chain, two, one), (branch, one, head)],
        [(branch, one, head), (chain, two, one)],
        [(chain, two, one), (branch, one, None)],
        [(chain, two, one), (branch, None, head)],
        [(chain, two, one), ("refs/heads/missing", one, head)],
    ):
        with pytest.raises(RepositoryError, match="update-ref"):
            found.move(moves)
        assert (found.resolve(chain), found.resolve(branch)) == (one, two)
    found.move([(chain, two, one), (branch, None, two), (PENDING, None, two)])
    assert (found.resolve(chain), found.resolve(branch), found.resolve(PENDING)) == (two, None, None)


def test_a_foreign_lock_is_reported_and_left_where_it_is(project: Project) -> None:
    found = repository(project)
    lock = project.write(f".git/{branch_ref(NAME)}.lock", "")
    with pytest.raises(RepositoryError, match=r"knob\.lock.*wait for it.*by hand") as refused:
        found.move([(branch_ref(NAME), found.resolve("HEAD"), None)])
    assert "\n" not in str(refused.value)
    assert lock.exists()


def test_a_repository_with_sha_256_works(tmp_path: Path) -> None:
    found = empty(tmp_path / "new", "--object-format=sha256")
    made, tree = found.commit(PENDING, Commit("x\n", {"a": b"1"}, fresh=True))
    assert (len(made), len(tree)) == (64, 64)
    found.move([(chain_ref(NAME), made, None), (PENDING, None, made)])
    assert found.resolve(chain_ref(NAME)) == made
    assert found.contents([f"{made}:a", f"{made}:b"]) == [b"1", None]


def test_head_is_that_of_the_checkout_that_one_is_in(project: Project, tmp_path: Path) -> None:
    project.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Project(tmp_path / "side")
    here = side.commit("on the side")
    assert repository(side).resolve("HEAD") == here != repository(project).resolve("HEAD")
    assert repository(side).git_dir == repository(project).git_dir
    side.git("checkout", "--quiet", "--detach")
    assert repository(side).resolve("HEAD") == here


def test_a_folder_without_a_repository_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "bare")], check=True)
    for folder, words in {
        "missing": "no folder",
        "plain": "git init",
        "bare": "not in a git checkout",
    }.items():
        with pytest.raises(RepositoryError, match=words):
            Repository.discover(tmp_path / folder)


def test_what_is_not_there_is_none_and_not_an_error(project: Project) -> None:
    found = repository(project)
    assert found.resolve("refs/heads/missing") is None
    assert found.resolve("--all") is None
    assert found.contents(["HEAD:missing", "HEAD:knob.py", "0" * 40]) == [
        None,
        b"x = 3  # tune: -10..10\n",
        None,
    ]
    assert found.contents([]) == []
    assert found.files("HEAD", "missing") == {}
    assert found.refs("refs/autoresearch/") == {}
