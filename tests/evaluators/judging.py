"""Models for judges to ask: executables named as the tools are, and a server on loopback. Both play steps.

A step is a dict: `marks` (a number for all criteria, or one for each), `says` (text, in which CODE stands for
the code of the request), `obey`, `copy`, `by` (what stands in the request -> marks); a tool knows `exit`,
`error`, `hang`, a server `status`, `headers`, `body`, `drip`, `drop`. The last step is played for ever.
"""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.evaluators.programs import FOLDER, PYTHON, ROOT, Evaluated, evaluate

CODE = re.compile(r"The code of this request is (\w+)\.")
ORDER = re.compile(r"Give every criterion (\d+)")
START = """#!{python}
import sys
sys.path.insert(0, {root!r})
from tests.evaluators.judging import play_tool
play_tool({tool!r})
"""


@dataclass(frozen=True)
class Steps:
    """What is played, and what has been asked, in files of one folder, so that processes share them."""

    folder: Path

    def play(self, *steps: dict[str, Any]) -> None:
        self.folder.mkdir(exist_ok=True)
        for old in self.folder.iterdir():
            old.unlink()
        (self.folder / "steps").write_text(json.dumps(steps))

    def take(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The step for one more request; each is given once, whoever asks at the same time."""
        whole = self.folder / f"{uuid.uuid4()}.json"
        whole.write_text(json.dumps(asked))
        for number in count():
            with suppress(FileExistsError):
                os.link(whole, self.folder / f"asked-{number:03}")  # whole or not at all, for who looks now
                steps = json.loads((self.folder / "steps").read_text())
                step: dict[str, Any] = steps[min(number, len(steps) - 1)]
                return step
        raise AssertionError

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("asked-*"))]


@dataclass(frozen=True)
class Stage:
    """A folder to judge in, the tools on PATH, and what they play."""

    path: Path
    steps: Steps

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def content(self, *args: str, **env: str) -> Evaluated:
        """The judge of content, asking claude unless it is told whom to ask."""
        who = () if {"--tool", "--model"} & set(args) else ("--tool", "claude")
        return evaluate("llm_judge_content", "--target", "text.md", *who, *args, at=self.path, env=env)


def stage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """With text.md to judge, and no key or proxy of the machine's."""
    for name in list(os.environ):
        if name.upper().endswith(("_KEY", "_TOKEN", "_PROXY", "_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)
    install(folder / "bin")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STEPS", str(folder / "steps"))
    made = Stage(folder / "work", Steps(folder / "steps"))
    made.path.mkdir()
    made.write("text.md", "Ten ways to bake bread that nobody told you\n")
    made.steps.play({"marks": 5})
    return made


def answer(request: str, step: dict[str, Any]) -> str:
    """What a model writes. It takes every line for its user's that does not begin with "| "."""
    ours = "\n".join(line for line in request.splitlines() if not line.startswith("| "))
    codes, orders = CODE.findall(ours), ORDER.findall(ours)
    if not codes:
        return str(step.get("generates", f"an answer to {request}"))
    if "says" in step:
        return str(step["says"]).replace("CODE", codes[-1])
    if "copy" in step:
        data = "\n".join(line[2:] for line in request.splitlines() if line.startswith("| "))
        return data[data.index("{") : data.index("}") + 1]
    marks = next(
        (marks for word, marks in step.get("by", {}).items() if word in request), step.get("marks", 5)
    )
    if "obey" in step and orders:
        marks = int(orders[-1])
    names = [name for name in json.loads(ours[ours.rindex("{") : ours.rindex("}") + 1]) if name != "nonce"]
    return json.dumps(
        {"nonce": codes[-1], **(marks if isinstance(marks, dict) else dict.fromkeys(names, marks))}
    )


def interrupted(here: Stage, *who: str, **env: str) -> int:
    """The exit code of a judge that is ended by SIGTERM while it waits for a far too slow answer."""
    program = [PYTHON, str(FOLDER / "llm_judge_content.py"), "--target", "text.md", "--timeout", "1000"]
    with subprocess.Popen([*program, *who], cwd=here.path, env={**os.environ, **env}) as judge:
        try:
            while not here.steps.asked:
                time.sleep(0.01)
            judge.terminate()
            return judge.wait(30)
        finally:
            judge.kill()


# --- tools ---


def install(folder: Path) -> None:
    """Executables `claude`, `codex` and `gemini`, which play the steps in $STEPS."""
    folder.mkdir()
    for tool in ("claude", "codex", "gemini"):
        path = folder / tool
        path.write_text(START.format(python=PYTHON, root=str(ROOT), tool=tool))
        path.chmod(0o755)


def play_tool(tool: str) -> None:
    """The whole of a tool: its flags, standard input, a step, and an answer in the tool's own format."""
    request = sys.stdin.buffer.read().decode()
    argv = sys.argv[1:]
    if wrong := _misused(tool, argv):
        sys.exit(f"error: {wrong}")
    asked = {"argv": argv, "stdin": request, "folder": os.listdir(), "environ": dict(os.environ)}  # noqa: PTH208
    step = Steps(Path(os.environ["STEPS"])).take(asked)
    if "hang" in step:
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        time.sleep(1000)
    held = any(flag in argv for flag in ("--json-schema", "--output-schema"))
    sys.stdout.write(_wrapped(tool, "" if "error" in step else answer(request, step), step, held))
    sys.stderr.write(step.get("mutters", ""))
    sys.stdout.flush()
    sys.exit(step.get("exit", 0))


# The flags of a judge, as docs say them, in any order; None stands for a value of the caller's.
FLAGS: dict[str, list[list[str | None]]] = {
    "claude": [
        ["-p"], ["--tools", ""], ["--output-format", "json"], ["--max-budget-usd", None],
        ["--no-session-persistence"],
    ],
    "codex": [
        ["exec"], ["--json"], ["--ephemeral"], ["--sandbox", "read-only"], ["--skip-git-repo-check"], ["-"],
    ],
    "gemini": [["-p", None], ["--approval-mode", "plan"], ["--skip-trust"], ["-o", "json"]],
}  # fmt: skip


def _misused(tool: str, argv: list[str]) -> str:
    for flag in FLAGS[tool]:
        at = argv.index(str(flag[0])) if flag[0] in argv else None
        if at is None or (len(flag) == 2 and flag[1] not in (None, argv[at + 1])):
            return f"{flag} is missing in {argv}"
    if "--json-schema" in argv:
        json.loads(argv[argv.index("--json-schema") + 1])
    if "--output-schema" in argv:
        json.loads(Path(argv[argv.index("--output-schema") + 1]).read_text())
    return ""


def _wrapped(tool: str, text: str, step: dict[str, Any], held: bool) -> str:
    error = step.get("error")
    if "prints" in step:
        return str(step["prints"])
    if tool == "claude":
        result: dict[str, Any] = {
            "type": "result", "subtype": "success", "is_error": bool(error), "result": error or text,
            "total_cost_usd": 0.01, "stop_reason": step.get("stop", "end_turn"),
        }  # fmt: skip
        if held and not error and "says" not in step and "copy" not in step:
            result |= {"result": "", "structured_output": json.loads(text or "{}")}
        return json.dumps([{"type": "system"}, result] if "list" in step else result)
    if tool == "codex":
        end = {"type": "turn.failed", "error": {"message": error}} if error else {"type": "turn.completed"}
        items = [{"type": "reasoning", "text": "hm"}, {"type": "agent_message", "text": text}]
        events: list[Any] = [{"type": "thread.started", "thread_id": "1"}, {"type": "turn.started"}]
        events += [{"type": "item.completed", "item": item} for item in items]
        return "".join(json.dumps(event) + "\n" for event in [*events, end])
    kind = {"error": {"type": "Error", "message": error, "code": 1}} if error else {"response": text}
    return "Loaded cached credentials.\n" + json.dumps({"session_id": "1", **kind, "stats": {}}, indent=2)


# --- a server ---


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    steps: Steps


class _Play(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.server.steps.take({"path": self.path, "headers": dict(self.headers), "body": body})
        with suppress(ConnectionError):
            self._answer(step, body)

    def _answer(self, step: dict[str, Any], body: dict[str, Any]) -> None:
        if "drop" in step:
            self.close_connection = True
            return
        if "no_temperature" in step and "temperature" in body:
            step = {"status": 400, "body": "Unsupported parameter: 'temperature' is not supported"}
        if "drip" in step:
            self._drip()
            return
        text = answer(body["messages"][-1]["content"], step) if "body" not in step else ""
        stop = step.get("stop", "stop")
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": stop}
        said = json.dumps({"choices": [choice]})
        if "body" in step:
            said = str(step["body"]).replace("THE KEY", self.headers.get("Authorization", "none"))
        self.send_response(step.get("status", 200))
        for name, value in step.get("headers", {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.encode())

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@contextmanager
def serving(steps: Steps) -> Iterator[str]:
    """The base of an API that plays these steps."""
    server = _Server(("127.0.0.1", 0), _Play)
    server.steps = steps
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
