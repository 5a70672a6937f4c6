"""The records of suites: append-only files, a derived index, claims."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from autoresearch.calls.store import place
from autoresearch.core.redaction import Redactor
from autoresearch.suites.store import Records, now

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("calls", "records"):
        (tmp_path / ".suites" / name).mkdir(parents=True)
    return tmp_path / ".suites"


def opened(folder: Path, **environ: str) -> Records:
    return Records(folder, Redactor(environ))


def call(key: str, text: str | None, status: str = "ok") -> dict[str, object]:
    """A call as `calls.record` writes it."""
    return {
        "id": uuid.uuid4().hex,
        "key": key,
        "started": now(),
        "experiment": "greet",
        "trial": 0,
        "stage": "generate",
        "context": {},
        "model": "openai/x",
        "request": {"messages": [{"role": "user", "content": "hello"}]},
        "response": None if text is None else {"text": text, "finish": "stop", "id": "1", "model": "x"},
        "status": status,
        "error": None,
        "attempts": [],
        "cost_usd": None,
        "tokens": 3,
        "seconds": 0.5,
    }


def test_a_record_is_found_by_its_key_also_by_the_next_process(folder: Path) -> None:
    """ER-17: nothing is lost without a save."""
    with opened(folder) as records:
        records.write("execute", KEY, {"results": []}, good=True)
        assert records.good(KEY, "execute")
        assert records.of(OTHER) == []
    with opened(folder) as records:
        found = records.good(KEY, "execute")
        assert found is not None
        assert found.body == {"results": []}
        assert records.good(KEY, "score") is None


def test_only_a_clean_finish_is_good_and_the_newest_counts(folder: Path) -> None:
    with opened(folder) as records:
        records.write_call(call(KEY, None, "error"))
        assert records.good(KEY, "call") is None
        records.write_call(call(KEY, "one"))
        records.write_call(call(KEY, "two"))
        records.write_call(call(KEY, None, "interrupted"))
        assert len(records.of(KEY)) == 4
        good = records.good(KEY, "call")
    assert good is not None
    assert good.body["text"] == "two"


def test_the_whole_line_is_there_for_who_asks(folder: Path) -> None:
    with opened(folder) as records:
        records.write_call(call(KEY, "one"))
    with opened(folder) as records:
        found = records.good(KEY, "call")
        assert found is not None
        assert "request" not in found.body
        assert found.whole()["request"]["messages"][0]["content"] == "hello"


def test_the_index_may_be_deleted_and_damaged_lines_are_passed_over(folder: Path) -> None:
    with opened(folder) as records:
        records.write("score", KEY, {"score": 1}, good=True)
        assert len(records.of(KEY)) == 1
    place(folder).unlink()
    (folder / "records" / "damaged.jsonl").write_text('{"half": \nnot json\n{"key": 7}\n[]\n')
    with opened(folder) as records:
        assert records.good(KEY, "score")
        assert records.damaged == 4


def test_what_another_writer_adds_is_seen_when_a_key_is_claimed(folder: Path) -> None:
    with opened(folder) as mine, opened(folder) as theirs:
        assert mine.of(KEY) == []
        theirs.write("score", KEY, {"score": 1}, good=True)
        with mine.claim(KEY):
            assert mine.good(KEY, "score")


HOLD = """
import sys, time
from pathlib import Path
from autoresearch.core.redaction import Redactor
from autoresearch.suites.store import Records
with Records(Path(sys.argv[1]), Redactor({})) as records, records.claim(sys.argv[2]):
    print("claimed", flush=True)
    sys.stdin.readline()
    records.write("score", sys.argv[2], {"score": 1}, good=True)
"""


def test_a_claim_of_another_process_is_waited_for_and_dies_with_it(folder: Path) -> None:
    def holder() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(folder), KEY]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        return process

    with holder() as first, opened(folder) as records:
        with records.claim(OTHER):
            pass  # another key is free
        first.communicate("go on\n")
        with records.claim(KEY):
            assert records.good(KEY, "score")
    with holder() as second, opened(folder) as records:
        second.kill()
        second.communicate()
        with records.claim(KEY):
            assert len(records.of(KEY)) == 1


def test_no_key_of_a_provider_is_written_and_any_text_is(folder: Path) -> None:
    secret = "sk-or-v1-0123456789abcdef"
    with opened(folder, OPENAI_API_KEY=secret) as records:
        records.write_call(call(KEY, f"it is {secret}"))
        records.write("given", OTHER, {"text": "a\r\n'''\x00\ud800\u2028é"}, good=True)
        assert records.of(OTHER)[0].body["text"] == "a\r\n'''\x00?\u2028é"
    written = "".join(path.read_text() for path in folder.rglob("*.jsonl"))
    assert secret not in written
    for line in written.split("\n"):
        assert not line or json.loads(line)["key"] in (KEY, OTHER)
