"""Takes away what a run left and the next can make again. Records and the branch are never touched."""

from autoresearch.adapters import disk
from autoresearch.adapters.git import branch_ref, pending_ref
from autoresearch.adapters.worktree import Worktree
from autoresearch.research.experiment import Experiment


def sweep(experiment: Experiment) -> list[str]:
    """Remove the worktree, half-written files and the ref of a candidate in flight; says what it removed.

    The folder of a trial in flight stays: `--resume` goes on with it. Raises Busy while a run goes on.
    """
    repository, removed = experiment.repository, []
    with disk.lock(experiment.lock, experiment.name):
        worktree = Worktree(repository, experiment.worktree, branch_ref(experiment.name))
        if worktree.path.exists():
            removed.append(str(worktree.path))
        worktree.remove()
        for half in experiment.folder.rglob(".*.new"):
            disk.remove(half)
            removed.append(str(half))
        pending = pending_ref(experiment.name)
        if there := repository.resolve(pending):
            repository.move([(pending, None, there)])
            removed.append(pending)
    return removed
