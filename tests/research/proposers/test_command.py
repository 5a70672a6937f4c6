"""The contract with a program that proposes: what it is told, what it may answer, how it may fail."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters.process import Warden
from autoresearch.core.errors import NoMoreIdeas, TrialFailed
from autoresearch.core.model import Brief, Metric, Proposal, Trial
from autoresearch.research.proposers.command import ROWS_TOLD, Command, parse, question_for
from tests.conftest import Project
from tests.faults import LINUX_ONLY, leftovers, living

BASELINE = Trial(0, None, "c" * 40, "t" * 40, "keep", "baseline", "baseline", metric=9.0)
CRASHED = Trial(1, 0, None, None, "crash", "no_proposal", "(no proposal)", detail="it said\nso")
GOOD = {"idea": "less", "why": "since\nit is", "files": {"a.py": "x\n", "b.py": None}}


@pytest.fixture
def brief(tmp_path: Path) -> Brief:
    worktree, folder = tmp_path / "worktree", tmp_path / "0002"
    worktree.mkdir()
    folder.mkdir()
    return Brief(
        experiment="engineering/knob",
        goal="Make it small.",
        metric=Metric("value", "lower"),
        trial=2,
        parent=BASELINE,
        target={"a.py": "x = 3\n", "bin.dat": "\udcff\udc00"},
        context={"README": "héllo"},
        trials=[BASELINE, CRASHED],
        directory=worktree,
        folder=folder,
    )


@pytest.fixture
def warden() -> Iterator[Warden]:
    with Warden() as started:
        yield started


def ask(warden: Warden, brief: Brief, script: str, limit: float = 60, **environ: str) -> Proposal:
    """What the program `script` proposes."""
    program = brief.directory.parent / "propose.py"
    program.write_text(dedent(script))
    command = Command([sys.executable, "-S", str(program)], limit, warden, {**os.environ, **environ})
    return command.propose(brief)


def refusal(warden: Warden, brief: Brief, script: str, limit: float = 60) -> str:
    with pytest.raises(TrialFailed) as failed:
        ask(warden, brief, script, limit)
    assert (failed.value.reason, failed.value.status) == ("no_proposal", "crash")
    return failed.value.detail


def test_it_is_told_the_fields_of_the_contract(warden: Warden, brief: Brief) -> None:
    """AR-11: one JSON object on standard input; rows newest last, with the columns of results.tsv."""
    said = ask(warden, brief, """
        import json, sys
        asked = json.load(sys.stdin)
        print(json.dumps({"idea": "x", "why": json.dumps(asked), "files": {"a.py": ""}}))
    """)  # fmt: skip
    asked = json.loads(said.why)
    assert list(asked) == [
        "experiment", "goal", "metric", "direction", "trial", "target", "context", "trials", "best",
    ]  # fmt: skip
    assert {key: asked[key] for key in list(asked)[:5]} == {
        "experiment": "engineering/knob", "goal": "Make it small.", "metric": "value", "direction": "lower",
        "trial": 2,
    }  # fmt: skip
    assert asked["target"] == {"a.py": "x = 3\n", "bin.dat": "\udcff\udc00"}
    assert asked["context"] == {"README": "héllo"}
    assert [row["trial"] for row in asked["trials"]] == [0, 1]
    assert asked["trials"][0] == asked["best"]
    assert (asked["best"]["metric"], asked["best"]["status"], asked["best"]["commit"]) == (
        9.0,
        "keep",
        "c" * 40,
    )
    assert (asked["trials"][1]["metric"], asked["trials"][1]["cost_usd"]) == (None, None)


def test_of_very_many_rows_the_newest_are_told(brief: Brief) -> None:
    """AR-11: what a program reads stays bounded; the best is told even if its row is not."""
    rows = [BASELINE, *(replace(CRASHED, number=n) for n in range(1, 2 * ROWS_TOLD))]
    asked = question_for(replace(brief, trials=rows))
    assert [row["trial"] for row in asked["trials"]] == list(range(ROWS_TOLD, 2 * ROWS_TOLD))
    assert asked["best"]["trial"] == 0


def test_its_answer_is_whole_files_and_deletions(warden: Warden, brief: Brief) -> None:
    """AR-11, AR-16: and what it printed is kept as it was."""
    text = f"  {json.dumps(GOOD)}\n\n"
    proposal = ask(warden, brief, f"import sys\nprint('hm', file=sys.stderr)\nsys.stdout.write({text!r})")
    assert (proposal.idea, proposal.why, proposal.files) == ("less", "since\nit is", GOOD["files"])
    assert (brief.folder / "reply.md").read_text() == text
    assert (brief.folder / "proposer.log").read_text() == "hm\n"


def test_it_runs_in_the_worktree_with_the_users_whole_environment_but_gits(
    warden: Warden, brief: Brief
) -> None:
    """AR-11: it is the user's own program; GIT_DIR would lead it out of the worktree."""
    said = ask(warden, brief, """
        import json, os
        seen = [os.getcwd(), os.environ["MY_API_KEY"], "GIT_DIR" in os.environ]
        print(json.dumps({"idea": json.dumps(seen), "files": {"a.py": ""}}))
    """, MY_API_KEY="k", GIT_DIR="/x")  # fmt: skip
    assert json.loads(said.idea) == [str(brief.directory), "k", False]


