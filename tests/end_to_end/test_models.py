"""A model has the ideas: the command line, the real litellm, a provider on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.conftest import Done, Project
from tests.provider import KEY, Provider, own_variables, serve, status

__all__ = ["own_variables", "serve"]  # fixtures


HELD = """\
import os, time
x = float(open("knob.py").read()[3:].split("#")[0])
while os.path.exists({hold!r}):
    time.sleep(0.05)
print("value:", x * x)
"""


def answer(x: object, idea: str = "", path: str = "knob.py") -> str:
    """A reply that sets x."""
    return f'IDEA: {idea or f"x = {x}"}\nIt is nearer to zero.\n<file path="{path}">\nx = {x}\n</file>\n'


def run(project: Project, provider: Provider, *options: str, model: str = "openrouter/v/m") -> Done:
    return project.run("run", "--model", model, *options, env=provider.environ)


def calls(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder() / "calls.jsonl").read_text().splitlines()]


def test_a_key_and_a_model_are_all_it_needs(project: Project, provider: Provider) -> None:
    """AR-18, AM-27, AM-28: proposed whole, measured, kept; what it took and each call on record."""
    assert project.new().code == 0
    before = project.fingerprint()
    provider.plays(answer(2), answer(5), answer(0, path="bench.py"), answer(1))
    done = run(project, provider, "--loop", "--max-experiments", "4")
    assert done.code == 0, done.err
    rows = project.trials()
    assert [(row["status"], row["reason"], row["metric"]) for row in rows[1:]] == [
        ("keep", "unconfirmed", 4.0), ("discard", "not_better", 25.0), ("crash", "invalid_edit", None),
        ("keep", "unconfirmed", 1.0),
    ]  # fmt: skip
    assert [row["description"] for row in rows[1:]] == ["x = 2", "x = 5", "x = 0", "x = 1"]
    assert [row["tokens"] for row in rows] == [None, 120, 120, 120, 120]
    last = provider.seen[-1].body["messages"]
    assert "'bench.py' is not among the target files" in last[-1]["content"]
    assert last[0] == provider.seen[0].body["messages"][0]
    assert [call["trial"] for call in calls(project)] == [1, 2, 3, 4]
    assert project.fingerprint() == before
    shown = project.run("show", "3", "--prompt")
    assert shown.out.startswith("===== prompt.md =====\n")
    assert "You improve one thing" in shown.out and "\n===== reply.md =====\nIDEA: x = 0\n" in shown.out
    project.git("branch", "perf")
    applied = project.run("apply", "--onto", "perf")
    assert applied.code == 0, applied.err
    assert "Proposed by llm openrouter/v/m." in project.git("log", "-1", "--format=%B", "perf")
    assert "openrouter/v/m" in project.run("show", "4").out


def test_the_key_is_written_nowhere(project: Project, provider: Provider) -> None:
    """AM-72: a provider that echoes it, and a `.env` that holds it."""
    project.write(".env", f"export OPENROUTER_API_KEY='{KEY}'  # mine\n")
    assert project.new().code == 0
    provider.plays(status(500, {}, f"bad key {KEY}"), answer(2, idea=f"my key is {KEY}"))
    done = project.run("run", "--model", "openrouter/v/m", env={"OPENROUTER_API_BASE": provider.base})
    assert done.code == 0, done.err
    assert provider.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.out + done.err
    for path in project.folder().rglob("*"):
        if path.is_file() and "worktree" not in path.parts:
            assert KEY.encode() not in path.read_bytes(), path
    chain = project.git("rev-list", "--first-parent", "refs/autoresearch/engineering/knob").split()
    for record in chain:
        assert KEY not in project.git("show", "--first-parent", "-p", record)


def test_an_evaluation_never_sees_the_key(project: Project, provider: Provider) -> None:
    project.write("bench.py", "import os\nprint('value:', 1)\nprint(sorted(os.environ.items()))\n")
    project.commit()
    assert project.new().code == 0
    provider.plays(answer(2))
    assert run(project, provider).code == 0
    assert KEY not in project.run("show", "1", "--log").out


MISTAKES = {
    401: (4, "check the key"),
    402: (4, "add credit"),
    403: (4, "what the key may do"),
    404: (4, "models.propose"),
}


@pytest.mark.parametrize("number", MISTAKES)
def test_an_error_that_cannot_heal_ends_the_run_at_once_and_costs_no_trial(
    project: Project, provider: Provider, number: int
) -> None:
    """AM-10, AM-25, AR-44: a line that names the stage, the model, the setting; exit code 4; one request."""
    assert project.new().code == 0
    provider.plays(status(number))
    done = run(project, provider, "--loop")
    code, mend = MISTAKES[number]
    assert done.code == code
    [line] = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert f"models.propose: openrouter/v/m ({number})" in line and mend in line
    assert len(provider.seen) == 1
    assert len(project.trials()) == 1


def test_without_a_key_nothing_is_spent(project: Project) -> None:
    """AM-17: said before the baseline is measured; exit code 1."""
    assert project.new("engineering/knob", "--no-measure").code == 0
    done = project.run("run", "--model", "openrouter/v/m", env={"OPENROUTER_API_KEY": ""})
    assert done.code == 1 and "baseline" not in done.out
    assert project.trials() == []
    assert done.err == (
        "error: models.propose: openrouter/v/m needs a key, and OPENROUTER_API_KEY is not set; "
        "put OPENROUTER_API_KEY=… into the environment or into .env\n"
    )
    assert done.out.splitlines()[1:] == []  # said once, and no summary of nothing


def test_a_limit_on_the_cost_needs_a_price_and_is_held(project: Project, provider: Provider) -> None:
    """AR-44, AM-10: money. 100 tokens in, 20 out at $1,000 a million: 12 cents a call."""
    assert project.new().code == 0
    provider.plays(*(answer(x) for x in (2.5, 2, 1.5, 1, 0.5)))
    refused = run(project, provider, "-c", "stop.cost=$1")
    assert refused.code == 1 and "nobody knows the price of openrouter/v/m" in refused.err
    assert provider.seen == []
    price = "{model: openrouter/v/m, input_price: $1000, output_price: $1000}"
    limit = ("--loop", "-c", f"models.propose={price}", "-c", "stop.cost=$2.90")
    done = project.run("run", *limit, env=provider.environ)
    assert done.code == 0, done.err
    assert "(stop.cost)" in done.out
    costs = [row["cost_usd"] for row in project.trials()[1:]]
    assert costs and all(cost == pytest.approx(0.12) for cost in costs)
    assert sum(costs) < 2.9
    assert "spent: $0." in project.run("status").out
    again = project.run("run", *limit, env=provider.environ)
    assert again.code == 0 and len(project.trials()) == 1 + len(costs)


def test_a_reply_that_was_paid_for_is_not_bought_again(project: Project, provider: Provider) -> None:
    """AR-41: killed while it measured; --resume reads the reply back and finishes that trial."""
    hold = project.path.parent / "hold"
    project.write("bench.py", HELD.format(hold=str(hold)))
    project.commit()
    assert project.new().code == 0
    hold.touch()
    provider.plays(answer(2))
    command = [sys.executable, "-m", "autoresearch", "run", "--model", "openrouter/v/m"]
    with subprocess.Popen(command, cwd=project.path, env={**os.environ, **provider.environ},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:  # fmt: skip
        log = project.folder() / "trials/0001/run.log"
        while not (log.exists() and log.read_text()):
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    (project.folder() / "trials/0001/proposal.json").unlink()  # as if it had been killed just before
    hold.unlink()
    provider.plays(status(500))
    done = project.run("run", "--resume", env=provider.environ)
    assert done.code == 0, done.err
    assert len(provider.seen) == 1
    assert [row["metric"] for row in project.trials()] == [9.0, 4.0]
    assert project.trials()[1]["tokens"] == 120


def test_a_dry_run_shows_the_idea_and_the_next_run_does_not_pay_for_it_again(
    project: Project, provider: Provider
) -> None:
    assert project.new().code == 0
    provider.plays(answer(2), answer(1))
    looked = run(project, provider, "--dry-run")
    assert looked.code == 0 and "x = 2" in looked.out
    assert run(project, provider).code == 0
    assert (len(provider.seen), project.trials()[1]["description"]) == (1, "x = 2")


REPLIES = {
    "prose": ("I can't help with that.", "no file in the reply"),
    "truncated": ('IDEA: a\n<file path="knob.py">\nx = 1', "breaks off"),
    "elided": (answer("1\n# ... rest of the code unchanged ..."), "left out"),
    "binary": (answer("1\0"), ""),
    "escaping": (answer(1, path="../knob.py"), "../knob.py"),
    "absolute": (answer(1, path="/etc/x"), "/etc/x"),
    "git": (answer(1, path=".GIT/config"), ".GIT/config"),
    "syntax": (answer("(1"), "knob.py, line 1"),
    "unchanged": (answer("3  # tune: -10..10"), "changes nothing"),
}


def test_what_is_no_proposal_is_a_row_with_its_reason(project: Project, provider: Provider) -> None:
    """AR-18: prose, truncated, elided, binary, escaping, wrong syntax, no change; and the loop goes on."""
    assert project.new().code == 0
    provider.plays(*(reply for reply, _ in REPLIES.values()), answer(2))
    done = run(
        project, provider, "--loop", "--max-experiments", str(len(REPLIES) + 1), "-c", "stop.crashes=99"
    )
    assert done.code == 0, done.err
    rows = project.trials()[1:]
    assert {row["reason"] for row in rows[:-1]} == {"invalid_edit"}
    assert rows[-1]["status"] == "keep"
    for number, (name, (_, told)) in enumerate(REPLIES.items(), 1):
        shown = project.run("show", str(number), "--json").json
        assert told in shown["detail"], (name, shown["detail"])
        assert shown["files"]["reply.md"] and shown["files"]["prompt.md"]


def test_blocks_change_the_lines_that_they_name(project: Project, provider: Provider) -> None:
    """AR-18: `edit: blocks`."""
    assert project.new().code == 0
    block = "<<<<<<< SEARCH\nx = 3  # tune: -10..10\n=======\nx = 2\n>>>>>>> REPLACE\n"
    provider.plays(f'IDEA: b\n<file path="knob.py">\n{block}</file>\n')
    assert run(project, provider, "-c", "proposer.edit=blocks").code == 0
    assert project.trials()[1]["metric"] == 4.0
    assert "<<<<<<< SEARCH" in provider.seen[0].body["messages"][0]["content"]


def test_mode_and_line_ends_stay_as_they_were(project: Project, provider: Provider) -> None:
    """AR-18"""
    project.write("knob.py", b"# a knob\r\nx = 3\r\n").chmod(0o755)
    project.commit()
    assert project.new().code == 0
    provider.plays('IDEA: b\n<file path="knob.py">\n# a knob\nx = 2\n</file>\n')
    assert run(project, provider).code == 0
    commit = project.trials()[1]["commit"]
    shown = subprocess.run(
        ["git", "show", f"{commit}:knob.py"], cwd=project.path, capture_output=True, check=True
    )
    assert shown.stdout == b"# a knob\r\nx = 2\r\n"
    assert project.git("ls-tree", commit, "knob.py").startswith("100755")


def test_variables_of_the_old_names_stand_for_settings_and_are_named(
    project: Project, provider: Provider
) -> None:
    """AM-08, AM-19, AM-23, AM-24: from `.env`, with quotes and comments."""
    project.write(".env", '# mine\nCODE_MODEL="v/m" # a model\nMAX_RUNS=2\nTEMPERATURE=0.7\n')
    assert project.new().code == 0
    provider.plays(answer(2), answer(1), answer(0))
    done = project.run("run", "--loop", env=provider.environ)
    assert done.code == 0, done.err
    assert [row["metric"] for row in project.trials()] == [9.0, 4.0, 1.0]
    assert {seen.body["temperature"] for seen in provider.seen} == {0.7}
    assert {seen.body["model"] for seen in provider.seen} == {"v/m"}
    assert "stop.trials: 2 (from MAX_RUNS)" in done.err


def test_the_log_without_content_has_what_calls_took_and_no_word_of_them(
    project: Project, provider: Provider
) -> None:
    """AM-60, AM-61: in the folder that is named; records and trials have prompt and reply all the same."""
    assert project.new().code == 0
    provider.plays(answer(2, idea="a secret idea"))
    environ = {**provider.environ, "LLM_ENABLE_LOGGING": "false", "LLM_LOG_DIR": "llm_logs"}
    done = project.run("run", "--model", "openrouter/v/m", env=environ)
    assert done.code == 0, done.err
    assert "logs.content: false (from LLM_ENABLE_LOGGING)" in done.err
    (path,) = (project.folder() / "llm_logs").iterdir()
    text = path.read_text()
    assert "a secret idea" not in text and "You improve one thing" not in text
    (call,) = [json.loads(line) for line in text.splitlines()]
    assert call["status"] == "ok" and call["tokens"] == 120 and call["request"]["messages"] is None
    assert "a secret idea" in project.run("show", "1", "--prompt").out
    shown = project.run("logs", "show", "last", "-d", str(path.parent))
    assert shown.code == 0 and "openrouter/v/m" in shown.out
