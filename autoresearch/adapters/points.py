"""Named moments of a trial, at which a test can have this process killed: as a power cut would, at the worst
of times. `AUTORESEARCH_KILL_AT="recorded 3"` is the third time that the trial was just recorded;
`AUTORESEARCH_KILL_BY=SIGINT` is Ctrl-C then."""

import os
import signal
from collections import Counter

POINTS = (
    "begun", "answered", "proposal saved", "candidate committed", "candidate placed", "measured",
    "look saved", "judged", "learnt", "record written", "recorded", "worktree restored", "row written",
)  # fmt: skip
_seen: Counter[str] = Counter()
_wanted = os.environ.get("AUTORESEARCH_KILL_AT")
_by = signal.Signals[os.environ.get("AUTORESEARCH_KILL_BY", "SIGKILL")]


def reached(name: str) -> None:
    """The moment has come."""
    if _wanted is None:
        return
    _seen[name] += 1
    if _wanted == f"{name} {_seen[name]}":
        os.kill(os.getpid(), _by)
