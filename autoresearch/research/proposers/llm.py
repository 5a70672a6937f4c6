"""A proposer that asks a model, through the calls layer, and reads whole files out of its reply."""

from collections.abc import Mapping
from typing import Literal

from autoresearch.adapters import disk
from autoresearch.adapters.pages import prompt
from autoresearch.calls.models import Models
from autoresearch.calls.record import Question
from autoresearch.core import edits
from autoresearch.core.errors import AutoresearchError, TrialFailed
from autoresearch.core.model import Brief, Proposal
from autoresearch.research.briefing import history

CONTEXT = 60_000  # characters of each context file that a prompt may have
TARGET = 400_000  # characters of all target files: they are shown whole, or not at all


class Llm:
    """Asks the models of the stage `propose`."""

    name = "llm"
    uses_worktree = False

    def __init__(self, models: Models, edit: Literal["files", "blocks"]) -> None:
        self.models = models
        self.edit = edit
        self.limit = models.settings.requests.timeout

    def prepare(self) -> None:
        """Raises AutoresearchError where a key, a price or the model's name is missing."""
        self.models.check("propose")

    def propose(self, brief: Brief) -> Proposal:
        """One idea. Raises TrialFailed, with as much as is known of it, where the reply can't be used."""
        messages = messages_for(brief, self.edit)
        text = "\n\n".join(f"## {message['role']}\n\n{message['content']}" for message in messages)
        disk.write(brief.folder / "prompt.md", text)
        longest = 1000 + sum(map(len, brief.target.values())) // 3
        context = {"edit": self.edit, "parent": brief.parent.number}
        answer = self.models.ask(Question("propose", brief.trial, messages, need=longest, context=context))
        disk.write(brief.folder / "reply.md", answer.text)
        try:
            read = edits.parse(answer.text, brief.target, brief.may_write, self.edit)
        except edits.Refused as refused:
            known = Proposal(refused.idea or "(no idea given)", refused.why, model=answer.model)
            raise TrialFailed("invalid_edit", refused.detail, proposal=known) from refused
        return Proposal(read.idea, read.why, read.files, model=answer.model)


def messages_for(brief: Brief, edit: Literal["files", "blocks"]) -> list[dict[str, str]]:
    """The prompt: what never changes first, then what changes with a keep, then what changes each time.

    Raises AutoresearchError where the target is too large to be shown.
    """
    size = sum(map(len, brief.target.values()))
    if size > TARGET:
        raise AutoresearchError(
            f"the target has {size:,} characters, more than a prompt can show ({TARGET:,})",
            "name fewer files, or let an agent propose, which reads them itself: --proposer claude",
        )
    context = {path: _in_short(text) for path, text in brief.context.items()}
    user = prompt(
        "propose.user.md.j2",
        context=_shown(context),
        target=_shown(brief.target),
        **history(brief),
    )
    return [
        {"role": "system", "content": prompt("propose.system.md.j2", edit=edit)},
        {"role": "user", "content": user},
    ]


def _shown(files: Mapping[str, str]) -> str:
    """Files in the form of the reply; bytes that are no text can't be sent."""
    text = edits.render(files)
    return text.encode(errors="replace").decode()


def _in_short(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    half = CONTEXT // 2
    return f"{text[:half]}\n[… {len(text) - CONTEXT:,} characters left out …]\n{text[-half:]}"
