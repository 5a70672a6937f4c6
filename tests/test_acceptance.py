"""docs/acceptance.md and the tests say the same of the acceptance rows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"\b(?:AR|AM|ER|CX)-\d\d\b")


def documented() -> dict[str, str]:
    lines = (ROOT / "docs" / "acceptance.md").read_text().splitlines()
    rows = (line.strip("| ").split(" | ") for line in lines if ROW.match(line.strip("| ")))
    return {cells[0]: cells[2] for cells in rows}


def in_tests() -> set[str]:
    return {
        row
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != Path(__file__).name
        for row in ROW.findall(path.read_text())
    }


def test_a_row_that_is_called_done_has_a_test_and_a_row_that_is_tested_is_documented() -> None:
    rows = documented()
    assert {row for row, state in rows.items() if state == "done"} - in_tests() == set()
    assert in_tests() - set(rows) == set()


def test_a_test_that_a_row_names_exists() -> None:
    for line in (ROOT / "docs" / "acceptance.md").read_text().splitlines():
        for name in re.findall(r"`(tests/[\w/.]+\.py)`", line):
            assert (ROOT / name).exists(), name
