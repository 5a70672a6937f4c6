"""A log on disk as runs write it, and the viewer on it, driven by keys."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot

from autoresearch.calls import record
from autoresearch.calls.index import Filter, Index
from autoresearch.core.calls import Model, Reply, Request
from autoresearch.views.viewer import Viewer
from autoresearch.views.viewer_cursor import Cursor

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LARGE, SMALL = "openrouter/vendor/large", "ollama_chat/small"


def call(number: int, **more: Any) -> dict[str, Any]:
    """A call as calls/record.py makes it; without `answer` the provider said 500. `seconds` after the first
    one it began, and it took as many as its number."""
    given = {
        "stage": "propose", "trial": number, "experiment": "engineering/knob", "model": LARGE,
        "prompt": f"Question {number}?", "answer": f"Answer {number}.", **more,
    }  # fmt: skip
    messages = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": given["prompt"]}]
    question = record.Question(given["stage"], given["trial"], messages, context={"source": "a.b:7"})
    model = Model(given["model"])
    made = record.begun(
        question, record.key(question, [model], 0.7), given["experiment"], {"temperature": 0.7}
    )
    attempt = record.attempt(Request(model, messages, 0.7, 900, 60.0))
    if given["answer"] is None:
        attempt |= {"status": "error", "error": "the provider says 500", "http_status": 500}
        made |= {"status": "error", "error": f"models.propose: {given['model']} (500)"}
    else:
        reply = Reply(given["answer"], "stop", 1500, 40, 0, True, 0.0123, f"gen-{number}", "served")
        attempt |= record.usage(reply)
        made |= record.response(model, reply)
    started = (BEGUN + timedelta(seconds=number)).isoformat(timespec="milliseconds")
    attempt |= {"started": started, "seconds": float(number)}
    made |= {"id": f"{number:032x}", "started": started, "attempts": [attempt]}
    return {**made, **record.sums(made["attempts"]), "seconds": float(number)}


def lines(*calls: dict[str, Any] | str) -> str:
    """As they stand in a log; a text is a damaged line."""
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in calls)


def log(folder: Path, *calls: dict[str, Any] | str) -> Path:
    """A log of these."""
    path = folder / "calls.jsonl"
    path.write_text(lines(*calls))
    return path


def mixed() -> list[dict[str, Any]]:
    """24 calls of 12 trials: in each `plan`, then `propose`; the last trial is of another experiment, and of
    the first three trials nothing was proposed."""
    return [
        call(
            number,
            trial=number // 2,
            stage=("plan", "propose")[number % 2],
            answer=None if number in (1, 3, 5) else f"Answer {number}.",
            model=SMALL if number in (10, 11) else LARGE,
            experiment="content/title" if number >= 22 else "engineering/knob",
        )
        for number in range(24)
    ]


@dataclass
class Looking:
    """The viewer while a test looks at it."""

    viewer: Viewer
    pilot: Pilot[int]

    async def press(self, *keys: str) -> None:
        """Each key, and what comes of it."""
        for key in keys:
            asked = self.viewer.asking if key == "enter" else None
            await self.pilot.press(key)
            while (asked and asked is self.viewer.asking) or self.viewer.writing:
                await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Into the line at the bottom, in place of what stands there, and Enter."""
        await self.press("end", "ctrl+u")
        assert self.viewer.focused
        self.viewer.focused.post_message(Paste(text))
        await self.pilot.pause()
        await self.press("enter")

    @property
    def lines(self) -> list[str]:
        """The screen."""
        strips = self.viewer.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        """The screen as if it had one long line."""
        return " ".join(self.text.split())

    @property
    def status(self) -> str:
        return self.lines[0]


def look(
    path: Path | Sequence[Path],
    story: Callable[[Looking], Awaitable[None]],
    *,
    size: tuple[int, int] = (80, 24),
    where: Filter = Filter(),  # noqa: B008 - it is frozen
) -> Viewer:
    """Open the viewer on a log, and let the story happen; the viewer as it was at the end."""
    files = [path] if isinstance(path, Path) else list(path)

    async def shown(index: Index) -> Viewer:
        viewer = Viewer(Cursor(index, where, lambda: files))
        async with viewer.run_test(size=size) as pilot:
            await pilot.pause()
            await story(Looking(viewer, pilot))
        if viewer.failure:
            raise viewer.failure
        return viewer

    with Index.open(files[0].parent, files) as index:
        return asyncio.run(shown(index))
