"""Suites as tests lay them down: who is asked is a provider on loopback."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from autoresearch.core.suite import Outcome
from autoresearch.suites import cases
from autoresearch.suites.session import Ended, Session, Wanted, Way
from tests.provider import Provider, completion

GREET = """\
prompt = "Say {{ input }}"
match = "contains"
"""


class Echo(Provider):
    """Answers with the question, so that each answer is known; `slow` seconds each. `asked` are the questions."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds

    @property
    def asked(self) -> list[str]:
        return [seen.body["messages"][-1]["content"] for seen in self.seen]

    def play(self, request: BaseHTTPRequestHandler) -> None:
        self.plays(self._answer)
        super().play(request)

    def _answer(self, request: BaseHTTPRequestHandler, closing: Any) -> None:
        closing.wait(self.seconds)
        body = json.dumps(completion(self.reply(request))).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def reply(self, request: BaseHTTPRequestHandler) -> str:
        return "an echo"


def suite(base: str, text: str = GREET, inputs: Sequence[str] = ("Ada", "Bob"), **more: object) -> str:
    """The text of a suite that asks a model at `base`."""
    model = f'models = [{{model = "openai/tester", api_base = "{base}"}}]\n'
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    rows = "".join(f'\n[[cases]]\nid = "{each}"\ninput = "{each}"\ntarget = "{each}"\n' for each in inputs)
    return model + keys + text + rows


@contextmanager
def opened(folder: Path) -> Iterator[Session]:
    """The evals in a folder."""
    with Session.open(folder) as session:
        yield session


def ran(session: Session, path: Path, wanted: Wanted = Wanted(), way: Way = Way()) -> Ended:
    """A suite, run in this process."""
    one = session.prepare(cases.read(path), path.stem, wanted)
    return session.run(session.view(one), way)


def told(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Status and verdict of each."""
    return [(each.status, each.verdict) for each in outcomes]
