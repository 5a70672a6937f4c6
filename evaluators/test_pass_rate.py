"""Share of the baseline's tests that pass, 0 to 1: `pass_rate`, higher is better.

    python evaluators/test_pass_rate.py --command "python -m pytest -q"
    python evaluators/test_pass_rate.py --command "npm test" --junit reports/junit.xml

What counts is the runner's own report. The first measurement of a question writes down which tests there are;
a test that is deleted, renamed, skipped, expected to fail or in error afterwards has not passed.
"""

import argparse
import json
import os
import re
import shlex
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from _evaluator import Finished, ending, fail, main, run, write

EVALUATOR = {
    "metric": "pass_rate",
    "direction": "higher",
    "unit": "ratio",
    "summary": "share of the baseline's tests that pass",
    "settings": {
        "command": {"help": "the command that runs the tests", "required": True},
        "junit": {
            "help": "the JUnit XML that it writes (a file or a folder); not for pytest, unittest",
            "default": "",
        },
        "tests": {"help": "where the list of the baseline's tests is kept; made if missing", "default": ""},
    },
}

Outcomes = Mapping[str, Sequence[str]]  # of each test, how it ended, once for each time that it is reported
Run = tuple[Outcomes, Sequence[str]]  # and what could not be loaded

LARGEST = 64 << 20  # bytes of a report
WORST_FIRST = ("errors", "failed", "skipped", "passed")
_PYTEST = re.compile(r"(?:^|[\s/;&|(])(?:pytest|py\.test)(?=\s|$)")
_UNITTEST = re.compile(r"(?<=\s)-m\s*unittest(?=\s|$)")

# Runs in the candidate's Python, in place of `-m unittest`: the same, and writes a report.
_RUNNER = r"""
import os, re, sys, unittest
from xml.sax.saxutils import quoteattr

REPORT = sys.argv.pop(1)
HOW = {"passed": "", "skipped": "<skipped/>", "failed": "<failure/>", "errors": "<error/>",
       "unloadable": '<error message="collection failure"/>'}

def tests_in(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_in(test)
        elif test is not None:
            yield test.id()

class Result(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ends, self.broken = {}, []

    def note(self, test, how):
        name = test.id()
        if type(test).__name__ == "_ErrorHolder":  # setUpClass, tearDownModule and such
            self.broken.append(name.partition("(")[2].rstrip(")") + ".")
        elif name.startswith("unittest.loader._FailedTest."):
            self.ends[name.split(".", 3)[3]] = "unloadable"
        elif name.startswith("unittest.loader.ModuleSkipped."):
            pass
        elif list(HOW).index(self.ends.get(name, "passed")) <= list(HOW).index(how):
            self.ends[name] = how

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, "failed")

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, "errors")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped")

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.note(test, "skipped")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "failed")

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.note(test, "failed" if issubclass(error[0], test.failureException) else "errors")

class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, suite):
        names = [n for n in tests_in(suite) if not n.startswith("unittest.loader.")]
        result = super().run(suite)
        ends = dict(dict.fromkeys(names, "errors"), **result.ends)  # what was not run, not even skipped
        for name in ends:
            if name.startswith(tuple(result.broken)):
                ends[name] = "errors"
        cases = ["<testcase name=%s>%s</testcase>" % (quoteattr(re.sub(r"[^ -\ud7ff]", "?", name)), HOW[how])
                 for name, how in ends.items()]
        with open(REPORT, "w", encoding="utf-8") as file:
            file.write("<testsuite>%s</testsuite>" % "".join(cases))
        return result

sys.path[0] = os.getcwd()
sys.argv[0] = "python -m unittest"
unittest.main(module=None, testRunner=Runner)
"""


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """`passed`, `failed`, `errors`, `skipped` and `missing` make up `total`; `added` tests are beside it."""
    place = _place(settings.tests)
    before = _text(place)
    outcomes, unloadable = _outcomes(settings)
    if place and _text(place) != before:
        _put_back(place, before)
        fail(f"{place} was changed while the tests ran: no measurement; it is not theirs to write")
    if not outcomes and not unloadable:
        fail(f"`{settings.command}` ran no tests: no measurement; try it by hand")
    baseline = _listed(place, before) if before is not None else _baseline(place, outcomes, unloadable)
    return _rate(baseline, outcomes)


def _rate(baseline: Sequence[str], outcomes: Outcomes) -> dict[str, float]:
    numbers: Counter[str] = Counter()
    listed = Counter(baseline)
    for test, times in listed.items():
        ends = outcomes.get(test, ())
        worst = next((how for how in WORST_FIRST if how in ends), "missing")
        numbers["missing" if worst == "passed" and len(ends) < times else worst] += times
    added = sum(max(0, len(ends) - listed[test]) for test, ends in outcomes.items())
    counted = {name: numbers[name] for name in ("passed", "failed", "errors", "skipped", "missing")}
    return {"pass_rate": numbers["passed"] / len(baseline), **counted, "total": len(baseline), "added": added}


def _place(given: str) -> Path | None:
    """Where the list of the baseline's tests is kept; None: nowhere, each measurement is its own baseline."""
    if given:
        return Path(given).absolute()
    if not (folder := os.environ.get("AUTORESEARCH_DIR")):
        return None
    question = re.sub(r"\W", "", os.environ.get("AUTORESEARCH_QUESTION", ""))
    return Path(folder, "shared", f"test_pass_rate-{question}.json")


