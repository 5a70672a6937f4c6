"""The settings of an experiment, typed, read from YAML: every mistake at once, each with its place.

How a file is read and written is left to `settings_file`, what a value may be to `settings_values`.
"""

import shlex
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import no_info_after_validator_function

from autoresearch.adapters import settings_room as room
from autoresearch.adapters import settings_values as kind
from autoresearch.adapters.env_file import as_overrides
from autoresearch.adapters.settings_file import read_file, read_override, write
from autoresearch.adapters.settings_places import Mistake, Place, Placed, merge, place_of, plain
from autoresearch.core.calls import Model
from autoresearch.core.errors import SettingsError
from autoresearch.core.model import Metric
from autoresearch.core.text import one_line


class _Section(BaseModel):
    # Built at the first use, so that a command which reads no settings doesn't pay for them.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, given: Any) -> Any:
        if given is not None and not isinstance(given, dict):
            raise ValueError(f"must be keys and values, such as {{{next(iter(cls.model_fields))}: …}}")
        return given or {}


class MetricSettings(_Section):
    """`metric:` as it is written; `Settings.metric` is what the program knows."""

    name: kind.Words = Field(examples=["p50_ms"])
    direction: kind.LowerOrHigher = Field(examples=["lower"])
    unit: kind.Text = ""
    once: kind.Truth = False

    def metric(self) -> Metric:
        """The same as a noun of the core."""
        return Metric(self.name, self.direction, self.unit, self.once)


AGENTS = ("claude", "codex", "gemini", "aider")


