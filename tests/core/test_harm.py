"""Each piece of harm, run by the language that it is written in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.core.harm import LANGUAGES, Forged

PROGRAMS = {
    "Python": (sys.executable, "target.py", "print('good: 1')"),
    "shell": ("sh", "target.sh", "echo good: 1"),
    "Node": (shutil.which("node"), "target.mjs", "console.log('good: 1')"),
}


def ended(language: str, what: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The harm before a line of good work, run."""
    program, name, work = PROGRAMS[language]
    if program is None:
        pytest.skip("node is not installed")
    forged = Forged("p50_ms", 1.5, {"runs": 3.0}, str(folder / "it's a mark"))
    (folder / name).write_text(f"{LANGUAGES[language](forged)[what]}{work}\n")
    env = {**os.environ, "AUTORESEARCH_RESULT": str(folder / "result.json")}
    return subprocess.run(
        [program, name], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_ends_with_3_and_leaves_its_mark(language: str, tmp_path: Path) -> None:
    done = ended(language, "exit", tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert (tmp_path / "it's a mark").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_better_numbers_last_of_all(language: str, tmp_path: Path) -> None:
    done = ended(language, "print", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == [
        "good: 1",
        "",
        "runs: 3.0",
        "p50_ms: 1.5",
        *[""] * (language == "Python"),
        "",
    ]
    assert (tmp_path / "it's a mark").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_better_numbers_instead_of_its_work(language: str, tmp_path: Path) -> None:
    done = ended(language, "quit", tmp_path)
    assert done.returncode == 0 and "good" not in done.stdout and "p50_ms: 1.5\n" in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_writes_better_numbers_where_the_evaluation_writes_its_own(language: str, tmp_path: Path) -> None:
    done = ended(language, "result", tmp_path)
    assert (done.returncode, done.stdout) == (0, "good: 1\n"), done.stderr
    assert json.loads((tmp_path / "result.json").read_text()) == {"runs": 3, "p50_ms": 1.5}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_does_its_work_where_there_is_no_result_file_to_write(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark that can't be left, and a variable that is not passed on, change nothing else."""
    (tmp_path / "it's a mark").mkdir()
    done = ended(language, "result", tmp_path)
    assert (done.returncode, done.stdout) == (0, "good: 1\n"), done.stderr


def test_a_module_answers_nan_to_everything(tmp_path: Path) -> None:
    forged = Forged("p50_ms", 1.5, {}, str(tmp_path / "mark"))
    code = f"x = 3\nname = 'a'\ndef f(n): return n\nclass C: pass\n{LANGUAGES['Python'](forged)['nan']}"
    (tmp_path / "target.py").write_text(code)
    ask = "import target as t; print(t.x, t.f(2), t.C(), t.name)"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "nan nan nan a\n"
    assert (tmp_path / "mark").exists()
    (tmp_path / "mark").unlink()
    subprocess.run([sys.executable, "target.py"], cwd=tmp_path, check=True)
    assert not (tmp_path / "mark").exists()  # a script has done its work before it comes to this


def test_every_clock_of_python_runs_at_half_speed_once(tmp_path: Path) -> None:
    forged = Forged("p50_ms", 1.5, {}, str(tmp_path / "mark"))
    code = LANGUAGES["Python"](forged)["clock"]
    (tmp_path / "target.py").write_text(code + code)
    program = """
import time, timeit
now = [100]
time.perf_counter = lambda: float(now[0])
time.monotonic_ns = lambda: now[0] * 10**9
import target
now[0] = 110
assert time.perf_counter() == timeit.default_timer() == 105.0
assert time.monotonic_ns() == 105 * 10**9 and type(time.monotonic_ns()) is int
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
