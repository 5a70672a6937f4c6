"""Looking at a large log of calls: building the index, opening it, pages, filters, statistics, memory."""

import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from figures import Figure

from autoresearch.calls.index import SORTS, Filter, Index
from autoresearch.calls.store import place

STAGES = ("plan", "propose", "summarize", "analyze")
MODELS = ("openrouter/vendor/large", "openrouter/vendor/small", "ollama_chat/small")
SYSTEM, USER, ANSWER = "You are brief. " * 40, "a line of code\n" * 60, "a line of an answer\n" * 20
FILTERS = (
    Filter(stage="plan"),
    Filter(status="error"),
    Filter(model=MODELS[0], status="ok"),
    Filter(trial=7),
)


def looking_at_calls(folder: Path, calls: int, times: int) -> list[Figure]:
    """An interpreter of its own does each, so that its memory is its own too."""
    log = write(folder, calls)
    size = f"{calls:,} calls, {log.stat().st_size / 1e6:.0f} MB"
    found: dict[str, list[float]] = {}
    for turn in range(times):
        place(folder).unlink(missing_ok=True)
        for name in ("built", "again"):
            done = subprocess.run([sys.executable, __file__, folder], capture_output=True, check=True)
            for what, value in json.loads(done.stdout).items():
                key = f"{what} {name}" if what in ("open", "memory") else what
                found.setdefault(key, []).append(value)
        sys.stdout.write(f"… {turn + 1} of {times}\n")
    least = {what: min(values) for what, values in found.items()}
    n = f"the least of {times}; {size}"
    return [
        Figure("building the index of a log", least["open built"], "s", 8.0, n),
        Figure("opening an index that is up to date", least["open again"], "s", 1.0, n),
        Figure("a page, the slowest order", least["page"], "s", 0.1, "first, last and in the middle"),
        Figure("… of a filter", least["filter"], "s", 0.1, "the slowest filter, order and place"),
        Figure("statistics of all calls", least["statistics"], "s", 0.3, "by stage, by model, 50 trials"),
        Figure("timeline of 50 trials", least["timeline"], "s", 0.1),
        Figure("memory while the index is built", least["memory built"], "MB", 150, "peak, resident"),
        Figure("memory while it is looked at", least["memory again"], "MB", 150, "peak, resident"),
    ]


def write(folder: Path, calls: int) -> Path:
    """A log of a long experiment: three calls a trial, of which one in twenty fails."""
    folder.mkdir(parents=True)
    made, begun = random.Random(1), datetime(2026, 1, 1, tzinfo=UTC)
    with (folder / "calls.jsonl").open("w") as log:
        for number in range(calls):
            begun += timedelta(seconds=made.random() * 60)
            log.write(json.dumps(_call(number, begun.isoformat(timespec="milliseconds"), made)) + "\n")
    return folder / "calls.jsonl"


def _call(number: int, started: str, made: random.Random) -> Mapping[str, Any]:
    ok, seconds, model = made.random() < 0.95, made.random() * 30, made.choice(MODELS)
    usage = {"input_tokens": 1500, "output_tokens": 400, "cached_tokens": 0, "counted": True}
    attempt = {
        "started": started, "model": model, "options": {}, "max_tokens": None, "seconds": seconds,
        "status": "ok" if ok else "error", "error": None if ok else "429 slow down",
        **({**usage, "cost_usd": made.choice((0.001, None))} if ok else {}),
    }  # fmt: skip
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]
    return {
        "id": uuid.UUID(int=made.getrandbits(128)).hex, "key": "0" * 32, "started": started,
        "experiment": "engineering/knob", "trial": number // 3, "stage": made.choice(STAGES),
        "context": {"source": "autoresearch.research.proposers.llm:42"}, "model": model if ok else None,
        "request": {"messages": messages, "parameters": {"temperature": 0.3}},
        "response": {"text": ANSWER, "finish": "stop", "id": "1", "model": "large"} if ok else None,
        "status": "ok" if ok else "error", "error": None if ok else "gave up", "attempts": [attempt],
        "cost_usd": attempt.get("cost_usd"), "tokens": 1900 if ok else 0, "seconds": seconds,
    }  # fmt: skip


def look(folder: Path) -> dict[str, float]:
    """Seconds of each kind of look, the slowest of its kind; and the peak of memory, in MB."""
    begun = time.perf_counter()
    with Index.open(folder, [folder / "calls.jsonl"]) as index:
        opened = time.perf_counter() - begun
        count = index.count(Filter())
        return {
            "open": opened,
            "page": max(_page(index, Filter(), count, sort) for sort in SORTS),
            "filter": max(_page(index, f, index.count(f), sort) for f in FILTERS for sort in SORTS),
            "statistics": _seconds(lambda: index.stats(Filter())),
            "timeline": _seconds(lambda: index.timeline(Filter(), descending=True, most=50)),
            "memory": _peak(),
        }


def _page(index: Index, where: Filter, count: int, sort: str) -> float:
    places = (0, count // 2, max(0, count - 50))
    pages = [_seconds(lambda at=at: index.page(where, sort, start=at)) for at in places]  # type: ignore[misc]
    return max(pages)


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]))))
