"""Experiments whose trials are laid straight into the ledger: for tests of what comes after measuring."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoresearch.adapters.git import Commit, Repository, pending_ref
from autoresearch.core.model import Trial, incumbent
from autoresearch.research.experiment import draw_folder, project_home
from autoresearch.research.home import make_home
from autoresearch.research.ledger import Ledger, Opening
from tests.conftest import Project

NAME = "engineering/knob"
START = "x = 3\n\n\n# the middle\n\n\ny = 3\n"
WHEN = "2026-01-02T03:04:05.000+00:00"

Files = Mapping[str, str | None]


@dataclass(frozen=True)
class Idea:
    """A trial to be: what was measured (None: it crashed), what it changed, and other fields of its row."""

    value: float | None
    files: Files = field(default_factory=dict)
    idea: str = ""
    why: str = ""
    evidence: Mapping[str, bytes] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def knob(x: int = 3, y: int = 3) -> Files:
    return {"knob.py": START.replace("x = 3", f"x = {x}").replace("y = 3", f"y = {y}")}


def lay(
    project: Project, *ideas: Idea, name: str = NAME, baseline: float | None = 9.0, direction: str = "lower"
) -> Ledger:
    """An experiment with these trials, after a baseline; what is better is kept, no value is a crash."""
    config = {
        "target": ["knob.py", "more/*"],
        "evaluate": "python bench.py",
        "metric": {"name": "value", "direction": direction},
    }
    repository = Repository.discover(project.path)
    if make_home(home := project_home(repository)):
        project.write("knob.py", START)
        project.commit("a knob with two ends")
    base = project.git("rev-parse", "HEAD")
    question = {"question/config.yaml": json.dumps(config).encode()}
    ledger = Ledger.create(repository, name, base, Opening({}, question, 0))
    draw_folder(home.folder / name, repository, name)
    if baseline is not None:
        first = Trial(0, None, base, None, "keep", "baseline", "baseline", metric=baseline, finished=WHEN)
        ledger.append(first, question)
        for idea in ideas:
            _add(ledger, idea, direction)
    return ledger


def _add(ledger: Ledger, idea: Idea, direction: str) -> None:
    number, best = len(ledger.trials), incumbent(ledger.trials)
    assert best is not None and best.commit is not None and best.metric is not None
    said = idea.idea or f"idea {number}"
    row: dict[str, Any] = {"status": "crash", "reason": "exit_code"}
    if idea.value is not None:
        better = idea.value < best.metric if direction == "lower" else idea.value > best.metric
        verdict = ("keep", "unconfirmed") if better else ("discard", "not_better")
        row = {"status": verdict[0], "reason": verdict[1], "samples": (idea.value,)}
    content = {path: None if text is None else text.encode() for path, text in idea.files.items()}
    row["commit"], row["tree"] = ledger.repository.commit(
        pending_ref(ledger.name),
        Commit(said, content or {"knob.py": said.encode(errors="replace")}, [best.commit]),
    )
    told = {"description": said, "why": idea.why, "metric": idea.value, "finished": WHEN, "seconds": 1.25}
    trial = Trial(**{"number": number, "parent": best.number, **row, **told, **idea.more})
    ledger.append(trial, idea.evidence)


def everything(project: Project) -> tuple[object, ...]:
    """All of the user's that a refused command must leave as it was."""
    return project.fingerprint(), status(project), project.git("stash", "list")


def status(project: Project) -> Sequence[str]:
    return project.git("status", "--porcelain", "--", ".", ":!.autoresearch").splitlines()
