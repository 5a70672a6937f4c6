"""`run --loop` ended at any moment while a model or an agent proposes, and resumed until it is done.

A short slice runs by default; AUTORESEARCH_KILLS=300 (`make faults`) asks for that many ends of each kind.

What holds: the same rows as in a run that nobody ended; an answer that stands in calls.jsonl is not paid for
again, so a question is asked at most once more for each end; rows and log agree on the cost; nothing is left
running, and the user's checkout is as it was.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters.git import Repository
from autoresearch.calls.log import CallLog
from autoresearch.core.model import Trial
from autoresearch.core.redaction import Redactor
from autoresearch.research.ledger import Ledger
from tests import agents
from tests.agents import Agents, first_on_path, turn
from tests.conftest import Project
from tests.faults import (
    BRANCH,
    COUNTED,
    LINUX_ONLY,
    NAME,
    Started,
    calls,
    eventually,
    held,
    leftovers,
    living,
    told,
)
from tests.provider import Answer, Provider, Seen, own_variables, reply

__all__ = ["own_variables"]  # a fixture

ASKED = int(os.environ.get("AUTORESEARCH_KILLS", "0"))
OF_MODELS, OF_AGENTS = 4, 3  # ends of one run
ENDS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CODES = {0, -signal.SIGKILL, 128 + signal.SIGTERM, 130}

# What is answered in trial 1, 2, …: numbers for the knob; what breaks, was tried, can't be read, is no file.
IDEAS = ("5", "2.5", "oops", "5", "", "2", "(1", "1")
LOOP = ("run", "--loop", "--max-experiments", str(len(IDEAS)), "-c", "stop.crashes=null")
IN_PROMPT = re.compile(r"This is trial (\d+);")
AGENT = """
import re
trial = int(re.findall("This is trial ([0-9]+);", asked)[-1])
x = {ideas!r}[trial - 1]
counted("asked", trial)
Path("notes").write_text("not for the repository")
time.sleep(trial % 4 / 10)
if x:
    Path("knob.py").write_text(f"x = {{x}}\\n")
