"""The demo's experiment: it trains by hand, its marks are sound, and no marked setting breaks it."""

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "templates" / "demo"
SOURCE = (DEMO / "train.py").read_text()
MARK = re.compile(r"^(\w+) = (\S+)  # tune: (.+)$", re.MULTILINE)
MARKS = {name: (value, mark) for name, value, mark in MARK.findall(SOURCE)}


def choices(mark: str) -> list[str]:
    """The words of a choice, the two ends of a range: as Python would spell them."""
    if "|" in mark:
        return [f'"{word.strip()}"' for word in mark.split("|")]
    return mark.removeprefix("log ").split("..")


def train(folder: Path, source: str, seconds: float) -> dict[str, float]:
    """Run a `train.py` of that source in a copy of the demo; the numbers that it printed."""
    shutil.copytree(DEMO, folder, dirs_exist_ok=True)
    (folder / "train.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=folder,
        env={**os.environ, "AUTORESEARCH_TIME_BUDGET": str(seconds)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {name: float(value) for name, value in re.findall(r"^(\w+): (\S+)$", done.stdout, re.MULTILINE)}


def with_values(values: dict[str, str]) -> str:
    return MARK.sub(lambda found: f"{found[1]} = {values[found[1]]}", SOURCE)


def test_half_a_second_of_training_knows_more_than_nothing_and_prints_all_its_numbers(tmp_path: Path) -> None:
    numbers = train(tmp_path, SOURCE, seconds=0.5)
    assert 0 < numbers["val_bpb"] < 8
    assert numbers["train_seconds"] >= 0.5
    assert numbers["train_bytes"] + numbers["val_bytes"] == len((DEMO / "text.txt").read_bytes())
    assert {"epochs", "bytes_per_second", "contexts"} <= numbers.keys()


def test_every_number_that_may_be_tuned_starts_inside_its_own_range() -> None:
    assert list(MARKS) == ["learning_rate", "schedule", "max_order", "words", "max_logit"]
    for name, (value, mark) in MARKS.items():
        if "|" in mark:
            assert value in choices(mark), name
        else:
            low, high = map(float, choices(mark))
            assert low <= float(value) <= high, name


@pytest.mark.parametrize("schedule", ["constant", "linear", "inverse"])
@pytest.mark.parametrize("end", [0, -1])
def test_the_ends_of_the_ranges_still_give_a_finite_metric(tmp_path: Path, schedule: str, end: int) -> None:
    values = {name: choices(mark)[end] for name, (_, mark) in MARKS.items()} | {"schedule": f'"{schedule}"'}
    assert math.isfinite(train(tmp_path, with_values(values), seconds=0.3)["val_bpb"])


def test_the_fastest_learning_of_the_fewest_contexts_still_gives_a_finite_metric(tmp_path: Path) -> None:
    values = {name: choices(mark)[0] for name, (_, mark) in MARKS.items()}
    values |= {name: choices(MARKS[name][1])[-1] for name in ("learning_rate", "max_logit")}
    assert math.isfinite(train(tmp_path, with_values(values), seconds=0.3)["val_bpb"])


def test_what_is_measured_on_is_no_part_of_what_is_trained_on(tmp_path: Path) -> None:
    text = (DEMO / "text.txt").read_bytes()
    numbers = train(tmp_path, SOURCE, seconds=0.1)
    cut = int(numbers["train_bytes"])
    trained, held_out = text[:cut], text[cut:]
    assert len(held_out) == numbers["val_bytes"]
    passages = [held_out[start : start + 60] for start in range(0, len(held_out) - 60, 20)]
    assert not [passage for passage in passages if passage in trained]


def test_the_text_is_plain_wrapped_ascii_of_a_modest_size() -> None:
    text = (DEMO / "text.txt").read_bytes()
    assert 30_000 <= len(text) <= 45_000
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 75


def test_the_readme_says_where_the_text_is_from_and_how_to_run_by_hand() -> None:
    readme = (DEMO / "README.md").read_text()
    assert len(readme.splitlines()) <= 15
    for words in ("python train.py", "val_bpb", "Lewis Carroll", "public domain"):
        assert words in readme
