"""A proposer that asks a model, through the calls layer, and reads whole files out of its reply."""

from typing import Literal

from autoresearch.adapters import disk
from autoresearch.adapters.pages import prompt
from autoresearch.calls.models import Models
from autoresearch.calls.record import Question
from autoresearch.core import edits, tasks
from autoresearch.core.errors import TrialFailed
from autoresearch.core.model import Brief, Proposal
from autoresearch.research.briefing import history
from autoresearch.research.files_shown import context_shown, target_shown


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
        why, named = tasks.without_working_on(read.why), tasks.working_on(answer.text)
        return Proposal(read.idea, why, read.files, model=answer.model, tasks=named)


def messages_for(brief: Brief, edit: Literal["files", "blocks"]) -> list[dict[str, str]]:
    """The prompt: what never changes first, then what changes with a keep, then what changes each time.

    Raises AutoresearchError where the target is too large to be shown.
    """
    user = prompt(
        "propose.user.md.j2",
        context=context_shown(brief.context),
        target=target_shown(brief.target),
        **history(brief),
    )
    return [
        {"role": "system", "content": prompt("propose.system.md.j2", edit=edit)},
        {"role": "user", "content": user},
    ]
