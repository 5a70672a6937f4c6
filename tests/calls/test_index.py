"""The index of the logs: the same as the logs, whatever was done to them or to it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.calls.index import SORTS, Filter, Index
from autoresearch.calls.statistics import rank
from autoresearch.calls.store import place
from autoresearch.core.errors import AutoresearchError
from tests.calls.logged import ASKED, LARGE, SMALL, call, failed, lay, tried

ALL = Filter()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "calls.jsonl"


def ids(index: Index, where: Filter = ALL, sort: str = "time", *, descending: bool = False) -> list[int]:
    return [int(entry.id[:8], 16) for entry in index.all(where, sort, descending=descending)]


def opened(log: Path) -> Index:
    return Index.open(log.parent, [log])


def test_a_call_is_one_entry_with_its_attempts_and_its_duration(log: Path) -> None:
    """AM-73, AM-74, AM-75: retries and a repaired answer are attempts of one call, which is no error; the
    duration is the call's own."""
    repaired = {**tried(tokens=(100, 5)), "error": "the answer can't be read", "text": "no JSON"}
    lay(log, call(1, attempts=[failed(), repaired, tried(SMALL, cost=None)], seconds=7.25))
    with opened(log) as index:
        (entry,) = index.page(ALL)
        assert (entry.status, entry.attempts, entry.seconds, entry.error) == ("ok", 3, 7.25, None)
        assert (entry.input_tokens, entry.output_tokens, entry.tokens) == (200, 25, 225)
        assert (entry.cost_usd, entry.cost_whole, entry.model) == (0.01, False, SMALL.name)
        assert (entry.stage, entry.trial, entry.experiment) == ("propose", 1, "engineering/knob")
        total = index.stats(ALL).total
        assert (total.calls, total.ok, total.error, total.attempts) == (1, 1, 0, 3)


def test_an_agents_call_has_tokens_in_all(log: Path) -> None:
    attempt = {"started": "2026-01-02", "model": "claude", "status": "ok", "cost_usd": None, "tokens": 900}
    lay(log, call(1, attempts=[attempt], tokens=900, cost_usd=None))
    with opened(log) as index:
        (entry,) = index.page(ALL)
        assert (entry.input_tokens, entry.output_tokens, entry.tokens) == (None, None, 900)
        assert (entry.cost_usd, entry.cost_whole) == (None, False)


def test_the_whole_record_is_read_from_its_file(log: Path) -> None:
    calls = [call(1), call(2, messages=[{"role": "user", "content": "ü\n" * 50_000}]), call(3)]
    lay(log, *calls)
    with opened(log) as index:
        assert [index.call(entry) for entry in index.page(ALL)] == calls
        second = index.page(ALL)[1]
        log.write_bytes(log.read_bytes().replace(b"\\n", b"  "))
        assert index.call(second)["id"] == second.id
        log.write_bytes(b"in the way\n" + log.read_bytes())
        with pytest.raises(AutoresearchError, match="was changed meanwhile; do it again"):
            index.call(second)


def test_filters_and_orders_are_those_of_the_calls(log: Path) -> None:
    lay(
        log,
        call(1, "propose", trial=1, seconds=3.0),
        call(2, "analyze", trial=1, attempts=[tried(SMALL)], seconds=1.0),
        call(3, "propose", trial=2, answer=None, seconds=2.0),
        call(4, "analyze", trial=None, experiment="other/one", seconds=None),
    )
    with opened(log) as index:
        assert ids(index) == [1, 2, 3, 4]
        assert ids(index, descending=True) == [4, 3, 2, 1]
        assert ids(index, sort="stage") == [2, 4, 1, 3]
        assert ids(index, sort="trial") == [1, 2, 3, 4]
        assert ids(index, sort="duration") == [2, 3, 1, 4]
        assert ids(index, sort="duration", descending=True) == [1, 3, 2, 4]
        assert ids(index, Filter(stage="analyze")) == [2, 4]
        assert ids(index, Filter(trial=1, model=SMALL.name)) == [2]
        assert ids(index, Filter(experiment="other/one")) == [4]
        assert ids(index, Filter(status="error")) == [3]
        assert ids(index, Filter(stage="'; DROP TABLE calls")) == []
        assert index.count(Filter(stage="propose")) == 2
        assert index.values("stage") == [("analyze", 2), ("propose", 2)]
        assert index.values("trial") == [(1, 2), (2, 1), (None, 1)]
        assert index.values("model") == [(SMALL.name, 1), (LARGE.name, 2), (None, 1)]
        for sort in SORTS:
            pages = [index.page(ALL, sort, start=start, most=1) for start in range(5)]
            assert [entry for page in pages for entry in page] == index.page(ALL, sort)


