"""Each example is what a user makes of it: copied, and its README typed line by line."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.evaluators.judging import Steps, serving
from tests.provider import KEY, Provider, reply, serve

__all__ = ["serve"]  # a fixture
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ALONE = (
    "-c keep.confirm=off -c models.plan=none "
    "-c models.analyze=none -c models.report=none"
)  # one look, no notebook
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Plays the user's `claude`: an agent that adds a line to the prompt, a judge that likes this line, and else a
# model that says what it was told.
CLAUDE = f"""#!{sys.executable}
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.evaluators.judging import answer
asked = sys.stdin.read()
if "stream-json" in sys.argv:
    with open("prompt.md", "a") as prompt:
        prompt.write("One sentence, in the present tense.\\n")
    said = "IDEA: say which form is wanted\\n\\nThe expected lines have one."
else:
    said = answer(asked, {{"by": {{"present tense": 90}}, "marks": 50}})
print(json.dumps({{"type": "result", "subtype": "success", "is_error": False, "result": said,
                   "total_cost_usd": 0.01, "usage": {{"input_tokens": 10, "output_tokens": 5}}}}))
"""


@pytest.fixture(autouse=True)
def the_examples_stay_as_they_are() -> Iterator[None]:
    before = contents()
    yield
    assert contents() == before


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a user stands who has just cloned this repository; `autoresearch` and a `claude` are on PATH."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "claude").write_text(CLAUDE)
    (programs / "claude").chmod(0o755)
    (programs / "autoresearch").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m autoresearch "$@"\n')
    (programs / "autoresearch").chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    for name in list(os.environ):
        if name.upper().endswith(("_KEY", "_TOKEN", "_PROXY", "_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def contents() -> dict[str, str]:
    files = sorted(path for path in EXAMPLES.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def commands(example: str) -> list[str]:
    """What the README says to type, with few ideas tried, few runs timed, and nothing measured again."""
    text = "".join(COMMANDS.findall((EXAMPLES / example / "README.md").read_text())).replace("\\\n", "")
    text = re.sub(r"--max-experiments \d+", "--max-experiments 2", text)
    text = text.replace("--evaluator benchmark_speed", "--evaluator benchmark_speed --set runs=2")
    text = text.replace("autoresearch new ", f"autoresearch new {ALONE} ")
    return text.splitlines()


def typed(lines: list[str], at: Path) -> str:
    """The lines, typed into a shell; it ends at the first one that fails."""
    done = subprocess.run(
        ["sh", "-e"], input="\n".join(lines), cwd=at, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def begun(lines: list[str], at: Path) -> Project:
    """The first two lines make a repository of a copy; the others are typed there."""
    typed(lines[:2], at)
    (name,) = re.findall(r"&& cd (\S+)", lines[0])
    project = Project(at / name)
    before = project.fingerprint()
    typed(lines[2:], project.path)
    assert project.fingerprint() == before
    return project


@pytest.mark.parametrize(
    ("example", "experiment", "target", "metric"),
    [
        ("fast_function", "engineering/close-pairs", "close.py", "p50_ms"),
        ("training_script", "engineering/wave", "train.py", "val_loss"),
    ],
)
def test_an_example_is_tuned_without_a_key_and_then_improved_by_a_model(
    folder: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch,
    example: str, experiment: str, target: str, metric: str,
) -> None:  # fmt: skip
    for name, value in provider.environ.items():
        monkeypatch.setenv(name, value)
    before = (EXAMPLES / example / target).read_text()
    told = 'IDEA: idea {}\n\nTo see.\n<file path="{}">\n{}# {}\n</file>\n'
    provider.plays(*(reply(told.format(number, target, before, number)) for number in (1, 2)))
    project = begun(commands(example), folder)
    trials = project.trials(experiment)
    asked = project.run("show", experiment, "3", "--json").json
    assert trials[0]["status"] == "keep"
    assert all(trial["status"] in ("keep", "discard") for trial in trials)
    assert [trial["description"] for trial in trials][3:] == ["idea 1", "idea 2"]
    assert (asked["proposer"], asked["model"], asked["tokens"]) == ("llm", "openrouter/vendor/name", 120)
    assert metric in (project.folder(experiment) / "config.yaml").read_text()
    assert len(provider.seen) == 2


def test_the_prompt_is_improved_by_an_agent_and_judged_by_it_without_a_key(folder: Path) -> None:
    lines = [line for line in commands("judged_prompt") if "openrouter" not in line]
    seen = f"--set tool=claude -c sandbox.read=[{ROOT}]"  # this `claude` is a part of these tests
    lines = [line.replace("s 2", "s 1").replace("--set tool=claude", seen) for line in lines]
    project = begun(lines, folder)
    trials = project.trials("prompts/changelog")
    assert [(trial["metric"], trial["status"]) for trial in trials] == [(50, "keep"), (90, "keep")]
    assert [trial["description"] for trial in trials] == ["baseline", "say which form is wanted"]
    assert trials[1]["cost_usd"] == 0.01


def test_the_prompt_is_changed_answered_and_judged_by_models(
    folder: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in provider.environ.items():
        monkeypatch.setenv(name, value)
    better = "Write one line for users, in the present tense."
    provider.plays(f'IDEA: say which form\n\nTo see.\n<file path="prompt.md">\n{better}\n</file>\n')
    written = commands("judged_prompt")
    written = written[:2] + [line.replace("s 2", "s 1") for line in written if "openrouter" in line]
    steps = Steps(folder / "steps")
    steps.play({"marks": 70})
    with serving(steps) as base:
        lines = [line.replace("--set model=", f"--set api_base={base} --set model=") for line in written]
        project = begun(lines, folder)
    trials = project.trials("prompts/changelog-api")
    assert [trial["metric"] for trial in trials] == [70, 70]
    assert [trial["description"] for trial in trials] == ["baseline", "say which form"]
    systems = [asked["body"]["messages"][0]["content"].strip() for asked in steps.asked]
    assert systems.count((EXAMPLES / "judged_prompt" / "prompt.md").read_text().strip()) == 5
    assert systems.count(better) == 5
    assert len(steps.asked) == 2 * 5 * (1 + 3)
    assert all(asked["headers"]["Authorization"] == f"Bearer {KEY}" for asked in steps.asked)
