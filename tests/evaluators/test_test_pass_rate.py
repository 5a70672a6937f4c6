"""evaluators/test_pass_rate.py, run as a program."""

import json
from pathlib import Path

import pytest

from tests.evaluators.programs import PYTHON, Evaluated, evaluate, python

TESTS = """
import pytest

def test_one(): pass
def test_two(): pass
def test_three(): pass
def test_bad(): assert 1 == 2
"""
UNIT = """
import unittest
class Some(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): pass
    def test_three(self): pass
    def test_bad(self): self.assertEqual(1, 2)
"""
PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
UNITTEST = f"{PYTHON} -m unittest"


def rate(at: Path, command: str = PYTEST, *more: str, env: dict[str, str] | None = None) -> Evaluated:
    args = ("--command", command, "--tests", "../list.json", *more)
    return evaluate(
        "test_pass_rate", *args, at=at, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **(env or {})}
    )


def kept(at: Path) -> list[str]:
    tests: list[str] = json.loads((at.parent / "list.json").read_text())["tests"]
    return tests


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A project with four tests, of which three pass, for pytest and for unittest."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_it.py").write_text(TESTS)
    (folder / "unit.py").write_text(UNIT)
    return folder


def test_the_rate_is_what_passed_of_all_tests(at: Path) -> None:
    """AR-32: pytest."""
    counts = {"passed": 3, "failed": 1, "errors": 0, "skipped": 0, "missing": 0, "total": 4, "added": 0}
    assert rate(at).numbers == {"pass_rate": 0.75, **counts}
    assert kept(at) == [f"test_it::test_{name}" for name in ("bad", "one", "three", "two")]


def test_unittest_is_measured_by_its_own_results(at: Path) -> None:
    """AR-32: unittest."""
    counts = {"passed": 3, "failed": 1, "errors": 0, "skipped": 0, "missing": 0, "total": 4, "added": 0}
    assert rate(at, f"{UNITTEST} unit").numbers == {"pass_rate": 0.75, **counts}
    assert rate(at, f"cd . && {UNITTEST} discover -v -p 'unit*.py'").numbers["pass_rate"] == 0.75


def test_a_rate_keeps_its_full_precision(at: Path) -> None:
    (at / "test_it.py").write_text(TESTS.replace("def test_two(): pass", ""))
    assert rate(at).numbers["pass_rate"] == 2 / 3


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("", "missing"),
        ("def test_good(): pass", "missing"),
        ("@pytest.mark.skip\ndef test_bad(): pass", "skipped"),
        ("def test_bad(): pytest.skip('later')", "skipped"),
        ("@pytest.mark.xfail\ndef test_bad(): assert 0", "skipped"),
        ("@pytest.mark.xfail(strict=True)\ndef test_bad(): pass", "failed"),
        ("@pytest.mark.parametrize('x', [1, 2])\ndef test_bad(x): pass", "missing"),
        ("def test_bad(nothing): pass", "errors"),
        ("@pytest.fixture\ndef f():\n  yield\n  1 / 0\ndef test_bad(f): pass", "errors"),
        ("@pytest.fixture\ndef f():\n  yield\n  1 / 0\ndef test_bad(f): assert 0", "errors"),
        ("class TestOther:\n  def test_bad(self): pass", "missing"),
    ],
)
def test_no_way_around_a_failing_test_raises_the_rate(at: Path, bad: str, where: str) -> None:
    """AR-32: deleting, renaming, skipping, expecting it to fail, or an error, whatever is added beside."""
    assert rate(at).numbers["pass_rate"] == 0.75
    (at / "test_it.py").write_text(f"{TESTS[: TESTS.index('def test_bad')]}{bad}\ndef test_new(): pass\n")
    numbers = rate(at).numbers
    assert numbers["pass_rate"] == 0.75
    assert numbers[where] == 1
    assert numbers["total"] == 4
    assert numbers["added"] >= 1


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("", "missing"),
        ("    @unittest.skip('later')\n    def test_bad(self): pass", "skipped"),
        ("    @unittest.expectedFailure\n    def test_bad(self): self.fail()", "skipped"),
        ("    @unittest.expectedFailure\n    def test_bad(self): pass", "failed"),
        ("    def test_bad(self): raise ValueError", "errors"),
        ("    def test_bad(self):\n        with self.subTest(1): self.fail()", "failed"),
    ],
)
def test_no_way_around_a_failing_unittest_raises_the_rate(at: Path, bad: str, where: str) -> None:
    """AR-32: the same for unittest."""
    assert rate(at, f"{UNITTEST} unit").numbers["pass_rate"] == 0.75
    (at / "unit.py").write_text(f"{UNIT[: UNIT.index('    def test_bad')]}{bad}\n")
    numbers = rate(at, f"{UNITTEST} unit").numbers
    assert (numbers["pass_rate"], numbers[where]) == (0.75, 1)


