"""A suite as the evaluator of an experiment: a prompt is improved like code."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.provider import Provider, Seen, own_variables, serve
from tests.suites.laid import Echo, question

__all__ = ["own_variables", "serve"]
ROOT = Path(__file__).parents[2]
SUITE = """\
prompt_file = "../prompts/greet.md"
match = "contains"
samples = 2
models = [{model = "openai/tester", api_base = "BASE"}]
"""
CASES = [
    ("dev", "Ada"),
    ("dev", "Bob"),
    ("val", "Cid"),
    ("val", "Dan"),
    ("val", "Eve"),
    ("test", "Fay"),
    ("test", "Gus"),
]
BETTER = (
    'IDEA: say hello\n\nThey failed.\n<file path="prompts/greet.md">\nSay hello to {{ input }}\n</file>\n'
)
WORSE = BETTER.replace("say hello", "be polite").replace("Say hello to", "Please greet")


class Model(Echo):
    """Says hello where it is told to; is asked for ideas too, which it has in a row."""

    ideas: Sequence[str] = ()

    def reply(self, seen: Seen) -> str:
        asked = question(seen)
        if "<file path" in str(seen.body["messages"]):
            told, *self.ideas = self.ideas
            return told
        return f"hello, {asked.rsplit(maxsplit=1)[-1]}" if "hello" in asked else "go away"

    def of_suite(self) -> list[str]:
        return [text for text in self.asked if "<file path" not in text and len(text) < 200]


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as serving:
        yield serving


def laid(project: Project, base: str) -> None:
    project.write("prompts/greet.md", "Greet {{ input }}")
    cases = "".join(
        f'\n[[cases]]\nid = "{name}"\ninput = "{name}"\ntarget = "hello, {name}"\nsplit = "{split}"\n'
        for split, name in CASES
    )
    project.write("suites/greet.toml", SUITE.replace("BASE", base) + cases)
    project.commit("a prompt and its suite")
    assert project.run("suite", "validate", "suites/greet.toml").code == 0


def new(project: Project, *more: str, writable: bool = True) -> Any:
    store = project.path / ".autoresearch" / ".suites"
    reach = f"sandbox={{network: true, write: [{store if writable else ''}], read: ['{ROOT}']}}"
    alone = (word for stage in ("plan", "analyze", "report") for word in ("-c", f"models.{stage}=none"))
    return project.run(
        "new", "prompts/greet", "--target", "prompts/greet.md", "--metric", "pass@1", "--direction", "higher",
        "--eval", f"{sys.executable} -m autoresearch suite run suites/greet.toml --emit metric",
        "--budget", "60s", "-c", reach, "-c", "keep.confirm=off", "-c", "environment=[PYTHONPATH]",
        *alone, *more, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_a_prompt_is_improved_by_the_failures_of_dev_decided_by_val_and_certified_by_test(
    project: Project, model: Model
) -> None:
    laid(project, model.base)
    made = new(project)
    assert made.code == 0, made.err
    assert "pass@1" in made.out
    asked = [text.rsplit(maxsplit=1)[-1] for text in model.of_suite()]
    assert sorted(set(asked)) == ["Ada", "Bob", "Cid", "Dan", "Eve"]  # nothing of test
    assert len(asked) == 10
    model.ideas = (WORSE, BETTER)
    done = project.run(
        "run", "--loop", "--max-experiments", "2", *model.options(), env={"PYTHONPATH": str(ROOT)}
    )
    assert done.code == 0, done.err
    trials = project.trials("prompts/greet")
    assert [(trial["status"], trial["metric"]) for trial in trials] == [
        ("keep", 0.0),
        ("discard", 0.0),
        ("keep", 1.0),
    ]
    # The proposer saw what failed of dev, and nothing of val.
    proposal = next(
        text for text in map(str, (seen.body["messages"] for seen in model.seen)) if "IDEA" in text
    )
    assert "failed: case Ada" in proposal
    assert "Cid" not in proposal
    assert len(model.of_suite()) == 30
    # What the change did not touch is not paid again, and test is asked when it is certified.
    told = {"AUTORESEARCH_STAGE": "certify"}
    done = project.run("suite", "run", "suites/greet.toml", "--emit", "metric", env=told)
    assert done.code == 0, done.err
    assert "pass@1: 0.0\n" in done.out
    assert {text.rsplit(maxsplit=1)[-1] for text in model.of_suite()[30:]} == {"Fay", "Gus"}
    assert project.run("suite", "run", "suites/greet.toml", "--emit", "metric").code == 0
    assert len(model.of_suite()) == 34
    look = {"AUTORESEARCH_LOOK": "1"}  # another look has answers of its own
    assert project.run("suite", "run", "suites/greet.toml", "--emit", "metric", env=look).code == 0
    assert len(model.of_suite()) == 44


def test_an_eval_that_is_incomplete_is_a_crash_with_that_reason_never_a_low_score(
    project: Project, model: Model
) -> None:
    laid(project, model.base)
    text = (project.path / "suites" / "greet.toml").read_text()
    with Model() as gone:
        pass
    project.write("suites/greet.toml", text.replace(model.base, gone.base))
    project.commit("another address")
    done = new(project, "-c", "requests.retries=0")
    assert done.code == 1
    assert "eval_incomplete" in done.err


def test_the_store_must_be_within_reach_and_that_is_one_line(project: Project, model: Model) -> None:
    laid(project, model.base)
    done = new(project, writable=False)
    assert done.code == 1
    assert "let the evaluation write there: -c sandbox.write=[" in done.err
    assert "Traceback" not in done.err
    assert model.of_suite() == []


REACH = """\
import os, socket
store = "STORE"
def tried(act):
    try:
        act()
        return "reached"
    except OSError:
        return "no"
print(tried(lambda: os.listdir(store + "/calls")), tried(lambda: open(store + "/records/x.jsonl", "w")),
      tried(lambda: socket.create_connection(("127.0.0.1", PORT), 1)),
      [name for name in os.environ if "AUTORESEARCH" in name])
"""


def test_an_answer_that_is_a_program_is_tested_in_a_sandbox_within_the_sandbox(
    project: Project, provider: Provider
) -> None:
    """It reaches neither the store, nor the network, nor what the evaluation is told."""
    store = project.path / ".autoresearch" / ".suites"
    program = REACH.replace("STORE", str(store)).replace("PORT", provider.base.split(":")[2].split("/")[0])
    provider.plays(f"```python\n{program}```")
    text = SUITE.replace("BASE", provider.base).replace("samples = 2", 'extract = "code"')
    project.write("prompts/greet.md", "Write {{ input }}")
    project.write(
        "suites/greet.toml", text + '[[cases]]\ninput = "x"\n[[cases.tests]]\nexpect = "no no no []"\n'
    )
    project.commit("programs")
    assert project.run("suite", "validate", "suites/greet.toml").code == 0
    made = new(project)
    assert made.code == 0, made.err
    shown = project.run("suite", "show", "prompts-greet-greet:0").out
    assert "baseline: pass@1 1" in made.out, shown
