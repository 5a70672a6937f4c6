"""`autoresearch logs`: found, listed, shown, summed up, exported and followed, from real logs on disk."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.calls.logged import ASKED, LARGE, SMALL, call, failed, lay, tried
from tests.conftest import Project
from tests.end_to_end.laid import lay as lay_experiment
from tests.end_to_end.test_terminal import HOSTILE, STEERING, STYLE, Terminal

COMMANDS = ("ls", "stats", "timeline", "tail", "export")
SOME = (
    call(1, "propose", trial=1),
    call(2, "analyze", trial=1, attempts=[tried(SMALL)], seconds=30.0),
    call(3, "propose", trial=2, answer=None),
    call(
        4, "propose", trial=2, attempts=[failed(), {**tried(), "error": "the answer can't be read"}, tried()]
    ),
)


@pytest.fixture
def logs(project: Project) -> Path:
    """A folder with a log of four calls, beside the project."""
    return lay(project.path.parent / "some" / "calls.jsonl", *SOME).parent


def listed(out: str) -> list[str]:
    """The numbers of the calls in a table."""
    return [str(int(line.split()[0], 16)) for line in out.splitlines()[1:]]


def test_logs_alone_shows_what_there_is(project: Project) -> None:
    bare, asked = project.run("logs"), project.run("logs", "--help")
    assert (bare.code, bare.err, bare.out) == (0, "", asked.out)
    for name in (*COMMANDS, "show", "view"):
        assert re.search(rf"(?m)^  {name} ", bare.out)
        told = project.run("logs", name, "--help")
        assert told.code == 0 and re.search(rf"(?m)^  autoresearch logs {name}\b", told.out), told.err
    wrong = project.run("logs", "stat")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: no command 'stat'; did you mean 'stats'?; see: autoresearch logs --help\n"


def test_a_list_of_calls_is_plain_text_and_json(project: Project, logs: Path) -> None:
    """AM-73: each call once, the newest first."""
    done = project.run("logs", "ls", "-d", str(logs))
    assert (done.code, done.err) == (0, "")
    head, first, *_ = done.out.splitlines()
    titles = "id begun (UTC) trial stage model status tries seconds tokens cost error"
    assert " ".join(head.split()) == titles
    told = f"00000004 2026-01-02 03:08:05 2 propose {LARGE.name} ok 3 6.0 200 + 40 $0.02"
    assert first.split() == told.split()
    assert listed(done.out) == ["4", "3", "2", "1"]
    document = project.run("logs", "ls", "-d", str(logs), "--json").json
    assert (document["count"], document["damaged_lines"]) == (4, 0)
    assert document["calls"][0]["id"] == SOME[3]["id"] and document["calls"][0]["attempts"] == 3
    assert document["calls"][1]["model"] is None and document["calls"][1]["status"] == "error"


def test_filters_and_orders_leave_what_was_asked_for(project: Project, logs: Path) -> None:
    def ls(*options: str) -> list[str]:
        done = project.run("logs", "ls", "-d", str(logs), *options)
        assert done.code == 0, done.err
        return listed(done.out)

    assert ls("--reverse") == ["1", "2", "3", "4"]
    assert ls("--stage", "propose") == ["4", "3", "1"]
    assert ls("--status", "error") == ["3"]
    assert ls("--model", "small") == ls("--model", SMALL.name) == ["2"]
    assert ls("--trial", "2", "--experiment", "knob") == ["4", "3"]
    assert ls("--sort", "duration", "-n", "2") == ["2", "4"]
    assert ls("--sort", "stage") == ["2", "1", "3", "4"]
    some = project.run("logs", "ls", "-d", str(logs), "-n", "1")
    assert some.err == "1 of 4 calls; all of them: -n 0\n"


@pytest.mark.parametrize("name", [*COMMANDS, "show"])
def test_where_no_call_matches_it_says_what_there_is(project: Project, logs: Path, name: str) -> None:
    """AM-92."""
    words = ["last"] if name == "show" else []
    done = project.run("logs", name, *words, "-d", str(logs), "--stage", "plan", "--trial", "7")
    told = "no calls match (stage plan, trial 7); there are: stage analyze, propose; trial 1, 2\n"
    assert (done.code, done.out + done.err) == (0, told)
    if name != "export":
        done = project.run("logs", name, *words, "-d", str(logs), "--stage", "plan", "--json")
        assert (done.code, isinstance(done.json, dict)) == (0, True)
        assert "there are: stage analyze, propose" in done.err


@pytest.mark.parametrize("name", COMMANDS)
def test_bad_folders_and_logs_are_told_in_one_line(project: Project, name: str) -> None:
    """AM-78: missing, without a log, empty."""
    folder = project.path.parent / "nowhere"
    done = project.run("logs", name, "-d", str(folder))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: no folder {folder}; name one with logs (*.jsonl) in it: -d DIR\n"
    folder.mkdir()
    done = project.run("logs", name, "-d", str(folder))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: no log (*.jsonl) in {folder}; ")
    lay(folder / "calls.jsonl")
    done = project.run("logs", name, "-d", str(folder))
    assert (done.code, done.out + done.err) == (0, "no calls yet\n")
    nothing = project.run("logs", name)
    assert nothing.code == 1 and nothing.err.startswith("error: no experiment here; make one: ")
    assert nothing.err.endswith("; or name a folder of logs: -d DIR\n")


def test_the_logs_that_are_meant_are_found(project: Project) -> None:
    """AM-78: an experiment's own, all of them together, `llm_logs` here or beside, what -d names."""
    lay_experiment(project)
    empty = project.run("logs", "ls")
    assert (empty.code, empty.out) == (0, "no calls yet\n")
    lay(project.folder() / "calls.jsonl", call(1))
    assert listed(project.run("logs", "ls").out) == ["1"]
    lay_experiment(project, name="content/other")
    lay(project.folder("content/other") / "calls.jsonl", call(2, experiment="content/other"))
    both = project.run("logs", "ls")
    assert listed(both.out) == ["2", "1"] and "content/other" in both.out
    assert listed(project.run("logs", "ls", "other").out) == ["2"]
    assert listed(project.run("logs", "ls", "-d", ".autoresearch").out) == ["2", "1"]
    assert listed(project.run("logs", "ls", "-d", ".autoresearch/content/other").out) == ["2"]
    assert listed(project.run("logs", "ls", "-d", ".autoresearch/content/other/calls.jsonl").out) == ["2"]
    wrong = project.run("logs", "ls", "nothing")
    assert wrong.code == 1 and "there are: content/other, engineering/knob" in wrong.err

    lay(project.path.parent / "llm_logs" / "a.jsonl", call(3))
    beside = project.run("logs", "ls")
    assert (listed(beside.out), beside.err) == (["3"], f"of {project.path / '../llm_logs'}\n")
    lay(project.path / "llm_logs" / "a.jsonl", call(4))
    lay(project.path / "llm_logs" / "b.jsonl", call(5))
    assert listed(project.run("logs", "ls").out) == ["5", "4"]
    assert listed(project.run("-C", str(project.path), "logs", "ls", "knob").out) == ["1"]


