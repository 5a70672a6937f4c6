"""Runs that end in the middle of a call: what was paid for is not paid for again; nothing makes a noise."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.core.errors import GaveUp
from tests.calls.asking import asking, at, question
from tests.provider import PATIENCE, Provider, hang, own_variables, reply, serve, status  # noqa: F401

# Asks one question, as a run does; says when Ctrl-C has reached it.
ASK = """\
import sys
from pathlib import Path
from tests.calls.asking import asking, question

asked = asking(Path(sys.argv[1]), sys.argv[2])
try:
    asked.models.ask(question())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_a_call_that_hangs_without_a_noise(provider: Provider, tmp_path: Path) -> None:
    """AM-66, AR-42"""
    provider.plays(hang())
    with subprocess.Popen(
        [sys.executable, "-c", ASK, str(tmp_path), at(provider)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        cwd=Path(__file__).parents[2],
    ) as process:
        provider.wait_for(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    (call,) = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert (call["status"], call["response"], call["error"]) == ("interrupted", None, None)
    assert [attempt["status"] for attempt in call["attempts"]] == ["interrupted"]
    assert call["seconds"] > 0


def test_an_answer_that_was_paid_for_is_not_asked_for_again(provider: Provider, tmp_path: Path) -> None:
    provider.plays(reply("there", "length"), reply("there\n", "stop"))
    first = asking(tmp_path, at(provider)).models.ask(question(trial=0))
    asked = asking(tmp_path, at(provider))
    assert asked.models.ask(question(trial=0)) == first
    assert asked.models.ask(question(trial=0)) == first
    assert len(provider.seen) == 2
    assert len(asked.calls) == 1
    assert asked.models.log.of_trial(0).tokens == 240


@pytest.mark.parametrize(
    ("settings", "other"),
    [
        ((), question(trial=0, messages=[{"role": "user", "content": "another"}])),
        ((), question(trial=1)),
        ((), question("plan", trial=0)),
        (("requests.temperature=0.9",), question(trial=0)),
    ],
)
def test_another_question_is_asked(
    provider: Provider, tmp_path: Path, settings: tuple[str, ...], other: object
) -> None:
    asking(tmp_path, at(provider)).models.ask(question(trial=0))
    asking(tmp_path, at(provider), *settings).models.ask(other)  # type: ignore[arg-type]
    assert len(provider.seen) == 2


def test_a_call_that_failed_is_asked_again(provider: Provider, tmp_path: Path) -> None:
    provider.plays(status(401), reply("there"))
    with pytest.raises(GaveUp):
        asking(tmp_path, at(provider)).models.ask(question(trial=0))
    assert asking(tmp_path, at(provider)).models.ask(question(trial=0)).text == "there"
    assert len(provider.seen) == 2