@pytest.mark.parametrize("broken", ["setUpClass", "tearDownClass"])
def test_what_breaks_a_class_breaks_its_tests(at: Path, broken: str) -> None:
    """AR-32: errors count, also those beside a test; mended, all tests pass."""
    good = UNIT.replace("(1, 2)", "(2, 2)")
    (at / "unit.py").write_text(f"{good}    @classmethod\n    def {broken}(cls): raise ValueError\n")
    assert rate(at, f"{UNITTEST} unit").numbers["errors"] == 4
    (at / "unit.py").write_text(good)
    assert rate(at, f"{UNITTEST} unit").numbers["pass_rate"] == 1


def test_a_mended_test_raises_the_rate(at: Path) -> None:
    assert rate(at).numbers["pass_rate"] == 0.75
    (at / "test_it.py").write_text(TESTS.replace("1 == 2", "2 == 2"))
    assert rate(at).numbers["pass_rate"] == 1


def test_new_tests_that_pass_do_not_raise_the_rate(at: Path) -> None:
    """AR-32: a fixed denominator."""
    rate(at)
    (at / "test_more.py").write_text("\n".join(f"def test_{i}(): pass" for i in range(50)))
    numbers = rate(at).numbers
    assert (numbers["pass_rate"], numbers["added"]) == (0.75, 50)


def test_a_file_that_can_no_longer_be_loaded_lowers_the_rate(at: Path) -> None:
    """AR-32: errors while tests are collected; the others are still run."""
    (at / "test_more.py").write_text("def test_a(): pass\n")
    assert rate(at).numbers["pass_rate"] == 4 / 5
    (at / "test_more.py").write_text("import nowhere\n")
    numbers = rate(at).numbers
    assert (numbers["pass_rate"], numbers["missing"]) == (3 / 5, 1)


@pytest.mark.parametrize(("command", "name"), [(PYTEST, "test_x"), (f"{UNITTEST} unit test_x", "test_x")])
def test_a_baseline_that_can_not_be_loaded_is_no_measurement(at: Path, command: str, name: str) -> None:
    """Nobody knows which tests it has, so nothing could be measured against it."""
    (at / "test_x.py").write_text("import nowhere\n")
    assert rate(at, command).failed(name, "can't be loaded")
    assert not (at.parent / "list.json").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"{PYTEST} nowhere.py", ["exited 4"]),
        (f"{PYTEST} --no-such-option", ["exited 4"]),
        (f"{PYTEST} -k nothing", ["exited 5"]),
        (f"{UNITTEST} discover nowhere", ["wrote no JUnit report"]),
        (f"{UNITTEST} discover -p 'nothing*.py'", []),
        ("true", ["wrote no JUnit report", "--junit"]),
        ("echo '1 passed'; kill -9 $$", ["signal 9"]),
        (f"{PYTEST}; exit 139", ["exited 139"]),
        (f"{PYTEST}; exit 3", ["exited 3"]),
        ("no-such-runner", ["exited 127"]),
    ],
)
def test_a_runner_that_comes_to_no_end_or_no_tests_is_no_measurement(
    at: Path, command: str, words: list[str]
) -> None:
    assert rate(at, command).failed(*words)
    assert not (at.parent / "list.json").exists()


@pytest.mark.parametrize("command", [PYTEST, f"{UNITTEST} unit"])
@pytest.mark.parametrize("crash", ["os._exit(0)", "os.kill(os.getpid(), 11)", "os._exit(1)"])
def test_a_runner_that_crashes_in_the_middle_is_no_measurement(at: Path, command: str, crash: str) -> None:
    for name, text in (("test_it.py", TESTS), ("unit.py", UNIT)):
        (at / name).write_text(text.replace("assert 1 == 2", crash).replace("self.assertEqual(1, 2)", crash))
        (at / name).write_text("import os\n" + (at / name).read_text())
    assert rate(at, command).failed(command)


XML = """<?xml version="1.0"?>
<testsuites><testsuite name="api">
<testcase name="a" classname="x"/><testcase name="b"><system-out>failure</system-out></testcase>
<testcase name="c" classname="x"><failure message="no"/></testcase>
<testcase name="d" classname="x" status="notrun"/>
<testcase name="e" classname="x"/><testcase name="e" classname="x"><error/></testcase>
</testsuite></testsuites>"""


