"""What is drawn from the chain for people and their scripts: what the chain says, and never believed."""

import csv
import io
import json
import os
import re
import shutil
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from autoresearch.adapters.git import Repository, branch_ref, chain_ref
from autoresearch.core.model import Trial
from autoresearch.core.rows import as_table
from autoresearch.research.ledger import Ledger, Opening
from autoresearch.research.results import Results
from tests.conftest import Project, plainly

NAME = "engineering/knob"
CHAIN, BRANCH = chain_ref(NAME), branch_ref(NAME)
ROW = Trial(0, None, None, None, "crash", "no_proposal", "an idea", finished="2026-01-02T03:04:05.678+00:00")
# In turn: what must survive in a description, in every format.
NASTY = ["tab\there", "line\nbreak", 'a "quote", a comma', "a|bar || two", "back\\slash \\t \\| \\\\",
         "größe é 漢 🙂", "<b>*bold* _it_ `code` [x](y) &amp; ~~no~~", "'single', #1", "-dash", "=1+1",
         "trailing \\"]  # fmt: skip


def laid(project: Project, count: int = 3) -> tuple[Results, Path]:
    """A ledger of so many trials, and the views of it in a folder, drawn."""
    found, folder = Repository.discover(project.path), project.folder()
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger.create(found, NAME, project.git("rev-parse", "HEAD"), Opening({}, {}, 0))
    results = Results(folder, ledger)
    results.draw()
    for number in range(count):
        add(results, number)
    return results, folder / "results.tsv"


def add(results: Results, number: int) -> None:
    trial = replace(ROW, number=number)
    results.ledger.append(trial, {"run.log": b"value: 1\n", "reply.md": b"caf\xe9"})
    results.add(trial)


def tsv(text: str) -> list[dict[str, str]]:
    """results.tsv as another program reads it."""
    meant = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    header, *rows = (line.split("\t") for line in text.removesuffix("\n").split("\n"))
    cells = ([re.sub(r"\\.", lambda found: meant[found[0]], cell) for cell in row] for row in rows)
    return [dict(zip(header, row, strict=True)) for row in cells]


