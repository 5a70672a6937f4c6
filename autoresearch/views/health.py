"""What `doctor` found, as a table and as data."""

from collections.abc import Sequence
from typing import Any

from autoresearch.adapters.screen import Column, Screen, table
from autoresearch.core.units import counted
from autoresearch.research.findings import Finding

COLUMNS = (Column("state"), Column("where"), Column("what", flexible=True))
STYLES = {"ok": "", "warning": "yellow", "wrong": "red"}


def draw(findings: Sequence[Finding], screen: Screen) -> None:
    """A line for each, and below how to mend those that are not well."""
    cells = [[found.state, found.where, found.what] for found in findings]
    screen.show(table(COLUMNS, cells, [STYLES[found.state] for found in findings], screen.width))
    ill = [found for found in findings if found.state != "ok"]
    if not ill:
        screen.line("all is well")
        return
    screen.line()
    for found in ill:
        screen.line(f"{found.where}: {found.what}; {found.mend}".removesuffix("; "), STYLES[found.state])
    wrong = sum(found.state == "wrong" for found in ill)
    screen.line(f"{wrong} wrong, {counted(len(ill) - wrong, 'warning')}", "bold")


def as_json(findings: Sequence[Finding], repaired: Sequence[str]) -> dict[str, Any]:
    """For programs."""
    return {
        "findings": [found.as_json() for found in findings],
        "wrong": sum(found.state == "wrong" for found in findings),
        "warnings": sum(found.state == "warning" for found in findings),
        "repaired": list(repaired),
    }
