"""The dashboard in every format, read back by a reader of that format."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from autoresearch.core.rows import COLUMNS
from tests.conftest import Project
from tests.end_to_end.laid import NAME, Idea, knob, lay

OTHER = "marketing/title"
HOSTILE = (
    "a\ttab, a\nbreak, \"quotes', a | bar, back\\slash\\, [red]markup[/red], <b>&amp;</b><script>, *stars*, "
    "`code`, _lines_, snake_case, ![x](y), ~~gone~~, \x1b[31mred\x07, 速くする, ü, # one"
)
OVERVIEW = [
    *("domain", "experiment", "metric", "trials", "kept", "discarded", "crashed"),
    *("baseline", "best", "change", "certified", "state"),
]
TRIALS = ["trial", "commit", "metric", "change", "status", "reason", "seconds", "cost", "description"]


class Tables(HTMLParser):
    """The cells of every row, as a reader sees them; and which elements there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: set[str] = set()
        self.open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.open = True
        if tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data


def markdown(text: str) -> list[list[str]]:
    """The table as GitHub reads it (GitHub lets <br> through as it is)."""
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    return Tables(page).rows


def laid(project: Project) -> list[dict[str, object]]:
    lay(
        project,
        Idea(4.0, knob(x=2), HOSTILE, more={"cost_usd": 0.125, "seconds": 61.5}),
        Idea(0.1 + 0.2, knob(x=1)),
        Idea(5.0, knob(x=4)),
        Idea(None, knob(x=5), "line one\nline two"),
    )
    lay(project, name=OTHER, baseline=-2.0, direction="higher")
    return project.trials()


def test_a_description_survives_every_format(project: Project) -> None:
    """AR-25: tab, line break, quote and bar; and what HTML, Markdown and terminals take for orders."""
    laid(project)
    exports = {
        kind: project.run("dashboard", "knob", "--format", kind)
        for kind in ("csv", "markdown", "json", "html")
    }
    assert {kind: (done.code, done.err) for kind, done in exports.items()} == dict.fromkeys(exports, (0, ""))
    rows = list(csv.DictReader(io.StringIO(exports["csv"].out, newline="")))
    assert [row["description"] for row in rows][1:5:3] == [HOSTILE, "line one\nline two"]
    assert json.loads(exports["json"].out)["trials"][1]["description"] == HOSTILE
    assert markdown(exports["markdown"].out)[2][-1] == HOSTILE
    assert markdown(exports["markdown"].out)[5][-1] == "line one\nline two"
    page = Tables(exports["html"].out)
    assert page.rows[2][-1] == HOSTILE
    assert not {"b", "script"} & page.elements
    assert "http" not in exports["html"].out.replace("http-equiv", "")  # one page that needs nothing else


def test_every_trial_is_a_row(project: Project) -> None:
    """AR-51: trial, commit, metric, change, status, reason, seconds, cost, description; CSV and JSON have the
    columns of results.tsv, in full precision."""
    trials = laid(project)
    done = project.run("dashboard", "knob", "--format", "markdown")
    rows = markdown(done.out)
    commits = [str(row["commit"])[:7] for row in trials]
    assert rows[0] == TRIALS
    assert [row[:8] for row in rows[1:]] == [
        ["0", commits[0], "9", "", "keep", "baseline", "0.0", ""],
        ["1", commits[1], "4", "-55.6 %", "keep", "unconfirmed", "61.5", "$0.125"],
        ["2", commits[2], "0.3", "-96.7 %", "keep", "unconfirmed", "1.2", ""],
        ["3", commits[3], "5", "-44.4 %", "discard", "not_better", "1.2", ""],
        ["4", commits[4], "N/A", "", "crash", "exit_code", "1.2", ""],
    ]
    assert "4 trials: 2 keep, 1 discard, 1 crash (paused)" in done.out
    assert "best: value 0.3 -96.7 % (trial 2)" in done.out
    page = Tables(project.run("dashboard", "knob", "--format", "html").out)
    assert [row[:8] for row in page.rows] == [row[:8] for row in rows]
    assert page.elements >= {"svg", "path", "figure"}
    table = list(
        csv.DictReader(io.StringIO(project.run("dashboard", "knob", "--format", "csv").out, newline=""))
    )
    assert tuple(table[0]) == COLUMNS
    assert [row["metric"] for row in table] == ["9.0", "4.0", "0.30000000000000004", "5.0", ""]
    assert [row["cost_usd"] for row in table] == ["", "0.125", "", "", ""]
    assert [json.loads(row["samples"]) for row in table][1:4] == [[4.0], [0.30000000000000004], [5.0]]
    text = project.run("dashboard", "knob").out
    assert [line.split()[:3] for line in text.splitlines()[2:7]] == [row[:3] for row in rows[1:]]