def markdown(text: str) -> list[list[str]]:
    """The cells of the table, as a reader of the rendered page sees them."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    rows: list[list[str]] = []
    for token, inline in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            parts = inline.children or []
            assert {part.type for part in parts} <= {"text", "text_special", "html_inline"}, inline.content
            rows[-1].append("".join("\n" if part.content == "<br>" else part.content for part in parts))
    return rows


def test_what_is_added_a_row_at_a_time_is_the_whole_table(project: Project) -> None:
    results, path = laid(project)
    assert path.read_text() == as_table(results.ledger.trials)
    assert {path.name for path in results.trials.iterdir()} == {"0000", "0001", "0002"}
    os.utime(path, ns=(1, 1))
    results.draw()
    assert path.stat().st_mtime_ns == 1, "what is right already is not written again"


@pytest.mark.parametrize("again", ["at the next start", "at the next row"])
@pytest.mark.parametrize("edit", ["delete", "change", "cut", "add", "empty", "rename"])
def test_a_table_that_was_edited_is_drawn_again(project: Project, edit: str, again: str) -> None:
    results, path = laid(project)
    whole = path.read_text()
    if edit == "delete":
        path.unlink()
    elif edit == "rename":  # as an editor saves
        (path.parent / "new").write_text(whole.replace("crash", "keep!"))
        (path.parent / "new").rename(path)
    else:
        path.write_text(
            {
                "change": whole.replace("crash", "kept!"),
                "cut": whole[:-10],
                "add": whole + "x\n",
                "empty": "",
            }[edit]
        )
    if again == "at the next start":
        Results(path.parent, Ledger.load(results.ledger.repository, NAME)).draw()
    else:
        add(results, 3)
    assert path.read_text() == as_table(results.ledger.trials)


def test_trials_are_drawn_again_with_their_evidence(project: Project) -> None:
    results, _path = laid(project)
    shutil.rmtree(results.trials / "0001")
    (results.trials / "0002/trial.json").unlink()
    (results.trials / "0002/.trial.json.new").write_text("{")  # as a kill in the middle of writing leaves it
    results.draw()
    assert not list(results.trials.rglob(".*"))
    for number in (1, 2):
        folder = results.trials / f"{number:04}"
        assert json.loads((folder / "trial.json").read_text())["trial"] == number
        assert ((folder / "run.log").read_bytes(), (folder / "reply.md").read_bytes()) == (
            b"value: 1\n",
            b"caf\xe9",
        )


def test_descriptions_survive_in_every_format(project: Project) -> None:
    """AR-25"""
    ideas = [{"idea": text, "files": {"knob.py": f"x = {number + 5}\n"}} for number, text in enumerate(NASTY)]
    assert project.new().code == 0
    assert project.run("run", "--loop", *project.ideas(*ideas)).code == 0
    said = ["baseline", *NASTY]
    assert [row["description"] for row in tsv((project.folder() / "results.tsv").read_text())] == said
    assert [row["description"] for row in project.trials()] == said
    file = project.path.parent / "out"
    assert project.run("dashboard", "knob", "--format", "csv", "-o", str(file)).code == 0
    assert [
        row["description"] for row in csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))
    ] == said
    done = project.run("dashboard", "knob", "--format", "markdown")
    header, *rows = markdown(done.out)
    assert [dict(zip(header, row, strict=True))["description"] for row in rows] == said
    assert {len(row) for row in rows} == {len(header)}


def test_numbers_are_kept_in_full_precision_and_decide_so(project: Project) -> None:
    """AR-23, AR-24: 1e-7 against 4e-7; and the change against a negative baseline has the right sign."""
    project.write(
        "bench.py", "exec(open('knob.py').read())\nprint('value:', repr(x))\nprint('third:', 1 / 3)\n"
    )
    project.commit()
    assert project.new("a/tiny", "-c", "keep.suspect=keep").code == 0
    assert (
        project.run("run", "tiny", "--loop", *project.ideas("4e-7", "1e-7", "0.30000000000000004e-6")).code
        == 0
    )
    rows = project.trials("a/tiny")
    assert [(row["status"], row["metric"]) for row in rows[1:]] == [
        ("keep", 4e-7), ("keep", 1e-7), ("discard", 0.30000000000000004e-6),
    ]  # fmt: skip
    stored = tsv((project.folder("a/tiny") / "results.tsv").read_text())
    assert [float(row["metric"]) for row in stored] == [row["metric"] for row in rows]
    assert json.loads(stored[1]["metrics"])["third"] == 1 / 3
    project.write("knob.py", "x = -10\n")
    project.commit()
    higher = ("--metric", "value", "--direction", "higher")
    assert (
        project.run(
            "new",
            "a/up",
            "--target",
            "knob.py",
            "--eval",
            f"{sys.executable} bench.py",
            *higher,
            *plainly(),
            "-c",
            "keep.suspect=keep",
        ).code
        == 0
    )
    assert project.run("run", "up", "--loop", *project.ideas("-8", "-12", "0")).code == 0
    shown = project.run("dashboard", "up").out.splitlines()
    assert [re.findall(r"[+-][\d.]+ %", line) for line in shown[3:6]] == [
        ["+20.0 %"],
        ["-20.0 %"],
        ["+100.0 %"],
    ]
    assert [row["status"] for row in project.trials("a/up")] == ["keep", "keep", "discard", "keep"]


def test_every_row_keeps_what_was_tried_and_numbers_go_on_above_the_highest(project: Project) -> None:
    """AM-07, AR-16: a discarded or crashed row keeps its description, diff, log and reply; the next trial has
    the next number whatever becomes of results.tsv and trials/, and nothing is decided by them."""
    assert project.new().code == 0
    broken = {"idea": "a slip", "why": "hope", "files": {"knob.py": "y = 1\n"}}
    outside = {"idea": "cheat", "files": {"bench.py": "print('value: 0')\n"}}
    ideas = ["5", broken, outside, {"raw": "no JSON"}, {"exit": 3, "says": "no idea"}]
    assert project.run("run", "--loop", *project.ideas(*ideas), "-c", "stop.crashes=9").code == 0
    shown = [project.run("show", str(number), "--json").json for number in range(1, 6)]
    assert [row["description"] for row in shown] == [
        "x = 5",
        "a slip",
        "cheat",
        "(no proposal)",
        "(no proposal)",
    ]
    assert "+x = 5\n" in shown[0]["patch"] and "+y = 1\n" in shown[1]["patch"]
    assert "+print('value: 0')\n" in shown[2]["patch"]
    assert "value: 25" in shown[0]["files"]["run.log"] and "TypeError" in shown[1]["files"]["run.log"]
    assert shown[1]["why"] == "hope" and "TypeError" in shown[1]["detail"]
    assert shown[3]["files"]["reply.md"].strip() == "no JSON"
    assert "no idea" in shown[4]["files"]["proposer.log"] and "no idea" in shown[4]["detail"]
    folder = project.folder()
    (folder / "results.tsv").write_text((folder / "results.tsv").read_text().replace("25.0", "0.001"))
    shutil.rmtree(folder / "trials/0002")
    (folder / "trials/0041").mkdir()
    assert project.run("run", *project.ideas(*ideas, "2")).code == 0
    rows = project.trials()
    assert [row["trial"] for row in rows] == list(range(7))
    assert (rows[6]["status"], rows[6]["parent"], rows[1]["metric"]) == ("keep", 0, 25.0)
    assert (folder / "trials/0002/run.log").exists()
    shutil.rmtree(folder)
    assert project.run("run", *project.ideas(*ideas, "2", "1")).code == 0
    assert [row["trial"] for row in tsv((folder / "results.tsv").read_text())] == [str(n) for n in range(8)]


def test_every_candidate_survives_the_users_gc_and_one_ref_carries_the_whole_experiment(
    project: Project,
) -> None:
    """AR-17: pushed and fetched as one ref, it is read, exported and resumed in a clone with nothing else."""
    assert project.new(NAME, "-c", "stop.crashes=9").code == 0
    ideas = [
        {"idea": "outside", "files": {"bench.py": ""}},
        {"idea": "broken", "files": {"knob.py": "y = 1\n"}},
    ]
    assert project.run("run", "--loop", *project.ideas("2", "5", *ideas, "2")).code == 0
    rows = project.trials()
    candidates = [row["commit"] for row in rows if row["commit"]]
    assert [row["reason"] for row in rows if not row["commit"]] == ["invalid_edit"]
    assert len(set(candidates)) == 5
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("update-ref", "-d", BRANCH)
    project.git("gc", "--quiet", "--prune=now")
    assert project.trials() == rows
    assert set(project.git("rev-list", CHAIN).split()) >= set(candidates)
    copy = fetched(project)
    assert copy.run("list", "--json").json["experiments"][0]["trials"] == 5
    assert copy.run("status", "--json").json["best"]["trial"] == 1
    assert "TypeError" in copy.run("show", "4", "--log").out
    for look in (("show", "2", "--patch"), ("dashboard", "knob", "--format", "csv")):
        assert copy.run(*look).out == project.run(*look).out != ""
    done = copy.run("run", "--resume", *project.ideas(*["0"] * 5, "1"))
    assert done.code == 0, done.err
    after = copy.trials()
    assert after[:6] == rows
    assert [(row["trial"], row["parent"], row["metric"]) for row in after[6:]] == [(6, 1, 1.0)]
    assert copy.git("rev-parse", BRANCH) == after[6]["commit"]
    assert len((copy.folder() / "results.tsv").read_text().splitlines()) == 8
    assert copy.run("apply").code == 0
    assert (copy.path / "knob.py").read_text() == "x = 1\n"


def fetched(project: Project) -> Project:
    """A fresh clone, by way of a server that has the main branch and the one ref."""
    server, copy = project.path.parent / "server.git", Project(project.path.parent / "clone")
    project.git("init", "--quiet", "--bare", str(server))
    project.git("push", "--quiet", str(server), "main", f"{CHAIN}:{CHAIN}")
    project.git("clone", "--quiet", str(server), str(copy.path))
    copy.git("fetch", "--quiet", "origin", f"{CHAIN}:{CHAIN}")
    return copy


def test_a_clone_asks_the_same_question_also_where_part_of_it_stood_above_the_experiment(
    project: Project,
) -> None:
    """AR-17: defaults for every experiment, in .autoresearch/config.yaml, are part of what was asked."""
    assert project.run("init").code == 0
    defaults = f"time_budget: 7s\nproposer: {{command: {sys.executable} propose.py}}\n"
    project.write(".autoresearch/config.yaml", defaults)
    command = (
        "new",
        NAME,
        "--target",
        "knob.py",
        "--eval",
        f"{sys.executable} bench.py",
        "--metric",
        "value",
        *plainly(),
    )
    assert project.run(*command, "--direction", "lower").code == 0
    copy = fetched(project)
    project.ideas("2")
    done = copy.run("run", "--resume")
    assert done.code == 0, done.err
    assert [(row["reason"], row["metric"]) for row in copy.trials()] == [
        ("baseline", 9.0),
        ("unconfirmed", 4.0),
    ]
