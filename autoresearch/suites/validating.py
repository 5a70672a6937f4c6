"""What a run of a suite would ask and cost, before anything is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autoresearch.adapters.llm import Litellm
from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Suite
from autoresearch.suites import evals
from autoresearch.suites.outcomes import View
from autoresearch.suites.running import ANSWERING
from autoresearch.suites.session import Session, Wanted

ANSWER = 300  # tokens that an answer may well have, where nobody says
LETTERS = 4  # characters of a token, about


@dataclass(frozen=True)
class Expected:
    """`there` of the `samples` have their answers; `tokens` of the questions that would be sent (about),
    `cost_usd` of them and their answers, None where no price is known; `lacking` is what a run would
    refuse."""

    models: Sequence[str]
    samples: int = 0
    there: int = 0
    tokens: int | None = None
    cost_usd: float | None = None
    lacking: Sequence[str] = ()
    view: View | None = None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        names = ("models", "samples", "there", "tokens", "cost_usd", "lacking")
        return {name: getattr(self, name) for name in names}


def expected(session: Session, suite: Suite, name: str, wanted: Wanted) -> Expected:
    """What a run would do. Nothing is written."""
    try:
        asked = session.asked(suite, wanted, evals.load(session.place.folder, name))
    except AutoresearchError:
        return Expected(())
    one = evals.extended(evals.load(session.place.folder, name), suite, name, asked)
    view = session.view(one)
    numbers = one.current()
    todo = [number for number in numbers if view.next(number) in ANSWERING]
    client = Litellm(session.place.environ, session.place.redactor)
    lacking = [line for each in asked if (line := _lacks(client, each.model))]
    models = [each.model.name for each in asked]
    if suite.runner is not None or not todo:
        return Expected(models, len(numbers), len(numbers) - len(todo), None, None, lacking, view)
    tokens, cost = 0, 0.0
    known = True
    for number in todo:
        asks = one.of_model(one.samples[number].model)
        size = sum(len(message["content"]) for message in view.messages(view.case(number))) // LETTERS
        tokens += size
        price = asks.model.price
        known = known and price is not None
        if price is not None:
            cost += size * price.input + (asks.parameters.max_tokens or ANSWER) * price.output
    return Expected(
        models, len(numbers), len(numbers) - len(todo), tokens, cost if known else None, lacking, view
    )


def _lacks(client: Litellm, model: Model) -> str:
    if not model.provider:
        return f"{model.name!r} names no provider: write provider/name"
    name = client.missing_key(model)
    return f"{model.name} needs a key, and {name} is not set" if name else ""
