"""AR-17, AR-41: a chain with any object missing or damaged is refused with what is still good, and mended.

Each kind of object that a chain consists of is damaged in each way that a disk damages files.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.adapters.git import Commit, Repository, pending_ref
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Trial
from autoresearch.core.text import as_json
from autoresearch.research.ledger import Ledger
from autoresearch.research.mending import mend
from autoresearch.research.results import Results
from tests.conftest import Done, Project
from tests.faults import BRANCH, CHAIN, NAME

DAMAGED = f"refs/autoresearch-damaged/{NAME}/"
Damage = Callable[[Path], None]


def empty(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:20])


def garble(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(bytes(path.stat().st_size))


WAYS: tuple[Damage, ...] = (Path.unlink, empty, cut, garble)

# Which object, and how many trials are whole without it (of five, 0 to 4).
OBJECTS = {
    "the tip": (f"{CHAIN}", 4),
    "a record in the middle": (f"{CHAIN}~2", 2),
    "the opening record": (f"{CHAIN}~5", 0),
    "the facts of the opening": (f"{CHAIN}~5:experiment.json", 0),
    "a record's trial.json": (f"{CHAIN}~2:trial.json", 2),
    "a record's tree": (f"{CHAIN}~2^{{tree}}", 2),
    "a candidate": (f"{CHAIN}~1^2", 3),
    "a candidate's tree": (f"{CHAIN}~1^2^{{tree}}", 3),
}


@pytest.fixture(scope="session")
def laid() -> dict[str, Path]:
    """Where the repository of these tests was made; each gets a copy."""
    return {}


@pytest.fixture
def damaged(project: Project, laid: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An experiment with a baseline and four trials: keep, discard, keep, discard."""
    if "at" not in laid:
        assert project.new("engineering/knob", "--no-measure").code == 0
        fill(project)
        laid["at"] = shutil.copytree(project.path, tmp_path_factory.mktemp("laid") / "project", symlinks=True)
    else:
        shutil.rmtree(project.path)
        shutil.copytree(laid["at"], project.path, symlinks=True)
    return project


def fill(project: Project) -> None:
    """Record the trials, and draw what is drawn of them."""
    ledger = Ledger.load(Repository.discover(project.path), NAME)
    tree, when = ledger.repository.tree(ledger.base), "2026-01-02T03:04:05.678+00:00"
    blank = Trial(0, None, ledger.base, tree, "keep", "baseline", "baseline", metric=9.0, finished=when)
    ledger.append(blank, {"run.log": b"value: 9\n"})
    for number, x in enumerate((2, 5, 1, 7), 1):
        text, parent = f"x = {x}\n", [ledger.head]
        message = f"x = {x}\n\nAutoresearch-Experiment: {NAME}\n"
        commit, tree = ledger.repository.commit(
            pending_ref(NAME), Commit(message, {"knob.py": text.encode()}, parent)
        )
        made = replace(
            blank, number=number, parent=0, commit=commit, tree=tree, metric=x * x, description=f"x = {x}"
        )
        if x > 2:
            made = replace(made, status="discard", reason="not_better")
        proposal = as_json({"idea": text, "files": {"knob.py": text}})
        ledger.append(made, {"run.log": f"value: {x * x}\n".encode(), "proposal.json": proposal})
    Results(project.folder(), ledger).draw()


def loose(project: Project, name: str) -> Path:
    oid = project.git("rev-parse", name)
    return project.path / ".git/objects" / oid[:2] / oid[2:]


def forget_copies(project: Project) -> None:
    """No copy of anything on disk, as in a clone: nothing can be made again from it."""
    shutil.rmtree(project.folder() / "trials")


def says(done: Done, *words: str) -> None:
    """One line, whatever the command."""
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
    assert all(word in done.err for word in words), done.err


