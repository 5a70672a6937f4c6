"""One request to a model, in words: who is asked, what came back, what went wrong, does waiting help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

STAGES = ("propose", "plan", "summarize", "analyze", "report")
LONGEST_PAUSE = 300.0  # seconds between two attempts, where the provider does not say
KEYS: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"),
}
"""Providers, by what stands before a model's first slash, and the variables that may hold their keys."""
LOCAL = frozenset({"ollama", "ollama_chat", "lm_studio", "llamafile", "hosted_vllm"})  # they ask no money

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Price:
    """US dollars for one token: of what is sent, and of what comes back."""

    input: float
    output: float


@dataclass(frozen=True)
class Model:
    """A model as litellm names it (`openrouter/vendor/name`), where it is asked, and what it costs.

    `api_key_env` is the name of the variable that holds its key; `options` go to the model as they are.
    """

    name: str
    api_base: str | None = None
    api_key_env: str | None = None
    price: Price | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> str:
        """What stands before the first slash; "" where there is none."""
        return self.name.partition("/")[0] if "/" in self.name else ""


@dataclass(frozen=True)
class Request:
    """What is sent. `max_tokens` None leaves it to the model; `timeout` is seconds for the whole of it;
    `schema` is a JSON schema for the answer, where the model can be held to one."""

    model: Model
    messages: Messages
    temperature: float | None
    max_tokens: int | None
    timeout: float
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reply:
    """What came back. `counted` says that the tokens are the provider's count, not our estimate; `cost_usd`
    is None where no price is known; `served` is the model's name as the provider gives it."""

    text: str
    finish: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    counted: bool
    cost_usd: float | None
    id: str
    served: str


class CallFailed(Exception):
    """A request without a reply. `kind` says whether waiting may help; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: Literal["wait", "permanent"],
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


def pause(attempt: int, retry_after: float | None) -> float:
    """Seconds to wait after failed attempt `attempt` (from 0): what the provider asks, else 2^attempt."""
    return retry_after if retry_after is not None else min(2.0**attempt, LONGEST_PAUSE)
