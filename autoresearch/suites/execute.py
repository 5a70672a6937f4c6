"""Answers that are programs, run against their tests: each test in a workspace and a sandbox of its own.

What is expected never enters it. A test without `expect` is passed when the program came to its end, which it
says under a name that it can't know; exit 0 alone means nothing (docs/suites.md says what that withstands).
"""

import queue
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from autoresearch.adapters import disk
from autoresearch.adapters.process import Finished, Redirect, Warden
from autoresearch.adapters.resources import folder
from autoresearch.adapters.room import Room
from autoresearch.adapters.sandbox import Sandbox
from autoresearch.core import matching
from autoresearch.core.environment import for_evaluator
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Execution, Match, Test, TestResult, TestStatus
from autoresearch.core.text import ends, one_line

KEPT = 2048  # bytes of either end of the output that a result keeps
DISK = 64 * 1024 * 1024  # bytes that a test may write to files
HARNESS = "harness.py"
NOT_STARTED = 127


class Executors:
    """At most `jobs` programs at once, each under a warden of its own. A context manager; used by threads."""

    def __init__(self, sandbox: Sandbox, environ: Mapping[str, str], jobs: int) -> None:
        self._free: queue.SimpleQueue[Warden] = queue.SimpleQueue()
        self._wardens = [Warden(sandbox) for _ in range(jobs)]
        for warden in self._wardens:
            self._free.put(warden)
        seen = for_evaluator(environ)
        self._environ = {name: value for name, value in seen.items() if not name.startswith("AUTORESEARCH_")}
        self._harness = (folder("templates") / "suite" / HARNESS).read_bytes()

    def __enter__(self) -> "Executors":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            for warden in self._wardens:
                stack.callback(warden.close)

    def run(
        self, program: str, tests: Sequence[Test], files: Mapping[str, str], execution: Execution
    ) -> list[TestResult]:
        """The results, in the order of the tests. Raises AutoresearchError where nothing can be run here."""
        with self._warden() as warden:
            return [self._test(warden, program, test, files, execution) for test in tests]

    @contextmanager
    def _warden(self) -> Iterator[Warden]:
        warden = self._free.get()
        try:
            yield warden
        finally:
            self._free.put(warden)

    def _test(
        self, warden: Warden, program: str, test: Test, files: Mapping[str, str], execution: Execution
    ) -> TestResult:
        with tempfile.TemporaryDirectory(prefix="autoresearch-", ignore_cleanup_errors=True) as outside:
            work, nonce = Path(outside, "work"), f".{secrets.token_hex(16)}"
            _lay_down(work, files)
            _put(work / execution.file, f"{program}\n\n{test.code}" if test.code else program)
            _put(Path(outside, "stdin"), test.stdin)
            command = [*execution.command, execution.file]
            if harnessed := test.expect is None or execution.echo_stdin:
                (work / HARNESS).write_bytes(self._harness)
                _put(work / "nonce", nonce)
                echo = "echo" if execution.echo_stdin else "plain"
                command = [*execution.command, HARNESS, execution.file, echo]
            done = self._run(warden, command, Path(outside), execution)
            came_to_its_end = not harnessed or (work / nonce).exists()
            said = Said(Path(outside), execution)
        return judge(test, done, said, came_to_its_end=came_to_its_end)

    def _run(self, warden: Warden, command: Sequence[str], outside: Path, execution: Execution) -> Finished:
        work = outside / "work"
        room = Room(
            write=(work,),
            memory=execution.memory,
            processes=execution.processes,
            disk=max(DISK, execution.output),
        )
        environ = self._environ | {
            "HOME": str(work), "TMPDIR": str(work), "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        both = execution.stream == "both"
        redirect = Redirect(stdin=outside / "stdin", stdout=None if both else outside / "stdout")
        done = warden.run(
            command,
            cwd=work,
            env=environ,
            log=outside / "log",
            limit=execution.timeout,
            redirect=redirect,
            room=room,
        )
        if done.code == NOT_STARTED:
            said = (disk.read(outside / "log") or "").strip().splitlines() or [""]
            raise AutoresearchError(
                f"`{command[0]}` can't be started: {one_line(said[-1])}",
                "install it, or name another: execution.command",
            )
        return done


class Said:
    """What a program wrote: `got` is compared, `last` is the last line of its errors, `cut` that it was too
    much."""

    def __init__(self, outside: Path, execution: Execution) -> None:
        log = _bytes(outside / "log")
        output = log if execution.stream == "both" else _bytes(outside / "stdout")
        lines = log.decode(errors="replace").strip().splitlines()
        self.got = output.decode(errors="replace")
        self.shown = ends(output, KEPT, KEPT).decode(errors="replace")
        self.errors = [line for line in lines if line.strip()]
        self.most = execution.output

    @property
    def last(self) -> str:
        """The last line of the errors, which says what went wrong."""
        return one_line(self.errors[-1]) if self.errors else ""


def judge(test: Test, done: Finished, said: Said, *, came_to_its_end: bool) -> TestResult:
    """What a run of a test means."""
    if done.output_bytes > said.most or done.killed == "disk":
        return TestResult("output_limit", said.shown, f"more than {said.most:,} bytes", done.seconds)
    if done.killed == "timeout":
        return TestResult("timed_out", said.shown, f"after {done.seconds:.1f} s", done.seconds)
    if done.killed == "memory" or (done.code and said.last.startswith("MemoryError")):
        return TestResult("memory_limit", said.shown, said.last, done.seconds)
    if done.killed or done.code:
        status, why = _broken(test, done, said)
        return TestResult(status, said.shown, why, done.seconds)
    if not came_to_its_end:
        return TestResult("crashed", said.shown, "it ended before its end was reached", done.seconds)
    if test.expect is None:
        return TestResult("passed", said.shown, "", done.seconds)
    judged = matching.judged(test.match or Match(), said.got, [test.expect])
    passed = judged.verdict == "pass"
    return TestResult("passed" if passed else "failed", said.shown, judged.why, done.seconds)


def _broken(test: Test, done: Finished, said: Said) -> tuple[TestStatus, str]:
    """A program that didn't end well: a failed assertion is the test's own finding."""
    if done.killed:
        return "crashed", f"the limit of {done.killed}"
    if test.expect is None and said.last.startswith("AssertionError"):
        return "failed", said.last
    code = done.code or 0
    return "crashed", said.last or (f"exit {code}" if code > 0 else f"signal {-code}")


def _lay_down(work: Path, files: Mapping[str, str]) -> None:
    """The support files, none of them outside."""
    work.mkdir()
    for name, content in files.items():
        path = (work / name).resolve()
        if not path.is_relative_to(work.resolve()) or path == work.resolve():
            raise AutoresearchError(
                f"the file {name!r} would stand outside of the program's folder", "rename it"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(path, content)


def _put(path: Path, content: str) -> None:
    path.write_bytes(content.encode(errors="surrogatepass"))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