def whole(trials: int) -> str:
    return {0: "no trial of it is whole", 1: "trial 0 is whole"}.get(
        trials, f"trials 0 to {trials - 1} are whole"
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", OBJECTS)
def test_whatever_object_is_damaged_it_is_said_what_is_whole_and_mended_what_can_be(
    damaged: Project, kind: str, way: Damage
) -> None:
    """AR-17, AR-41: nothing is thrown away, and the history is never shorter without a word."""
    name, good = OBJECTS[kind]
    records = damaged.git("rev-list", "--first-parent", "--reverse", CHAIN).split()
    forget_copies(damaged)
    mine = damaged.fingerprint()
    way(loose(damaged, name))
    found = Repository.discover(damaged.path)
    with pytest.raises(ExperimentError, match=f"{whole(good)}.*fetch --refetch"):
        Ledger.load(found, NAME)
    said = "\n".join(mend(found, NAME, damaged.folder()))
    assert damaged.fingerprint() == mine
    if not good:
        assert said == ""
        with pytest.raises(
            ExperimentError, match=r"no trial of it is whole.*begin it anew under another name"
        ):
            Ledger.load(found, NAME)
        return
    assert f"{whole(good)}; the chain ends there now ({records[good][:10]})" in said
    ledger = Ledger.load(found, NAME)
    assert ledger.records == records[: good + 1]
    assert damaged.git("rev-parse", BRANCH) == ledger.head
    kept = damaged.git("for-each-ref", "--format=%(objectname)", DAMAGED).split()
    assert (records[-1] in kept) is (name != CHAIN), "what can be kept of what was there, is"


def test_every_command_that_reads_it_says_so_and_a_sound_one_beside_it_is_shown(damaged: Project) -> None:
    """AR-05, AR-17: `list` and `dashboard` show the others; no command ends in a traceback."""
    assert damaged.new("engineering/sound", "--no-measure").code == 0
    forget_copies(damaged)
    loose(damaged, f"{CHAIN}~2:trial.json").unlink()
    for command in (["status"], ["dashboard"], ["show"], ["run"], ["apply"]):
        words = [*command, NAME, *(["1"] if command == ["show"] else [])]
        says(damaged.run(*words), NAME, "trials 0 to 1 are whole", "doctor --repair")
    for words in (["list"], ["dashboard"]):
        done = damaged.run(*words)
        assert done.code == 0
        assert "trials 0 to 1 are whole" in done.out + done.err
        states = {
            row["experiment"]: row["state"] for row in damaged.run(*words, "--json").json["experiments"]
        }
        assert states == {"knob": "damaged", "sound": "idle"}


@pytest.mark.parametrize("name", ["trial.json", "run.log", "proposal.json"])
def test_what_stands_on_disk_as_well_is_made_again_and_no_trial_is_given_up(
    damaged: Project, name: str
) -> None:
    """AR-17: the ids are hashes, so a copy is known to be the same."""
    tip = damaged.git("rev-parse", CHAIN)
    path = loose(damaged, f"{CHAIN}~2:{name}")
    empty(path)
    done = damaged.run("doctor", "--repair")
    assert (done.code, done.out.split()[1:5]) == (
        0,
        ["made", "object", path.parent.name + path.name[:8], "again"],
    )
    assert damaged.git("rev-parse", CHAIN) == tip
    damaged.git("fsck", "--strict", tip)
    assert [file.stat().st_size for file in (damaged.path / ".git/autoresearch-damaged").iterdir()] == [0]


def test_a_candidates_file_is_made_again_from_its_proposal(damaged: Project) -> None:
    tip = damaged.git("rev-parse", CHAIN)
    loose(damaged, f"{CHAIN}~1^2:knob.py").unlink()
    assert damaged.run("doctor").code == 1
    assert damaged.run("doctor", "--repair").code == 0
    assert (damaged.git("rev-parse", CHAIN), len(damaged.trials())) == (tip, 5)


def test_what_can_not_be_mended_has_its_mend_in_words(damaged: Project) -> None:
    """AR-41: without the opening record nothing says what the trials are trials of."""
    loose(damaged, f"{CHAIN}~5").unlink()
    refs = damaged.git("for-each-ref")
    done = damaged.run("doctor", "--repair")
    assert (done.code, done.out.splitlines()[0]) == (1, "nothing to repair")
    assert "no trial of it is whole" in done.out and "begin it anew under another name" in done.out
    assert damaged.git("for-each-ref") == refs


def test_a_file_of_what_was_kept_that_is_gone_stops_a_run_before_it_begins(damaged: Project) -> None:
    """AR-17: reading the records does not show it; what can't go on without it says so."""
    forget_copies(damaged)
    loose(damaged, f"{BRANCH}:knob.py").unlink()
    assert damaged.run("status").code == 0
    says(damaged.run("run", *damaged.ideas(0)), "trials 0 to 2 are whole", "doctor --repair")
    says(damaged.run("show", NAME, "3", "--patch"), "an object of git may be damaged", "autoresearch doctor")
    assert damaged.run("doctor", "--repair").code == 0
    assert len(damaged.trials()) == 3


@pytest.mark.parametrize("left", ["", "no id\n", "0" * 40 + "\n", None])
def test_a_ref_that_is_lost_is_found_again_by_what_is_in_the_store(
    damaged: Project, left: str | None
) -> None:
    """AR-41: a power cut leaves refs empty; every record is still there."""
    tip, head = damaged.git("rev-parse", CHAIN), damaged.git("rev-parse", BRANCH)
    for ref in (CHAIN, BRANCH):
        path = damaged.path / ".git" / ref
        path.unlink() if left is None else path.write_text(left)
    says(damaged.run("status", NAME), "no records in git", "trials 0 to 4 are whole", "doctor --repair")
    done = damaged.run("doctor", "--repair")
    assert done.code == 0, done
    assert (damaged.git("rev-parse", CHAIN), damaged.git("rev-parse", BRANCH)) == (tip, head)
    assert len(damaged.trials()) == 5


def test_a_run_goes_on_after_the_mending_and_a_second_one_finds_the_newer_end(damaged: Project) -> None:
    """AR-41: what was given up keeps its folders and its ref, and is not taken for the newest afterwards."""
    old = damaged.git("rev-parse", CHAIN)
    loose(damaged, f"{CHAIN}~2").unlink()
    assert damaged.run("doctor", "--repair").code == 0
    aside = damaged.folder() / "damaged/1"
    assert sorted(path.name for path in aside.iterdir()) == ["0002", "0003", "0004"]
    assert damaged.git("rev-parse", f"{DAMAGED}1") == old
    assert len((damaged.folder() / "results.tsv").read_text().splitlines()) == 3
    assert damaged.run("run", *damaged.ideas(0, 9, "0.5")).code == 0
    assert [trial["description"] for trial in damaged.trials()] == [
        "baseline",
        "x = 2",
        "baseline",
        "x = 0.5",
    ]
    tip = damaged.git("rev-parse", CHAIN)
    empty(damaged.path / ".git" / CHAIN)
    assert damaged.run("doctor", "--repair").code == 0
    assert damaged.git("rev-parse", CHAIN) == tip


@pytest.mark.parametrize("way", [Path.unlink, empty], ids=["missing", "empty"])
@pytest.mark.parametrize("first", ["fetch", "repair"])
def test_a_clone_brings_everything_back(damaged: Project, tmp_path: Path, first: str, way: Damage) -> None:
    """AR-17: by the command that the message names, before a repair or after it."""
    clone = tmp_path / "clone.git"
    damaged.git("clone", "--quiet", "--mirror", "--no-hardlinks", ".", str(clone))
    tip = damaged.git("rev-parse", CHAIN)
    forget_copies(damaged)
    way(loose(damaged, f"{CHAIN}~2:trial.json"))
    if first == "repair" or way is empty:
        assert damaged.run("doctor", "--repair").code == 0
        assert damaged.git("rev-parse", CHAIN) != tip
    damaged.git("fetch", "--quiet", "--refetch", str(clone), f"+{CHAIN}:{CHAIN}")
    assert damaged.git("rev-parse", CHAIN) == tip
    assert len(damaged.trials()) == 5


def test_a_chain_that_was_fetched_in_part_is_not_taken_for_a_short_one(
    damaged: Project, tmp_path: Path
) -> None:
    """AR-17: a shallow fetch has the newest records, and no opening."""
    clone = Project(tmp_path / "clone")
    clone.path.mkdir()
    clone.git("init", "--quiet")
    clone.git("fetch", "--quiet", "--depth", "2", f"file://{damaged.path}", f"{CHAIN}:{CHAIN}")
    says(clone.run("status"), "no trial of it is whole", "fetch")


def test_a_record_that_says_what_it_must_not_is_damaged_too(damaged: Project) -> None:
    """AR-41: numbers out of order, another candidate than the commit has: a chain that somebody wrote."""
    second = damaged.git("rev-parse", f"{CHAIN}~2")
    forged = damaged.git("commit-tree", f"{second}^{{tree}}", "-p", CHAIN, "-m", "trial 5: keep")
    damaged.git("update-ref", CHAIN, forged)
    says(damaged.run("status"), "trials 0 to 4 are whole", forged[:10])
    assert damaged.run("doctor", "--repair").code == 0
    assert len(damaged.trials()) == 5
    assert damaged.git("rev-parse", f"{DAMAGED}1") == forged
