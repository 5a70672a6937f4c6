"""`check`: an evaluation is repeated, fed broken targets and cheats, and watched for what it writes.

Nothing is recorded: the worktree, and what evaluations share, are afterwards as they were.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from autoresearch.adapters import disk, syntax
from autoresearch.core.checks import (
    Finding,
    Noise,
    Outcome,
    Report,
    Sabotage,
    judge,
    much_better,
    target_value,
)
from autoresearch.core.constraints import unmet
from autoresearch.core.errors import TrialFailed
from autoresearch.core.harm import Forged
from autoresearch.core.model import Measurement, Proposal
from autoresearch.core.sabotage import sabotages
from autoresearch.core.units import format_duration, format_number
from autoresearch.research.evaluator import Evaluator, Task
from autoresearch.research.experiment import Experiment
from autoresearch.research.footprints import changed, places
from autoresearch.research.lab import Lab

RUNS, SLOW_RUNS, SLOW = 8, 3, 60.0  # how often; how often where one takes more than so many seconds
GRACE = 5.0  # seconds that a broken target is given beyond three times what good ones took
NAMED = 10  # files
MARK = ".autoresearch-was-run"


def check(experiment: Experiment, lab: Lab, runs: int | None = None) -> Report:
    """Everything that can be found out, the untouched code first; Ctrl-C leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder, ExitStack() as after:
        after.callback(lab.workspace.restore)
        after.enter_context(_put_back(experiment.folder / "shared", Path(folder, "shared")))
        into = Path(folder, "trial")
        into.mkdir()
        bench = _Bench(experiment, lab, into)
        outside = places(experiment.repository, Path(tempfile.gettempdir()), Path.home())
        outside = outside[:1] if lab.level != "none" else outside  # elsewhere a sandbox lets nobody write
        before = [place.look() for place in outside]
        try:
            measured, left = _repeated(bench, runs)
        except TrialFailed as failure:
            said = f"could not be measured: {_in_words(failure)}"
            mend = "mend the evaluation first: it must give a number each time that it is run"
            return Report(None, [Finding("noise", "the untouched code", "wrong", said, mend)])
        written = [
            path
            for place, was in zip(outside, before, strict=True)
            for path in changed(was, place.look())
        ]
        noise = Noise(tuple(each.value for each in measured), fmean(each.seconds for each in measured))
        findings = [target_value(noise, experiment.settings.stop.target, experiment.metric)]
        findings += _sabotaged(bench, noise, measured)
        findings += [_left(left), _strayed(written, lab.level)]
        return Report(noise, [finding for finding in findings if finding is not None])
