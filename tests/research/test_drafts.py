"""The trial in flight, on disk: what was paid for is found again, and nothing else is taken for it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters.git import pending_ref
from autoresearch.core.model import Measurement, Proposal
from autoresearch.research.drafts import KEPT_OF_LOG, LOOKS, Draft, Seen
from tests.conftest import Project

NAME = "engineering/knob"
LOOK = Seen("candidate", Measurement((1.0,), {}, 1.0))
STARTED = "2026-01-02T03:04:05.678+00:00"
# Text as it is where it may have been bytes that were no UTF-8.
TEXTS = st.binary(max_size=20).map(lambda data: data.decode(errors="surrogateescape"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PROPOSALS = st.builds(
    Proposal,
    idea=TEXTS,
    why=TEXTS,
    files=st.dictionaries(TEXTS, st.none() | TEXTS, max_size=3),
    parameters=st.dictionaries(TEXTS, NUMBERS | st.integers() | TEXTS, max_size=2),
    model=TEXTS,
    put_back=st.lists(TEXTS, max_size=2).map(tuple),
)


def draft(folder: Path, key: str = "key") -> Draft:
    made = Draft(7, folder / "0007", key)
    made.open()
    return made


@given(proposal=PROPOSALS)
def test_a_proposal_that_was_paid_for_is_found_again_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, proposal: Proposal
) -> None:
    folder = tmp_path_factory.mktemp("trials")
    draft(folder).save_proposal(proposal, STARTED)
    assert draft(folder).proposal() == (proposal, STARTED)


@given(
    st.lists(NUMBERS, min_size=1, max_size=4),
    st.dictionaries(st.text(max_size=4), NUMBERS, max_size=3),
    NUMBERS,
)
def test_a_measurement_that_was_made_is_found_again_in_full_precision(
    tmp_path_factory: pytest.TempPathFactory, samples: list[float], metrics: dict[str, float], seconds: float
) -> None:
    """AR-23"""
    folder, measured = tmp_path_factory.mktemp("trials"), Measurement(tuple(samples), metrics, seconds)
    looks = [Seen("candidate", measured), Seen("incumbent", measured)]
    for look in looks:
        draft(folder).save_look(look)
    assert draft(folder).looks() == looks


def test_nothing_is_found_in_a_new_draft(tmp_path: Path) -> None:
    made = draft(tmp_path)
    assert (made.proposal(), made.looks(), made.evidence()) == (None, [], {})


def test_what_belongs_to_another_question_or_parent_is_cleared_away(tmp_path: Path) -> None:
    made = draft(tmp_path, "this question")
    made.save_proposal(Proposal("an idea", why="paid for"), STARTED)
    made.save_look(LOOK)
    made.log.write_text("value: 1")
    made.open()
    assert made.looks() == [LOOK]
    other = draft(tmp_path, "another question")
    assert (other.proposal(), other.looks(), other.evidence()) == (None, [], {})
    assert [path.name for path in other.folder.iterdir()] == ["key"]


def test_a_folder_without_a_key_is_no_draft(tmp_path: Path) -> None:
    """A kill came before the key was there, or somebody made the folder by hand."""
    (tmp_path / "0007").mkdir()
    (tmp_path / "0007/proposal.json").write_text("{half of it")
    assert draft(tmp_path).proposal() is None


def test_a_write_that_a_kill_cut_short_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.save_proposal(Proposal("an idea"), STARTED)
    made.save_look(LOOK)
    with (made.folder / LOOKS).open("a") as file:
        file.write('{"who": "candidate", "samples": [1.')
    assert made.looks() == [LOOK]
    made.save_look(LOOK)
    assert made.looks() == [LOOK, LOOK]
    assert made.proposal() == (Proposal("an idea"), STARTED)


def test_the_evidence_is_what_was_asked_answered_and_printed(tmp_path: Path) -> None:
    """AR-16"""
    made = draft(tmp_path)
    made.save_proposal(Proposal("an idea"), STARTED)
    (made.folder / "prompt.md").write_text("ask")
    (made.folder / "reply.md").write_bytes(b"caf\xe9")
    made.save_look(LOOK)
    made.log.write_bytes(b"value: 1\n\xff")
    (made.folder / "proposer.log").write_text("thinking")
    (made.folder / "checkpoint.bin").write_text("not ours to keep")
    found = made.evidence()
    assert json.loads(found.pop("proposal.json"))["idea"] == "an idea"
    assert found == {
        "looks.jsonl": (made.folder / LOOKS).read_bytes(), "prompt.md": b"ask", "reply.md": b"caf\xe9",
        "proposer.log": b"thinking", "run.log": b"value: 1\n\xff",
    }  # fmt: skip


def test_of_a_long_log_the_head_and_the_tail_are_kept_and_of_a_long_reply_all(tmp_path: Path) -> None:
    head, tail = KEPT_OF_LOG
    made = draft(tmp_path)
    made.log.write_bytes(b"a" * head + b"-" * 1000 + b"z" * tail)
    (made.folder / "reply.md").write_bytes(b"r" * 500_000)
    found = made.evidence()
    assert found["run.log"] == b"a" * head + "\n[… 1,000 bytes left out …]\n".encode() + b"z" * tail
    assert found["reply.md"] == b"r" * 500_000


def test_the_candidate_in_flight_survives_the_users_gc(project: Project) -> None:
    """AR-17: also while nobody runs the experiment, because the run was killed."""
    hold = Path(os.environ["HOME"], "hold")
    project.write(
        "bench.py",
        f"import os, time\nwhile os.path.exists({str(hold)!r}): time.sleep(0.01)\nprint('value: 1')\n",
    )
    project.commit()
    assert project.new(NAME).code == 0
    hold.touch()
    options = project.ideas({"idea": "x", "files": {"knob.py": "x\n"}})
    command, quiet = [sys.executable, "-m", "autoresearch", "run", *options], subprocess.DEVNULL
    with subprocess.Popen(command, cwd=project.path, stdout=quiet, stderr=quiet) as run:
        deadline = time.monotonic() + 30
        while not (made := project.git("rev-parse", "--verify", "--quiet", pending_ref(NAME), check=False)):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.01)
        project.git("gc", "--quiet", "--prune=now")
        assert project.git("cat-file", "-t", made) == "commit"
        os.kill(run.pid, signal.SIGKILL)
    project.git("gc", "--quiet", "--prune=now")
    assert project.git("show", f"{made}:knob.py") == "x"
    hold.unlink()
    assert project.run("run", "--resume").code == 0
    assert project.trials()[1]["commit"] == made
    assert project.git("for-each-ref", "refs/autoresearch-pending") == ""


def test_an_answer_with_half_a_character_is_a_row_and_never_in_the_way_of_the_next_run(
    project: Project,
) -> None:
    """JSON can say `\\ud800`, which is no text that can be written anywhere."""
    assert project.new().code == 0
    raw = [
        r'{"idea": "half \ud800", "files": {"knob.py": "x = 1"}}',
        r'{"idea": "half", "files": {"knob.py": "x = 1 # \ud800"}}',
        r'{"idea": "half", "files": {"knob.py\udfff\udc00": "x"}}',
        r'{"idea": "byte \udcff", "files": {"knob.py": "x = 2 # \udcff"}}',
    ]
    project.write("bench.py", "print('value:', 1)\n")
    options = project.ideas(*({"raw": answer} for answer in raw), "1")
    done = project.run("run", "--loop", *options)
    assert done.code == 0, done.err
    assert [row["reason"] for row in project.trials()][1:4] == ["no_proposal"] * 3
    assert project.trials()[4]["description"] == "byte \udcff"
    assert (project.folder() / "results.tsv").read_bytes().count(b"byte \xff") == 1
    assert project.run("run", *options).code == 0
