"""The sections of the settings, one class each: their keys, kinds and defaults.

What a value may be is left to `settings_values`, the whole of a file to `settings`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from autoresearch.adapters import settings_room as room
from autoresearch.adapters import settings_values as kind
from autoresearch.core.calls import Model
from autoresearch.core.model import Metric

AGENTS = ("claude", "codex", "gemini", "aider")


class Section(BaseModel):
    # Built at the first use, so that a command which reads no settings doesn't pay for them.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, given: Any) -> Any:
        if given is not None and not isinstance(given, dict):
            raise ValueError(f"must be keys and values, such as {{{next(iter(cls.model_fields))}: …}}")
        return given or {}


class MetricSettings(Section):
    """`metric:` as it is written; `Settings.metric` is what the program knows."""

    name: kind.Words = Field(examples=["p50_ms"])
    direction: kind.LowerOrHigher = Field(examples=["lower"])
    unit: kind.Text = ""
    once: kind.Truth = False

    def metric(self) -> Metric:
        """The same as a noun of the core."""
        return Metric(self.name, self.direction, self.unit, self.once)


class ProposerSettings(Section):
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


class ModelSettings(Section):
    """`models:`, those of each stage; where a stage has several, each stands in for those before it.

    A stage that nobody is asked for (`none`) has None.
    """

    default: kind.Models = ()
    propose: kind.Models = ()
    plan: kind.StageModels = ()
    summarize: kind.StageModels = ()
    analyze: kind.StageModels = ()
    report: kind.StageModels = ()

    def chain(self, stage: str) -> tuple[Model, ...]:
        """The models to ask for a stage: its own, else the default, else those that propose.

        Logs are summarized without a model, unless one is named for that.
        """
        own: tuple[Model, ...] | None = getattr(self, stage)
        if own or own is None or stage == "summarize":
            return own or ()
        return self.default or self.propose


class RequestSettings(Section):
    """`requests:`, how models are asked; times are in seconds."""

    temperature: kind.Temperature | None = 0.3
    max_tokens: kind.Count | None = None
    timeout: kind.Duration = 600.0
    retries: kind.Whole = 3
    outage: kind.Duration | None = 3600.0


class KeepSettings(Section):
    """`keep:`, the rule by which a change is kept."""

    confirm: kind.Confirm = "normal"
    suspect: kind.Suspect | None = None


class SandboxSettings(Section):
    """`sandbox:`, what evaluations and agents may reach; sizes in bytes, None as docs/security.md says."""

    use: room.Level = "auto"
    network: room.Network = False
    memory: room.Size | None = None
    processes: kind.Count | None = 1024
    disk: room.Size | None = None
    write: room.Reachable = ()
    read: room.Reachable = ()


class StopSettings(Section):
    """`stop:`, as `core.stopping.Rules`; None is no limit."""

    trials: kind.Count | None = 100
    hours: kind.Hours | None = None
    target: kind.Number | None = None
    patience: kind.Count | None = None
    crashes: kind.Count | None = 5
    cost: kind.Money | None = None
    early: kind.Truth = True


class LogSettings(Section):
    """`logs:`, what the log of calls to models holds, and where it is; `dir` None is the experiment's own
    folder, and a relative one is inside of it."""

    content: kind.Truth = True
    dir: kind.Words | None = None
