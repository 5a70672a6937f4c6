"""Asks a command-line tool of the user's, claude, codex or gemini, without a screen. A part of the judges."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _asking import SECRET, Answer, Failed, go_on, short
from _evaluator import ending, run

DOLLARS = "2"  # what one answer of claude may cost at most


class Tool:
    """It gets the prompt by standard input, in an empty folder, and sees no key of another provider."""

    def __init__(self, tool: str, model: str, limit: float) -> None:
        self.name, self._limit = tool, limit
        self._model = ["--model", model] if model else []
        self._arguments, self._read, own = _TOOLS[tool]
        found = shutil.which(tool)
        if not found:
            raise Failed(
                f"there is no `{tool}` on PATH: install it, or give another --tool, or --model alone"
            )
        self._program = os.path.abspath(found)  # noqa: PTH100 - resolving links would change the program's name
        foreign = [name for name in os.environ if SECRET.search(name) and not name.startswith(own)]
        self._hidden = dict.fromkeys(foreign, "")

    def ask(self, text: str, system: str = "", schema: object = None, temperature: float = 1) -> Answer:
        """One answer, held to `schema` where the tool can; it takes no `temperature`. Failed."""
        go_on()
        with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as empty:
            form = Path(ours, "schema.json")
            form.write_text(json.dumps(schema))
            arguments = self._arguments(form if schema else None)
            prompt = f"{system}\n\n{text}" if system else text
            command = [self._program, *arguments, *self._model]
            done = run(command, self._limit, stdin=prompt.encode(), folder=empty, environment=self._hidden)
        if done.code is None:
            raise Failed(f"`{self.name}` gave no answer within {self._limit:g} s (--timeout)")
        said = done.output.decode(errors="replace")
        try:
            answer = self._read(said)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            answer = done.errors.decode(errors="replace").strip() or said.strip() or "it said nothing"
        if isinstance(answer, Answer) and done.code == 0:
            return answer
        why = "an answer all the same" if isinstance(answer, Answer) else short(answer, end=True)
        raise Failed(f"`{self.name}` {ending(done)}: {why}; try it by hand")


def _ask_claude(form: Path | None) -> list[str]:
    # --bare reads no login of a subscription, only a key; --safe-mode keeps the login, and leaves out
    # the user's own instructions, hooks and servers as --bare does.
    keys = (
        "ANTHROPIC_API_KEY",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX",
        "CLAUDE_CODE_USE_FOUNDRY",
    )
    held = ["--json-schema", form.read_text()] if form else []
    return [
        "-p", "--bare" if any(map(os.environ.get, keys)) else "--safe-mode", "--tools", "",
        "--output-format", "json", *held, "--max-budget-usd", DOLLARS, "--no-session-persistence",
    ]  # fmt: skip


def _ask_codex(form: Path | None) -> list[str]:
    held = ["--output-schema", str(form)] if form else []
    return [
        "exec", "--json", "--ephemeral", "--sandbox", "read-only", "--skip-git-repo-check",
        "-c", "shell_environment_policy.inherit=core", *held, "-",
    ]  # fmt: skip


def _ask_gemini(_: Path | None) -> list[str]:
    # What stands after -p comes behind standard input.
    return ["-p", "Answer the text above.", "--approval-mode", "plan", "--skip-trust", "-o", "json"]


def _of_claude(said: str) -> Answer | str:
    found = json.loads(said)
    result = found if isinstance(found, dict) else [event for event in found if event["type"] == "result"][-1]
    if result.get("is_error") or result.get("subtype", "success") != "success":
        return str(result.get("result") or result["subtype"])
    held = result.get("structured_output")
    text = json.dumps(held) if isinstance(held, dict) else str(result["result"])
    return Answer(text, result.get("stop_reason") == "max_tokens")


def _of_codex(said: str) -> Answer | str:
    events: list[dict[str, Any]] = [json.loads(line) for line in said.split("\n") if line.startswith("{")]
    if failed := [event["error"]["message"] for event in events if event.get("type") == "turn.failed"]:
        return str(failed[-1])
    items = [event["item"] for event in events if event.get("type") == "item.completed"]
    return Answer(str([item["text"] for item in items if item["type"] == "agent_message"][-1]))


def _of_gemini(said: str) -> Answer | str:
    result, _ = json.JSONDecoder().raw_decode(said, said.index("{"))
    return str(result["error"]["message"]) if result.get("error") else Answer(str(result["response"]))


# Of each tool: its arguments, how its reply is read, and how the secrets begin that are its own.
_TOOLS: dict[
    str, tuple[Callable[[Path | None], list[str]], Callable[[str], Answer | str], tuple[str, ...]]
] = {
    "claude": (_ask_claude, _of_claude, ("ANTHROPIC_", "CLAUDE_", "AWS_")),
    "codex": (_ask_codex, _of_codex, ("OPENAI_", "CODEX_")),
    "gemini": (_ask_gemini, _of_gemini, ("GEMINI_", "GOOGLE_")),
}
