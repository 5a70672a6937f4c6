"""What there is to see: which experiment is meant, list, status, show; as text and as JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.core.rows import COLUMNS
from tests.conftest import Project
from tests.end_to_end.laid import NAME, Idea, knob, lay

OTHER = "marketing/api-speed"


def test_list_shows_the_repositorys_experiments_and_the_users_own(project: Project, home: Path) -> None:
    """AR-05: each with domain, name, target, metric, trials, best and state, in one list."""
    lay(project, Idea(4.0, knob(x=2)), Idea(None, knob(x=4)))
    assert project.new(OTHER, "--no-measure", "--scope", "user").code == 0
    done = project.run("list")
    assert (done.code, done.err) == (0, "")
    assert [line.split() for line in done.out.splitlines()] == [
        ["experiment", "target", "metric", "trials", "best", "change", "state"],
        ["engineering/knob", "knob.py,", "more/*", "value", "lower", "2", "4", "-55.6", "%", "paused"],
        ["marketing/api-speed", "knob.py", "value", "lower", "0", "N/A", "idle", "(user)"],
    ]
    rows = project.run("list", "--json").json["experiments"]
    assert [(row["domain"], row["experiment"], row["scope"], row["state"]) for row in rows] == [
        ("engineering", "knob", "project", "paused"),
        ("marketing", "api-speed", "user", "idle"),
    ]
    assert rows[0]["target"] == ["knob.py", "more/*"]
    assert (rows[1]["trials"], rows[1]["best"], rows[1]["baseline"], rows[1]["change"]) == (
        0,
        None,
        None,
        None,
    )
    outside = project.run("-C", str(home), "list")
    assert outside.code == 1 and "not in a git checkout" in outside.err  # asked for that folder by name
    outside = Project(home).run("list")
    assert [line.split()[0] for line in outside.out.splitlines()] == ["experiment", OTHER]


def test_the_users_own_experiment_is_seen_beside_one_of_the_same_name(
    project: Project, tmp_path: Path
) -> None:
    """AR-05: the same name in two scopes is two experiments; by its name, the repository's own is meant."""
    elsewhere = Project(tmp_path / "elsewhere")
    project.git("clone", "--quiet", str(project.path), str(elsewhere.path))
    assert elsewhere.new(NAME, "--no-measure", "--scope", "user").code == 0
    lay(project, Idea(4.0, knob(x=2)))
    rows = project.run("list", "--json").json["experiments"]
    assert [(row["experiment"], row["scope"], row["trials"]) for row in rows] == [
        ("knob", "user", 0),
        ("knob", "project", 1),
    ]
    assert project.run("status", "knob", "--json").json["summary"]["scope"] == "project"
    assert elsewhere.run("status", "knob", "--json").json["summary"]["scope"] == "user"


def test_an_experiment_that_cannot_be_opened_does_not_hide_the_others(project: Project) -> None:
    lay(project, Idea(4.0, knob(x=2)))
    lay(project, name=OTHER)
    assert project.run("list").code == 0
    (project.folder(OTHER) / "config.yaml").write_text("target: [knob.py]\nmetrik: x\n")
    done = project.run("list")
    assert done.code == 0
    assert [line.split()[-1] for line in done.out.splitlines()] == ["state", "paused", "damaged"]
    assert "metrik" in done.err
    damaged = project.run("dashboard", "--json").json["experiments"][1]
    assert damaged["state"] == "damaged" and "metrik" in damaged["error"]


def test_any_unambiguous_ending_names_an_experiment(project: Project) -> None:
    lay(project)
    lay(project, name=OTHER)
    lay(project, name="marketing/knob")
    for words, said in (
        ((OTHER,), OTHER),
        (("api-speed",), OTHER),
        (("speed",), OTHER),
        (("engineering/knob",), NAME),
        (("ring/knob",), NAME),
    ):
        done = project.run("status", *words, "--json")
        assert done.code == 0, done.err
        assert done.json["experiment"] == said
    for words, missing in (
        (("knob",), ["engineering/knob", "marketing/knob"]),
        ((), ["engineering/knob", OTHER, "marketing/knob"]),
        (("nothing",), ["engineering/knob", OTHER, "marketing/knob"]),
    ):
        done = project.run("status", *words)
        assert (done.code, done.out) == (1, "")
        assert len(done.err.splitlines()) == 1 and ", ".join(missing) in done.err


def test_where_there_is_one_experiment_its_name_may_be_left_out(project: Project) -> None:
    done = project.run("status")
    assert done.code == 1 and "no experiment here; make one" in done.err
    assert project.run("list").out.startswith("no experiment here")
    assert project.run("list", "--json").json == {"experiments": []}
    lay(project, Idea(4.0, knob(x=2)))
    for command in (("status",), ("show", "1"), ("dashboard",), ("apply", "1"), ("clean",)):
        assert project.run(*command).code == 0, command


def test_status_says_what_is_going_on_and_what_to_type_next(project: Project) -> None:
    lay(project, *(Idea(9.0 - n / 2, knob(x=n)) for n in range(1, 8)), Idea(None, knob(x=9)))
    done = project.run("status")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("engineering/knob: paused\n8 trials: 7 keep, 0 discard, 1 crash\n")
    assert "best: value 5.5 -38.9 % (trial 7): idea 7\n" in done.out
    assert [line.split()[0] for line in done.out.splitlines() if line[:6].strip().isdigit()] == list("45678")
    assert "autoresearch run engineering/knob --loop" in done.out and "autoresearch apply" in done.out
    told = project.run("status", "--json").json
    assert told["best"]["trial"] == 7
    assert [row["trial"] for row in told["trials"]] == [4, 5, 6, 7, 8]
    assert tuple(told["trials"][0]) == COLUMNS


