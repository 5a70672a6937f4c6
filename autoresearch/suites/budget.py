"""What a suite may cost: before a request is sent, the most that it can cost is set aside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autoresearch.adapters.llm import Litellm
from autoresearch.core.calls import Model, Price, Request
from autoresearch.core.errors import AutoresearchError

MARGIN = 1.3  # our count of tokens is not the provider's
LONGEST = 32_768  # tokens that an answer may have where nobody says
LOOK = 0.2  # seconds after which one that waits looks whether all is over


@dataclass
class Budget:
    """At most `limit` US dollars from here on; None is no limit. `spent` is what is known."""

    client: Litellm
    limit: float | None = None
    spent: float = 0.0
    _aside: float = 0.0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def check(self, model: Model) -> None:
        """Raises AutoresearchError where a limit can't be held, as nobody knows the price."""
        if self.limit is not None:
            self._price(model)

    @contextmanager
    def reserved(self, request: Request, over: threading.Event) -> Iterator[bool]:
        """The most that a request can cost, set aside while in the block. Where others that are under way may
        leave enough, they are waited for; False: it is not to be had."""
        if self.limit is None:
            yield True
            return
        most = self._most(request)
        with self._changed:
            while self.spent + self._aside + most > self.limit and self._aside > 0 and not over.is_set():
                self._changed.wait(LOOK)
            enough = self.spent + self._aside + most <= self.limit
            self._aside += most if enough else 0.0
        try:
            yield enough
        finally:
            with self._changed:
                self._aside = max(0.0, self._aside - most) if enough else self._aside
                self._changed.notify_all()

    def spend(self, dollars: float | None) -> None:
        """An answer has cost this."""
        with self._changed:
            self.spent += dollars or 0.0

    def _most(self, request: Request) -> float:
        price = self._price(request.model)
        text = "\n".join(message["content"] for message in request.messages)
        longest = request.max_tokens or self.client.longest(request.model)[1] or LONGEST
        return self.client.count(request.model, text) * MARGIN * price.input + longest * price.output

    def _price(self, model: Model) -> Price:
        price = self.client.price(model)
        if price is None:
            raise AutoresearchError(
                f"nobody knows the price of {model.name}, so --max-cost can't be held",
                "give it in the suite (input_price, output_price), or leave --max-cost out",
            )
        return price
