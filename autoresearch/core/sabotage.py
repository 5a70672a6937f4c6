"""Targets that are broken or that cheat, made of the target's own files. Pure: texts in, texts out."""

import ast
import re
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath

from autoresearch.core.checks import CHECKED, Sabotage
from autoresearch.core.harm import LANGUAGES, Forged

MISTAKE = '{)"\n'  # no parser of these takes it as a file's first line
FORGING = ("print", "quit", "result")
PARSED = re.compile(
    r".*\.(pyi?|json|toml|ya?ml|[mc]?js|[jt]sx?|sh|bash|zsh|c|h|cc|cpp|hpp|cu|rs|go|java|kt|scala|swift|rb|lua"
    r"|jl|cs|zig|sql)",
    re.IGNORECASE | re.DOTALL,
)
SUFFIXES = {".py": "Python", ".sh": "shell", ".bash": "shell", ".js": "Node", ".mjs": "Node", ".cjs": "Node"}
PROGRAMS = {"python": "Python", "node": "Node", "sh": "shell", "bash": "shell"}
_SHEBANG = re.compile(r"#!.*\b(python|node|bash|sh)")
_TEST = re.compile(r"(^|/)(tests?|__tests__|spec)/|(^|/)(test_[^/]*|conftest)\.py$|[._](test|spec)\.\w+$")

CHILD = "run the candidate in a child process and pass nothing on that it prints (docs/evaluators.md)"
HIDE = "run the candidate in a child process without AUTORESEARCH_* in its environment (docs/evaluators.md)"
CLOCK = "take the time in a process that doesn't import the target (docs/evaluators.md)"
EXIT = "fail where what you run fails: look at its exit code"
ONCE = f"{CHILD}; metric: {{once: true}} notices a second line"
WAIT = "count what does not end as a failure"


def sabotages(texts: Mapping[str, str], forged: Forged) -> list[Sabotage]:
    """Everything to try on these target files; those that can't be tried have no files."""
    tests = [path for path in texts if _TEST.search(path)]
    full = [path for path, text in texts.items() if text.strip()]
    parsed = {path: MISTAKE + text for path, text in texts.items() if PARSED.fullmatch(path)}
    done_by = partial(_done_by, texts, forged)
    return [
        Sabotage("empty", "broken", CHECKED, dict.fromkeys(full, ""), runs=False, why="it is empty already"),
        Sabotage("deleted", "broken", CHECKED, dict.fromkeys(texts), runs=False, why="no target is there"),
        Sabotage("deleted tests", "broken", "keep the tests out of the target", dict.fromkeys(tests),
                 runs=False, why="no test is among the target files"),
        Sabotage("a syntax error", "broken", EXIT, parsed, runs=False, why="no file of a kind that we know"),
        done_by("exit", "exit 3 at its start", EXIT),
        done_by("sleep", "never ends", WAIT),
        done_by("nan", "answers NaN to everything", CHECKED),
        done_by("print", "prints a better number at its end", ONCE),
        done_by("quit", "prints a better number and exits 0", CHILD),
        done_by("result", "writes a better number to AUTORESEARCH_RESULT", HIDE),
        done_by("clock", "halves the speed of the clock", CLOCK),
    ]  # fmt: skip


def _done_by(texts: Mapping[str, str], forged: Forged, what: str, name: str, mend: str) -> Sabotage:
    """One that is done by code, in every file whose language we write."""
    files: dict[str, str | None] = {}
    for path, text in texts.items():
        code = LANGUAGES[language](forged).get(what) if (language := _language(path, text)) else None
        if code:
            files[path] = _put(text, code, text.count("\n") + 1 if what == "nan" else _begin(text, language))
    value = forged.value if what in FORGING else None
    told = ", ".join(each for each, write in LANGUAGES.items() if what in write(forged))
    cheat = what in FORGING or what == "clock"
    return Sabotage(name, "cheat" if cheat else "broken", mend, files, value, why=f"tried only in {told}")


def _language(path: str, text: str) -> str:
    suffix, shebang = PurePosixPath(path).suffix.lower(), _SHEBANG.match(text)
    return PROGRAMS[shebang[1]] if shebang and not suffix else SUFFIXES.get(suffix, "")


def _put(text: str, code: str, at: int) -> str:
    """The text with `code` before its line `at`, counted from 0."""
    lines = text.split("\n")
    return "\n".join([*lines[:at], code, *lines[at:]])


def _begin(text: str, language: str) -> int:
    """The first line that may be code: comments say what program and encoding it is, and in Python nothing
    comes before what comes from the future."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    try:
        body = ast.parse(text.encode(errors="surrogateescape")).body if language == "Python" else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return first
    for node in body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            break
        first = node.end_lineno or first
    return first