def test_json_has_every_value_in_full_and_null_for_what_is_missing(project: Project) -> None:
    """AR-25: the columns of results.tsv under `trials`, each with its own type."""
    tiny = {"metrics": {"lines": 1e-300}, "cost_usd": None, "tokens": 12}
    lay(project, Idea(0.1 + 0.2, knob(x=2), more=tiny), Idea(None, {}, "a\tb\n|\"'\\ \x1b[31m ü \udcff"))
    for words in (("dashboard", "knob"), ("status",)):
        rows = project.run(*words, "--json").json["trials"]
        assert all(tuple(row) == COLUMNS for row in rows)
        assert rows[1]["metric"] == 0.30000000000000004 and rows[1]["samples"] == [0.30000000000000004]
        assert rows[1]["metrics"] == {"lines": 1e-300}
        assert (rows[1]["cost_usd"], rows[1]["tokens"]) == (None, 12)
        assert (rows[2]["metric"], rows[2]["cost_usd"]) == (None, None)
        assert rows[2]["description"] == "a\tb\n|\"'\\ \x1b[31m ü \udcff"


def test_show_tells_one_trial_whole(project: Project) -> None:
    """AR-16: the idea, why, the numbers, the change; of a discarded one too."""
    files = {"run.log": b"value: 16\r\n\xff\x1b[31m\n", "prompt.md": b"asked\n", "reply.md": b"answered\n"}
    more = {"metrics": {"a_metric_with_a_long_name": 2.5}, "proposer": "command", "detail": "not so good"}
    lay(project, Idea(16.0, knob(x=4), "a worse knob", "It may\nhelp.", files, more))
    done = project.run("show", "1")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "a worse knob\nIt may\nhelp.\n\ntrial         1\nverdict       discard: not_better ("
    )
    for text in (
        "value         16 +77.8 %",
        "a_metric_with_a_long_name 2.5",
        "not so good",
        "+x = 4",
        "-x = 3",
    ):
        assert text in done.out
    told = project.run("show", "knob", "1", "--json").json
    assert (told["trial"], told["why"], told["metric"]) == (1, "It may\nhelp.", 16.0)
    assert told["files"]["run.log"] == "value: 16\r\n�\x1b[31m\n"
    assert "+x = 4\n" in told["patch"]
    raw = [output(project, "show", "1", part) for part in ("--log", "--prompt", "--patch")]
    assert raw == [
        files["run.log"],
        b"===== prompt.md =====\nasked\n\n===== reply.md =====\nanswered\n\n",
        told["patch"].encode(),
    ]
    lay(project, Idea(None, evidence={"proposer.log": b"boom\n"}), name=OTHER)
    assert output(project, "show", OTHER, "1", "--log") == b"boom\n"  # it came to no evaluation
    done = project.run("show", "knob", "0", "--log")
    assert done.code == 1 and "trial 0 has no log; see: autoresearch show 0" in done.err
    done = project.run("show", "knob", "7")
    assert done.code == 1 and "has no trial 7; the last one is 1" in done.err
    assert project.run("show", "knob", "seven").code == 2


def output(project: Project, *words: str) -> bytes:
    """Standard output, byte for byte."""
    command = [sys.executable, "-m", "autoresearch", *words]
    return subprocess.run(command, cwd=project.path, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "files",
    [
        {"knob.py": "x = 1"},
        {"knob.py": None},
        {"more/a b \"ü'.py": "new\n", "knob.py": "x = 1\r\ny = 2\r\n"},
        {"more/empty": ""},
        {"knob.py": "form\x0cfeed \x85 line \u2028 separator\nno end"},
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_a_patch_is_one_that_git_applies(
    project: Project, files: dict[str, str | None], committed: bool
) -> None:
    """`show N --patch | git apply`, of a candidate and of a proposal that was refused."""
    proposal = {"idea": "it", "files": files}
    evidence = {"proposal.json": json.dumps(proposal).encode()}
    more = {} if committed else {"commit": None, "tree": None, "reason": "invalid_edit", "status": "crash"}
    lay(project, Idea(4.0 if committed else None, files, evidence=evidence, more=more))
    patch = output(project, "show", "1", "--patch")
    subprocess.run(["git", "apply", "-"], cwd=project.path, input=patch, check=True)
    for name, text in files.items():
        path = project.path / name
        assert (path.read_bytes().decode() if path.exists() else None) == text


def test_another_folder_is_named_before_or_after_the_command(project: Project, tmp_path: Path) -> None:
    """AR-40: -C DIR and --path DIR, as in git."""
    lay(project)
    inside = project.path / "sub" / "folder"
    inside.mkdir(parents=True)
    here = Project(tmp_path)
    for words in (
        ("-C", "project", "status"),
        ("--path", str(project.path), "status"),
        ("status", "-C", "project"),
        ("status", f"--path={project.path}"),
        ("-C", str(inside), "status"),
        ("-C", "nowhere", "status", "-C", "project"),
    ):
        done = here.run(*words, "--json")
        assert (done.code, done.err) == (0, ""), words
        assert done.json["experiment"] == NAME
    for words in (("-C", "nowhere", "list"), ("list", "--path", "nowhere")):
        done = here.run(*words)
        assert (done.code, done.err) == (1, "error: no folder nowhere; name an existing one with -C DIR\n")
