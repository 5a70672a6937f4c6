"""A proposer that is any program: one JSON object on its standard input, one on its standard output."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoresearch.adapters.process import Redirect, Warden
from autoresearch.core.environment import for_proposer
from autoresearch.core.errors import NoMoreIdeas, TrialFailed
from autoresearch.core.model import Brief, Proposal, incumbent
from autoresearch.core.rows import as_row
from autoresearch.core.text import as_json, last_lines
from autoresearch.core.units import format_duration

NO_MORE_IDEAS = 10
ROWS_TOLD = 1000  # the newest; so that what a program is told stays bounded


class Command:
    """Runs `command` in the worktree (at the parent trial) within `limit` seconds.

    It is the user's own program, so it sees their whole environment, keys too.
    """

    name = "command"
    uses_worktree = True

    def __init__(
        self, command: str | Sequence[str], limit: float, warden: Warden, environ: Mapping[str, str]
    ) -> None:
        self.command = command
        self.limit = limit
        self.warden = warden
        self.environ = environ

    def prepare(self) -> None:
        """There is nothing to prepare: the program is started for each idea."""

    def propose(self, brief: Brief) -> Proposal:
        """Ask the program. Raises TrialFailed where it fails, NoMoreIdeas where it exits 10."""
        asked, told, log = (brief.folder / name for name in ("asked.json", "reply.md", "proposer.log"))
        question = question_for(brief)
        asked.write_bytes(as_json(question))
        (brief.folder / "prompt.md").write_bytes(as_json(_in_short(question)))
        for old in (told, log):
            old.unlink(missing_ok=True)
        done = self.warden.run(
            self.command,
            cwd=brief.directory,
            env=for_proposer(self.environ),
            log=log,
            limit=self.limit,
            redirect=Redirect(stdin=asked, stdout=told),
        )
        shown = self.command if isinstance(self.command, str) else shlex.join(self.command)
        said = last_lines(_text(log))
        if done.timed_out:
            late = f"`{shown}` was killed after {format_duration(done.seconds)}"
            raise TrialFailed("no_proposal", f"{late}\n{said}".strip())
        if done.code == NO_MORE_IDEAS:
            raise NoMoreIdeas(said or f"`{shown}` exited {NO_MORE_IDEAS}")
        if done.code:
            raise TrialFailed("no_proposal", f"`{shown}` exited {done.code}\n{said}".strip())
        return parse(_text(told))


def question_for(brief: Brief) -> dict[str, Any]:
    """What the program is told (docs/guide.md lists the fields)."""
    best = incumbent(brief.trials)
    return {
        "experiment": brief.experiment,
        "goal": brief.goal,
        "metric": brief.metric.name,
        "direction": brief.metric.direction,
        "trial": brief.trial,
        "target": dict(brief.target),
        "context": dict(brief.context),
        "trials": [as_row(trial) for trial in brief.trials[-ROWS_TOLD:]],
        "best": as_row(best) if best else None,
    }


def _in_short(question: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of what was asked: texts and rows by name and number, as git has them already."""
    counted = {name: list(question[name]) for name in ("target", "context")}
    return {**question, **counted, "trials": len(question["trials"])}


def parse(reply: str) -> Proposal:
    """A reply as a proposal. Raises TrialFailed, naming what is wrong with it."""
    try:
        answer = json.loads(reply)
        json.dumps(answer, ensure_ascii=False).encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise _refused(f"it holds half a character ({error.object[error.start]!a})") from error
    except (ValueError, RecursionError) as error:
        quoted = f"; it begins: {reply[:200]!r}" if reply.strip() else ""
        raise _refused(f"standard output is not one JSON object ({error}){quoted}") from error
    if not isinstance(answer, dict):
        raise _refused("standard output is not a JSON object")
    idea, why, files = answer.get("idea"), answer.get("why", ""), answer.get("files")
    if not isinstance(idea, str) or not idea.strip():
        raise _refused('"idea" must be a line of text')
    if not isinstance(why, str):
        raise _refused('"why" must be text')
    if not isinstance(files, dict) or not files:
        raise _refused('"files" must map at least one path to its whole text, or to null')
    wrong = [path for path, text in files.items() if not isinstance(text, str | None)]
    if wrong:
        raise _refused(f'"files": {wrong[0]!r} must be the whole text, or null to delete it')
    return Proposal(idea.strip(), why.strip(), files)


def _refused(what: str) -> TrialFailed:
    return TrialFailed("no_proposal", f"the proposer's answer can't be used: {what}")


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="surrogateescape") if path.exists() else ""
