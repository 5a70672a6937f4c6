"""Command-line agents that behave as the real ones: they look at their options, read the prompt, edit files
in the working folder and print their own kind of output. What each start does is one entry of a list."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The words without which each would ask a person, or do more than it may.
NEEDED = {
    "claude": "-p --restricted --strict-mcp-config --tools Read,Edit,Write,Grep,Glob --permission-mode "
    "acceptEdits --permission-prompts none --output-format stream-json --verbose --max-turns "
    "--no-session-persistence",
    "codex": "exec --json --ephemeral --ignore-user-config --ignore-rules --sandbox workspace-write -C "
    'shell_environment_policy.inherit=core web_search="disabled" project_doc_max_bytes=0 -',
    "gemini": "-p --approval-mode auto_edit --skip-trust -o stream-json",
    "aider": "--message-file --yes-always --no-auto-commits --no-git --no-stream --no-pretty --map-tokens 0 "
    "--no-check-update --analytics-disable --no-show-model-warnings --no-suggest-shell-commands "
    "--no-detect-urls",
}

# `do` is the entry for this start: `files` to write, `code` to run, what it `says`, its `exit`, …
FAKE = """\
#!{python} -S
import json, os, shutil, subprocess, sys, time
from pathlib import Path

name, needed, folder, own = {name!r}, {needed!r}.split(), Path({folder!r}), sys.argv[1:]
starts = folder / "starts"
before = starts.read_text().splitlines() if starts.exists() else []
with starts.open("a") as file:
    file.write(json.dumps([name, *own]) + "\\n")
missing = [word for word in needed if word not in own]
if missing:
    sys.exit(print(f"error: missing {{' '.join(missing)}}", file=sys.stderr) or 2)
if "-C" in own and own[own.index("-C") + 1] != os.getcwd():
    sys.exit(print("error: -C is another folder", file=sys.stderr) or 2)
told = Path(own[own.index("--message-file") + 1]) if name == "aider" else None
asked = told.read_text() if told else sys.stdin.read()
(folder / f"prompt-{{len(before) + 1}}").write_text(asked)
(folder / "environment").write_text(json.dumps(dict(os.environ)))
script = json.loads((folder / "script").read_text())
do = script[min(len(before), len(script) - 1)]


def said(text, **more):
    if name == "claude":
        usage = {{"input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 50}}
        show({{"type": "system", "subtype": "init", "cwd": os.getcwd(), "tools": ["Read", "Edit"]}})
        content = [{{"type": "text", "text": "I look at it."}}]
        show({{"type": "assistant", "message": {{"content": content, "usage": {{"input_tokens": 7}}}}}})
        show({{"type": "result", "subtype": "success", "is_error": False, "result": text,
              "total_cost_usd": do.get("cost", 0.012), "usage": usage, **more}})
    elif name == "codex":
        show({{"type": "thread.started", "thread_id": "0"}})
        show({{"type": "turn.started"}})
        for each in ("I look at it.", text):
            show({{"type": "item.completed", "item": {{"type": "agent_message", "text": each}}}})
        usage = {{"input_tokens": 1100, "cached_input_tokens": 1000, "output_tokens": 50}}
        show({{"type": "turn.completed", "usage": usage}})
    elif name == "gemini":
        show({{"type": "init", "session_id": "0", "model": "gemini"}})
        show({{"type": "message", "role": "user", "content": "IDEA: what the user asked"}})
        show({{"type": "message", "role": "assistant", "content": "I look ", "delta": True}})
        show({{"type": "message", "role": "assistant", "content": "at it.", "delta": True}})
        show({{"type": "tool_use", "tool_name": "replace"}})
        for part in (text[:3], text[3:]):
            show({{"type": "message", "role": "assistant", "content": part, "delta": True}})
        stats = {{"total_tokens": 1150, "input_tokens": 1100, "output_tokens": 50}}
        show({{"type": "result", "status": "success", "stats": stats}})
    else:
        print(f"Aider v0.86\\nAdded knob.py to the chat.\\n\\n{{text}}\\n\\nTokens: 1.1k sent, 50 received.")


def show(event):
    print(json.dumps(event, ensure_ascii=do.get("ascii", True)), flush=True)


for path, text in do.get("files", {{}}).items():
    there = Path(path)
    there.parent.mkdir(parents=True, exist_ok=True)
    there.unlink(missing_ok=True) if text is None else there.write_text(text, errors="surrogateescape")
exec(do.get("code", ""))
if "raw" in do:
    sys.stdout.buffer.write(bytes.fromhex(do["raw"]))
if "says" in do:
    said(do["says"], **do.get("more", {{}}))
print(do.get("complains", ""), end="", file=sys.stderr)
sys.exit(do.get("exit", 0))
"""


@dataclass(frozen=True)
class Agents:
    """A folder with fakes of claude, codex, gemini and aider, and what they are told to do."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Where they stand: to be put on PATH."""
        return self.folder / "bin"

    def play(self, *script: Mapping[str, Any]) -> None:
        """What the next starts do, one after the other; the last one goes on for good."""
        (self.folder / "script").write_text(json.dumps(script))
        (self.folder / "starts").unlink(missing_ok=True)

    @property
    def starts(self) -> list[list[str]]:
        """The command line of each start so far."""
        path = self.folder / "starts"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def prompt(self, start: int) -> str:
        """What it was asked at its first, second, … start."""
        return (self.folder / f"prompt-{start}").read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What the last start saw."""
        seen: dict[str, str] = json.loads((self.folder / "environment").read_text())
        return seen


def install(folder: Path, names: Sequence[str] = tuple(NEEDED)) -> Agents:
    """Write the fakes into a new folder, which the caller puts on PATH."""
    made = Agents(folder)
    made.programs.mkdir(parents=True)
    for name in names:
        add(made.programs, name, NEEDED[name], folder)
    return made


def add(folder: Path, name: str, needed: str = "", state: Path | None = None) -> Path:
    """One more, such as a program of the user's own; it takes its orders from the folder `state`."""
    path, state = folder / name, state or folder
    path.write_text(FAKE.format(python=sys.executable, name=name, needed=needed, folder=str(state)))
    path.chmod(0o755)
    return path


def first_on_path(folder: Path) -> str:
    """PATH with a folder before everything else."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def turn(x: object, **more: Any) -> dict[str, Any]:
    """An agent that sets the knob to x and says so."""
    return {"files": {"knob.py": f"x = {x}\n"}, "says": f"Done.\n\nIDEA: x = {x}\nIt is less.", **more}
