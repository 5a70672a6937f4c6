"""The settings of an experiment, typed, read from YAML: every mistake at once, each with its place.

How a file is read and written is left to `settings_file`, what a value may be to `settings_values`.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import no_info_after_validator_function

from autoresearch.adapters import settings_values as kind
from autoresearch.adapters.settings_file import read_file, read_override, write
from autoresearch.adapters.settings_places import Mistake, Place, Placed, merge, place_of, plain
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


class ProposerSettings(_Section):
    """`proposer:`. With `use: command` there is a command; `timeout` is in seconds."""

    use: kind.Use = "tuner"
    command: kind.Command | None = None
    timeout: kind.Duration = 600.0
    seed: kind.Seed = 0

    @model_validator(mode="before")
    @classmethod
    def _a_command_says_its_use(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("command") is not None:
            return {"use": "command", **given}
        return given

    @model_validator(mode="after")
    def _its_use_needs_a_command(self) -> "ProposerSettings":
        if self.use == "command" and self.command is None:
            raise ValueError("use: command needs a command, such as command: python propose.py")
        return self


class KeepSettings(_Section):
    """`keep:`, the rule by which a change is kept."""

    confirm: kind.Confirm = "off"


class StopSettings(_Section):
    """`stop:`, as `core.stopping.Rules`; None is no limit."""

    trials: kind.Count | None = 100
    hours: kind.Hours | None = None
    target: kind.Number | None = None
    patience: kind.Count | None = None
    crashes: kind.Count | None = 5


class Settings(_Section):
    """What `config.yaml` says of an experiment. Durations are in seconds; commands are text for the
    shell, or a tuple of arguments."""

    target: kind.Targets = Field(examples=["[src/search.py]"])
    context: kind.Patterns = ()
    share: kind.Paths = ()
    evaluate: kind.Command = Field(examples=["python bench.py"])
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
    stop: StopSettings = Field(default_factory=StopSettings)
    repository: kind.AbsolutePath | None = None

    @property
    def hard_limit(self) -> float:
        """Seconds after which an evaluation is killed."""
        return self.timeout or 2.5 * self.time_budget


SECTIONS: Mapping[str, type[BaseModel]] = {
    "": Settings,
    "metric": MetricSettings,
    "proposer": ProposerSettings,
    "keep": KeepSettings,
    "stop": StopSettings,
}
"""The keys there are, by section; the first section is the file itself."""


def load(files: Sequence[Path], overrides: Sequence[str] = ()) -> Settings:
    """The settings in `files`, each outranking those before it, and in `overrides`, which outrank them.

    Mappings are merged key by key, all else is replaced. An override is `stop.trials=5`, its value YAML.
    Only the last file must exist. Raises SettingsError, with a line for every mistake.
    """
    mistakes: list[Mistake] = []
    last = len(files) - 1
    layers = [read_file(path, rank, mistakes, missing_ok=rank < last) for rank, path in enumerate(files)]
    empty = Placed({}, Place(last, str(files[last]), 1, 1))
    experiment = layers[last] or empty
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