do["says"] = f"IDEA: x = {{x}}"
do["cost"] = trial / 100
"""

pytestmark = [LINUX_ONLY, pytest.mark.timeout(300)]
known: dict[str, object] = {}


class Answering(Provider):
    """A provider whose answer depends on the number of the trial alone, and comes a little later."""

    def __enter__(self) -> "Answering":
        super().__enter__()
        return self

    def take(self, seen: Seen) -> Answer:
        super().take(seen)
        return later(int(IN_PROMPT.findall(seen.body["messages"][-1]["content"])[-1]))

    def asked(self) -> Counter[str]:
        """How often each question came in."""
        return Counter(json.dumps(seen.body["messages"]) for seen in list(self.seen))

    @property
    def way(self) -> tuple[str, ...]:
        """Options of `run` with which this server is asked, at a tenth of a cent for a token."""
        keys = {"api_base": self.base, "input_price": 1000, "output_price": 1000}
        given = (("-c", f"models.propose.{name}={value}") for name, value in keys.items())
        return ("--model", "openai/m", *(word for pair in given for word in pair))


def later(trial: int) -> Answer:
    """The answer of a trial, after at most 0.3 seconds."""
    x = IDEAS[trial - 1]
    text = f'IDEA: x = {x}\nIt is less.\n<file path="knob.py">\nx = {x}\n</file>\n' if x else "I can't."

    def play(request: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        closing.wait(trial % 4 / 10)
        reply(text, tokens=(10 * trial, 20))(request, closing)

    return play


@pytest.fixture
def provider() -> Iterator[Answering]:
    with Answering() as answering:
        yield answering


@pytest.fixture
def fakes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Agents:
    """claude, first on PATH."""
    made = agents.install(home / "agents", ["claude"])
    monkeypatch.setenv("PATH", first_on_path(made.programs))
    return made


def trials(project: Project) -> list[Trial]:
    return list(Ledger.load(Repository.discover(project.path), NAME).trials)


def result(project: Project) -> object:
    """The rows, and the tree of the best that was kept."""
    rows = told([trial.as_json() for trial in trials(project)])
    return rows, project.git("rev-parse", f"{BRANCH}^{{tree}}")


def undisturbed(project: Project, kind: str, way: tuple[str, ...]) -> object:
    """What comes of a run that nobody ends, in a copy of the project."""
    if kind not in known:
        twin = Project(project.path.parent / "twin")
        shutil.copytree(project.path, twin.path)
        twin.new()
        done = twin.run(*way)
        assert (done.code, len(trials(twin))) == (0, 1 + len(IDEAS)), done
        known[kind] = result(twin)
    return known[kind]


def lines(project: Project) -> tuple[list[dict[str, Any]], int]:
    """The calls that are on record, and how many lines are damaged."""
    path, found, damaged = project.folder() / "calls.jsonl", [], 0
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            found += [json.loads(line)] if line else []
        except ValueError:
            damaged += 1
    return found, damaged


def began(process: Started, lock: Path) -> bool:
    """Has it taken the lock, or ended before?"""
    return lock.read_text() == str(process.pid) or process.poll() is not None


def is_loading(process: Started) -> bool:
    """Has it come to a library that litellm needs, about half a second into a good second?"""
    return "tiktoken" in Path("/proc", str(process.pid), "maps").read_text()


class Ended:
    """A run that is ended again and again. `asked` says how often each question was asked, and `question`
    which of these a call on record was."""

    def __init__(
        self,
        project: Project,
        asked: Callable[[], Counter[Any]],
        question: Callable[[Mapping[str, Any]], object],
    ) -> None:
        self.project, self.asked, self.question = project, asked, question
        self.ends: list[signal.Signals] = []
        self.paid: dict[object, int] = {}

    @property
    def is_done(self) -> bool:
        return len(trials(self.project)) == 1 + len(IDEAS)

    def way(self, first: tuple[str, ...]) -> tuple[str, ...]:
        """How it goes on: as it began, where it had not begun yet."""
        return ("run", "--resume") if (self.project.folder() / "session.json").exists() else first

    def end(self, way: tuple[str, ...], chance: random.Random) -> None:
        """Run on, and end it at a random moment after one of the next questions, or before any."""
        enough, number = self.asked().total() + chance.randrange(3), chance.choice(ENDS)
        lock = self.project.folder() / "lock"
        with Started(self.project, *way) as process:
            assert eventually(partial(began, process, lock))
            assert eventually(lambda: self.asked().total() >= enough or process.poll() is not None)
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.5))
            process.send_signal(number)
            done = process.end()
        assert done.code in CODES and "Traceback" not in done.err, (number, done)
        self.ends += [number] if done.code else []
        assert number == signal.SIGKILL or leftovers(self.project) == ""
        if chance.randrange(2):
            self.forget()
        self.check()

    def forget(self) -> None:
        """As if it had been ended a little earlier: what the trial in hand has is in calls.jsonl alone."""
        folder = self.project.folder() / "trials" / f"{len(trials(self.project)):04}"
        for name in ("measurement.json", "proposal.json"):
            (folder / name).unlink(missing_ok=True)

    def check(self) -> None:
        """Nothing of it lives; what had its answer in the log at the last end was not asked since."""
        assert eventually(lambda: not living()), living()
        asked = self.asked()
        for question, count in self.paid.items():
            assert asked[question] == count, question
        logged, damaged = lines(self.project)
        assert damaged <= self.ends.count(signal.SIGKILL)
        answered = [self.question(call) for call in logged if call["status"] == "ok"]
        assert len(set(answered)) == len(answered), "an answer was paid for twice"
        self.paid = {question: asked[question] for question in answered}

    def compare(self, undisturbed: object) -> None:
        """It is done: the same rows as of the run that was not ended, and what they say of the cost."""
        self.check()
        made, (logged, _) = trials(self.project), lines(self.project)
        assert result(self.project) == undisturbed
        assert set(self.paid) == set(self.asked()) and len(self.paid) == len(IDEAS)
        assert self.asked().total() <= len(IDEAS) + len(self.ends)
        assert len({call["id"] for call in logged}) == len(logged)
        for trial in made[1:]:
            costs = [call["cost_usd"] for call in logged if call["trial"] == trial.number]
            assert trial.cost_usd == pytest.approx(sum(cost for cost in costs if cost is not None)) != 0
        whole = sum(call["cost_usd"] or 0.0 for call in logged)
        log = CallLog.open(self.project.folder() / "calls.jsonl", Redactor({}), made)
        assert log.spent == pytest.approx(whole)
        assert leftovers(self.project) == ""


def end_and_go_on(run: Ended, way: tuple[str, ...], chance: random.Random, ends: int) -> None:
    """End it so often, then let it come to its end."""
    for _ in range(ends):
        if not run.is_done:
            run.end(run.way(way), chance)
    while not run.is_done:
        done = run.project.run(*run.way(way))
        assert done.code == 0, done.err
    assert run.ends


@pytest.mark.parametrize("seed", range(-(-ASKED // OF_MODELS) or 1))
def test_a_run_that_is_ended_while_it_asks_a_model_pays_for_no_answer_twice(
    project: Project, provider: Answering, seed: int
) -> None:
    """AR-41, AR-14, AR-44, AM-71: SIGKILL, SIGTERM and Ctrl-C, at random moments of eight ideas."""
    with Answering() as other:
        expected = undisturbed(project, "model", (*LOOP, *other.way))
    project.new()
    before = project.fingerprint()
    run = Ended(project, provider.asked, lambda call: json.dumps(call["request"]["messages"]))
    end_and_go_on(run, (*LOOP, *provider.way), random.Random(seed), OF_MODELS)
    run.compare(expected)
    assert project.fingerprint() == before


@pytest.mark.parametrize("seed", range(-(-ASKED // OF_AGENTS) or 1))
def test_a_run_that_is_ended_while_an_agent_works_starts_it_at_most_once_more(
    project: Project, fakes: Agents, seed: int
) -> None:
    """AR-41, AR-14, AR-44: what it had not answered is asked again, and what it left is swept."""
    fakes.play({"code": COUNTED + AGENT.format(ideas=IDEAS)})
    way = (*LOOP, "--proposer", "claude", "-c", "stop.cost=$5")
    expected = undisturbed(project, "agent", way)
    Path(os.environ["HOME"], "asked").unlink(missing_ok=True)
    project.new()
    before = project.fingerprint()
    run = Ended(project, lambda: calls("asked"), lambda call: call["trial"])
    end_and_go_on(run, way, random.Random(seed), OF_AGENTS)
    run.compare(expected)
    assert project.fingerprint() == before


def test_what_an_agent_that_was_ended_did_not_say_does_not_hide_what_the_next_cost(
    project: Project, fakes: Agents
) -> None:
    """AR-44: of one trial the cost is known in part; each later run counts that part."""
    project.new()
    waits = "Path(os.environ['HOME'], 'waiting').touch()\ntime.sleep(600)"
    fakes.play({"code": waits}, turn(2, cost=0.4), turn(1))
    way = ("run", "--proposer", "claude", "-c", "stop.cost=$1")
    with held(project, "asked", 1, *way) as run:
        run.send_signal(signal.SIGINT)
        run.end()
    assert project.run("run", "--resume").code == 0
    assert project.run(*way).code == 0
    assert [trial.cost_usd for trial in trials(project)] == [None, 0.4, 0.012]
    assert [start[start.index("--max-budget-usd") + 1] for start in fakes.starts] == ["1.00", "1.00", "0.60"]


def test_a_run_that_is_ended_while_litellm_is_loading_has_asked_nothing(
    project: Project, provider: Answering
) -> None:
    """AR-41, AR-42, AM-66: without a noise; nothing is on record, and the next run asks once."""
    project.new()
    before = project.fingerprint()
    for number, code, said in (
        (signal.SIGINT, 130, "stopped by Ctrl-C"),
        (signal.SIGTERM, 143, ""),
        (signal.SIGKILL, -9, ""),
    ):
        with Started(project, "run", *provider.way) as process:
            assert eventually(partial(is_loading, process))
            process.send_signal(number)
            done = process.end()
        assert (done.code, done.err.strip()) == (code, said)
        assert eventually(lambda: not living()), living()
        assert not provider.seen and lines(project) == ([], 0)
        assert leftovers(project) == ""
    done = project.run("run", "--resume")
    assert done.code == 0, done.err
    assert told(project.trials())[1:] == [(1, "discard", "not_better", 25.0, "x = 5")]
    assert len(provider.seen) == 1 and project.fingerprint() == before
