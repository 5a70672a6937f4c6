"""A trial as a line of results.tsv: whatever stands in it can be read back."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.model import Trial
from autoresearch.core.rows import COLUMNS, as_cells, as_line, as_row, as_table

TRIAL = Trial(
    number=7,
    parent=3,
    commit="c0ffee",
    tree="beef",
    status="keep",
    reason="unconfirmed",
    description="a larger batch",
    metric=0.1 + 0.2,
    samples=(1e-7, 4e-7),
    metrics={"peak_mb": 1 / 3},
    seconds=1.23456789,
    cost_usd=0.015,
    tokens=1200,
    finished="2026-01-02T03:04:05.678+00:00",
)
BARE = Trial(0, None, None, None, "crash", "no_proposal", "(no proposal)")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def read(table: str) -> list[dict[str, str]]:
    """results.tsv as another program reads it, from what the documentation says of it."""
    meant = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    lines = table.removesuffix("\n").split("\n")
    header, *rows = (
        [re.sub(r"\\.", lambda m: meant[m[0]], cell) for cell in line.split("\t")] for line in lines
    )
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_columns_begin_with_those_of_the_tools_before_us() -> None:
    assert COLUMNS == (
        "commit", "metric", "status", "description", "reason", "trial", "parent", "samples", "metrics",
        "seconds", "cost_usd", "tokens", "finished",
    )  # fmt: skip
    assert as_table([]) == "\t".join(COLUMNS) + "\n"


@given(st.text(st.characters(), max_size=60))
def test_any_description_survives(description: str) -> None:
    """AR-25"""
    [row] = read(as_table([replace(TRIAL, description=description)]))
    assert row["description"] == description
    assert row["status"] == "keep"


@pytest.mark.parametrize(
    "description",
    [
        "a\tb",
        "a\nb",
        "a\r\nb",
        'say "a"',
        "a|b",
        "a\\b",
        "a\\tb",
        "a\\\\\tb",
        "ends in \\",
        "größe, é 漢",
        "'",
        "\t",
        "",
    ],
)
def test_tabs_line_breaks_quotes_bars_and_backslashes_survive_beside_their_neighbours(
    description: str,
) -> None:
    """AR-25"""
    table = as_table([replace(TRIAL, description=description), TRIAL])
    assert table.count("\n") == 3
    assert {line.count("\t") for line in table.splitlines()} == {len(COLUMNS) - 1}
    first, second = read(table)
    assert first == {**second, "description": description}


@given(NUMBERS, st.lists(NUMBERS, max_size=4), st.dictionaries(st.text(max_size=5), NUMBERS, max_size=3))
def test_numbers_survive_in_full_precision(
    metric: float, samples: list[float], metrics: dict[str, float]
) -> None:
    """AR-23"""
    [row] = read(as_table([replace(TRIAL, metric=metric, samples=tuple(samples), metrics=metrics)]))
    assert float(row["metric"]) == metric
    assert [float(sample) for sample in row["samples"].split(",") if sample] == samples
    assert json.loads(row["metrics"]) == metrics


def test_tiny_metrics_are_written_apart() -> None:
    """AR-23"""
    one, other = (read(as_table([replace(TRIAL, metric=value)]))[0]["metric"] for value in (1e-7, 4e-7))
    assert (one, other) == ("1e-07", "4e-07")
    assert as_cells(TRIAL)[1] == "0.30000000000000004"


def test_what_is_missing_is_empty_and_a_missing_metric_is_not_a_number() -> None:
    [row] = read(as_table([BARE]))
    assert row == dict.fromkeys(COLUMNS, "") | {
        "metric": "N/A", "status": "crash", "description": "(no proposal)", "reason": "no_proposal",
        "trial": "0", "metrics": "{}", "seconds": "0.000",
    }  # fmt: skip
    assert as_row(BARE)["metric"] is None
    assert as_row(BARE)["parent"] is None


def test_a_zero_is_not_missing() -> None:
    [row] = read(as_table([replace(TRIAL, metric=0.0, parent=0, cost_usd=0.0, tokens=0)]))
    assert (row["metric"], row["parent"], row["cost_usd"], row["tokens"]) == ("0.0", "0", "0.0", "0")


def test_the_row_for_machines_has_the_same_columns_with_their_own_types() -> None:
    row = as_row(TRIAL)
    assert tuple(row) == COLUMNS
    assert (row["trial"], row["metric"], row["samples"]) == (7, 0.1 + 0.2, [1e-7, 4e-7])
    assert json.loads(json.dumps(row)) == row


def test_a_table_is_its_lines() -> None:
    assert as_table([BARE, TRIAL]) == as_table([]) + as_line(BARE) + as_line(TRIAL)
