"""What a model is sent and how soon: the size of prompts, how much of them is new; reading a large reply."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from figures import Figure
from project import NAME, git, open_experiment

from autoresearch.core.edits import parse
from autoresearch.core.key_findings import REMEMBERED, KeyFinding
from autoresearch.core.model import Brief, Metric, Trial
from autoresearch.core.notes import Notes, Plan
from autoresearch.core.tasks import OPEN, Changes, Tasks
from autoresearch.research.briefing import remembered
from autoresearch.research.ledger import Ledger
from autoresearch.research.proposers.llm import messages_for
from autoresearch.research.stages import analysis_question

BASELINE = 5  # seconds
BASE = Trial(0, None, "0" * 40, "t", "keep", "baseline", "baseline", metric=100.0)
TARGET = "\n".join(f"def step_{n}(x):\n    return x * {n} + {n * 7919 % 1000}\n" for n in range(60))
SUMMARY = "".join(f"step {n} took {n * 7919 % 1000} ms\n" for n in range(30))
CHANGE = "--- a/steps.py\n+++ b/steps.py\n" + "@@ -1,3 +1,3 @@\n-    return x\n+    return x + 1\n" * 6


def prompts() -> list[Figure]:
    """The real prompts over a made-up search of 1,000 trials: a seventh kept, a fifth crashed, a finding for
    each and the longest list of tasks. Findings stay as they are where the beginning is compared."""
    trials = [BASE]
    for number in range(1, 1001):
        trials.append(_trial(number))
    counts = (*range(20, 30), *range(990, 1000))
    sizes = {count: len(_prompt(trials[:count], count)) + len(_analysis(trials, count)) for count in counts}
    twenty, thousand = (statistics.median(sizes[n] for n in r) for r in (range(20, 30), range(990, 1000)))
    shares = [
        _share(_prompt(trials[:n], 200), _prompt(trials[: n + 1], 200))
        for n in range(200, 400)
        if trials[n].status != "keep"
    ]
    return [
        Figure("proposal and analysis prompts at trial 1,000 against 20", thousand / twenty, "×", 1.1,
               f"medians of ten each; {thousand:,.0f} characters, of which the target has {len(TARGET):,}"),
        Figure("share of a prompt that is not the beginning of the one before", 1 - statistics.median(shares),
               "", 0.4, f"n = {len(shares)} where target and kept stay; the worst {1 - min(shares):.2f}"),
    ]  # fmt: skip


def parsing() -> list[Figure]:
    """A reply of 5 MB in several shapes."""
    line = "some text of a file, a line of it\n"
    whole = line * (5_000_000 // len(line))
    shapes = {
        "one file": f'IDEA: x\n<file path="a.txt">\n{whole}</file>\n',
        "prose": f'{whole}<file path="a.txt">\nx\n</file>\n',
        "100,000 fences": "```\nx\n```\n" * 50_000 + f'<file path="a.txt">\n{line}</file>\n',
    }
    times = {}
    for name, reply in shapes.items():
        begun = time.perf_counter()
        parse(reply, {"a.txt": "old\n"}, lambda path: path == "a.txt")
        times[name] = time.perf_counter() - begun
    slowest = max(times, key=times.__getitem__)
    told = ", ".join(f"{name} {seconds:.2f}" for name, seconds in times.items())
    return [Figure("parsing a reply of 5 MB", times[slowest], "s", 0.5, f"the slowest of: {told}")]


def first_request(folder: Path) -> list[Figure]:
    """From the end of the baseline to the first request, litellm being loaded meanwhile."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "knob.txt").write_text("value: 5\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "start")
    command = [sys.executable, "-m", "autoresearch"]
    new = ["new", NAME, "--no-measure", "--target", "knob.txt", "--metric", "value", "--direction", "lower"]
    evaluate = f"sleep {BASELINE}; cat knob.txt"
    subprocess.run(
        [*command, *new, "--eval", evaluate, "-c", "timeout=60s"], cwd=folder, check=True, capture_output=True
    )
    arrived, server = _server()
    environ = {
        **os.environ,
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1",
    }
    run = [*command, "run", "--single", "--model", "openai/measured"]
    subprocess.run(run, cwd=folder, env=environ, check=True, capture_output=True)
    server.shutdown()
    ledger = Ledger.load(open_experiment(folder).repository, NAME)
    ended = datetime.fromisoformat(ledger.trials[0].finished).timestamp()
    return [Figure("first request after the end of a baseline of 5 s", arrived[0] - ended, "s", 0.2)]


def _trial(number: int) -> Trial:
    told = {
        "number": number,
        "parent": 0,
        "commit": f"{number:040}",
        "description": f"try number {number:04}",
    }
    if number % 7 == 0:
        return replace(BASE, **told, reason="unconfirmed", metric=100.0 - number / 100)
    if number % 5 == 0:
        detail = "`python bench.py` exited 1\n" + "a line of a traceback\n" * 20
        return replace(BASE, **told, status="crash", reason="exit_code", metric=None, detail=detail)
    return replace(BASE, **told, status="discard", reason="not_better", metric=101.0 + number % 13)


def _prompt(trials: Sequence[Trial], findings: int) -> str:
    return "\n".join(message["content"] for message in messages_for(_brief(trials, findings), "files"))


def _analysis(trials: Sequence[Trial], count: int) -> str:
    question = analysis_question(_brief(trials[:count], count), trials[count], SUMMARY)
    return "\n".join(message["content"] for message in question.messages)


def _brief(trials: Sequence[Trial], findings: int) -> Brief:
    metric = Metric("p50_ms", "lower", "ms")
    tasks = [{"description": f"try the way number {n} of doing a step"} for n in range(OPEN)]
    notes = Notes(
        plan=Plan("# Plan\n" + "First the steps that take longest, then those behind them.\n" * 20, 1, "m"),
        tasks=Tasks().changed(Changes(add=tasks), "")[0],
        findings=tuple(
            KeyFinding(f"F{n}", f"the step number {n} is bound by memory", (n,), n)
            for n in range(1, min(findings, REMEMBERED) + 1)
        ),
    )
    return Brief(
        experiment=NAME, goal="Make the steps faster.", metric=metric,
        trial=len(trials), parent=BASE, target={"steps.py": TARGET}, context={}, trials=trials,
        directory=Path(), folder=Path(),
        terms={"metric": "p50_ms, lower is better", "measured by": "`python bench.py`"},
        change=lambda trial: CHANGE.replace("x + 1", f"x + {trial.number:04}"),
        summary=lambda _: SUMMARY, notes=remembered(notes, trials, metric),
    )  # fmt: skip


def _share(before: str, now: str) -> float:
    same = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), len(before))
    return same / len(now)


def _server() -> tuple[list[float], ThreadingHTTPServer]:
    arrived: list[float] = []
    text = 'IDEA: less\n<file path="knob.txt">\nvalue: 4\n</file>\n'
    message = {"role": "assistant", "content": text}
    answer = json.dumps({
        "id": "1", "object": "chat.completion", "created": 1, "model": "measured",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }).encode()  # fmt: skip

    class Request(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(time.time())
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return arrived, server