class ProposerSettings(_Section):
    """`proposer:`. With `use: command` there is a command, with `use: agent` one of `agent` and `command`;
    `timeout` is in seconds. `use` None is settled by what else was given: see `Settings`."""

    use: kind.Use | None = None
    agent: kind.Words | None = None
    command: kind.Command | None = None
    edit: kind.Edit = "files"
    home: room.InHome = ()
    timeout: kind.Duration = 600.0
    seed: kind.Whole = 0

    @model_validator(mode="before")
    @classmethod
    def _what_is_named_says_its_use(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("use") in AGENTS:
            raise ValueError(f"{given['use']} is an agent; write agent: {given['use']}")
        if isinstance(given, str) and given in AGENTS:
            raise ValueError(f"must be keys and values, such as {{agent: {given}}}")
        if isinstance(given, dict) and given.get("use") is None:
            named = next((key for key in ("agent", "command") if given.get(key) is not None), None)
            return {**given, "use": named} if named else given
        return given

    @model_validator(mode="after")
    def _its_use_needs_a_command(self) -> "ProposerSettings":
        if self.use == "command" and self.command is None:
            raise ValueError("use: command needs a command, such as command: python propose.py")
        if self.use == "agent" and self.agent is None and self.command is None:
            raise ValueError("use: agent needs an agent, such as agent: claude, or a command")
        return self


class ModelSettings(_Section):
    """`models:`, those of each stage; where a stage has several, each stands in for those before it."""

    default: kind.Models = ()
    propose: kind.Models = ()
    plan: kind.Models = ()
    summarize: kind.Models = ()
    analyze: kind.Models = ()
    report: kind.Models = ()

    def chain(self, stage: str) -> tuple[Model, ...]:
        """The models to ask for a stage: its own, else the default, else those that propose."""
        own: tuple[Model, ...] = getattr(self, stage)
        return own or self.default or self.propose


class RequestSettings(_Section):
    """`requests:`, how models are asked; times are in seconds."""

    temperature: kind.Temperature | None = 0.3
    max_tokens: kind.Count | None = None
    timeout: kind.Duration = 600.0
    retries: kind.Whole = 3
    outage: kind.Duration | None = 3600.0


class KeepSettings(_Section):
    """`keep:`, the rule by which a change is kept."""

    confirm: kind.Confirm = "normal"
    suspect: kind.Suspect | None = None


class SandboxSettings(_Section):
    """`sandbox:`, what evaluations and agents may reach; sizes in bytes, None as docs/security.md says."""

    use: room.Level = "auto"
    network: room.Network = False
    memory: room.Size | None = None
    processes: kind.Count | None = 1024
    disk: room.Size | None = None
    write: room.Reachable = ()
    read: room.Reachable = ()


class StopSettings(_Section):
    """`stop:`, as `core.stopping.Rules`; None is no limit."""

    trials: kind.Count | None = 100
    hours: kind.Hours | None = None
    target: kind.Number | None = None
    patience: kind.Count | None = None
    crashes: kind.Count | None = 5
    cost: kind.Money | None = None


class Settings(_Section):
    """What `config.yaml` says of an experiment. Durations are in seconds; commands are text for the
    shell, or a tuple of arguments."""

    target: kind.Targets = Field(examples=["[src/search.py]"])
    context: kind.Patterns = ()
    share: kind.Paths = ()
    evaluate: kind.Command = Field(examples=["python bench.py"])
    evaluator: kind.Ready | None = None
    metric: Annotated[
        Metric,
        GetPydanticSchema(
            lambda _, build: no_info_after_validator_function(MetricSettings.metric, build(MetricSettings))
        ),
    ] = Field(examples=["{name: p50_ms, direction: lower}"])
    checks: kind.Commands = ()
    constraints: kind.Constraints = ()
    time_budget: kind.Duration = 300.0
    timeout: kind.Duration | None = None
    environment: kind.Variables = ()
    proposer: ProposerSettings = Field(default_factory=ProposerSettings)
    keep: KeepSettings = Field(default_factory=KeepSettings)
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings)
    stop: StopSettings = Field(default_factory=StopSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    requests: RequestSettings = Field(default_factory=RequestSettings)
    repository: kind.AbsolutePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_ready_evaluator_is_a_command(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("evaluator") is not None:
            if given.get("evaluate") is not None:
                raise ValueError("evaluate and evaluator say the same in two ways; keep one")
            return {**given, "evaluate": kind.ready_command(given["evaluator"])}
        return given

    @property
    def hard_limit(self) -> float:
        """Seconds after which an evaluation is killed."""
        return self.timeout or 2.5 * self.time_budget

    @property
    def measured_by(self) -> str:
        """The evaluation in words for people: a ready evaluator with its settings, or a command line."""
        if self.evaluator is not None:
            told = [f"{key}: {value}" for key, value in self.evaluator.items() if key != "use"]
            return f"{self.evaluator['use']} ({', '.join(told)})"
        return self.evaluate if isinstance(self.evaluate, str) else shlex.join(self.evaluate)

    @property
    def use(self) -> Literal["llm", "agent", "tuner", "command"]:
        """Which proposer: as it was said, else a model where one is named, else the tuner."""
        return self.proposer.use or ("llm" if self.models.chain("propose") else "tuner")


SECTIONS: Mapping[str, type[BaseModel]] = {
    "": Settings,
    "metric": MetricSettings,
    "proposer": ProposerSettings,
    "keep": KeepSettings,
    "sandbox": SandboxSettings,
    "stop": StopSettings,
    "models": ModelSettings,
    "requests": RequestSettings,
}
"""The keys there are, by section; the first section is the file itself."""


def load(
    files: Sequence[Path], overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings in `files`, each outranking those before it, and in `overrides`, which outrank them.

    Mappings are merged key by key, all else is replaced. An override is `stop.trials=5`, its value YAML.
    Variables of `environ` come before the files. Only the last file must exist. Raises SettingsError,
    with a line for every mistake.
    """
    mistakes: list[Mistake] = []
    last = len(files) - 1
    given = as_overrides(environ or {})
    layers = [read_file(path, rank, mistakes, missing_ok=rank < last) for rank, path in enumerate(files)]
    empty = Placed({}, Place(last, str(files[last]), 1, 1))
    experiment = layers[last] or empty
    layers = [read_override(text, -1, mistakes, name) for name, text in given.items()] + layers
    layers += [read_override(text, rank, mistakes) for rank, text in enumerate(overrides, len(files))]
    whole = reduce(merge, [layer for layer in layers if layer], empty)
    try:
        settings = Settings.model_validate(plain(whole))
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            if error["type"] != "missing":
                mistakes.append(Mistake(place_of(whole, error["loc"]), _wrong(error)))
            elif None not in layers:  # else it may stand in what could not be read
                mistakes.append(Mistake(place_of(experiment, error["loc"]), _wrong(error)))
    if mistakes:
        lines = [str(mistake) for mistake in sorted(mistakes, key=lambda mistake: mistake.place)]
        title = [f"{len(lines)} mistakes in the settings:"] if len(lines) > 1 else []
        raise SettingsError("\n".join(title + lines))
    return settings


def as_yaml(settings: Mapping[str, Any]) -> str:
    """`settings`, by key as in a settings file, as the text of one: keys in their usual order, none added."""
    return write(_in_order(settings, ""))


def _in_order(given: Mapping[str, Any], section: str) -> dict[str, Any]:
    order = list(SECTIONS[section].model_fields)
    keys = sorted(given, key=lambda key: order.index(key) if key in order else len(order))
    found = {key: given[key] for key in keys}
    return {
        key: _in_order(value, key) if key in SECTIONS and isinstance(value, Mapping) else value
        for key, value in found.items()
    }


def _wrong(error: ErrorDetails) -> str:
    """pydantic's finding in the user's words, with the dotted key."""
    if not error["loc"]:
        return str(error["ctx"]["error"])
    *path, name = (step for step in error["loc"] if isinstance(step, str))
    section, dotted = ".".join(path), ".".join([*path, name])
    if error["type"] == "missing":
        example = (SECTIONS[section].model_fields[name].examples or [""])[0]
        return f"{dotted}: is needed, such as {name}: {example}"
    if error["type"] == "extra_forbidden":
        return f"{section}: {_unknown(section, name)}".removeprefix(": ")
    return f"{dotted}: {error['ctx']['error']}"


def _unknown(section: str, name: str) -> str:
    """A key that doesn't exist is a key of another section, a slip of the pen, or neither."""
    elsewhere = [
        f"{other}.{name}".lstrip(".") for other, keys in SECTIONS.items() if name in keys.model_fields
    ]
    known = list(SECTIONS[section].model_fields)
    mend = kind.did_you_mean(elsewhere or kind.nearest(name, known)) or f"the keys are {', '.join(known)}"
    return f"unknown key {one_line(name, 60)!r}; {mend}"


def override(given: Mapping[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """`given`, with overrides such as `stop.trials=5` laid over it. Raises SettingsError."""
    mistakes: list[Mistake] = []
    found = dict(given)
    for rank, text in enumerate(texts):
        if layer := read_override(text, rank, mistakes):
            found = _over(found, plain(layer))
    if mistakes:
        raise SettingsError("\n".join(map(str, mistakes)))
    return found


def _over(base: Any, over: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {**base, **{key: _over(base.get(key), value) for key, value in over.items()}}
