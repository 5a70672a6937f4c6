"""`.env`: variables that stand behind those of the environment; and the few that stand for settings."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from autoresearch.adapters import disk
from autoresearch.core.calls import KEYS, LOCAL
from autoresearch.core.errors import SettingsError

VARIABLES: Mapping[str, str] = {
    "CODE_MODEL": "models.propose",
    "PLAN_MODEL": "models.plan",
    "SUMMARIZE_MODEL": "models.summarize",
    "ANALYSIS_MODEL": "models.analyze",
    "REPORT_MODEL": "models.report",
    "MAX_RUNS": "stop.trials",
    "TIMEOUT_SECONDS": "timeout",
    "MAX_RETRIES": "requests.retries",
    "TEMPERATURE": "requests.temperature",
    "LLM_ENABLE_LOGGING": "logs.content",
    "LLM_LOG_DIR": "logs.dir",
}
"""Variables of the environment, or of `.env`, that stand behind every file, and the keys that they set."""


def variables(folders: Sequence[Path], environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, with what it lacks from the `.env` of each folder, the first one first.

    Raises SettingsError, with the line, for a file that can't be read.
    """
    found = dict(environ)
    for folder in dict.fromkeys(folders):
        text = disk.read(folder / ".env")
        if text is not None:
            found = {**_read(text.removeprefix("\ufeff"), folder / ".env"), **found}
    return found


def _read(text: str, path: Path) -> dict[str, str]:
    if "\0" in text:  # UTF-16, as some editors write: each name in it would be another
        raise SettingsError(f"{path}: this is no plain text", "save it as UTF-8")
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise SettingsError(f"{path}:{binding.original.line}: this can't be read", "write NAME=value")
    return {
        name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None
    }


def from_environ(environ: Mapping[str, str]) -> list[str]:
    """What of the settings comes from variables, in words for people."""
    return [f"{text.replace('=', ': ', 1)} (from {name})" for name, text in as_overrides(environ).items()]


def as_overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """The overrides that variables stand for, by their names."""
    given = {name: environ.get(name, "").strip() for name in VARIABLES}
    return {
        name: f"{VARIABLES[name]}={_as_yaml(name, value, environ)}" for name, value in given.items() if value
    }


def _as_yaml(name: str, value: str, environ: Mapping[str, str]) -> str:
    """The value as a settings file would have it."""
    if name.endswith("_MODEL"):
        return _of_openrouter(value, environ)
    return {"1": "true", "0": "false"}.get(value, value) if name == "LLM_ENABLE_LOGGING" else value


def _of_openrouter(name: str, environ: Mapping[str, str]) -> str:
    """These variables named models of OpenRouter, without saying so, before there were others: so does a
    vendor whom no other provider is named after (`google/…`), or whose own key is not there."""
    vendor, slash, _ = name.partition("/")
    if not slash or vendor in {"openrouter", *LOCAL}:
        return name
    keys = KEYS.get(vendor, () if vendor == "google" else (f"{vendor.upper()}_API_KEY",))
    theirs = any(environ.get(key) for key in keys)
    known = theirs or (vendor in KEYS and not environ.get("OPENROUTER_API_KEY"))
    return name if known else f"openrouter/{name}"