def test_every_experiment_is_a_row(project: Project) -> None:
    """AR-50: for one domain or all, with all columns, as terminal table, CSV, Markdown, JSON and HTML.
    AR-24: a change of a negative baseline has the sign of the change."""
    laid(project)
    lay(project, Idea(-1.0, knob(x=7)), name="marketing/rise", baseline=-2.0, direction="higher")
    every = [
        ["engineering", "knob", "value", "4", "2", "1", "1", "9", "0.3", "-96.7 %", "", "paused"],
        ["marketing", "rise", "value", "1", "1", "0", "0", "-2", "-1", "+50.0 %", "", "paused"],
        ["marketing", "title", "value", "0", "0", "0", "0", "-2", "-2", "0 %", "", "idle"],
    ]
    for words, wanted in (((), every), (("--domain", "marketing"), every[1:]), (("--domain", "none"), [])):
        assert markdown(project.run("dashboard", *words, "--format", "markdown").out) == [OVERVIEW, *wanted]
    certified = OVERVIEW.index("certified")  # a column without a value is not drawn
    drawn = [row[:certified] + row[certified + 1 :] for row in [OVERVIEW, *every]]
    assert Tables(project.run("dashboard", "--format", "html").out).rows == drawn
    text = project.run("dashboard").out.splitlines()
    assert [line.split() for line in text[1:]] == [line.split() for line in map(" ".join, drawn)]
    table = list(csv.DictReader(io.StringIO(project.run("dashboard", "--format", "csv").out, newline="")))
    assert set(OVERVIEW) <= set(table[0])
    assert (table[0]["best"], table[0]["baseline"]) == ("0.30000000000000004", "9.0")
    records = project.run("dashboard", "--json").json["experiments"]
    assert set(OVERVIEW) <= set(records[0])
    assert records[1]["change"] == 50.0
    assert project.run("dashboard", "--domain", "none").out == "Experiments\nnothing here yet\n"


@pytest.mark.parametrize("kind", ["terminal", "csv", "markdown", "json", "html"])
def test_a_file_gets_what_the_screen_would(project: Project, tmp_path: Path, kind: str) -> None:
    laid(project)
    file = tmp_path / "a page"
    done = project.run("dashboard", "knob", "--format", kind, "-o", str(file))
    assert (done.code, done.out, done.err) == (0, "", f"wrote {file}\n")
    shown = project.run("dashboard", "knob", "--format", "markdown" if kind == "terminal" else kind).out
    assert file.read_bytes().decode().replace("\r\n", "\n") == shown
    done = project.run("dashboard", "--format", kind, "-o", str(tmp_path / "no" / "folder"))
    assert done.code == 1 and len(done.err.splitlines()) == 1 and "no/folder" in done.err


def test_an_experiment_without_a_measurement_can_be_exported_too(project: Project) -> None:
    lay(project, baseline=None)
    for kind in ("terminal", "csv", "markdown", "json", "html"):
        for words in ((), (NAME,)):
            done = project.run("dashboard", *words, "--format", kind)
            assert (done.code, done.err) == (0, ""), (kind, words)
    told = project.run("dashboard", NAME, "--json").json
    assert told["trials"] == []
    assert (told["summary"]["best"], told["summary"]["state"]) == (None, "idle")
