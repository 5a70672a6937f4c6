"""What is known of a command-line agent, as data: a file for each in templates/agents/, or one of the user's
own in `.autoresearch/agents/`. How it is run is left to `agent`."""

import json
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autoresearch.adapters import disk, resources
from autoresearch.adapters.settings_sections import ProposerSettings
from autoresearch.core.errors import SettingsError

MOST = 10**12  # dollars or tokens: what says more is no number to reckon with


@dataclass(frozen=True)
class Reading:
    """Where an agent's JSON lines hold what it said and what it took; keys are dotted. Where `where` is
    empty its output is plain text."""

    where: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    join: bool = False
    error: str = ""
    cost: str = ""
    tokens: Sequence[str] = ()


@dataclass(frozen=True)
class Preset:
    """One agent. In `command` stand {directory}, {prompt} (a file) and {targets} (several words); words of
    `with_budget` are added where there is a cost limit. `environment` None is the whole of the user's; `home`
    are paths in the home folder that it may change."""

    name: str
    command: str | Sequence[str]
    with_budget: Sequence[str] = ()
    prompt: Literal["stdin", "file"] = "stdin"
    environment: Sequence[str] | None = ()
    home: Sequence[str] = ()
    login: Sequence[str] = ()
    install: str = "install it, or name another with proposer.agent"
    reply: Reading = field(default_factory=Reading)

    def missing(self, environ: Mapping[str, str], worktree: Path) -> bool:
        """Is there no such program? One of the user's own that is a line for the shell is not looked at."""
        if isinstance(self.command, str):
            return False
        program = self.command[0]
        if "/" in program:  # it is looked for where it will run
            program = str(worktree / program)
        return not shutil.which(program, path=environ.get("PATH"))

    def line(self, values: Mapping[str, str], targets: Sequence[str]) -> str | list[str]:
        """The command with its blanks filled."""
        if isinstance(self.command, str):
            return self.command
        words = [*self.command, *(self.with_budget if "budget" in values else ())]
        names = [f"./{name}" if name.startswith("-") else name for name in targets]
        return [
            filled for word in words for filled in (names if word == "{targets}" else [_filled(word, values)])
        ]

    def shown(self) -> str:
        """For messages."""
        return self.command if isinstance(self.command, str) else shlex.join(self.command[:2])


@dataclass(frozen=True)
class Said:
    """What an agent said in the end, whether it calls that a failure, and what it took, where it says so."""

    text: str
    failed: bool = False
    cost_usd: float | None = None
    tokens: int | None = None


def find(chosen: ProposerSettings, home: Path) -> Preset:
    """The preset that the settings name. Raises SettingsError where there is none, or it can't be read."""
    if chosen.agent is None:
        where = "it is looked for on PATH, and where its name has a / in it among the committed files"
        return Preset("agent", chosen.command or "", environment=None, home=chosen.home, install=where)
    folders = (home / "agents", resources.folder("templates") / "agents")
    known = {path.stem: path for folder in reversed(folders) for path in sorted(folder.glob("*.toml"))}
    if chosen.agent not in known:
        raise SettingsError(
            f"proposer.agent: no agent {chosen.agent!r}",
            f"there are {', '.join(sorted(known))}; or give proposer.command",
        )
    path = known[chosen.agent]
    try:
        given = _checked(tomllib.loads(disk.read(path) or ""), _KEYS)
        reading = _checked(given.pop("reply", {}), _REPLY_KEYS)
        if "command" not in given:
            raise ValueError('it needs a command, such as command = ["my-agent", "--headless"]')
    except ValueError as error:
        raise SettingsError(f"{path}: {error}", "every key is explained in docs/agents.md") from error
    given["home"] = (*given.get("home", ()), *chosen.home)
    return Preset(name=chosen.agent, **given, reply=Reading(**reading))


def read(preset: Preset, output: str) -> Said:
    """What an agent's output says."""
    reading = preset.reply
    if not reading.where:
        return Said(output.strip())
    events = list(_events(output))
    told = [_is_told(event, reading) for event in events]
    costs = (_number(_at(event, reading.cost)) for event in reversed(events))
    found = ([_number(_at(event, key)) for key in reading.tokens] for event in reversed(events))
    counts = ([int(count) for count in each if count is not None] for each in found)
    failed = reading.error and any(
        _at(event, reading.error) is True for event, its in zip(events, told, strict=True) if its
    )
    return Said(
        text=_text(events, told, reading),
        failed=bool(failed),
        cost_usd=next((float(cost) for cost in costs if cost is not None), None),
        tokens=next((sum(each) for each in counts if each), None),
    )


def _text(events: Sequence[Mapping[str, Any]], told: Sequence[bool], reading: Reading) -> str:
    """The last text; with `join` all of them, on a new line where something else came between."""
    text = ""
    for number, (event, its) in enumerate(zip(events, told, strict=True)):
        said = _at(event, reading.text)
        if not its or not isinstance(said, str):
            continue
        apart = "" if number and told[number - 1] else "\n"
        text = f"{text}{apart}{said}" if reading.join else said
    return text.strip().encode(errors="replace").decode()  # half a character can't be written


def _is_told(event: Mapping[str, Any], reading: Reading) -> bool:
    return all(_at(event, key) == value for key, value in reading.where.items())


def _events(output: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of an output, one to a line; what is none is passed over."""
    for line in output.split("\n"):  # only there: other separators of lines may stand in a JSON text
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _at(event: Any, dotted: str) -> Any:
    for key in dotted.split("."):
        event = event.get(key) if isinstance(event, dict) else None
    return event


def _number(value: Any) -> int | float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST
    return value if known else None


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


Kind = tuple[str, Callable[[Any], bool]]
_WORDS: Kind = ("a list of texts", _is_words)
_WORD: Kind = ("a text", lambda value: isinstance(value, str))
_KEYS: Mapping[str, Kind] = {
    "command": ("a list of texts, the program first", lambda value: _is_words(value) and bool(value)),
    "with_budget": _WORDS,
    "prompt": ('"stdin" or "file"', lambda value: value in ("stdin", "file")),
    "environment": _WORDS,
    "home": _WORDS,
    "login": _WORDS,
    "install": _WORD,
    "reply": ("a table", lambda value: isinstance(value, dict)),
}
_REPLY_KEYS: Mapping[str, Kind] = {
    "where": ("a table", lambda value: isinstance(value, dict)),
    "text": _WORD,
    "join": ("true or false", lambda value: isinstance(value, bool)),
    "error": _WORD,
    "cost": _WORD,
    "tokens": _WORDS,
}


def _checked(given: dict[str, Any], known: Mapping[str, Kind]) -> dict[str, Any]:
    """`given`, if each of its keys is known and what it must be. Raises ValueError."""
    for key, value in given.items():
        if key not in known:
            raise ValueError(f"unknown key {key!r}; the keys are {', '.join(known)}")
        kind, fits = known[key]
        if not fits(value):
            raise ValueError(f"{key} must be {kind}, not {value!r}")
    return given