def test_an_experiment_whose_settings_are_broken_still_shows_its_calls(project: Project) -> None:
    lay_experiment(project)
    lay(project.folder() / "calls.jsonl", call(1))
    project.write(".autoresearch/engineering/knob/config.yaml", "nonsense: [")
    assert listed(project.run("logs", "ls").out) == ["1"]


def test_one_call_is_shown_whole(project: Project, logs: Path) -> None:
    """AM-74, AM-75, AM-94: its duration, its attempts, and every text in full."""
    long = "start " + "x" * 30_000 + "\n" + "line\n" * 5000 + "end"
    lay(logs / "calls.jsonl", call(5, answer=long, attempts=[failed(), tried()]))
    done = project.run("logs", "show", "last", "-d", str(logs))
    assert (done.code, done.err) == (0, "")
    assert long in done.out and ASKED[1]["content"] in done.out
    assert re.search(r"(?m)^duration +7\.00 s$", done.out)
    assert re.search(r"(?m)^attempt 1 +error, .*slow down$", done.out)
    assert re.search(r"(?m)^status +ok$", done.out)
    assert project.run("logs", "show", "00000005", "-d", str(logs)).out == done.out
    assert project.run("logs", "show", "last", "-d", str(logs), "--json").json["response"]["text"] == long
    error = project.run("logs", "show", "last", "--status", "error", "-d", str(logs))
    assert re.search(r"(?m)^error +models.propose: gave up$", error.out)
    many = project.run("logs", "show", "0", "-d", str(logs))
    assert many.code == 1 and many.err.startswith("error: several calls begin with 0; they are: 00000001")
    none = project.run("logs", "show", "zz", "-d", str(logs))
    assert (none.code, none.err) == (1, "error: no call zz; see: autoresearch logs ls\n")


