"""The question of an experiment, hashed: what must not change if two trials are to be compared."""

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from autoresearch.adapters.git import Repository
from autoresearch.adapters.settings import Settings
from autoresearch.core.paths import escapes, matches
from autoresearch.core.text import as_json
from autoresearch.core.units import format_duration

CARRIED = ("config.yaml", "IDEA.md", "evaluate.py")  # files of the folder that travel in the chain
SHARED = "_*.py"  # what a ready evaluator imports stands beside it, and travels too
DEFAULTS = "defaults.yaml"  # the config.yaml of the home, for every experiment in it, travels under this name


@dataclass(frozen=True)
class Question:
    """`key` is the hash; `files` are what a record of a new question holds, `question/…`."""

    key: str
    files: Mapping[str, bytes]


def ask(settings: Settings, folder: Path, repository: Repository, base: str) -> Question:
    """The question as it stands: target, metric, commands, constraints, budget and the evaluator's files.

    Files of the repository count as they are in the commit `base`, which is what trials are measured with.
    """
    named = evaluator_files(settings, repository, base)
    shared = sorted(path.name for path in folder.glob(SHARED))
    carried = {
        name: (folder / name).read_bytes() for name in (*CARRIED, *shared) if (folder / name).is_file()
    }
    if (defaults := folder.parent.parent / "config.yaml").is_file():
        carried[DEFAULTS] = defaults.read_bytes()
    asked = {
        "target": list(settings.target),
        "metric": [settings.metric.name, settings.metric.direction, settings.metric.once],
        "evaluate": settings.evaluator or settings.evaluate,
        "checks": list(settings.checks),
        "constraints": [str(constraint) for constraint in settings.constraints],
        "time_budget": settings.time_budget,
        "files": named,
        "evaluate.py": hashlib.sha256(
            b"".join(carried.get(name, b"") for name in ("evaluate.py", *shared))
        ).hexdigest(),
    }
    text = as_json(asked)
    files = {f"question/{name}": content for name, content in {**carried, "question.json": text}.items()}
    return Question(hashlib.sha256(text).hexdigest()[:16], files)


def evaluator_files(settings: Settings, repository: Repository, base: str) -> dict[str, str]:
    """The repository's files that the commands name, targets aside: path -> object id in `base`."""
    paths = sorted(
        {path for command in (settings.evaluate, *settings.checks) for path in named_paths(command)}
    )
    found = repository.files(base, *paths) if paths else {}
    return {
        path: entry.oid
        for path, entry in found.items()
        if not any(matches(pattern, path) for pattern in settings.target)
    }


def terms(settings: Settings) -> dict[str, str]:
    """The rules by which a candidate is measured, in words for a proposer."""
    checks = [check if isinstance(check, str) else shlex.join(check) for check in settings.checks]
    found = {
        "metric": f"{settings.metric.name}, {settings.metric.direction} is better",
        "measured by": f"`{settings.measured_by}`, in at most {format_duration(settings.hard_limit)}",
        "checks that must pass": ", ".join(f"`{check}`" for check in checks),
        "constraints": ", ".join(map(str, settings.constraints)),
        "target files": ", ".join(settings.target),
    }
    return {name: words for name, words in found.items() if words}


def _inner(word: str) -> list[str]:
    """The words of `--command=python bench.py`, which is how a ready evaluator is told a command."""
    option, equals, value = word.partition("=")
    return value.split() if equals and option.startswith("--") else [word]


def words(command: str | Sequence[str]) -> list[str]:
    """The words of a command, as far as they can be told without a shell."""
    try:
        found = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError:
        found = command.split() if isinstance(command, str) else []
    return [part for word in found for part in _inner(word)]


def named_paths(command: str | Sequence[str]) -> list[str]:
    """The words of a command that may be paths in the repository; `-m pkg.bench` means pkg/bench.py."""
    found = words(command)
    modules = [f"{w.replace('.', '/')}.py" for m, w in pairwise(found) if m == "-m"]
    paths = [word.removeprefix("./").rstrip("/;") for word in found]
    return [path for path in (*paths, *modules) if path not in ("", ".") and not escapes(path)]
