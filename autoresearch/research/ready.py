"""The ready evaluators of evaluators/: what they are, and laying one down in an experiment's folder.

They are programs, never imported: what they measure and take stands in a literal at their top.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch.adapters.resources import folder
from autoresearch.adapters.settings_values import did_you_mean, nearest
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Direction


@dataclass(frozen=True)
class Ready:
    """One of them. `settings` are those that it takes: name -> help, default, required. `keys` names the
    setting whose provider's key it needs; of `one_of` it needs one at least."""

    name: str
    path: Path
    metric: str
    direction: Direction
    unit: str
    summary: str
    settings: Mapping[str, Mapping[str, Any]]
    keys: str = ""
    one_of: Sequence[str] = ()
    network: bool = False


def ready_evaluators() -> list[Ready]:
    """All of them, by name."""
    paths = sorted(folder("evaluators").glob("[a-z]*.py"))
    return [Ready(name=path.stem, path=path, **_literal(path, "EVALUATOR")) for path in paths]


def find(name: str) -> Ready:
    """The one of this name. Raises ExperimentError, with the nearest name."""
    known = {each.name: each for each in ready_evaluators()}
    if name not in known:
        mend = did_you_mean(nearest(name, list(known))) or f"there are {', '.join(known)}"
        raise ExperimentError(f"no evaluator {name!r}", mend)
    return known[name]


def evaluator_settings(ready: Ready, given: Sequence[str], target: Sequence[str]) -> dict[str, Any]:
    """`evaluator:` of an experiment, from `key=value` texts. A required `target` is the experiment's own.

    Raises ExperimentError for a setting that it doesn't have, or lacks.
    """
    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        key = key.strip().replace("-", "_")
        if not equals:
            raise ExperimentError(f"--set {text}", "write --set key=value")
        if key not in ready.settings:
            known = list(ready.settings)
            mend = did_you_mean(nearest(key, known)) or f"it takes {', '.join(known)}"
            raise ExperimentError(f"{ready.name} has no setting {key!r}", mend)
        several = isinstance(ready.settings[key].get("default"), list)
        found[key] = [*found.get(key, []), value] if several else _plain(key, value, ready.settings[key])
    if "target" in ready.settings and "target" not in found and len(target) == 1:
        found["target"] = target[0]
    for key, about in ready.settings.items():
        if about.get("required") and key not in found:
            raise ExperimentError(f"{ready.name} needs {key}: {about['help']}", f"add --set {key}=…")
    if ready.one_of and not found.keys() & set(ready.one_of):
        help_ = "; ".join(f"{key}: {ready.settings[key]['help']}" for key in ready.one_of)
        raise ExperimentError(
            f"{ready.name} needs {' or '.join(ready.one_of)} ({help_})", f"add --set {ready.one_of[0]}=…"
        )
    return {"use": ready.name, **found}


def variables(ready: Ready, settings: Mapping[str, Any]) -> list[str]:
    """The variables that are let through to it: the key that it needs, and the server that the key is for."""
    provider, slash, _ = str(settings.get(ready.keys, "")).partition("/")
    providers = _literal(ready.path.with_name("_judge.py"), "PROVIDERS") if ready.keys else {}
    key = settings.get("key_env") or (providers.get(provider, [None, None])[1] if slash else None)
    elsewhere = slash and provider == "openai" and not settings.get("api_base")
    return [str(name) for name in (key, "OPENAI_BASE_URL" if elsewhere else None) if name]


def reach(ready: Ready, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`sandbox:` for it: a judge needs the network, and its tool the folder in which it keeps its login."""
    if not ready.network:
        return {}
    homes = {"claude": ["~/.claude", "~/.claude.json"], "codex": ["~/.codex"], "gemini": ["~/.gemini"]}
    own = homes.get(str(settings.get("tool")), [])
    return {"network": True, **({"write": own} if own else {})}


def programs(ready: Ready) -> dict[str, bytes]:
    """The files to lay down: the program as evaluate.py, and what it imports that stands beside it."""
    found = {"evaluate.py": ready.path.read_bytes()}
    left = _neighbours(ready.path)
    while left:
        path = left.pop()
        if path.name not in found:
            found[path.name] = path.read_bytes()
            left += _neighbours(path)
    return found


def _neighbours(path: Path) -> list[Path]:
    tree = ast.parse(path.read_bytes())
    names = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return [near for name in names if (near := path.with_name(f"{name}.py")).is_file()]


def _literal(path: Path, name: str) -> dict[str, Any]:
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            found: dict[str, Any] = ast.literal_eval(node.value)
            return found
    raise ExperimentError(f"{path.name} has no {name}", "install autoresearch again")


def _plain(key: str, value: str, about: Mapping[str, Any]) -> Any:
    """The value as its default is: whole numbers and true or false are no texts in the settings file."""
    default = about.get("default")
    if isinstance(default, bool):
        return value.strip().lower() in ("true", "yes", "1", "")
    if isinstance(default, int | float):
        try:
            return type(default)(value)
        except ValueError:
            raise ExperimentError(
                f"{key}: {value!r} is no number", f"such as --set {key}={default}"
            ) from None
    return value