def test_damaged_lines_are_counted_and_hide_nothing(project: Project, logs: Path) -> None:
    """AM-95."""
    lay(
        logs / "calls.jsonl",
        b"\x00\xff\xfe\n",
        b'{"id": "half\n',
        b"[1, 2]\n",
        call(5),
        b'{"id": "unfinished',
    )
    done = project.run("logs", "ls", "-d", str(logs))
    assert (done.code, done.err) == (0, "passed over 3 damaged lines\n")
    assert listed(done.out) == ["5", "4", "3", "2", "1"]
    assert project.run("logs", "stats", "-d", str(logs), "--json").json["damaged_lines"] == 3


def test_statistics_are_told_and_exact_in_json(project: Project, logs: Path) -> None:
    """AM-88."""
    done = project.run("logs", "stats", "-d", str(logs))
    assert (done.code, done.err) == (0, "")
    assert re.search(r"(?m)^calls +4, 3 ok, 1 errors$", done.out)
    assert re.search(r"(?m)^success +75.0%$", done.out)
    assert re.search(r"(?m)^cost +\$0.04$", done.out)
    for title in ("stage", "model", "trial"):
        assert re.search(rf"(?m)^{title} .*calls  success  errors .*p95", done.out)
    document = project.run("logs", "stats", "-d", str(logs), "--json").json
    assert document["total"]["success"] == 0.75 and document["total"]["tokens"] == 480
    assert [(each["stage"], each["calls"]) for each in document["stages"]] == [("analyze", 1), ("propose", 3)]
    assert [(each["trial"], each["error"]) for each in document["trials"]] == [(1, 0), (2, 1)]
    some = project.run("logs", "stats", "-d", str(logs), "-n", "1")
    assert "trial (the last 1 of 2)" in some.out


def test_the_timeline_goes_trial_by_trial(project: Project, logs: Path) -> None:
    """AM-87."""
    done = project.run("logs", "timeline", "-d", str(logs))
    assert (done.code, done.err) == (0, "")
    head, *rows, total = done.out.splitlines()
    assert head.split() == ["trial", "stage", "calls", "first", "(UTC)", "model", "time", "ok", "errors"]
    assert [row.split()[:3] for row in rows] == [
        ["1", "propose", "1"],
        ["1", "analyze", "1"],
        ["2", "propose", "2"],
    ]
    assert rows[1].split()[3:] == ["2026-01-02", "03:06:05", SMALL.name, "30.0", "s", "1"]
    assert total == "4 calls in 2 trials, 1 error"
    (last,) = project.run("logs", "timeline", "-d", str(logs), "--reverse", "-n", "1", "--json").json[
        "timeline"
    ]
    assert (last["trial"], last["calls"], last["ok"], last["error"]) == (2, 2, 1, 1)


