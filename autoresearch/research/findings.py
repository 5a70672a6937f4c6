"""What `doctor` finds: where, what, how bad, how it is mended, and what would mend it by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autoresearch.core.errors import AutoresearchError

REPAIR = "autoresearch doctor --repair"

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One of them. `repair` does what it says in `mend`, and says what it did, a line for each thing."""

    where: str
    what: str
    state: State = "ok"
    mend: str = ""
    repair: Callable[[], Sequence[str]] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, where: str, error: AutoresearchError) -> "Finding":
        """An error that something met."""
        return cls(where, error.message, "wrong", error.mend)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = {"where": self.where, "what": self.what, "state": self.state, "mend": self.mend or None}
        return {**told, "repairable": self.repair is not None}
