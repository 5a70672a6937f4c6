"""Lines that a person types: with history, completion and editing on a terminal; as they come, elsewhere."""

import readline
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

MOST = 1000  # lines of history

Complete = Callable[[str], Sequence[str]]
"""What may be meant by the beginning of a word."""


@contextmanager
def reading(history: Path, complete: Complete) -> Iterator[Callable[[str], str]]:
    """A function that asks with a prompt and gives the line. It raises EOFError at the end,
    KeyboardInterrupt at Ctrl-C. The history is the user's own, in their home."""
    if not sys.stdin.isatty():
        yield lambda _prompt: _line()
        return
    with suppress(OSError):
        history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        readline.read_history_file(history)
    readline.set_history_length(MOST)
    readline.set_completer_delims(" \t\n")
    readline.set_completer(lambda text, at: dict(enumerate(complete(text))).get(at))
    readline.parse_and_bind("tab: complete")
    try:
        yield input
    finally:
        readline.set_completer(None)
        with suppress(OSError):
            readline.write_history_file(history)


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
