"""Evals at the command line: run, look, stop, retry, edit, compare; what a kill and a second process do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch.suites import evals
from tests.conftest import Project
from tests.provider import Provider, own_variables, reply, serve, status
from tests.suites.laid import Echo, suite

__all__ = ["own_variables", "serve"]
KILLS = int(os.environ.get("AUTORESEARCH_KILLS", "3"))  # read before a test hides it


def laid(project: Project, text: str, name: str = "greet.toml") -> Path:
    return project.write(name, text)


def test_an_eval_is_run_looked_at_put_right_and_compared(project: Project, provider: Provider) -> None:
    """ER-10, ER-25, ER-29, ER-42, ER-43, ER-30, ER-33, ER-41, ER-44, ER-56, ER-59, ER-60, CX-18."""
    provider.plays("Ada", status(400, message="too long"), "nobody")
    laid(project, suite(provider.base, inputs=("Ada", "Bob", "Cid")))
    done = project.run("suite", "run", "greet.toml", "-j", "1")
    assert done.code == 3
    assert "greet: 2 of 3 samples completed, 1 passed, 1 failed with an error" in done.out
    assert "greet:1 Bob/openai/tester#0: refused: too long" in done.out
    listed = project.run("suite", "ls", "greet", "--json").json["samples"]
    assert [(each["address"], each["status"], each["verdict"]) for each in listed] == [
        ("greet:0", "completed", "pass"), ("greet:1", "error", "none"), ("greet:2", "completed", "fail"),
    ]  # fmt: skip
    older = project.run("suite", "ls", "--old-words", "greet").out.splitlines()[1:]
    assert [line.split()[3] for line in older] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert "greet:1" in project.run("suite", "ls", "FAIL").out
    shown = project.run("suite", "show", "a:0").out  # a line of the last list
    assert "greet:1 Bob/openai/tester#0: error (refused)" in shown
    assert "error: refused: too long" in shown
    assert "Say Bob" in shown
    assert project.run("suite", "status").code == 3
    for query in ("no-such-thing", "verdict:pass split:dev", "a:7"):
        nothing = project.run("suite", "ls", "greet", query)
        assert nothing.code == 1
        assert len(nothing.err.splitlines()) == 1
    assert "no regular expression" in project.run("suite", "show", "r:(").err
    done = project.run("suite", "retry", "greet", "-j", "2")
    assert done.code == 0
    assert "1 of 1 sample completed" in done.out
    assert len(provider.seen) == 4
    assert project.run("suite", "retry").out == "greet: nothing failed\n"
    assert project.run("suite", "edit", "greet:2", "--text", "Cid").code == 0
    fine = project.run("suite", "run", "greet.toml", "--fail-under", "0.9")
    assert (fine.code, len(provider.seen)) == (5, 4)
    assert "2 passed" in fine.out
    serialized = project.run("suite", "show", "greet:2", "--serialized").json
    assert serialized == [
        {"data": "Cid", "answer": "Cid", "status": "COMPLETE", "score": "CORRECT", "context": [], "logs": []}
    ]
    assert "edited" in project.run("suite", "show", "greet:2").out
    compared = project.run("suite", "compare", "greet", "greet", "--json").json
    assert (compared["difference"], compared["cases"], compared["same"]) == (0, 3, 3)


def test_exit_codes_say_what_a_script_needs(project: Project, provider: Provider) -> None:
    provider.plays(reply("Ada", cost=0.4))
    price = '{model = "openai/tester", api_base = "BASE", input_price = 1000, output_price = 1000}'
    text = f"models = [{price}]\nmax_tokens = 100\n".replace("BASE", provider.base)
    text += "".join(f'[[cases]]\ninput = "{number}"\n' for number in range(20))
    laid(project, text)
    done = project.run("suite", "run", "greet.toml", "--max-cost", "1", "-j", "4")
    assert done.code == 4
    assert "--max-cost" in done.err
    assert 0 < len(provider.seen) < 20
    laid(project, text.replace(", input_price = 1000, output_price = 1000", ""))
    refused = project.run("suite", "run", "greet.toml", "--max-cost", "1")
    assert refused.code == 1
    assert "nobody knows the price" in refused.err
    provider.plays(status(401, message="no such key"))
    done = project.run("suite", "run", "greet.toml", "--name", "other", "-n", "2")
    assert done.code == 3
    assert "check the key" in done.err
    laid(project, "promt = 1\n")
    assert project.run("suite", "run", "greet.toml").code == 1
    assert project.run("suite", "run").code == 2
    assert project.run("suite", "ls", "nobody").code == 1


@pytest.fixture
def slow() -> Iterator[Echo]:
    with Echo(0.05) as serving:
        yield serving


def begun(project: Project, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "autoresearch", "suite", *words]
    return subprocess.Popen(
        command, cwd=project.path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


INPUTS = [f"n{number}" for number in range(60)]


def test_killed_again_and_again_it_has_the_same_samples_and_pays_none_twice(
    project: Project, slow: Echo
) -> None:
    """ER-16, ER-17: the store survives any kill."""
    names = [f"n{number}" for number in range(20 * KILLS)]
    laid(project, suite(slow.base, inputs=names))
    for _ in range(KILLS):
        before = len(slow.seen)
        process = begun(project, "run", "greet.toml", "-j", "4")
        slow.wait_for(before + 12)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    logs = (project.path / ".autoresearch/.suites/calls").glob("*.jsonl")
    calls = [json.loads(line) for path in logs for line in path.read_text().splitlines()]
    answered = sum(call["status"] == "ok" for call in calls)
    assert len({call["key"] for call in calls}) == answered
    asked = len(slow.seen)
    done = project.run("suite", "run", "greet.toml", "-j", "4", "--json")
    assert done.code == 0
    assert len(slow.seen) - asked == len(names) - answered  # what was answered is not asked again
    found = done.json["samples"]
    assert [(each["case"], each["answer"]) for each in found] == [(name, f"Say {name}") for name in names]
    assert project.run("suite", "run", "greet.toml").code == 0
    assert len(slow.seen) - asked == len(names) - answered


def test_two_at_once_share_the_work_and_one_can_take_samples_out_of_the_others(
    project: Project, slow: Echo
) -> None:
    """ER-38, ER-40."""
    laid(project, suite(slow.base, inputs=INPUTS))
    first, second = (begun(project, "run", "greet.toml", "-j", "1") for _ in range(2))
    slow.wait_for(2)
    stopped = project.run("suite", "stop", "greet", "case:n59", "case:n58")
    assert stopped.out.splitlines()[:2] == ["Stopping greet:58", "Stopping greet:59"]
    for process in (first, second):
        process.communicate(timeout=90)
        assert process.returncode == 3
    assert sorted(slow.asked) == sorted(f"Say {name}" for name in INPUTS[:58])
    ended = project.run("suite", "ls", "greet", "status:cancelled", "--json").json["samples"]
    assert [each["case"] for each in ended] == ["n58", "n59"]
    assert project.run("suite", "run", "greet.toml").code == 3
    assert project.run("suite", "retry", "greet").code == 0
    assert len(slow.seen) == 60


def test_ctrl_c_waits_for_what_is_paid_for_and_begins_nothing_more(project: Project, slow: Echo) -> None:
    slow.seconds = 1.0
    laid(project, suite(slow.base, inputs=INPUTS))
    process = begun(project, "run", "greet.toml", "-j", "4")
    slow.wait_for(3)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "come to their end" in err
    seen = len(slow.seen)
    assert seen <= 8
    done = project.run("suite", "status", "--json")
    assert done.json["completed"] == seen


def test_what_is_taken_away_is_found_again_and_damage_is_passed_over(
    project: Project, provider: Provider
) -> None:
    """ER-20."""
    provider.plays("Ada")
    laid(project, suite(provider.base))
    assert project.run("suite", "run", "greet.toml").code == 0
    assert project.run("suite", "rm", "greet:1", "--yes").code == 0
    assert [each["address"] for each in project.run("suite", "ls", "greet", "--json").json["samples"]] == [
        "greet:0"
    ]
    assert project.run("suite", "rm", "greet", "--yes").code == 0
    assert "no eval here yet" in project.run("suite", "ls").out
    store = project.path / ".autoresearch" / ".suites"
    (log,) = (store / "calls").glob("*.jsonl")
    log.write_text(log.read_text() + '{"half":\n')
    assert project.run("suite", "run", "greet.toml").code == 0
    assert len(provider.seen) == 2
    evals.path(store, "greet").write_text("{}")
    broken = project.run("suite", "status", "greet")
    assert broken.code == 1
    assert len(broken.err.splitlines()) == 1
    calls = project.run("logs", "ls", "-d", str(store / "calls"), "--json").json["calls"]
    assert [call["stage"] for call in calls] == ["generate", "generate"]
    assert json.dumps(calls)
