"""What the evaluators share: settings, running a command so that nothing of it is left, reporting, failing.

Standard library only, and nothing of autoresearch: it is copied into an experiment's folder beside them.
"""

import argparse
import contextlib
import ctypes
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

LINUX = sys.platform == "linux"
KEEP = 4 << 20  # bytes kept of the end of each stream of a command
SHOWN = 20  # lines of a failed command's output that are shown
SWEEP = 5.0  # seconds after which a process that doesn't die is reported
PASSED_ON = ("AUTORESEARCH_SEED", "AUTORESEARCH_TIME_BUDGET")  # no other AUTORESEARCH_* reaches a command

Measure = Callable[[argparse.Namespace], Mapping[str, float]]

_lock = threading.Lock()
_running: set[int] = set()  # commands that have not ended; judges run several at once


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its code (None: over its limit), its seconds, the ends of its two streams,
    and the most bytes that the kernel says were resident in one process of it."""

    code: int | None
    seconds: float
    output: bytes
    errors: bytes
    resident: int


def main(evaluator: Mapping[str, Any], told: str | None, measure: Measure) -> None:
    """The whole program: settings from the command line, `measure(settings)`, its numbers reported."""
    settings = parse(evaluator, told)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _guard()
    try:
        report(measure(settings))
    except KeyboardInterrupt:
        sys.exit(130)


def parse(evaluator: Mapping[str, Any], told: str | None) -> argparse.Namespace:
    """The command line, read by the literal EVALUATOR; `told` is the module's docstring. Misuse: exit 2."""
    parser = _Parser(
        description=told,
        epilog=f"Prints {evaluator['metric']} ({evaluator['unit']}): {evaluator['direction']} is better.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, setting in evaluator["settings"].items():
        parser.add_argument(_option(name), dest=name, **_argument(setting))
    settings = parser.parse_args()
    for name, setting in evaluator["settings"].items():
        value = getattr(settings, name)
        if value is None:
            setattr(settings, name, list(setting["default"]))
        elif setting.get("required") and not str(value).strip():
            usage(f"{_option(name)} is empty")
        elif "least" in setting and not setting["least"] <= value < math.inf:
            usage(f"{_option(name)} is {value}, and must be {setting['least']} or more")
    return settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        usage(message)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _argument(setting: Mapping[str, Any]) -> dict[str, Any]:
    default, told = setting.get("default", ""), setting["help"].replace("%", "%%")
    if isinstance(default, bool):
        return {"action": "store_true", "help": told}
    if isinstance(default, list):  # None, or argparse would add to the default
        return {"action": "append", "metavar": "TEXT", "help": f"{told} (may be repeated)", "default": None}
    required = bool(setting.get("required"))
    more = " (required)" if required else f" (default: {default})" if default != "" else ""
    shape = {"choices": setting["choices"]} if "choices" in setting else {"metavar": _METAVARS[type(default)]}
    return {"type": type(default), "default": default, "required": required, "help": told + more, **shape}


_METAVARS = {int: "N", float: "NUMBER", str: "TEXT"}


def run(
    command: str | Sequence[str],
    limit: float | None = None,
    *,
    stdin: bytes = b"",
    folder: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command (a string by /bin/sh) in a session of its own, for `limit` seconds at most.

    `environment` is added to ours, of which AUTORESEARCH_* stays behind. What can't be started ends with
    127, as in a shell. When it has ended its process group is killed, and, once no other command runs,
    every process that descends from it.
    """
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        with _lock:
            started = time.perf_counter()
            try:
                process = subprocess.Popen(
                    command, shell=isinstance(command, str), stdin=given, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, bufsize=0, start_new_session=True, cwd=folder,
                    env=_environment(environment),
                )  # fmt: skip
            except OSError as error:
                return Finished(127, 0.0, b"", str(error).encode(), 0)
            _running.add(process.pid)
        return _follow(process, started, limit)


def _follow(process: subprocess.Popen[bytes], started: float, limit: float | None) -> Finished:
    alarm = threading.Timer(limit or 0, _kill, [process.pid])
    try:
        output, errors = _Tail(process.stdout), _Tail(process.stderr)
        if limit:
            alarm.start()
        # wait4 blocks; Popen.wait with a timeout would look every 50 ms, and that would be what is timed.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
    finally:
        alarm.cancel()
        with _lock:
            _running.discard(process.pid)
            _kill(process.pid)
            if not _running:
                _sweep()
    over = limit and seconds >= limit and code == -signal.SIGKILL
    resident = used.ru_maxrss * (1024 if LINUX else 1)
    return Finished(None if over else code, seconds, output.read(), errors.read(), resident)


class _Tail:
    """Keeps the end of a stream, however long that is, so that a command never waits for us."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe
        self._pipe, self._kept = pipe, bytearray()
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with self._pipe:
            while chunk := self._pipe.read(1 << 16):
                self._kept += chunk
                if len(self._kept) > 2 * KEEP:
                    del self._kept[:-KEEP]

    def read(self) -> bytes:
        """What was kept, when the stream has ended."""
        self._thread.join(SWEEP)
        return bytes(self._kept[-KEEP:])


def must_run(command: str, what: str, limit: float | None = None) -> Finished:
    """Run a command that has to exit 0; `what` says which run it is. Else the evaluation fails."""
    done = run(command, limit)
    if done.code != 0:
        fail(f"{what}, `{command}`, {ending(done)}: no measurement; try the command by hand", done)
    return done


def ending(done: Finished) -> str:
    """How a command ended, in words."""
    if done.code is None:
        return f"was killed after {done.seconds:.3g} s"
    return f"exited {done.code}" if done.code >= 0 else f"was ended by signal {-done.code}"


def _environment(added: Mapping[str, str] | None) -> dict[str, str]:
    """Without the paths by which a candidate could write our numbers."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("AUTORESEARCH_") or k in PASSED_ON}
    return {**ours, **(added or {})}


def _guard() -> None:
    """On Linux orphans become our children, and no process of the same user may look into this one or
    write to its open files (PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE)."""
    if LINUX:
        libc = ctypes.CDLL(None)
        libc.prctl(36, 1, 0, 0, 0)
        libc.prctl(4, 0, 0, 0, 0)


def _kill(pid: int) -> None:
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)


def _sweep() -> None:
    """Kills until this process has no child left."""
    deadline = time.monotonic() + SWEEP
    while _reap():
        left = descendants()
        if time.monotonic() > deadline:
            fail(f"processes that the command started can't be ended: {left}; end them by hand")
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _reap() -> bool:
    """Collects the children that have ended. Is any left?"""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def descendants() -> list[int]:
    """Every process below this one, orphans too (on Linux)."""
    below = defaultdict(list)
    for pid, parent in _processes():
        below[parent].append(pid)
    found = list(below[os.getpid()])
    for pid in found:  # grows as it is walked
        found += below[pid]
    return found


def _processes() -> Iterator[tuple[int, int]]:
    if not LINUX:
        shown = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=False).stdout
        yield from ((int(pid), int(parent)) for pid, parent in map(bytes.split, shown.splitlines()))
        return
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = (folder / "stat").read_bytes()
            yield int(folder.name), int(stat.rpartition(b")")[2].split()[1])


def report(numbers: Mapping[str, float]) -> None:
    """Print `name: value` in full precision, and write the file that outranks what was printed."""
    for name, value in numbers.items():
        if not math.isfinite(value):
            fail(f"{name} is {value}, and must be a finite number")
    try:
        if result := os.environ.get("AUTORESEARCH_RESULT"):
            write(Path(result), json.dumps(dict(numbers)))
        sys.stdout.write("".join(f"{name}: {value!r}\n" for name, value in numbers.items()))
        sys.stdout.flush()
    except OSError as error:
        fail(f"the numbers can't be written: {error}")


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, whatever stands there. OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def fail(line: str, done: Finished | None = None) -> NoReturn:
    """Exit 1, no measurement: one line on standard error, and the end of a command's output after bars."""
    said = (done.output + done.errors if done else b"").decode(errors="replace").splitlines()[-SHOWN:]
    shown = ["".join(c if c.isprintable() or c == "\t" else "�" for c in text[:400]) for text in said]
    _say(1, line, *(f"| {text}" for text in shown))


def usage(line: str) -> NoReturn:
    """Exit 2: the evaluator was called wrongly."""
    _say(2, f"{line}; see --help")


def _say(code: int, line: str, *more: str) -> NoReturn:
    text = "\n".join([f"{Path(sys.argv[0]).stem}: {' '.join(line.split())}", *more])
    sys.stderr.write(text.encode(errors="replace").decode() + "\n")
    sys.exit(code)