def test_a_call_is_found_by_the_beginning_of_its_id(log: Path) -> None:
    lay(log, call(1, id="abc1"), call(2, id="abc2"), call(3, id="abc"), call(4, id="%_"))
    with opened(log) as index:
        found = [index.find(name) for name in ("abc1", "abc", "ab", "%", "x", "")]
        assert [entry and entry.id for entry in found] == ["abc1", "abc", None, "%_", None, None]
        assert [entry.id for entry in index.beginning("ab")] == ["abc", "abc1", "abc2"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "1", "status": "ok"\n',
        b"\xff\xfe\x00\x80 not text\n",
        b"[]\n",
        b"null\n",
        b'{"experiment": "a/b"}\n',
        b"[" * 100_000 + b"\n",
        json.dumps(call(9) | {"attempts": {"a": 1}}).encode() + b"\n",
        json.dumps(call(9) | {"attempts": [7]}).encode() + b"\n",
        json.dumps(call(9) | {"seconds": "long"}).encode() + b"\n",
        json.dumps(call(9) | {"trial": 10**30}).encode() + b"\n",
        json.dumps(call(9) | {"request": "?"}).encode() + b"\n",
        json.dumps(call(9) | {"request": {"messages": ["?"]}}).encode() + b"\n",
        json.dumps(call(9) | {"status": "fine"}).encode() + b"\n",
        json.dumps(call(9) | {"cost_usd": float("nan")}).encode() + b"\n",
        b"7" * 10_000 + b"\n",
    ],
)  # fmt: skip
def test_a_damaged_line_is_passed_over_and_counted(log: Path, line: bytes) -> None:
    """AM-95."""
    lay(log, call(1), line, b"\n", b"  \r\n", call(2))
    for _ in range(2):
        with opened(log) as index:
            assert (ids(index), index.damaged) == ([1, 2], 1)


def test_halves_of_characters_are_no_damage(log: Path) -> None:
    lay(log, call(1, error="\udc80 \ud83d", model="\udcff"))
    with opened(log) as index:
        (entry,) = index.page(ALL)
        assert (entry.error, entry.model, index.damaged) == ("? ?", "?", 0)


def test_a_line_that_is_being_written_is_read_when_it_is_whole(log: Path) -> None:
    lay(log, call(1))
    line = json.dumps(call(2)).encode() + b"\n"
    with opened(log) as index:
        for at in range(0, len(line) - 1, 100):
            lay(log, line[at : min(at + 100, len(line) - 1)])
            assert (index.refresh(), ids(index), index.damaged) == (0, [1], 0)
        lay(log, line[-1:])
        assert (index.refresh(), ids(index)) == (1, [1, 2])
        lay(log, call(3), call(4))
        assert (index.refresh(), index.refresh(), ids(index)) == (2, 0, [1, 2, 3, 4])
        assert [entry.id for entry in index.since(2, ALL)] == [call(3)["id"], call(4)["id"]]


def test_a_log_that_is_not_there_yet_is_read_when_it_is(log: Path) -> None:
    log.parent.mkdir()
    with opened(log) as index:
        assert (index.count(ALL), index.page(ALL), index.newest) == (0, [], 0)
        lay(log, call(1))
        assert index.refresh() == 1
        other = lay(log.with_name("other.jsonl"), call(2))
        assert index.refresh([log, other]) == 1
        assert ids(index) == [1, 2]


def test_a_call_that_stands_in_two_logs_is_one(log: Path) -> None:
    """AM-73: a copy of a log in the same folder doubles nothing."""
    lay(log, call(1), call(2))
    copy = shutil.copy(log, log.with_name("copy.jsonl"))
    with Index.open(log.parent, [log, Path(copy)]) as index:
        assert ids(index) == [1, 2]
        log.unlink()
        assert index.refresh() == 0
        assert ids(index) == [1, 2]
        assert all(index.call(entry) for entry in index.page(ALL))


