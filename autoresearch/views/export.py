"""The same rows in every format: terminal table, CSV, Markdown, JSON, HTML."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autoresearch.adapters.pages import render
from autoresearch.adapters.screen import Column
from autoresearch.views.markdown import table


@dataclass(frozen=True)
class Sheet:
    """Rows to export. `rows` are text for people, `records` the same with their own types for machines;
    `records` stand under `key` in JSON, beside `about`; `first` is
    said above the table, `lines` below it; `progress` has (trial, metric, kept) for the picture."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    key: str
    records: Sequence[Mapping[str, Any]]
    about: Mapping[str, Any]
    first: Sequence[str] = ()
    lines: Sequence[str] = ()
    styles: Sequence[str] = ()
    progress: Sequence[tuple[int, float, bool]] = ()


def as_json(sheet: Sheet) -> str:
    """One document, full precision, null for what is missing."""
    return json.dumps({**sheet.about, sheet.key: list(sheet.records)}, indent=2) + "\n"


def as_csv(sheet: Sheet) -> str:
    """RFC 4180; objects and lists as JSON, missing values empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = list(sheet.records[0]) if sheet.records else [column.title for column in sheet.columns]
    writer.writerow(names)
    writer.writerows([_cell(record[name]) for name in names] for record in sheet.records)
    return out.getvalue()


def as_markdown(sheet: Sheet) -> str:
    """A GitHub table; whatever stands in a cell survives as text."""
    numbers = [column.number for column in sheet.columns]
    drawn = table([column.title for column in sheet.columns], numbers, sheet.rows)
    first = [part for line in sheet.first for part in (f"**{line}**", "")]
    lines = [*first, f"# {sheet.title}", "", *drawn]
    return "\n".join([*lines, *(f"\n{line}" for line in sheet.lines)]) + "\n"


def as_html(sheet: Sheet) -> str:
    """One page that needs nothing else."""
    return render("dashboard.html.j2", sheet=sheet)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return repr(value) if isinstance(value, float) else value


FORMATS = {"csv": as_csv, "markdown": as_markdown, "json": as_json, "html": as_html}
