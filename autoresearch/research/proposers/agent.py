"""A proposer that lets a command-line agent of the user's edit the worktree, and looks at what it changed.

Its own word is no evidence: what stands in the target files counts. What it changed elsewhere is put back.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.adapters import disk
from autoresearch.adapters.pages import prompt
from autoresearch.adapters.process import Finished, Redirect, Warden
from autoresearch.adapters.sandbox import Room
from autoresearch.adapters.worktree import Worktree
from autoresearch.calls import record
from autoresearch.calls.log import CallLog
from autoresearch.calls.record import Question
from autoresearch.core import tasks
from autoresearch.core.environment import for_agent, for_proposer
from autoresearch.core.errors import AutoresearchError, GaveUp, RepositoryError, RunOver, TrialFailed
from autoresearch.core.model import Brief, Proposal
from autoresearch.core.text import last_lines, one_line
from autoresearch.core.units import format_duration
from autoresearch.research.briefing import history
from autoresearch.research.proposers.presets import Preset, Said, read

LEAST = 0.01  # US dollars that an agent needs to begin
LAST = 10  # lines of what it said that are shown where it fails
NAMED = 20  # paths put back that a row names
_IDEA = re.compile(r"^\W*IDEA\W*:[\s*_]*(.+)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """`seconds` that an agent may take, and US dollars that the experiment may cost; None for no limit."""

    seconds: float
    cost_usd: float | None


@dataclass
class Agent:
    """Runs one agent in the worktree, in the room that `room` makes around its prompt. `take_back` undoes
    what it did to the experiment's branch."""

    preset: Preset
    limits: Limits
    warden: Warden
    worktree: Worktree
    calls: CallLog
    environ: Mapping[str, str]
    take_back: Callable[[], None]
    room: Callable[[Path], Room]
    name = "agent"
    uses_worktree = True

    def prepare(self) -> None:
        """Raises AutoresearchError where it is not installed, or can't hold the cost limit."""
        preset = self.preset
        if preset.missing(self.environ, self.worktree.path):
            raise AutoresearchError(f"the agent `{preset.command[0]}` is not installed", preset.install)
        if self.limits.cost_usd is not None and not preset.with_budget:
            raise AutoresearchError(
                f"stop.cost can't be held: {preset.name} takes no limit on what it costs",
                "take stop.cost out and set stop.trials, or choose another proposer",
            )

    @property
    def limit(self) -> float:
        """Seconds that the agent may take."""
        return self.limits.seconds

    def propose(self, brief: Brief) -> Proposal:
        """One idea. Raises TrialFailed where nothing of the target was changed, GaveUp where the agent is not
        logged in, RunOver where its budget is spent."""
        text = prompt("agent.md.j2", **history(brief))
        asked = text.encode(errors="replace").decode()  # diffs may hold any bytes; agents refuse such input
        disk.write(brief.folder / "prompt.md", asked)
        question = Question(
            "propose", brief.trial, [{"role": "user", "content": asked}], context={"source": __name__}
        )
        key = f"{self.preset.name} {record.key(question, (), None)}"
        call = self.calls.answered(key)
        if call is None:
            call = record.begun(question, key, brief.experiment, {"agent": self.preset.name})
            self._ask(brief, call)
        reply = call["response"]
        disk.write(brief.folder / "reply.md", reply["text"])
        idea, why = _idea(tasks.without_working_on(reply["text"]), reply["files"])
        put_back, model = tuple(reply["put_back"]), self.preset.name
        if not reply["files"]:
            known = Proposal(idea, why, model=model, put_back=put_back)
            raise TrialFailed("invalid_edit", "the agent changed nothing of the target", proposal=known)
        named = tasks.working_on(reply["text"])
        return Proposal(idea, why, reply["files"], model=model, put_back=put_back, tasks=named)

    def _ask(self, brief: Brief, call: dict[str, Any]) -> None:
        """Run it, look at what it changed, and have all of that in the log before anything else is done."""
        budget = self._budget()
        attempt: dict[str, Any] = {
            "started": call["started"],
            "model": self.preset.name,
            "status": "interrupted",
        }
        call["attempts"], begun = [attempt], time.monotonic()
        said, git = Said(""), disk.read(brief.directory / ".git")
        try:
            done = self._run(brief, budget)
            output = _text(brief.folder / "agent.out")
            said = read(self.preset, output)
            self._fail_where_it_failed(brief, done, said, output)
            found = self._changes(brief, git or "")
            if not found["files"] and not self.preset.reply.where:  # plain text: it may exit 0 all the same
                self._fail_where_not_logged_in(output, "changed nothing")
            attempt["status"] = "ok"
            call |= {"status": "ok", "model": self.preset.name, "response": {"text": said.text, **found}}
        except (AutoresearchError, TrialFailed) as failure:
            attempt["status"] = "error"
            call |= {"status": "error", "error": str(failure)}
            raise
        finally:
            took = {"cost_usd": said.cost_usd, "tokens": said.tokens, "seconds": time.monotonic() - begun}
            attempt |= took
            self.calls.write(call | took)
            self.take_back()

    def _run(self, brief: Brief, budget: float | None) -> Finished:
        told, output, log = (brief.folder / name for name in ("prompt.md", "agent.out", "proposer.log"))
        for old in (output, log):
            old.unlink(missing_ok=True)
        values = {"directory": str(brief.directory), "prompt": str(told)}
        if budget is not None:
            values["budget"] = f"{budget:.2f}"
        seen = self.preset.environment
        return self.warden.run(
            self.preset.line(values, list(brief.target)),
            cwd=brief.directory,
            env=for_proposer(self.environ) if seen is None else for_agent(self.environ, seen),
            log=log,
            limit=self.limits.seconds,
            redirect=Redirect(stdin=told if self.preset.prompt == "stdin" else None, stdout=output),
            room=self.room(told),
        )

    def _budget(self) -> float | None:
        if self.limits.cost_usd is None:
            return None
        left = self.limits.cost_usd - self.calls.spent
        if left < LEAST:
            raise RunOver(
                "cost", f"${self.calls.spent:.2f} of ${self.limits.cost_usd:g} are spent (stop.cost)"
            )
        return left

    def _fail_where_it_failed(self, brief: Brief, done: Finished, said: Said, output: str) -> None:
        if not (done.timed_out or done.code or said.failed):
            return
        how = f"exited {done.code}" if done.code else "says that it failed"
        log = _text(brief.folder / "proposer.log")
        if done.timed_out:
            how = f"was killed after {format_duration(done.seconds)} (proposer.timeout)"
        else:
            ends = (last_lines(text, LAST, 2000) for text in (said.text, output, log))
            self._fail_where_not_logged_in("\n".join(ends), how)
        told = last_lines(f"{said.text if said.failed else output}\n{log}", LAST)
        raise TrialFailed("no_proposal", f"`{self.preset.shown()}` {how}\n{told}".strip())

    def _fail_where_not_logged_in(self, told: str, how: str) -> None:
        if any(word in f"{told}\n{how}" for word in self.preset.login):
            raise GaveUp(
                f"`{self.preset.shown()}` {how}: it seems not to be logged in",
                "run it once by hand and log in",
                last_lines(told, LAST),
            )

    def _changes(self, brief: Brief, git: str) -> dict[str, Any]:
        """The target files that differ from the parent's, and what else was changed. `git` is what `.git`
        held before."""
        try:
            mended = self._git_mended(git)
            changed = self.worktree.changed(brief.parent.commit or "HEAD")
        except (RepositoryError, OSError) as error:
            raise TrialFailed("invalid_edit", f"the worktree was damaged: {error}") from error
        files: dict[str, str | None] = {}
        odd = set(mended)
        for path in sorted({path for path in changed if brief.may_write(path)} | set(brief.target)):
            try:
                text = _content(brief.directory, path)
            except OSError:
                odd.add(path)
                continue
            if text != brief.target.get(path):
                files[path] = text
        others = [one_line(path) for path in sorted((changed - set(files) - set(brief.target)) | odd)]
        more = [f"{len(others) - NAMED} more"] if len(others) > NAMED else []
        return {"files": files, "put_back": others[:NAMED] + more}

    def _git_mended(self, git: str) -> list[str]:
        """Have the worktree's `.git` as it was, or git would look elsewhere; its name if it was not."""
        path = self.worktree.path / ".git"
        try:
            if _content(path.parent, path.name) == git:
                return []
        except OSError:
            disk.remove(path)
        disk.write(path, git)
        return [path.name]


def _content(root: Path, name: str) -> str | None:
    """A file's text, None where there is none. Raises OSError where it is no plain file, or behind a link."""
    path = root / name
    if path.is_symlink() or any((root / folder).is_symlink() for folder in Path(name).parents):
        raise OSError(f"{name} is, or is behind, a symbolic link")
    if path.exists() and not path.is_file():
        raise OSError(f"{name} is no file")
    return disk.read(path)


def _idea(text: str, files: Mapping[str, object]) -> tuple[str, str]:
    """The last `IDEA:` line and the paragraph behind it; else the first line of what the agent said."""
    found = list(_IDEA.finditer(text))
    if found:
        why = text[found[-1].end() :].strip().partition("\n\n")[0]
        return one_line(found[-1][1].strip("*` ")), why[:2000]
    said = next((line for line in text.splitlines() if line.strip()), "")
    return one_line(said) or f"changes to {', '.join(files) or 'nothing'}", text[:2000]


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace") if path.exists() else ""