def test_a_log_that_shrank_or_was_replaced_is_read_anew(log: Path) -> None:
    lay(log, call(1), call(2), call(3))
    with opened(log) as index:
        assert ids(index) == [1, 2, 3]
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:2]))
        assert (index.refresh(), ids(index)) == (0, [1, 2])
        log.write_bytes(b"".join(lines[::-1]))
        index.refresh()
        assert ids(index) == [1, 2, 3]
        assert [index.call(entry)["id"] for entry in index.page(ALL)] == [call(n)["id"] for n in (1, 2, 3)]
        other = lay(log.with_name("new"), call(7), call(8), call(9), call(10))
        other.replace(log)
        index.refresh()
        assert ids(index) == [7, 8, 9, 10]


def test_the_index_is_kept_and_only_what_is_new_is_read(log: Path) -> None:
    lay(log, call(1), call(2))
    with opened(log):
        kept = place(log.parent)
    assert kept.is_file() and kept.is_relative_to(Path.home() / ".cache" / "autoresearch")
    assert kept.stat().st_mode & 0o077 == 0
    with sqlite3.connect(kept) as connection:
        connection.execute("UPDATE calls SET stage = 'marked'")
    connection.close()
    lay(log, call(3))
    with opened(log) as index:
        assert [entry.stage for entry in index.page(ALL)] == ["marked", "marked", "propose"]
    kept.unlink()
    with opened(log) as index:
        assert [entry.stage for entry in index.page(ALL)] == ["propose"] * 3


def spoil_with_text(kept: Path) -> None:
    kept.write_bytes(b"not a database, but long enough to be read as one " * 100)


def spoil_by_cutting(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:5000])


def spoil_by_another_version(kept: Path) -> None:
    with sqlite3.connect(kept) as connection:
        connection.execute("DROP TABLE calls")
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def spoil_by_a_folder(kept: Path) -> None:
    kept.unlink()
    kept.mkdir()


@pytest.mark.parametrize(
    "spoil", [spoil_with_text, spoil_by_cutting, spoil_by_another_version, spoil_by_a_folder]
)
def test_an_index_that_is_no_use_is_made_again(log: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    lay(log, *map(call, range(1, 30)))
    with opened(log):
        pass
    spoil(place(log.parent))
    with opened(log) as index:
        assert ids(index) == list(range(1, 30))
        assert index.stats(ALL).total.calls == 29


def test_an_index_that_is_damaged_while_it_is_open_is_made_again(log: Path) -> None:
    lay(log, *map(call, range(1, 200)))
    with opened(log):
        kept = place(log.parent)
    with opened(log) as index:
        whole = kept.read_bytes()
        kept.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
        assert index.count(Filter(stage="propose")) == 199
        assert ids(index) == list(range(1, 200))


def test_where_nothing_can_be_kept_the_index_is_in_memory(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(log, call(1))
    monkeypatch.setenv("XDG_CACHE_HOME", str(lay(log.with_name("file"), b"in the way")))
    with opened(log) as index:
        assert ids(index) == [1]
        lay(log, call(2))
        assert (index.refresh(), ids(index)) == (1, [1, 2])
    monkeypatch.setenv("XDG_CACHE_HOME", str(log.parent / "cache"))
    with opened(log) as index:
        assert ids(index) == [1, 2]
    assert place(log.parent).is_relative_to(log.parent / "cache")


def test_several_processes_may_use_one_index_at_once(log: Path) -> None:
    """All of them build it at the same time while the log still grows; each sees all of it at last."""
    lay(log, *map(call, range(1, 300)))
    program = (
        "import sys, time; from pathlib import Path; from autoresearch.calls.index import Filter, Index\n"
        "log = Path(sys.argv[1]); index = Index.open(log.parent, [log])\n"
        "while index.count(Filter()) < 400:\n    index.refresh(); time.sleep(0.01)\n"
        "print(index.count(Filter()), index.stats(Filter()).total.ok, index.damaged)\n"
    )
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, log], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        for _ in range(3)
    ]
    for number in range(300, 401):
        lay(log, call(number))
    assert [other.communicate(timeout=60)[0] for other in others] == ["400 400 0\n"] * 3


