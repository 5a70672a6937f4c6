"""A suite in words: its cases, how an answer is judged, and what came of each sample.

A sample is one answer to one case by one model. What is known of it is an `Outcome`, derived from the
records of the store; every table, query, report and export is made of outcomes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from autoresearch.core.calls import Model

Status = Literal["pending", "running", "completed", "error", "cancelled"]
Verdict = Literal["pass", "fail", "none"]
TestStatus = Literal["passed", "failed", "timed_out", "crashed", "output_limit", "memory_limit", "not_run"]
Aggregate = Literal["basic", "all-or-nothing", "expected", "finite-expected"]
IMPORTED = "imported"  # the model of an answer of which nobody says who gave it


@dataclass(frozen=True)
class Match:
    """How a text is compared with what is wanted: `exact`, `fuzzy`, `regex`, `numeric`, `json`, `contains`
    (core/matching.py), or `command`, `judge`, `python` (suites/scoring.py); `options` are the kind's own."""

    kind: str = "exact"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """A program is the answer, a blank line, and `code`; `stdin` is what it reads. With `expect` its output
    is compared, else `code` has assertions, and must come to its end."""

    __test__: ClassVar[bool] = False  # for pytest, which takes every class of this name
    code: str = ""
    stdin: str = ""
    expect: str | None = None
    match: Match | None = None


@dataclass(frozen=True)
class TestResult:
    """How one test went; `got` is what the program printed (its head and tail), `why` says more in a line."""

    __test__: ClassVar[bool] = False
    status: TestStatus
    got: str = ""
    why: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Completion:
    """An answer that a case file holds: `text` as it is to be judged (a person may have edited it), `raw` as
    the model gave it; `key` is the record that it came from; `results` are those of the tests, in order;
    `value` is an answer of a runner's, of any JSON type."""

    text: str
    model: str = IMPORTED
    index: int = 0
    raw: str | None = None
    key: str = ""
    results: Sequence[TestResult] | None = None
    score: float | None = None
    verdict: Verdict = "none"
    status: Status = "completed"
    error: str = ""
    context: Sequence[Mapping[str, Any]] = ()
    logs: Sequence[Any] = ()
    value: Any = None


@dataclass(frozen=True)
class Case:
    """One question. `input` is its data, of any JSON type; `fields` are all of its columns, for the prompt's
    template. `targets` are the answers that are right, `split` is "" or dev, val, test. `preload` is how the
    answer begins: it ends the prompt, and stands before each completion. `line` is where the file has it."""

    id: str
    input: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    prompt: str | None = None
    system: str | None = None
    messages: Sequence[Mapping[str, str]] | None = None
    preload: str | None = None
    targets: Sequence[str] = ()
    tests: Sequence[Test] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    match: Match | None = None
    completions: Sequence[Completion] = ()
    line: int | None = None


@dataclass(frozen=True)
class Execution:
    """How answers that are programs are run: `command` gets the program's file as its last argument.
    `timeout` in seconds, `memory` and `output` in bytes. `echo_stdin`: what a program reads with `input()`
    is shown in its output, as a terminal would; `stream` is what is compared."""

    command: Sequence[str] = ("python3",)
    timeout: float = 10.0
    memory: int = 512 * 1024 * 1024
    output: int = 1024 * 1024
    processes: int = 64
    echo_stdin: bool = False
    stream: Literal["stdout", "both"] = "stdout"
    file: str = "main.py"


@dataclass(frozen=True)
class Parameters:
    """What is sent with each request; None leaves it to the model. `max_tokens` counts the answer's
    tokens."""

    temperature: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """A suite as its file says it. `prompt` and `system` are templates (jinja2) over a case's fields;
    `models` are as in the settings (`models:`); `extract` says what of a reply is the answer
    (core/extraction.py); `aggregate` makes one score of a sample's tests, or of a case's samples; `runner`
    is a Python file; `timeout` is seconds for a whole sample; `old` says that the file has
    `[[questions]]`."""

    name: str
    path: str
    cases: Sequence[Case]
    prompt: str | None = None
    system: str | None = None
    models: Sequence[Model] = ()
    samples: int = 1
    parameters: Parameters = Parameters()
    extract: str = "none"
    match: Match = Match()
    aggregate: Aggregate = "basic"
    k: Sequence[int] = (1,)
    execution: Execution = Execution()
    runner: str | None = None
    timeout: float | None = None
    judge: Model | None = None
    old: bool = False


@dataclass(frozen=True)
class Sample:
    """Which answer is meant: the case, the model, and the how-manieth (from 0)."""

    case: str
    model: str
    index: int

    @property
    def name(self) -> str:
        """As tables and queries have it."""
        return f"{self.case}/{self.model}#{self.index}"


@dataclass(frozen=True)
class Failure:
    """An error as it happened: its class, what it said, and the traceback where there is one."""

    kind: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    """All that is known of a sample now. `number` is its place in the eval, from 0 (address `eval:number`).

    `reason` says in a word why a status is what it is (`no_key`, `timeout`, `stopped`, …), "" where it is as
    it should be. `raw` is the reply, `answer` what of it is judged (JSON of any type with a runner);
    `edited` by a person. `score` is 0 to 1 unless a scorer says otherwise, None where nothing is judged.
    Money in US dollars, None where nobody knows. `attempts` are earlier tries that failed, oldest first.
    """

    number: int
    sample: Sample
    status: Status = "pending"
    reason: str = ""
    verdict: Verdict = "none"
    score: float | None = None
    raw: str | None = None
    answer: Any = None
    edited: bool = False
    tests: Sequence[TestResult] = ()
    why: str = ""
    failure: Failure | None = None
    finish: str = ""
    context: Sequence[Mapping[str, Any]] = ()
    logs: Sequence[Any] = ()
    attempts: Sequence[Failure] = ()
    cost_usd: float | None = None
    tokens: int | None = None
    seconds: float | None = None
    split: str = ""
    input: Any = None
    targets: Sequence[str] = ()