def _text(place: Path | None) -> str | None:
    try:
        return place.read_text(encoding="utf-8") if place else None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{place} can't be read: {error}; delete it to begin with a new list")


def _put_back(place: Path, before: str | None) -> None:
    try:
        place.unlink(missing_ok=True)
        if before is not None:
            write(place, before)
    except OSError as error:
        fail(f"{place} was changed while the tests ran, and can't be put back: {error}")


def _listed(place: Path | None, text: str) -> list[str]:
    try:
        tests = json.loads(text)["tests"]
    except (ValueError, KeyError, TypeError):
        tests = None
    if not isinstance(tests, list) or not tests or not all(isinstance(test, str) for test in tests):
        fail(f"{place} holds no list of tests; delete it to begin with a new list")
    return tests


def _baseline(place: Path | None, outcomes: Outcomes, unloadable: Sequence[str]) -> list[str]:
    """The tests that there are now, written down for later measurements."""
    if unloadable:
        fail(f"{unloadable[0]} can't be loaded, so its tests are not known; mend that before the start")
    tests = [test for test, ends in sorted(outcomes.items()) for _ in ends]
    try:
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
            write(place, json.dumps({"tests": tests}, indent=1) + "\n")
    except OSError as error:
        fail(f"the list of tests can't be kept: {error}")
    return tests


def _outcomes(settings: argparse.Namespace) -> Run:
    """Run the tests. How each of them ended, and what could not be loaded."""
    command = settings.command
    with tempfile.TemporaryDirectory() as folder:
        report, runner = Path(folder, "report.xml"), Path(folder, "runner.py")
        environment = {}
        if settings.junit:
            report = Path(settings.junit)
        elif _UNITTEST.search(command):
            runner.write_text(_RUNNER)
            own = f"{shlex.quote(str(runner))} {shlex.quote(str(report))}"
            command = _UNITTEST.sub(lambda _: own, command, count=1)
        else:
            options = f"--junitxml={shlex.quote(str(report))} --continue-on-collection-errors"
            environment["PYTEST_ADDOPTS"] = f"{os.environ.get('PYTEST_ADDOPTS', '')} {options}".strip()
        old = set(_reports(report))
        done = run(command, environment=environment)
        return _read([path for path, state in set(_reports(report)) - old], settings, done)


def _reports(place: Path) -> Iterator[tuple[Path, tuple[int, int, int]]]:
    """The reports that stand there, each with what changes when it is written."""
    for path in sorted(place.rglob("*.xml")) if place.is_dir() else [place]:
        if path.is_file():
            state = path.stat()
            yield path, (state.st_ino, state.st_size, state.st_ctime_ns)


def _read(reports: Sequence[Path], settings: argparse.Namespace, done: Finished) -> Run:
    """How each test ended, and what could not be loaded, of a run that came to its end."""
    told = f"`{settings.command}` {ending(done)}"
    if done.code is None or done.code < 0 or done.code > 125:
        fail(f"{told}: no measurement; try it by hand", done)
    if not reports:
        fail(f"{told} and wrote no JUnit report; let it write one, and name that with --junit", done)
    outcomes: defaultdict[str, list[str]] = defaultdict(list)
    unloadable = []
    for path in sorted(reports):
        last = None
        for test, how in _cases(path):
            if how == "unloadable":
                unloadable.append(test)
            elif how == "errors" and last == (test, "failed"):  # pytest: the same test, in its teardown
                outcomes[test][-1] = how
            else:
                outcomes[test].append(how)
            last = test, how
    interrupted = done.code == 2 and not unloadable
    if _PYTEST.search(settings.command) and not settings.junit and (interrupted or done.code > 2):
        fail(f"{told}, where pytest says 0 or 1: no measurement; try it by hand", done)
    return outcomes, unloadable


def _cases(path: Path) -> Iterator[tuple[str, str]]:
    """Each test case of a report and how it ended."""
    for suite in _parse(path).iter():
        for case in suite.iterfind("{*}testcase"):
            group = case.get("classname") or case.get("file") or suite.get("name")
            test = f"{group or ''}::{case.get('name')}"
            children = {child.tag.rpartition("}")[2]: child.get("message") for child in case}
            if children.get("error") == "collection failure":
                yield case.get("name", ""), "unloadable"
            elif children.get("skipped") != "collection skipped":
                yield test, _how(children, case.get("status", "") + case.get("result", ""))


def _how(children: Mapping[str, str | None], status: str) -> str:
    if "error" in children:
        return "errors"
    if "failure" in children:
        return "failed"
    if "skipped" in children or re.search("notrun|disabled|skipped|suppressed", status, re.IGNORECASE):
        return "skipped"
    return "passed"


class _Plain(ElementTree.TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise ElementTree.ParseError("it has a DOCTYPE")


def _parse(path: Path) -> ElementTree.Element:
    try:
        if path.stat().st_size > LARGEST:
            fail(f"{path.name} is larger than {LARGEST >> 20} MiB; let the runner leave output out of it")
        return ElementTree.parse(path, ElementTree.XMLParser(target=_Plain())).getroot()
    except (OSError, ElementTree.ParseError) as error:
        fail(f"{path.name} is no JUnit report: {error}")


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