def test_statistics_add_up(log: Path) -> None:
    """AM-88: success, tokens, cost, durations; of all, by stage, by model, by trial."""
    lay(
        log,
        call(1, "propose", trial=1, seconds=1.0),
        call(2, "propose", trial=1, seconds=3.0, answer=None),
        call(3, "analyze", trial=2, seconds=2.0, attempts=[failed(), tried(SMALL, (10, 5), None)]),
        call(4, "analyze", trial=2, seconds=10.0, answer=None, status="interrupted", attempts=[]),
        call(5, "propose", trial=3, experiment="other/one", seconds=None),
    )
    with opened(log) as index:
        stats = index.stats(ALL)
        total = stats.total
        assert (total.calls, total.ok, total.error, total.interrupted, total.attempts) == (5, 3, 1, 1, 5)
        assert total.success == 0.75
        assert (total.input_tokens, total.output_tokens, total.tokens) == (210, 45, 255)
        assert (total.cost_usd, total.cost_whole) == (0.02, False)
        assert (total.seconds, total.mean, total.p50, total.p95, total.longest) == (16, 4, 2, 10, 10)
        assert {stage: each.calls for stage, each in stats.stages.items()} == {"analyze": 2, "propose": 3}
        assert (stats.stages["propose"].cost_usd, stats.stages["propose"].cost_whole) == (0.02, True)
        assert stats.stages["analyze"].cost_usd is None
        assert {m: each.calls for m, each in stats.models.items()} == {None: 2, LARGE.name: 2, SMALL.name: 1}
        assert [(key, each.calls, each.p50) for key, each in stats.trials.items()] == [
            (("engineering/knob", 1), 2, 1.0), (("engineering/knob", 2), 2, 2.0), (("other/one", 3), 1, None),
        ]  # fmt: skip
        last = index.stats(ALL, 1)
        assert (list(last.trials), last.trial_count) == ([("other/one", 3)], 3)
        some = index.stats(Filter(status="ok", experiment="engineering/knob")).total
        assert (some.calls, some.success, some.cost_usd) == (2, 1.0, 0.01)
        none = index.stats(Filter(stage="plan"))
        assert (none.total.calls, none.total.success, none.total.cost_usd, none.trials) == (0, None, None, {})


def test_percentiles_are_durations_that_were_measured() -> None:
    """The nearest rank: the smallest value that at least this share doesn't exceed."""
    assert [rank([15, 20, 35, 40, 50], share) for share in (0, 0.3, 0.4, 0.5, 1)] == [15, 20, 20, 35, 50]
    assert rank([7], 0.95) == 7


def test_the_timeline_has_a_row_for_each_stage_of_each_trial(log: Path) -> None:
    """AM-87: in the order of trials, then of time; with count, first time, models, duration, errors."""
    lay(
        log,
        call(5, "propose", trial=2, answer=None, seconds=1.0),
        call(1, "propose", trial=1, seconds=1.0),
        call(2, "propose", trial=1, seconds=2.0, attempts=[tried(SMALL)]),
        call(3, "analyze", trial=1, seconds=None),
        call(4, "report", trial=None),
        call(6, "propose", trial=1, experiment="a/first"),
    )
    with opened(log) as index:
        steps = index.timeline(ALL)
        order = [(step.experiment, step.trial, step.stage, step.calls) for step in steps]
        assert order == [
            ("a/first", 1, "propose", 1), ("engineering/knob", 1, "propose", 2),
            ("engineering/knob", 1, "analyze", 1), ("engineering/knob", 2, "propose", 1),
            ("engineering/knob", None, "report", 1),
        ]  # fmt: skip
        both, third, error = steps[1], steps[2], steps[3]
        assert (both.first, both.last) == (call(1)["started"], call(2)["started"])
        assert (set(both.models), both.seconds, both.ok) == ({LARGE.name, SMALL.name}, 3.0, 2)
        assert third.seconds is None
        assert (error.models, error.ok, error.error) == ((), 0, 1)
        last = index.timeline(Filter(experiment="engineering/knob"), descending=True, most=1)
        assert [(step.trial, step.stage) for step in last] == [(2, "propose")]
        assert [step.trial for step in index.timeline(ALL, start=1, most=1)] == [1, 1]


def test_the_messages_stay_out_of_the_index(log: Path) -> None:
    lay(log, call(1))
    with opened(log):
        kept = place(log.parent)
    assert ASKED[1]["content"].encode() not in kept.read_bytes()