def test_exit_10_means_no_more_ideas_and_says_what_it_said(warden: Warden, brief: Brief) -> None:
    """AR-44: its standard error, or else its command."""
    with pytest.raises(NoMoreIdeas, match="all were tried"):
        ask(warden, brief, "import sys\nprint('all were tried', file=sys.stderr)\nsys.exit(10)")
    with pytest.raises(NoMoreIdeas, match="exited 10"):
        ask(warden, brief, "raise SystemExit(10)")


def test_any_other_exit_is_a_crash_with_its_standard_error(warden: Warden, brief: Brief) -> None:
    """AR-15: even if it printed a fine answer before."""
    detail = refusal(warden, brief, f"print({json.dumps(GOOD)!r})\nraise ValueError('no luck')")
    assert detail.startswith(f"`{sys.executable} -S ")
    assert "exited 1\n" in detail
    assert detail.endswith("ValueError: no luck")
    assert json.dumps(GOOD) not in detail


@LINUX_ONLY
def test_one_that_hangs_is_killed_at_its_limit_with_all_it_started(warden: Warden, brief: Brief) -> None:
    """AR-15, AR-14: a crash that says after how long, and what it said until then."""
    detail = refusal(warden, brief, """
        import subprocess, sys, time
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        print("thinking", file=sys.stderr, flush=True)
        time.sleep(600)
    """, limit=0.5)  # fmt: skip
    assert "was killed after 0.5" in detail
    assert "\nthinking\n" in detail
    assert not [command for command in living() if command.startswith("sleep ")]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("", "not one JSON object"),
        ("no idea", "not one JSON object (Expecting value: line 1 column 1 (char 0)); it begins: 'no idea'"),
        (json.dumps(GOOD) * 2, "not one JSON object (Extra data"),
        (json.dumps(GOOD)[:-1], "not one JSON object"),
        ("[" * 100_000, "not one JSON object"),
        ("{" + '"a":{' * 100_000, "not one JSON object"),
        ("9" * 5_000, "not one JSON object"),
        ("null", "not a JSON object"),
        ('["idea"]', "not a JSON object"),
        ("{}", '"idea" must be a line of text'),
        ('{"idea": 3, "files": {"a": "b"}}', '"idea" must be a line of text'),
        ('{"idea": " \\n", "files": {"a": "b"}}', '"idea" must be a line of text'),
        ('{"idea": "x", "why": null, "files": {"a": "b"}}', '"why" must be text'),
        ('{"idea": "x"}', '"files" must map at least one path'),
        ('{"idea": "x", "files": {}}', '"files" must map at least one path'),
        ('{"idea": "x", "files": ["a"]}', '"files" must map at least one path'),
        ('{"idea": "x", "files": {"a": 1}}', "'a' must be the whole text, or null"),
        ('{"idea": "x", "files": {"a": ["line"]}}', "'a' must be the whole text, or null"),
        ('{"idea": "\\ud83d", "files": {"a": "b"}}', "half a character"),
        ('{"idea": "x", "files": {"a": "\\ud83d"}}', "half a character"),
    ],
)  # fmt: skip
def test_an_answer_that_can_not_be_used_is_refused_and_says_why(reply: str, says: str) -> None:
    """AR-18, AR-15: invalid JSON, wrong types, an empty proposal, text that is no text."""
    with pytest.raises(TrialFailed) as failed:
        parse(reply)
    assert failed.value.reason == "no_proposal"
    assert says in failed.value.detail
    assert len(failed.value.detail) < 600


