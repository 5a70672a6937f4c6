"""Packing our own objects: nothing is lost, nothing of the user's is touched, and packs stay few."""

from pathlib import Path

from autoresearch.adapters.git import Commit, Repository, pending_ref
from autoresearch.adapters.packs import merge, pack
from tests.conftest import Project

PENDING = pending_ref("engineering/knob")


def repository(project: Project) -> Repository:
    return Repository.discover(project.path)


def commit(found: Repository, text: str, parent: str) -> str:
    files = {"knob.py": text.encode(), f"deep/{text}": b"1"}
    return found.commit(PENDING, Commit("an idea\n", files, [parent]))[0]


def loose(project: Project) -> set[str]:
    return {path.parent.name + path.name for path in (project.path / ".git/objects").glob("??/*")}


def packs(project: Project) -> set[Path]:
    return set((project.path / ".git/objects/pack").glob("*.idx"))


def test_packing_takes_our_loose_objects_and_none_of_the_users(project: Project) -> None:
    found, base = repository(project), project.git("rev-parse", "HEAD")
    project.write("mine.txt", "not ours\n")
    project.git("add", "mine.txt")
    mine = loose(project)
    one = commit(found, "1", base)
    two = commit(found, "2", one)
    ours = loose(project) - mine
    assert len(ours) >= 8
    assert pack(found, two, [base]) == len(ours)
    assert loose(project) == mine
    assert found.contents([f"{one}:knob.py", f"{two}:knob.py", f"{two}:deep/1"]) == [b"1", b"2", b"1"]
    assert pack(found, two, [base]) == 0
    three = commit(found, "3", two)
    assert pack(found, three, [base, two]) == 4
    assert loose(project) == mine
    project.git("fsck", "--strict", "--no-dangling")


def test_small_packs_become_one_and_nothing_is_lost(project: Project) -> None:
    found, base = repository(project), project.git("rev-parse", "HEAD")
    tips = [base]
    for text in "1234":
        tips.append(commit(found, text, tips[-1]))
        pack(found, tips[-1], [base, tips[-2]])
    assert len(packs(project)) == 4
    assert merge(found, tips[-1], [base, tips[2]]) == 2
    assert len(packs(project)) == 3
    assert merge(found, tips[-1], [base]) == 3
    assert len(packs(project)) == 1
    assert found.contents(f"{tip}:knob.py" for tip in tips[1:]) == [b"1", b"2", b"3", b"4"]
    project.git("fsck", "--strict", "--no-dangling")


def test_a_pack_that_is_kept_or_holds_work_of_the_users_stays(project: Project) -> None:
    found, base = repository(project), project.git("rev-parse", "HEAD")
    project.git("repack", "-adq")
    users = packs(project)
    one = commit(found, "1", base)
    pack(found, one, [base])
    (kept,) = packs(project) - users
    kept.with_suffix(".keep").touch()
    two = commit(found, "2", one)
    pack(found, two, [base, one])
    assert merge(found, two, [base]) == 1
    assert users | {kept} < packs(project)


def test_where_git_has_an_index_of_all_packs_they_stay(project: Project) -> None:
    found, base = repository(project), project.git("rev-parse", "HEAD")
    one = commit(found, "1", base)
    pack(found, one, [base])
    two = commit(found, "2", one)
    pack(found, two, [base, one])
    project.git("multi-pack-index", "write")
    before = packs(project)
    assert merge(found, two, [base]) == 0
    assert packs(project) == before
    project.git("fsck", "--strict", "--no-dangling")
