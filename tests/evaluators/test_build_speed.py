"""evaluators/build_speed.py, run as a program."""

from pathlib import Path

from tests.evaluators.programs import Evaluated, evaluate

MAKE = "test ! -e app && sleep 0.1 && touch app && echo >> builds"


def build(at: Path, *args: str) -> Evaluated:
    return evaluate("build_speed", *args, at=at)


def test_each_build_is_timed_after_a_clean(tmp_path: Path) -> None:
    """AR-33: the median of the builds; the cleaning before them is not timed."""
    clean = "sleep 0.5; rm -f app; echo build_seconds: 0"
    numbers = build(tmp_path, "--build", MAKE, "--clean", clean, "--warmup", "1").numbers
    assert 0.1 <= numbers["min_seconds"] <= numbers["build_seconds"] <= numbers["max_seconds"]
    assert numbers["min_seconds"] < 0.5
    assert numbers["runs"] == 3
    assert (tmp_path / "builds").read_text() == "\n" * 4


def test_a_build_that_fails_is_no_measurement(tmp_path: Path) -> None:
    """AR-33: the first, and the second for want of a real clean."""
    assert build(tmp_path, "--build", "exit 2", "--clean", "true").failed("build 1 of 3", "exited 2")
    assert build(tmp_path, "--build", MAKE, "--clean", "true").failed("build 2 of 3", "exited 1")


def test_a_clean_that_fails_is_no_measurement(tmp_path: Path) -> None:
    """AR-33: a failing clean."""
    assert build(tmp_path, "--build", "true", "--clean", "exit 4").failed(
        "the clean before build 1", "exited 4"
    )


def test_a_warm_up_build_that_fails_is_no_measurement(tmp_path: Path) -> None:
    done = build(tmp_path, "--build", "false", "--clean", "true", "--warmup", "1")
    assert done.failed("warm-up build 1 of 1")


def test_several_builds_need_a_clean(tmp_path: Path) -> None:
    assert build(tmp_path, "--build", MAKE).misused("--clean")
    assert build(tmp_path, "--build", MAKE, "--runs", "1", "--warmup", "1").misused("--clean")
    assert build(tmp_path, "--build", MAKE, "--runs", "1").numbers["build_seconds"] >= 0.1


def test_a_build_that_makes_nothing_is_no_measurement(tmp_path: Path) -> None:
    args = ("--clean", "rm -f app", "--product", "app")
    assert build(tmp_path, "--build", "true", *args).failed("app", "is not there after build 1")
    assert build(tmp_path, "--build", MAKE, *args).numbers["runs"] == 3


def test_a_clean_that_leaves_the_product_is_no_measurement(tmp_path: Path) -> None:
    done = build(tmp_path, "--build", "touch app", "--clean", "true", "--product", "app")
    assert done.failed("app", "stands there before build 2")


def test_wrong_usage_is_told_in_a_line(tmp_path: Path) -> None:
    assert build(tmp_path).misused("--build")
    assert build(tmp_path, "--build", "true", "--clean", "true", "--runs", "0").misused("--runs is 0")