WORDS = st.text() | st.sampled_from(["idea", "why", "files"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
)


@given(JSON | st.fixed_dictionaries({"idea": JSON, "why": JSON, "files": JSON}))
def test_whatever_json_comes_is_a_proposal_or_a_refusal(answer: Any) -> None:
    """AR-18: never the end of the loop."""
    try:
        proposal = parse(json.dumps(answer))
    except TrialFailed as failure:
        assert failure.reason == "no_proposal"
    else:
        assert (proposal.idea, proposal.files) == (answer["idea"].strip(), answer["files"])


def test_refused_answers_are_rows_with_their_reply_and_the_loop_goes_on(project: Project) -> None:
    """AR-16, AR-18, AM-45: and each later one is told of those before it; `show --prompt` has the reply."""
    project.new()
    play = project.ideas(
        {"raw": "no json"},
        {"idea": "elsewhere", "files": {"knob.py": "x = 1\n", "bench.py": "print('value: 0')\n"}},
        {"idea": "outside", "files": {"../knob.py": "x = 1\n"}},
        {"idea": "git's own", "files": {".git/config": ""}},
        {"exit": 3, "says": "out of luck"},
        {"idea": "nothing", "files": {"knob.py": "x = 3  # tune: -10..10\n"}},
        "2",
    )
    done = project.run("run", "--loop", *play, "-c", "stop.crashes=null")
    assert done.code == 0, done.err
    rows = project.trials()
    assert [(row["status"], row["reason"], row["description"]) for row in rows][1:] == [
        ("crash", "no_proposal", "(no proposal)"),
        ("crash", "invalid_edit", "elsewhere"),
        ("crash", "invalid_edit", "outside"),
        ("crash", "invalid_edit", "git's own"),
        ("crash", "no_proposal", "(no proposal)"),
        ("discard", "duplicate", "nothing"),
        ("keep", "unconfirmed", "x = 2"),
    ]
    told, reply = (project.run("show", trial, "--prompt").out for trial in "12")
    asked, answered = told.removeprefix("===== prompt.md =====\n").split("\n\n===== reply.md =====\n")
    assert (json.loads(asked)["trial"], answered) == (1, "no json\n\n")
    assert '{"idea": "elsewhere", ' in reply
    assert project.run("show", "5", "--prompt").out.endswith("out of luck\n\n")
    assert "'bench.py' is not among the target files" in project.run("show", "2").out
    asked = json.loads((project.folder() / "trials" / "0007" / "asked.json").read_text())
    assert [row["reason"] for row in asked["trials"]] == [row["reason"] for row in rows[:7]]
    assert asked["target"] == {"knob.py": "x = 3  # tune: -10..10\n"}


def test_one_that_edits_the_worktree_itself_leaves_nothing_behind(project: Project) -> None:
    """AR-11, AR-12: only what it answers is measured, also where it fails afterwards."""
    project.write(
        "propose.py",
        dedent("""
        import json, os, sys
        trial = json.load(sys.stdin)["trial"]
        print("seen", open("bench.py").read().count("cheat"), os.path.exists("new"), file=sys.stderr)
        open("bench.py", "w").write("print('value: 0')  # cheat")
        open("new", "w").write("new")
        os.remove("propose.py")
        if trial == 2:
            sys.exit(1)
        print(json.dumps({"idea": f"{trial}", "files": {"knob.py": f"x = {4 - trial / 2}\\n"}}))
        """),
    )
    project.commit()
    before = project.fingerprint()
    project.new()
    play = ("--proposer", "command", "-c", f"proposer.command={sys.executable} {project.path}/propose.py")
    assert project.run("run", "--loop", "--max-experiments", "3", *play).code == 0
    assert [row["metric"] for row in project.trials()] == [9.0, 12.25, None, 6.25]
    for trial in "123":
        assert "seen 0 False" in project.run("show", trial, "--prompt").out
    assert project.git("diff", "--name-only", "HEAD", f"heads/autoresearch/{'engineering/knob'}") == "knob.py"
    assert leftovers(project) == ""
    assert project.fingerprint() == before


def test_the_limit_of_the_settings_ends_one_that_hangs(project: Project) -> None:
    """AR-15: `proposer.timeout`; a crash row, and the loop goes on."""
    project.write(
        "propose.py",
        "import json, sys, time\nif json.load(sys.stdin)['trial'] == 1: time.sleep(600)\nsys.exit(10)\n",
    )
    project.commit()
    project.new()
    command = f"proposer={{command: {sys.executable} propose.py, timeout: 400ms}}"
    assert project.run("run", "--loop", "-c", command).code == 0
    assert [row["reason"] for row in project.trials()] == ["baseline", "no_proposal"]
    assert "was killed after 0.4" in project.run("show", "1").out