def test_what_the_filters_leave_is_exported(project: Project, logs: Path) -> None:
    """AM-90: as an array, as the lines that they are, as OpenTelemetry."""
    lines = (logs / "calls.jsonl").read_text().splitlines(keepends=True)
    done = project.run("logs", "export", "-d", str(logs), "--stage", "propose")
    assert (done.code, done.out, done.err) == (0, "".join([lines[0], lines[2], lines[3]]), "")
    for kind in ("json", "jsonl", "otel"):
        target = project.path.parent / f"out.{kind}"
        words = ("logs", "export", "-d", str(logs), "--stage", "propose", "--format", kind)
        done = project.run(*words, "-o", str(target))
        assert (done.code, done.out, done.err) == (0, "", f"wrote 3 calls to {target}\n")
        assert target.read_text() == project.run(*words).out
    array = json.loads((project.path.parent / "out.json").read_text())
    assert array == [SOME[0], SOME[2], SOME[3]]
    spans = json.loads((project.path.parent / "out.otel").read_text())
    assert len(spans["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 3
    itself = project.run("logs", "export", "-d", str(logs), "-o", str(logs / "calls.jsonl"))
    assert itself.code == 1 and itself.err.endswith("is the log itself; write to another file: -o FILE\n")
    assert (logs / "calls.jsonl").read_text() == "".join(lines)
    none = project.run("logs", "export", "-d", str(logs), "--stage", "none", "--format", "json")
    assert (none.code, none.json) == (0, [])


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_fit_and_hostile_texts_steer_nothing(project: Project, logs: Path, columns: int) -> None:
    bad = {"model": HOSTILE, "stage": "propose", "error": HOSTILE, "experiment": HOSTILE}
    lay(
        logs / "calls.jsonl", call(6, answer=HOSTILE, messages=[{"role": HOSTILE, "content": HOSTILE}], **bad)
    )
    for words in (("ls",), ("show", "last"), ("stats",), ("timeline",), ("tail",), ("export",)):
        terminal = Terminal(project, ["logs", *words, "-d", str(logs)], columns=columns)
        assert terminal.ends() == 0
        seen = STYLE.sub("", terminal.raw).replace("\r\n", "\n")
        assert not STEERING.search(seen), words
        if words[0] in ("ls", "timeline"):
            assert max(map(cell_len, seen.splitlines())) <= columns, seen
    narrow = Terminal(project, ["logs", "ls", "-d", str(logs)], columns=60)
    narrow.ends()
    assert "trial" in narrow.raw and "status" in narrow.raw and "00000004" in narrow.raw


@contextmanager
def following(project: Project, folder: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "autoresearch", "logs", "tail", "-f", "-d", str(folder), *options]
    process = subprocess.Popen(
        words, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout and process.stderr
        process.stdout.close()
        process.stderr.close()


def numbers(process: "subprocess.Popen[str]", count: int) -> list[int]:
    assert process.stdout
    return [int(process.stdout.readline()[:8], 16) for _ in range(count)]


def test_the_last_calls_are_told_a_line_each(project: Project, logs: Path) -> None:
    done = project.run("logs", "tail", "-n", "2", "-d", str(logs))
    assert (done.code, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first.endswith("trial 2 propose · error · 5.00 s · models.propose: gave up")
    assert second.endswith(f"{LARGE.name} · ok · 3 attempts · 6.00 s · 200 + 40 tokens · $0.02")
    assert len(project.run("logs", "tail", "-d", str(logs), "--json").json["calls"]) == 4
    assert project.run("logs", "tail", "-n", "0", "-d", str(logs)).out == ""
    assert project.run("logs", "tail", "-f", "--json", "-d", str(logs)).code == 2


def test_a_log_is_followed_while_it_is_written_and_replaced(project: Project, logs: Path) -> None:
    """Half lines wait until they are whole; Ctrl-C is exit 130."""
    log = logs / "calls.jsonl"
    with following(project, logs, "-n", "1") as process:
        assert numbers(process, 1) == [4]
        line = json.dumps(call(5)).encode() + b"\n"
        lay(log, line[:200])
        lay(logs / "other.jsonl", call(6))
        assert numbers(process, 1) == [6]
        lay(log, line[200:], b"damaged\n", call(7))
        assert numbers(process, 2) == [5, 7]
        lay(logs / "new", call(8)).replace(log)
        (logs / "other.jsonl").unlink()
        assert numbers(process, 1) == [8]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130


def test_a_log_that_does_not_exist_yet_is_waited_for(project: Project) -> None:
    folder = project.path.parent / "later"
    with following(project, folder, "--stage", "propose") as process:
        assert process.stderr and process.stderr.readline() == f"waiting for {folder}\n"
        folder.mkdir()
        time.sleep(0.5)
        lay(folder / "calls.jsonl", call(1), call(2, "analyze"), call(3))
        assert numbers(process, 2) == [1, 3]


def test_a_reader_that_leaves_early_gets_no_traceback(project: Project, logs: Path) -> None:
    lay(logs / "calls.jsonl", *map(call, range(10, 3000)))
    for words in (["ls", "-n", "0"], ["export"], ["show", "last"]):
        command = [sys.executable, "-m", "autoresearch", "logs", *words, "-d", str(logs)]
        done = subprocess.run(
            ["sh", "-c", '"$@" | head -c 10', "sh", *command],
            cwd=project.path,
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr and "bug" not in done.stderr


def test_looking_leaves_the_logs_as_they_are(project: Project, logs: Path) -> None:
    """And needs no cache that can be written."""
    shutil.copy(logs / "calls.jsonl", logs / "copy.jsonl")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in logs.iterdir()}
    for name in COMMANDS:
        done = project.run("logs", name, "-d", str(logs), env={"XDG_CACHE_HOME": "/proc/nowhere"})
        assert (done.code, done.err) == (0, ""), name
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in logs.iterdir()} == before
