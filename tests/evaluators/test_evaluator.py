"""What all evaluators keep to: their literal, what a command can't do to them, and docs/evaluators.md."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.evaluators.programs import FOLDER, PYTHON, ROOT, evaluate, lives, python

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="macOS has no subreaper")
NAMES = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
FIVE = {
    "benchmark_speed": ("--runs", "2", "--command"),
    "benchmark_size": ("--path", "made", "--build"),
    "test_pass_rate": ("--junit", "report.xml", "--command"),
    "build_speed": ("--runs", "2", "--clean", "true", "--build"),
    "memory_usage": ("--command",),
}
# What lets each of the five measure something.
MAKE = """
import os, pathlib, sys, time
pathlib.Path("made").write_text("123")
cases = "<testcase name='a'/><testcase name='b'><failure/></testcase>"
pathlib.Path("report.xml").write_text(f"<testsuite>{cases}</testsuite>")
"""


def literal(name: str) -> dict[str, Any]:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EVALUATOR"
    )
    read: dict[str, Any] = ast.literal_eval(value)
    return read


@pytest.mark.parametrize("name", NAMES)
def test_an_evaluator_can_be_listed_without_running_it(name: str, tmp_path: Path) -> None:
    """AR-30, AR-31, AR-32, AR-33, AR-34: its literal says what its help says."""
    evaluator = literal(name)
    assert {"metric", "direction", "unit", "summary", "settings"} <= set(evaluator)
    assert evaluator["direction"] in ("lower", "higher")
    done = evaluate(name, "--help", at=tmp_path, env={"COLUMNS": "100"})
    assert done.code == 0
    assert evaluator["metric"] in done.out
    assert f"python evaluators/{name}.py --" in done.out
    options = set(re.findall(r"^  (--[\w-]+)", done.out, re.MULTILINE))
    assert options == {"--" + setting.replace("_", "-") for setting in evaluator["settings"]}
    assert all(setting["help"] for setting in evaluator["settings"].values())


def test_the_page_names_every_evaluator_with_its_metric_and_settings() -> None:
    rows = [line.strip("| ").split(" | ") for line in page().splitlines() if line.startswith("| `")]
    table = {row[0].strip("`"): row[1:] for row in rows}
    assert set(NAMES) <= set(table)
    for name in FIVE:
        evaluator = literal(name)
        metric, direction, _, settings = table[name]
        assert (metric, direction) == (f"`{evaluator['metric']}`", evaluator["direction"])
        assert re.findall(r"`(\w+)`", settings) == list(evaluator["settings"])


@pytest.mark.parametrize("name", FIVE)
def test_a_command_that_prints_the_metric_does_not_get_it(name: str, tmp_path: Path) -> None:
    """AR-20: neither by a line nor by the result file, which it is not even told of."""
    metric, result = literal(name)["metric"], tmp_path / "result.json"
    forge = f"""{MAKE}
print("{metric}: 0.125", flush=True)
print("\\n{metric}: 0.125", file=sys.stderr, flush=True)
pathlib.Path("seen").write_text(" ".join(sorted(n for n in os.environ if n.startswith("AUTORESEARCH_"))))
pathlib.Path({str(result)!r}).write_text('{{"{metric}": 0.125}}')
"""
    env = {f"AUTORESEARCH_{n}": "1" for n in ("SEED", "TIME_BUDGET", "TRIAL", "TRIAL_DIR", "QUESTION")}
    done = evaluate(
        name, *FIVE[name], python(tmp_path / "program.py", forge), at=tmp_path,
        env={**env, "AUTORESEARCH_RESULT": str(result), "AUTORESEARCH_DIR": str(tmp_path / "experiment")},
    )  # fmt: skip
    assert done.numbers[metric] != 0.125
    assert done.err == ""
    assert json.loads(result.read_text()) == done.numbers
    assert (tmp_path / "seen").read_text() == "AUTORESEARCH_SEED AUTORESEARCH_TIME_BUDGET"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.parametrize("name", FIVE)
def test_a_command_that_fails_gets_no_number_at_all(name: str, tmp_path: Path) -> None:
    """AR-30, AR-31, AR-32, AR-33, AR-34: what it printed is shown behind bars, and its end is enough."""
    metric = literal(name)["metric"]
    text = f"{MAKE}for n in range(1000): print('{metric}: 0.125', '\\x1b[2J' * 200)\nos.kill(os.getpid(), 9)"
    result = tmp_path / "result.json"
    done = evaluate(
        name, *FIVE[name], python(tmp_path / "program.py", text), at=tmp_path,
        env={"AUTORESEARCH_RESULT": str(result)},
    )  # fmt: skip
    assert done.failed()
    assert len(done.err) < 20_000
    assert "\x1b" not in done.err
    assert not result.exists()


@LINUX_ONLY
@pytest.mark.parametrize("name", FIVE)
def test_no_process_of_a_command_is_left(name: str, tmp_path: Path) -> None:
    """A daemon in a session of its own, which holds the output open, and a child in the background."""
    daemon = f"""{MAKE}
