"""The record chain: its shape, its one commit point, and that one ref is the whole experiment."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.adapters.git import Commit, Repository, branch_ref, chain_ref, pending_ref
from autoresearch.core.errors import ExperimentError, RepositoryError
from autoresearch.core.model import Trial
from autoresearch.core.text import as_json
from autoresearch.research.ledger import PACK_EVERY, Ledger, Opening
from tests.conftest import Project

NAME = "engineering/knob"
CHAIN, BRANCH = chain_ref(NAME), branch_ref(NAME)
WHEN = "2026-01-02T03:04:05.678+00:00"
QUESTION = {"question/config.yaml": b"target: [knob.py]\n", "question/IDEA.md": b"faster\n"}


def create(project: Project) -> Ledger:
    found = Repository.discover(project.path)
    return Ledger.create(found, NAME, project.git("rev-parse", "HEAD"), Opening({}, QUESTION, 1_767_323_045))


def lay(project: Project, *values: float | None) -> Ledger:
    """A chain with a baseline of 9 and a trial for each value; None is a crash without a candidate."""
    ledger = create(project)
    tree = ledger.repository.tree(ledger.base)
    blank = Trial(0, None, ledger.base, tree, "keep", "baseline", "baseline", metric=9.0, finished=WHEN)
    ledger.append(blank, {**QUESTION, "run.log": b"value: 9\n"})
    for value in values:
        add(ledger, value)
    return ledger


def add(ledger: Ledger, value: float | None) -> None:
    best = max((t for t in ledger.trials if t.status == "keep"), key=lambda t: t.number)
    idea = f"x is {value}"
    trial = Trial(
        len(ledger.trials), best.number, None, None, "crash", "no_proposal", idea, detail="it failed"
    )
    if value is not None and best.metric is not None:
        made = Commit(idea, {"knob.py": f"x = {value}\n".encode()}, [best.commit or ledger.base])
        commit, tree = ledger.repository.commit(pending_ref(NAME), made)
        trial = replace(trial, commit=commit, tree=tree, metric=value, status="discard", reason="not_better")
        if value < best.metric:
            trial = replace(trial, status="keep", reason="unconfirmed")
    evidence = {"run.log": f"value: {value}\n".encode(), "proposal.json": b"{}\n"}
    ledger.append(replace(trial, finished=WHEN), evidence)


def refs(project: Project) -> str:
    return project.git("for-each-ref", "--format=%(refname) %(objectname)")


def loose(project: Project) -> set[str]:
    return {path.parent.name + path.name for path in (project.path / ".git/objects").glob("??/*")}


def test_a_record_has_the_record_before_it_and_its_candidate_as_parents(project: Project) -> None:
    ledger = lay(project, 4.0, None)
    opening, baseline, first, crashed = ledger.records
    parents = [project.git("log", "-1", "--format=%P", record).split() for record in ledger.records]
    kept = ledger.trials[1].commit
    assert parents == [[], [opening, ledger.base], [baseline, kept], [first]]
    assert refs(project).splitlines()[:2] == [f"{CHAIN} {crashed}", f"{BRANCH} {kept}"]
    names = [project.git("ls-tree", "-r", "--name-only", record).split() for record in ledger.records]
    asked = ["question/IDEA.md", "question/config.yaml"]
    assert names == [
        ["experiment.json", *asked],
        [*asked, "run.log", "trial.json"],
        ["proposal.json", "run.log", "trial.json"],
        ["proposal.json", "run.log", "trial.json"],
    ]
    assert json.loads(project.git("show", f"{first}:trial.json"))["metric"] == 4.0
    assert pending_ref(NAME) not in refs(project)
    project.git("fsck", "--strict")


def test_the_chain_reads_as_a_lab_book(project: Project) -> None:
    lay(project, 4.0, 5.0, None)
    assert project.git("log", "--first-parent", "--format=%ad %s", "--date=short", CHAIN).splitlines() == [
        "2026-01-02 trial 3: crash (no_proposal) N/A: x is None",
        "2026-01-02 trial 2: discard (not_better) 5: x is 5.0",
        "2026-01-02 trial 1: keep (unconfirmed) 4: x is 4.0",
        "2026-01-02 trial 0: keep (baseline) 9: baseline",
        f"2026-01-02 experiment {NAME}",
    ]
    assert project.git("log", "-1", "--format=%b", CHAIN) == "it failed"
    assert project.git("log", "--format=%s", BRANCH).splitlines() == ["x is 4.0", "start"]


def test_what_is_loaded_is_what_was_appended(project: Project) -> None:
    ledger = lay(project, 4.0, None, 2.0)
    again = Ledger.load(ledger.repository, NAME)
    assert (again.trials, again.records, again.base) == (ledger.trials, ledger.records, ledger.base)
    assert again.head == ledger.trials[3].commit
    assert again.question() == {"config.yaml": b"target: [knob.py]\n", "IDEA.md": b"faster\n"}
    assert again.files(1, "run.log", "prompt.md") == {"run.log": b"value: 4.0\n"}
    assert "-x = 4.0\n+x = 2.0\n" in again.patch(again.trials[3])
    assert again.patch(again.trials[2]) == again.patch(again.trials[0]) == ""


def test_a_change_of_the_question_travels_in_the_record_where_it_changed(project: Project) -> None:
    ledger = lay(project, 4.0)
    baseline = replace(ledger.trials[0], number=2, parent=1, commit=ledger.head)
    ledger.append(baseline, {"question/config.yaml": b"target: [bench.py]\n"})
    add(ledger, 2.0)
    assert Ledger.load(ledger.repository, NAME).question() == {"config.yaml": b"target: [bench.py]\n"}


@pytest.mark.parametrize("ref", [BRANCH, CHAIN])
@pytest.mark.parametrize("value", [2.0, 5.0])
def test_where_somebody_moved_a_ref_nothing_is_recorded(project: Project, ref: str, value: float) -> None:
    """The commit point is one compare-and-swap: the chain and the branch move together or not at all."""
    ledger = lay(project, 4.0)
    project.git("update-ref", ref, "main")
    before = {line for line in refs(project).splitlines() if "pending" not in line}
    with pytest.raises(RepositoryError, match="update-ref"):
        add(ledger, value)
    assert {line for line in refs(project).splitlines() if "pending" not in line} == before
    assert len(ledger.trials) == 2


def test_a_branch_that_was_moved_is_refused_with_the_mend_and_a_missing_one_is_made(project: Project) -> None:
    ledger = lay(project, 4.0)
    project.git("update-ref", "-d", BRANCH)
    ledger.heal_branch()
    assert project.git("rev-parse", BRANCH) == ledger.head
    project.git("update-ref", BRANCH, "main")
    with pytest.raises(ExperimentError, match=f"moved to .*git update-ref {BRANCH} {ledger.head}") as refused:
        ledger.heal_branch()
    project.git(*refused.value.mend.partition("git ")[2].split())
    ledger.heal_branch()
    assert project.git("rev-parse", BRANCH) == ledger.head


def test_an_experiment_is_never_begun_over_another(project: Project) -> None:
    ledger = lay(project, 4.0)
    with pytest.raises(RepositoryError, match="update-ref"):
        create(project)
    assert Ledger.load(ledger.repository, NAME).trials == ledger.trials


@pytest.mark.parametrize("files", [{}, {"trial.json": b"{half"}, {"trial.json": b"[]"}])
def test_a_damaged_record_is_named(project: Project, files: dict[str, bytes | None]) -> None:
    ledger = lay(project, 4.0)
    record, _ = ledger.repository.commit(CHAIN, Commit("x\n", files, [ledger.records[-1]], fresh=True))
    with pytest.raises(ExperimentError, match=f"0 to 1 are whole.*{record[:10]}.*damaged.*doctor --repair"):
        Ledger.load(ledger.repository, NAME)


def test_a_missing_and_a_newer_chain_are_refused_with_the_mend(project: Project) -> None:
    found = Repository.discover(project.path)
    with pytest.raises(ExperimentError, match=r"no records in git.*fetch"):
        Ledger.load(found, NAME)
    found.commit(CHAIN, Commit("x\n", {"experiment.json": as_json({"format": 2, "base": "x"})}, fresh=True))
    with pytest.raises(ExperimentError, match="newer autoresearch; update"):
        Ledger.load(found, NAME)


def test_packing_leaves_no_loose_object_of_ours_and_every_one_of_the_users(project: Project) -> None:
    project.write("mine.txt", "staged, not committed\n")
    project.git("add", "mine.txt")
    mine = loose(project)
    ledger = lay(project, 4.0, 5.0, None, 2.0)
    assert loose(project) > mine
    ledger.pack()
    assert loose(project) == mine
    for value in (1.0, 7.0):
        add(ledger, value)
    ledger.pack()
    assert loose(project) == mine
    again = Ledger.load(ledger.repository, NAME)
    assert again.trials == ledger.trials
    assert [again.files(t.number, "run.log")["run.log"] for t in again.trials[4:]] == [
        b"value: 2.0\n", b"value: 1.0\n", b"value: 7.0\n",
    ]  # fmt: skip
    assert "-x = 2.0\n+x = 1.0\n" in again.patch(again.trials[5])
    project.git("fsck", "--strict")


def test_a_long_experiment_packs_itself_over_many_short_runs(project: Project) -> None:
    ledger = lay(project)
    mine = loose(project)
    blank = Trial(0, 0, None, None, "crash", "no_proposal", "x", finished=WHEN)
    stream, parent = "", f"from {ledger.records[-1]}\n"
    for number in range(1, PACK_EVERY - 2):  # one stream, which is much faster than a record at a time
        row = json.dumps(replace(blank, number=number).as_json())
        stream += f"commit {CHAIN}\ncommitter A <a@x.org> 1 +0000\ndata 1\nx\n{parent}deleteall\n"
        stream += f"M 100644 inline trial.json\ndata {len(row)}\n{row}\n"
        parent = ""
    command = ["git", "-c", "fastimport.unpackLimit=99999", "fast-import", "--quiet"]
    subprocess.run(command, cwd=project.path, input=stream.encode(), check=True)
    again = Ledger.load(ledger.repository, NAME)
    assert len(again.records) == PACK_EVERY - 1
    assert len(loose(project) - mine) > 2 * PACK_EVERY
    add(again, 4.0)
    assert loose(project) <= mine
    add(again, 2.0)
    assert Ledger.load(ledger.repository, NAME).trials == again.trials


@pytest.mark.parametrize("how", ["sha256", "shallow"])
def test_other_kinds_of_repository_work_as_well(project: Project, tmp_path: Path, how: str) -> None:
    other = Project(tmp_path / "other")
    if how == "shallow":
        project.commit("a second one")
        project.git("clone", "--quiet", "--depth=1", f"file://{project.path}", str(other.path))
    else:
        project.git("init", "--quiet", "--object-format=sha256", str(other.path))
        other.write("knob.py", "x = 3\n")
        other.commit()
    mine = loose(other)
    ledger = lay(other, 4.0, 5.0, None, 2.0)
    ledger.pack()
    assert loose(other) == mine
    other.git("gc", "--quiet", "--prune=now")
    again = Ledger.load(ledger.repository, NAME)
    assert (again.trials, again.head) == (ledger.trials, other.git("rev-parse", BRANCH))
    assert "+x = 2.0\n" in again.patch(again.trials[4])
    other.git("fsck", "--strict")


def test_packs_stay_few_however_long_the_experiment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autoresearch.research.ledger.PACK_EVERY", 2)
    ledger = lay(project, *map(float, range(100, 112)))
    assert len(ledger.records) == 14  # seven blocks: packs of 4, 2 and 1 of them
    assert len(list((project.path / ".git/objects/pack").glob("*.pack"))) == 3
    assert Ledger.load(ledger.repository, NAME).trials == ledger.trials
    project.git("fsck", "--strict", "--no-dangling")


def test_the_twin_of_a_candidate_was_measured_under_the_same_question(project: Project) -> None:
    ledger = lay(project, 4.0, 5.0)
    tree = ledger.trials[2].tree or ""
    assert ledger.twin(tree) == ledger.trials[2]
    assert Ledger.load(ledger.repository, NAME).twin(tree) == ledger.trials[2]
    assert ledger.twin("0" * 40) is None
    again = replace(ledger.trials[1], number=3, reason="baseline")
    ledger.append(again, QUESTION)
    assert ledger.twin(tree) is None
    assert Ledger.load(ledger.repository, NAME).twin(again.tree or "") == again


@pytest.mark.parametrize("moved", ["main", "", "theirs"])
def test_a_branch_that_a_proposer_moved_is_taken_back_and_nothing_else(project: Project, moved: str) -> None:
    """AR-12: to another commit, to one of its own, or away; then the next record can be made."""
    ledger = lay(project, 4.0)
    before = refs(project)
    if moved:
        at = project.git("commit-tree", "-p", BRANCH, "-m", "theirs", f"{BRANCH}^{{tree}}")
        project.git("update-ref", BRANCH, at if moved == "theirs" else moved)
    else:
        project.git("update-ref", "-d", BRANCH)
    assert refs(project) != before
    ledger.take_back()
    assert refs(project) == before
    add(ledger, 2.0)
    assert project.git("rev-parse", BRANCH) == ledger.head == ledger.trials[2].commit


def test_where_nobody_moved_the_branch_taking_it_back_writes_nothing(project: Project) -> None:
    ledger = lay(project, 4.0)
    path = project.path / ".git" / BRANCH
    written = path.stat().st_mtime_ns, path.stat().st_ino
    ledger.take_back()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == written
