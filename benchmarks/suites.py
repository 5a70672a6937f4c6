"""What a suite costs besides the model and the programs: asking many, finding what is there, running tests.

The server is a process of its own on loopback, so that it takes nothing of what is measured.
Alone: `.venv/bin/python benchmarks/run.py --only suites`.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path

from figures import Figure

from autoresearch.adapters.sandbox import choose
from autoresearch.core.calls import Model
from autoresearch.core.suite import Case, Execution, Suite, Test
from autoresearch.suites.execute import Executors
from autoresearch.suites.session import Session, Wanted, Way
from autoresearch.suites.store import now

LATENCY = 0.5  # seconds
WINDOW = 50
ANSWER = "the answer is 42, and this is why it is so. " * 10


def suites(folder: Path, samples: int, finished: int, programs: int) -> list[Figure]:
    """Asking `samples`, running again with `finished`, and so many programs with tests."""
    folder.mkdir(parents=True)
    return [*asking(folder, samples), again(folder, finished), tested(folder, programs)]


def asking(folder: Path, samples: int) -> list[Figure]:
    """From the first request until all is on disk and judged."""
    ideal = samples * LATENCY / WINDOW
    with serving(LATENCY) as base, Session.open(folder) as session:
        one = session.prepare(suite("asked", samples, base), "asked", Wanted())
        view = session.view(one)
        begun = time.perf_counter()
        ended = session.run(view, Way(widest=WINDOW))
        whole = time.perf_counter() - begun
        first, last = json.loads(asked(base))
    assert ended.complete
    seconds = last - first
    about = f"{samples:,} samples at {LATENCY} s, {WINDOW} at once: {seconds:.2f} s, ideally {ideal:.0f} s"
    return [
        Figure("asking many at once, against the ideal", seconds / ideal, " ×", 1.15, about),
        Figure("… litellm's loading included", whole / ideal, " ×", 2.0, f"{whole:.2f} s"),
    ]


def again(folder: Path, finished: int) -> Figure:
    """`suite run` where every sample has its record; there is nobody who could be asked."""
    with Session.open(folder) as session:
        one = session.prepare(suite("again", finished, "http://127.0.0.1:1/v1"), "again", Wanted())
        view = session.view(one)
        lines = [json.dumps(call(view.key(number), number)) for number in one.current()]
        (session.place.folder / "calls" / "laid.jsonl").write_text("\n".join(lines) + "\n")
    rows = "".join(f'{{"id": "{n}", "input": "again {n}", "target": "42"}}\n' for n in range(finished))
    (folder / "cases.jsonl").write_text(rows)
    head = 'models = [{model = "openai/tester", api_base = "http://127.0.0.1:1/v1"}]\n'
    text = f'{head}name = "again"\nmatch = "contains"\ncases_file = "cases.jsonl"\n'
    (folder / "again.toml").write_text(text)
    command = [sys.executable, "-m", "autoresearch", "suite", "run", "again.toml"]
    times = []
    for _ in range(4):
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - begun)
        assert f"{finished:,} of {finished} samples completed" in done.stdout, done.stdout
    least = min(times[1:])
    return Figure(
        "suite run with nothing left to do", least, " s", 2.0, f"{finished:,} finished samples, no call"
    )


def tested(folder: Path, programs: int) -> Figure:
    """Programs with a test each: in the sandbox, and bare, in the same pool of threads."""
    answer = "def solve(numbers):\n    return sorted(set(numbers))[:{0}]\n"
    test = "assert solve([3, 1, 2, 3]) == sorted([1, 2, 3])[:{0}]\nassert solve([]) == []\n"
    pairs = [(answer.format(n % 4), test.format(n % 4)) for n in range(programs)]
    jobs = os.cpu_count() or 2
    with Executors(choose("auto", os.environ), os.environ, jobs) as executors, ThreadPool(jobs) as pool:
        bare = tempfile.mkdtemp(dir=folder)

        def alone(at: int) -> bool:
            path = Path(bare, f"{at}.py")
            path.write_text("\n\n".join(pairs[at]))
            return subprocess.run(["python3", str(path)], capture_output=True, check=False).returncode == 0

        def ours(at: int) -> bool:
            program, code = pairs[at]
            (result,) = executors.run(program, [Test(code=code)], {}, Execution())
            return result.status == "passed"

        seconds: dict[str, list[float]] = {"alone": [], "ours": []}
        for _ in range(3):  # in turns
            for name, act in (("alone", alone), ("ours", ours)):
                begun = time.perf_counter()
                assert all(pool.map(act, range(programs), chunksize=1))
                seconds[name].append(time.perf_counter() - begun)
    ratio = min(seconds["ours"]) / min(seconds["alone"])
    each = min(seconds["ours"]) / programs * 1000
    return Figure(
        "programs with tests in the sandbox, against bare",
        ratio,
        " ×",
        1.5,
        f"{programs} programs, {jobs} at once, {each:.0f} ms each",
    )


def suite(name: str, cases: int, base: str) -> Suite:
    """So many questions."""
    made = [
        Case(str(n), f"{name} {n}", {"id": str(n), "input": f"{name} {n}"}, targets=("42",))
        for n in range(cases)
    ]
    return Suite(name, f"{name}.toml", tuple(made), models=(Model("openai/tester", base),))


def call(key: str, number: int) -> dict[str, object]:
    """A call as it is on record."""
    return {
        "id": uuid.uuid4().hex,
        "key": key,
        "started": now(),
        "experiment": "again",
        "trial": number,
        "stage": "generate",
        "context": {},
        "model": "openai/tester",
        "request": {"messages": [{"role": "user", "content": f"again {number}"}]},
        "response": {"text": ANSWER, "finish": "stop", "id": "1", "model": "x"},
        "status": "ok",
        "error": None,
        "attempts": [{"input_tokens": 10, "output_tokens": 90, "cost_usd": None}],
        "cost_usd": None,
        "tokens": 100,
        "seconds": 0.5,
    }


@contextmanager
def serving(latency: float) -> Iterator[str]:
    """The address of a model that answers after `latency` seconds."""
    command = [sys.executable, __file__, str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        finally:
            server.kill()


def asked(base: str) -> str:
    """When the first request came, and when the last answer went, as the server knows it."""
    host, _, port = base.removeprefix("http://").removesuffix("/v1").partition(":")

    async def ask() -> str:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /times HTTP/1.1\r\n\r\n")
        said = (await reader.read()).decode()
        writer.close()
        return said.partition("\r\n\r\n")[2]

    return asyncio.run(ask())


async def serve(latency: float) -> None:
    """An OpenAI-compatible server that says how long it was asked."""
    told = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ANSWER}}
        ],
    }
    body = json.dumps(told).encode()
    times: list[float] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:  # the client is done
                writer.close()
                return
            if head.startswith(b"GET"):
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps([times[0], times[-1]]).encode())
                writer.close()
                return
            lines = [line.lower() for line in head.split(b"\r\n")]
            await reader.readexactly(
                next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
            )
            times.append(time.time())
            await asyncio.sleep(latency)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )
            times.append(time.time())

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=1000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