import signal
for session in (os.setsid, os.getpid):
    if os.fork() == 0:
        session()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            pathlib.Path(session.__name__).write_text(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
for name in ("setsid", "getpid"):
    while not (pathlib.Path(name).exists() and pathlib.Path(name).read_text()):
        time.sleep(0.01)
"""
    assert evaluate(name, *FIVE[name], python(tmp_path / "program.py", daemon), at=tmp_path).numbers
    assert not lives(tmp_path / "setsid")
    assert not lives(tmp_path / "getpid")


@LINUX_ONLY
@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_evaluator_that_is_ended_takes_its_command_along(
    name: str, sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    text = (
        f"{MAKE}pathlib.Path('half').write_text(str(os.getpid()))\nos.rename('half', 'pid')\ntime.sleep(600)"
    )
    args = [PYTHON, str(FOLDER / f"{name}.py"), *FIVE[name], python(tmp_path / "program.py", text)]
    with subprocess.Popen(args, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not (tmp_path / "pid").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.communicate(timeout=60)[0] == b""
    assert process.returncode == code
    assert not lives(tmp_path / "pid")


def test_endless_output_is_drained_and_its_end_shown(tmp_path: Path) -> None:
    text = (
        "import sys\nfor _ in range(50): sys.stdout.write('x' * 1_000_000)\nprint('\\nthe end')\nsys.exit(1)"
    )
    done = evaluate("benchmark_speed", "--command", python(tmp_path / "program.py", text), at=tmp_path)
    assert done.failed("exited 1")
    assert done.err.splitlines()[-1] == "| the end"
    assert len(done.err) < 10_000


def test_numbers_that_can_not_be_written_are_no_measurement(tmp_path: Path) -> None:
    done = evaluate(
        "benchmark_speed", "--command", "true", at=tmp_path,
        env={"AUTORESEARCH_RESULT": str(tmp_path / "nowhere" / "result.json")},
    )  # fmt: skip
    assert done.failed("the numbers can't be written")


def test_a_command_reads_an_empty_input(tmp_path: Path) -> None:
    assert evaluate("benchmark_speed", "--command", "read line && exit 9 || true", at=tmp_path).numbers


def page() -> str:
    return (ROOT / "docs" / "evaluators.md").read_text()


def example(at: Path, search: str) -> subprocess.CompletedProcess[str]:
    """The evaluator of the page, run on this src/search.py."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", page().partition("## Judges")[0], re.MULTILINE | re.DOTALL
    )
    (at / "evaluate.py").write_text(code)
    (at / "src").mkdir(exist_ok=True)
    (at / "src" / "search.py").write_text(search)
    env = {**os.environ, "AUTORESEARCH_RESULT": str(at / "result.json"), "AUTORESEARCH_SEED": "3"}
    return subprocess.run(
        [PYTHON, "evaluate.py"], cwd=at, env=env, capture_output=True, text=True, check=False, timeout=100
    )


HONEST = """
import json, sys
words, asked = json.load(sys.stdin)
print(json.dumps([words.count(word) for word in asked]))
"""


def test_the_evaluator_on_the_page_measures(tmp_path: Path) -> None:
    done = example(tmp_path, HONEST)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "result.json").read_text())["answers"] == 200
    assert done.stdout.startswith("p10_ms: ")


@pytest.mark.parametrize(
    "search",
    [
        "print('p10_ms: 0')",
        "import sys; sys.exit(0)",
        f"{HONEST}\nsys.exit(1)",
        "import json; print(json.dumps([1] * 200))",
        "import json; print(json.dumps([]))",
        "import os; open(os.environ['AUTORESEARCH_RESULT'], 'w').write('{\"p10_ms\": 0}')",
    ],
)
def test_the_evaluator_on_the_page_is_not_fooled(tmp_path: Path, search: str) -> None:
    done = example(tmp_path, search)
    assert done.returncode == 1
    assert done.stdout == ""
    assert not (tmp_path / "result.json").exists()
