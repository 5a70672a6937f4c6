"""Scoring by the user's own program, or by a function of their Python."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autoresearch.adapters.child import ChildDied, ChildLate
from autoresearch.adapters.process import Redirect, Warden
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.matching import Judged
from autoresearch.core.text import last_lines, one_line
from autoresearch.suites.runner import Runners

USUAL = 60.0  # seconds
PASS, FAIL = 0, 1  # exit codes
_SCORE = re.compile(rb"^\s*score\s*[:=]\s*([-+0-9.eE]+)\s*$", re.MULTILINE)


class NotScored(Exception):
    """The scorer itself failed; the words say how."""


def by_python(runners: Runners, answer: Any, case: Mapping[str, Any], limit: float = USUAL) -> Judged:
    """What `score(answer, case)` says: true or false, a number from 0 to 1, None. Raises NotScored."""
    try:
        score, verdict = runners.score(answer, case, limit)
    except ChildLate:
        raise NotScored(f"{runners.path.name}: no verdict after {limit:g} s") from None
    except ChildDied as died:
        raise NotScored(f"{runners.path.name}: {died}") from None
    except AutoresearchError as error:
        raise NotScored(error.message) from None
    return Judged(score, verdict)


def by_command(
    command: str, told: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str], limit: float = USUAL
) -> Judged:
    """What a command says of the JSON object on its standard input (answer, input, targets, case, model):
    exit 0 is a pass, 1 none, `score: 0.7` on a line of its own the score. Raises NotScored for any other
    end."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder, Warden() as warden:
        asked, said, log = (Path(folder, name) for name in ("asked", "said", "log"))
        asked.write_text(json.dumps(told), encoding="utf-8")
        done = warden.run(
            command, cwd=cwd, env=for_evaluator(environ), log=log, limit=limit, redirect=Redirect(asked, said)
        )
        scores = _SCORE.findall(said.read_bytes() if said.exists() else b"")
        wrong = last_lines(log.read_text(errors="replace"), 3) if log.exists() else ""
    if done.timed_out:
        raise NotScored(f"`{command}`: no verdict after {limit:g} s")
    if done.code not in (PASS, FAIL):
        raise NotScored(f"`{command}` exited {done.code}: {one_line(wrong)}")
    passed = done.code == PASS
    try:
        score = float(scores[-1]) if scores else float(passed)
    except ValueError:
        raise NotScored(f"`{command}` printed a score that is no number") from None
    return Judged(score, "pass" if passed else "fail", one_line(wrong))