def runner(at: Path, xml: str, path: str = "report.xml") -> tuple[str, str, str]:
    """A runner of another language: copies a report to where it writes reports."""
    (at.parent / "made.xml").write_text(xml)
    text = f"import shutil; shutil.copyfile('../made.xml', {path!r})"
    return python(at.parent / "runner.py", text), "--junit", path


def test_any_report_in_junit_xml_is_read(at: Path) -> None:
    """AR-32: any runner; a test that is reported twice has passed only if it passed twice."""
    numbers = rate(at, *runner(at, XML)).numbers
    assert numbers["pass_rate"] == 2 / 6
    assert [numbers[name] for name in ("passed", "failed", "errors", "skipped")] == [2, 1, 2, 1]
    assert kept(at) == ["api::b", "x::a", "x::c", "x::d", "x::e", "x::e"]


def test_a_test_that_is_reported_less_often_has_not_passed(at: Path) -> None:
    rate(at, *runner(at, XML))
    less = XML.replace('<testcase name="e" classname="x"><error/></testcase>', "")
    numbers = rate(at, *runner(at, less)).numbers
    assert (numbers["pass_rate"], numbers["missing"]) == (2 / 6, 2)


def test_a_namespace_and_a_single_suite_are_read(at: Path) -> None:
    suite = (
        '<testsuite xmlns="urn:x"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    )
    assert rate(at, *runner(at, suite)).numbers["pass_rate"] == 1 / 2


def test_the_reports_in_a_folder_are_added(at: Path) -> None:
    (at / "reports").mkdir()
    (at / "reports" / "old.xml").write_text(XML)
    one = '<testsuite name="s"><testcase name="a"/></testsuite>'
    command, _, _ = runner(at, one, "reports/new.xml")
    assert rate(at, command, "--junit", "reports").numbers["total"] == 1


def test_a_report_from_before_is_not_read(at: Path) -> None:
    """AR-32: a candidate may bring one along."""
    (at / "report.xml").write_text(XML)
    assert rate(at, "true", "--junit", "report.xml").failed("wrote no JUnit report")


BOMB = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (XML[:-20], ["no JUnit report"]),
        ("", ["no JUnit report"]),
        ("all 12 tests passed", ["no JUnit report"]),
        (f"{BOMB}<testsuite><testcase name='&b;'/></testsuite>", ["DOCTYPE"]),
        ("<testsuite/>", ["ran no tests"]),
        ("<html><body>12 passed</body></html>", ["ran no tests"]),
    ],
)
def test_a_doctored_report_is_no_measurement(at: Path, xml: str, words: list[str]) -> None:
    assert rate(at, *runner(at, xml)).failed(*words)


def test_a_list_that_the_tests_write_to_is_put_back(at: Path) -> None:
    """AR-32: the denominator is not the candidate's to choose."""
    rate(at)
    before = (at.parent / "list.json").read_text()
    (at / "test_it.py").write_text(
        "import pathlib\npathlib.Path('../list.json').write_text('{\"tests\": [\"test_it::test_one\"]}')\n"
        + TESTS
    )
    assert rate(at).failed("list.json", "was changed while the tests ran")
    assert (at.parent / "list.json").read_text() == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tests": []}', '{"tests": [1]}', "\x00"])
def test_a_list_that_is_none_is_no_measurement(at: Path, text: str) -> None:
    (at.parent / "list.json").write_text(text)
    assert rate(at).failed("list.json", "delete it")


def test_each_question_has_its_list(at: Path) -> None:
    env = {"AUTORESEARCH_DIR": str(at.parent / "experiment")}
    for question in ("ab12", "cd34"):
        done = evaluate(
            "test_pass_rate", "--command", PYTEST, at=at, env={**env, "AUTORESEARCH_QUESTION": question}
        )
        assert done.numbers["pass_rate"] == 0.75
    lists = sorted((at.parent / "experiment" / "shared").iterdir())
    assert [path.name for path in lists] == ["test_pass_rate-ab12.json", "test_pass_rate-cd34.json"]


def test_by_hand_without_a_list_each_measurement_stands_alone(at: Path) -> None:
    assert evaluate("test_pass_rate", "--command", PYTEST, at=at).numbers["pass_rate"] == 0.75
    (at / "test_it.py").write_text("def test_one(): pass\n")
    assert evaluate("test_pass_rate", "--command", PYTEST, at=at).numbers["pass_rate"] == 1
    assert sorted(path.name for path in at.parent.iterdir()) == ["project"]


def test_options_that_the_user_gives_pytest_stay(at: Path) -> None:
    assert rate(at, PYTEST, env={"PYTEST_ADDOPTS": "-k one"}).numbers["total"] == 1


def test_wrong_usage_is_told_in_a_line(at: Path) -> None:
    assert evaluate("test_pass_rate", at=at).misused("--command")
