"""What a trial costs beside its evaluator and its proposer: at first, at trial 10,000, among 50,000 files."""

import statistics
import time
from pathlib import Path

from chain import fill
from figures import Figure, spread
from project import Bench, bench, git, make_experiment, make_repository

from autoresearch.adapters.git import branch_ref
from autoresearch.adapters.worktree import Worktree
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import Ledger

CHUNK = 20


def short_and_long(folder: Path, trials: int, records: int) -> list[Figure]:
    """`trials` in a small repository at the start, and as many at trial `records`, in turns."""
    first, later = (make_experiment(make_repository(folder / name)) for name in ("first", "later"))
    fill(later, records)
    loading = min(_loading(later) for _ in range(5))
    with bench(first) as young, bench(later) as old:
        alone, at_first, at_last = [], [], []
        for _ in range(trials // CHUNK):
            alone += young.evaluations(CHUNK)
            at_first += young.trials(CHUNK)
            at_last += old.trials(CHUNK)
        kept = young.trials(trials // 4, better=True)
    evaluator = statistics.median(alone)
    beside = [value - evaluator for value in at_first]
    late = [value - evaluator for value in at_last]
    ratio = statistics.median(late) / statistics.median(beside)
    with_it = f"the evaluator's own {evaluator:.2f} ms, by the same warden, taken off"
    return [
        Figure("one trial, small repository, durable: median", statistics.median(beside), "ms", 25,
               f"{spread(beside)}; {with_it}"),
        Figure("… of trials that are kept", statistics.median(kept) - evaluator, "ms",
               note="none of those above is kept"),
        Figure(f"… at trial {records:,}", statistics.median(late), "ms", note=spread(late)),
        Figure(f"trial {records:,} against trial 10", ratio, "×", 1.2, "medians, measured in turns"),
        Figure(f"loading {records:,} records", loading, "s", 1.0, "the least of 5"),
    ]  # fmt: skip


def large_repository(folder: Path, trials: int, files: int) -> list[Figure]:
    """The same in a repository of many files, and making its worktree."""
    experiment = make_experiment(make_repository(folder / "large", files))
    ours, gits = _making_worktrees(experiment)
    with bench(experiment) as large:
        found = _beside(large, trials)
    return [
        Figure(
            f"one trial among {files:,} files: median", statistics.median(found), "ms", 200, spread(found)
        ),
        Figure("making its worktree, once", ours, "s", note="the lesser of 2"),
        Figure("… against `git worktree add`", ours / gits, "×", note=f"which took {gits:.2f} s"),
    ]


def _beside(large: Bench, trials: int) -> list[float]:
    evaluator = statistics.median(large.evaluations(CHUNK))
    return [value - evaluator for value in large.trials(trials)]


def _loading(experiment: Experiment) -> float:
    begun = time.perf_counter()
    Ledger.load(experiment.repository, experiment.name)
    return time.perf_counter() - begun


def _making_worktrees(experiment: Experiment) -> tuple[float, float]:
    """Seconds to make the experiment's worktree, and seconds that git alone takes, in turns."""
    worktree = Worktree(experiment.repository, experiment.worktree, branch_ref(experiment.name))
    plain = experiment.folder / "plain"
    ours, gits = [], []
    for _ in range(2):
        begun = time.perf_counter()
        worktree.ensure()
        ours.append(time.perf_counter() - begun)
        worktree.remove()
        begun = time.perf_counter()
        git(experiment.repository.root, "worktree", "add", "--quiet", "--detach", str(plain))
        gits.append(time.perf_counter() - begun)
        git(experiment.repository.root, "worktree", "remove", "--force", str(plain))
    return min(ours), min(gits)
