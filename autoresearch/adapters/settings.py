"""The settings of an experiment, typed, read from YAML: every mistake at once, each with its place.

How a file is read and written is left to `settings_file`, the sections to `settings_sections`.
"""

import shlex
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, GetPydanticSchema, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import no_info_after_validator_function

from autoresearch.adapters import settings_values as kind
from autoresearch.adapters.env_file import as_overrides
from autoresearch.adapters.settings_file import read_file, read_override, write
from autoresearch.adapters.settings_places import Mistake, Place, Placed, merge, place_of, plain
from autoresearch.adapters.settings_sections import (
    KeepSettings,
    LogSettings,
    MetricSettings,
    ModelSettings,
    ProposerSettings,
    RequestSettings,
    SandboxSettings,
    Section,
    StopSettings,
)
from autoresearch.core.calls import Model
from autoresearch.core.errors import SettingsError
from autoresearch.core.model import Metric
from autoresearch.core.text import one_line


class Settings(Section):
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
    logs: LogSettings = Field(default_factory=LogSettings)
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

    def asks(self, stage: str) -> tuple[Model, ...]:
        """The models that a stage of the notebook asks, none where it is drawn from the records alone: the
        tuner and a command come without a model, so theirs must be named for the stage itself."""
        own = getattr(self.models, stage)
        return self.models.chain(stage) if own or self.use in ("llm", "agent") else ()


SECTIONS: Mapping[str, type[BaseModel]] = {
    "": Settings,
    "metric": MetricSettings,
    "proposer": ProposerSettings,
    "keep": KeepSettings,
    "sandbox": SandboxSettings,
    "stop": StopSettings,
    "models": ModelSettings,
    "requests": RequestSettings,
    "logs": LogSettings,
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
