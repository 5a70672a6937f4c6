"""Suites as tests lay them down: who is asked is a provider on loopback."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from autoresearch.core.suite import Outcome
from autoresearch.suites import cases
from autoresearch.suites.session import Ended, Session, Wanted, Way
from tests.provider import Answer, Provider, Seen, reply

GREET = """\
prompt = "Say {{ input }}"
match = "contains"
"""


class Echo(Provider):
    """Answers by what is asked: `reply` says how, after so many `seconds`. `asked` are the last messages."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds

    @property
    def asked(self) -> list[str]:
        return [question(seen) for seen in self.seen]

    def take(self, seen: Seen) -> Answer:
        super().take(seen)

        def play(request: BaseHTTPRequestHandler, closing: threading.Event) -> None:
            closing.wait(self.seconds)
            reply(self.reply(seen))(request, closing)

        return play

    def reply(self, seen: Seen) -> str:
        return question(seen)


def question(seen: Seen) -> str:
    """What was asked last."""
    return str(seen.body["messages"][-1]["content"])


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


def ran(session: Session, path: Path, wanted: Wanted | None = None, way: Way | None = None) -> Ended:
    """A suite, run in this process."""
    wanted, way = wanted or Wanted(), way or Way()
    one = session.prepare(cases.read(path), path.stem, wanted)
    return session.run(session.view(one), way)


def told(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Status and verdict of each."""
    return [(each.status, each.verdict) for each in outcomes]
