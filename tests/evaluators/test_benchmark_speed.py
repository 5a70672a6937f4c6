"""evaluators/benchmark_speed.py, run as a program."""

from pathlib import Path

import pytest

from tests.evaluators.programs import PYTHON, evaluate, python

COUNT = """
import pathlib, sys, time
runs = pathlib.Path("runs")
done = len(runs.read_text()) if runs.exists() else 0
runs.write_text("x" * (done + 1))
"""


def test_a_command_that_sleeps_takes_at_least_that_long(tmp_path: Path) -> None:
    """AR-30: p50, p95, min, spread."""
    numbers = evaluate("benchmark_speed", "--command", "sleep 0.1", "--runs", "3", at=tmp_path).numbers
    assert 100 <= numbers["min_ms"] <= numbers["p10_ms"] <= numbers["p50_ms"] <= numbers["p95_ms"]
    assert numbers["min_ms"] <= numbers["mean_ms"]
    assert numbers["spread_pct"] >= 0
    assert numbers["runs"] == 3


def test_quantiles_fall_between_the_runs_that_they_lie_between(tmp_path: Path) -> None:
    """AR-30: of two runs of about 0 and 1 s the median is in the middle, p95 close to the slower."""
    command = python(tmp_path / "bench.py", COUNT + "time.sleep(done)")
    numbers = evaluate(
        "benchmark_speed", "--command", command, "--runs", "2", "--warmup", "0", at=tmp_path
    ).numbers
    slow = 2 * numbers["p50_ms"] - numbers["min_ms"]
    assert slow >= 1000
    assert numbers["p50_ms"] == pytest.approx(numbers["mean_ms"])
    assert numbers["p95_ms"] == pytest.approx(numbers["min_ms"] + 0.95 * (slow - numbers["min_ms"]))
    assert numbers["p10_ms"] == pytest.approx(numbers["min_ms"] + 0.10 * (slow - numbers["min_ms"]))
    assert numbers["spread_pct"] == pytest.approx(50 * (slow - numbers["min_ms"]) / numbers["p50_ms"])


def test_one_run_is_enough_for_every_number(tmp_path: Path) -> None:
    numbers = evaluate("benchmark_speed", "--command", "true", "--runs", "1", at=tmp_path).numbers
    assert numbers["p50_ms"] == numbers["p95_ms"] == numbers["min_ms"] == numbers["mean_ms"] > 0
    assert numbers["spread_pct"] == 0


def test_warm_ups_are_run_and_not_timed(tmp_path: Path) -> None:
    """AR-30: the first two runs take two seconds, and are warm-ups."""
    command = python(tmp_path / "bench.py", COUNT + "time.sleep(2 if done < 2 else 0)")
    done = evaluate("benchmark_speed", "--command", command, "--runs", "2", "--warmup", "2", at=tmp_path)
    assert done.numbers["runs"] == 2
    assert done.numbers["min_ms"] < 2000
    assert (tmp_path / "runs").read_text() == "xxxx"


@pytest.mark.parametrize(("failing", "named"), [(0, "warm-up 1 of 1"), (1, "run 1 of 3"), (3, "run 3 of 3")])
def test_a_warm_up_or_run_that_fails_is_no_measurement(tmp_path: Path, failing: int, named: str) -> None:
    """AR-30: a failing warm-up or run fails, and its output is shown."""
    command = python(tmp_path / "bench.py", f"{COUNT}print('it breaks') or sys.exit(5 * (done == {failing}))")
    done = evaluate("benchmark_speed", "--command", command, "--runs", "3", at=tmp_path)
    assert done.failed(named, "exited 5")
    assert "| it breaks" in done.err


def test_a_run_over_its_time_is_no_measurement(tmp_path: Path) -> None:
    done = evaluate("benchmark_speed", "--command", "sleep 60", "--timeout", "0.2", at=tmp_path)
    assert done.failed("warm-up 1", "was killed after")


def test_a_command_that_a_signal_ends_is_no_measurement(tmp_path: Path) -> None:
    assert evaluate("benchmark_speed", "--command", "kill -9 $$", at=tmp_path).failed("signal 9")


def test_a_command_that_does_not_exist_is_no_measurement(tmp_path: Path) -> None:
    done = evaluate("benchmark_speed", "--command", "no-such-program", at=tmp_path)
    assert done.failed("no-such-program", "exited 127")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], ["--command"]),
        (["--command", " "], ["--command is empty"]),
        (["--command", "true", "--runs", "0"], ["--runs is 0", "1 or more"]),
        (["--command", "true", "--runs", "ten"], ["--runs", "ten"]),
        (["--command", "true", "--warmup", "-1"], ["--warmup is -1"]),
        (["--command", "true", "--timeout", "nan"], ["--timeout is nan"]),
        (["--command", "true", "--run", "3"], ["--run"]),
    ],
)
def test_wrong_usage_is_told_in_a_line(tmp_path: Path, args: list[str], words: list[str]) -> None:
    assert evaluate("benchmark_speed", *args, at=tmp_path).misused(*words, "see --help")


def test_a_command_runs_where_the_evaluator_was_started(tmp_path: Path) -> None:
    (tmp_path / "bench.py").write_text("")
    assert evaluate("benchmark_speed", "--command", f"{PYTHON} bench.py", "--runs", "1", at=tmp_path).numbers
