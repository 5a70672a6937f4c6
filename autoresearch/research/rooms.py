"""What an evaluation, and an agent, may reach: the rooms of the sandbox (docs/security.md)."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autoresearch.adapters.sandbox import Room
from autoresearch.adapters.toolchains import named
from autoresearch.research.experiment import Experiment
from autoresearch.research.proposers.presets import Preset
from autoresearch.research.question import CARRIED, SHARED, words

MEMORY = 0.8  # of the machine's, where the settings name no limit
DISK = 0.5  # of what is free


def for_evaluation(
    experiment: Experiment, scratch: Sequence[Path], guarded: Sequence[str], *, first: bool
) -> Room:
    """The worktree and the folders `scratch`; of the experiment's folder what an evaluator needs. `guarded`
    are files of the worktree that stay as they are; only the `first` measurement of a question may write
    what the later ones share."""
    folder, worktree, shared = experiment.folder, experiment.worktree, experiment.shared
    own = [folder / name for name in CARRIED] + sorted(folder.glob(SHARED))
    sources = [experiment.repository.root / name for name in experiment.settings.share]
    wanted = experiment.settings.sandbox
    return replace(
        _limits(experiment),
        write=(worktree, *scratch, *((shared,) if first else ()), *_there(wanted.write)),
        read=_there((*own, *(() if first else (shared,)), *sources, *_named(experiment), *wanted.read)),
        keep=_there(worktree / name for name in guarded),
        hide=(worktree / ".git",),
        listed=(folder,),
        network=wanted.network,
    )


def for_agent(experiment: Experiment, preset: Preset, prompt: Path) -> Room:
    """The worktree, the prompt, the network, the agent's program and its own paths in the home folder."""
    worktree, wanted, home = experiment.worktree, experiment.settings.sandbox, Path.home()
    program = preset.shown().split()[0]
    at = shutil.which(program, path=experiment.environ.get("PATH")) or ""
    shown = map(Path, named(at, str(home), beside="/" not in program))
    write = (worktree, *_there(home / name for name in preset.home), *_there(wanted.write))
    programs = [path for path in shown if not any(map(path.is_relative_to, write))]
    return replace(
        _limits(experiment),
        write=write,
        read=(prompt, *programs, *_there(wanted.read)),
        hide=(worktree / ".git",),
        network=True,
    )


def _named(experiment: Experiment) -> Iterator[Path]:
    """What the commands name by an absolute path. Of the user's checkout, which is not what is measured, only
    what a program in it is installed with."""
    settings, home = experiment.settings, str(Path.home())
    for word in (word for command in (settings.evaluate, *settings.checks) for word in words(command)):
        path = os.path.expandvars(f"{home}{word[1:]}" if word.startswith("~/") else word)
        mine = Path(path).is_relative_to(experiment.repository.root)
        yield from (Path(shown) for shown in named(path, home) if shown != path or not mine)


def _limits(experiment: Experiment) -> Room:
    """A room of nothing but limits."""
    wanted = experiment.settings.sandbox
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = shutil.disk_usage(experiment.worktree).free
    return Room(
        memory=wanted.memory or int(MEMORY * memory),
        processes=wanted.processes,
        disk=wanted.disk or int(DISK * free),
    )


def _there(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(path for path in paths if path.exists())
