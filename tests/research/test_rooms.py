"""What an evaluation finds in the room that is made for it, by looking around from inside."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from autoresearch.research.proposers.presets import Preset
from autoresearch.research.rooms import for_agent
from tests.conftest import Project
from tests.faults import LINUX_ONLY, make

NAME = "engineering/knob"
LOOK = """\
import json, os, pathlib
def tried(act):
    try:
        return act()
    except OSError as error:
        return type(error).__name__
folder = pathlib.Path(os.environ["AUTORESEARCH_DIR"])
seen = {
    "home": sorted(os.listdir(os.environ["HOME"])),
    "git": tried(lambda: open(".git").read()),
    "folder": sorted(os.listdir(folder)),
    "trials": sorted(os.listdir(folder / "trials")),
    "shared": tried(lambda: (folder / "shared" / "list").write_text(os.environ["AUTORESEARCH_TRIAL"])),
    "bench": tried(lambda: open("bench.py", "a").close()),
    "data": tried(lambda: open("data/set").read()),
    "write data": tried(lambda: open("data/more", "w").close()),
    "told": (folder / "shared" / "list").read_text(),
    "left": os.path.exists("left") or os.path.exists(os.environ["TMPDIR"] + "/left"),
}
open("left", "w").close()
open(os.environ["TMPDIR"] + "/left", "w").close()
for name, found in seen.items():
    print(f"saw {name} = {json.dumps(found)}")
print("value: 1")
"""

pytestmark = LINUX_ONLY


def seen(project: Project, trial: int) -> dict[str, Any]:
    log = (project.folder() / "trials" / f"{trial:04}" / "run.log").read_text()
    lines = (
        line.removeprefix("saw ").split(" = ", 1) for line in log.splitlines() if line.startswith("saw ")
    )
    return {name: json.loads(value) for name, value in lines}


def test_an_evaluation_sees_what_it_needs_and_nothing_else(project: Project) -> None:
    """AM-11, AR-12: no home, no git, nothing of other trials; only the first may write what all share."""
    project.write("bench.py", LOOK)
    project.write(".gitignore", "data\n")
    project.commit()
    project.write("data/set", "numbers")
    Path(os.environ["HOME"], ".netrc").write_text("password")
    before = project.fingerprint()
    made = project.new(NAME, "-c", "sandbox.write=[]", "-c", "share=[data]")
    assert made.code == 0, made.err
    assert project.run("run", *project.ideas("2")).code == 0
    first, second = seen(project, 0), seen(project, 1)
    for found in (first, second):
        assert ".netrc" not in found["home"]
        assert not found["git"].startswith("gitdir")
        assert set(found["folder"]) <= {"IDEA.md", "config.yaml", "shared", "trials", "worktree"}
        assert (found["data"], found["write data"], found["left"]) == ("numbers", "OSError", False)
        assert found["bench"] == "OSError"
    assert (first["trials"], second["trials"]) == (["0000"], ["0001"])
    assert (first["shared"], second["shared"], second["told"]) == (1, "OSError", "0")
    assert project.fingerprint() == before
    assert project.trials()[1]["status"] == "discard"


def test_what_the_first_measurement_shared_travels_and_comes_back(project: Project) -> None:
    """AR-17, AR-32: a list of tests is part of the question, not of a folder that somebody sweeps."""
    project.write("bench.py", LOOK)
    project.commit()
    project.new(NAME, "-c", "sandbox.write=[]")
    shared = project.folder() / "shared" / "list"
    assert shared.read_text() == "0"
    shared.unlink()
    assert project.run("run", *project.ideas("2")).code == 0
    assert seen(project, 1)["told"] == "0"


def test_a_file_of_the_evaluator_that_changes_while_it_runs_is_no_measurement(project: Project) -> None:
    """AR-15: where no sandbox makes it read-only, it is noticed."""
    project.write("bench.py", "exec(open('knob.py').read())\nprint('value:', x * x)\n")
    project.commit()
    project.new(NAME, "-c", "sandbox.use=none")
    forged = {
        "idea": "forge",
        "files": {"knob.py": "x = 0.5\nopen('bench.py', 'w').write('print(\"value: 0\")')"},
    }
    project.run("run", "--loop", *project.ideas(forged, "2"))
    rows = [(row["status"], row["reason"], row["metric"]) for row in project.trials()[1:]]
    assert rows == [("crash", "tampered", None), ("keep", "unconfirmed", 4.0)]


def test_what_a_check_changed_is_put_back_before_the_evaluation(project: Project) -> None:
    """AR-11: a candidate's own tests can't change what measures it."""
    project.write("check.py", "open('helper.py', 'w').write('FACTOR = 0')\nopen('built', 'w').close()\n")
    project.write("helper.py", "FACTOR = 1\n")
    bench = "import os, helper\nexec(open('knob.py').read())\nassert os.path.exists('built')\n"
    project.write("bench.py", f"{bench}print('value:', x * x * helper.FACTOR)\n")
    project.commit()
    made = project.new(NAME, "--check", f"{sys.executable} check.py")
    assert made.code == 0, made.err
    assert project.trials()[0]["metric"] == 9.0


def test_what_the_users_own_command_names_by_its_path_is_there(project: Project) -> None:
    """AM-11: an environment and data somewhere in the home folder; nothing that lies beside them."""
    home = Path(os.environ["HOME"])
    for name in ("venvs/ml/bin", "venvs/ml/lib", "data"):
        (home / name).mkdir(parents=True)
    (home / "venvs/ml/bin/python").symlink_to(sys.executable)
    (home / "venvs/ml/lib/tables.csv").write_text("1")
    (home / "data/set").write_text("4")
    (home / "data/.env").write_text("KEY=5")
    bench = """import os, sys
home = os.environ["HOME"]
assert open(f"{home}/venvs/ml/lib/tables.csv").read() == "1"
assert os.listdir(f"{home}/data") == ["set"]
print("value:", open(sys.argv[1].removeprefix("--data=")).read())
"""
    project.write("bench.py", bench)
    project.commit()
    command = "~/venvs/ml/bin/python bench.py --data=$HOME/data/set"
    made = project.run("new", NAME, "--target", "knob.py", "--eval", command, "--metric", "value",
                       "--direction", "lower")  # fmt: skip
    assert made.code == 0, made.err
    assert project.trials()[0]["metric"] == 4.0


@pytest.mark.parametrize("network", [False, True])
def test_the_network_is_there_only_where_it_is_asked_for(project: Project, network: bool) -> None:
    """CX-28"""
    project.write(
        "bench.py",
        "import socket\ntry:\n    socket.socket().connect_ex(('127.0.0.1', 9))\n"
        "    names = [name for _, name in socket.if_nameindex()]\nexcept OSError:\n    names = ['lo']\n"
        "print('value:', len(set(names) - {'lo'}))\n",
    )
    project.commit()
    project.new(NAME, "-c", f"sandbox.network={str(network).lower()}")
    here = len({name for _, name in __import__("socket").if_nameindex()} - {"lo"})
    assert project.trials()[0]["metric"] == (here if network else 0)


def test_an_agent_sees_its_own_program_and_never_the_whole_home(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AM-11: wherever the link on PATH leads, and also where it is named by its path."""
    home = Path(os.environ["HOME"])
    for place in ("agent", "tools/agent/cli"):
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text("#!/bin/sh\n")
        (home / place).chmod(0o755)
    (home / "bin").mkdir()
    (home / "bin/plain").symlink_to(home / "agent")
    (home / "bin/packed").symlink_to(home / "tools/agent/cli")
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
    experiment = make(project, sandbox={})
    experiment.worktree.mkdir()
    seen = {
        program: {str(path) for path in for_agent(experiment, preset, project.path / "bench.py").read}
        for program in ("plain", "packed", str(home / "agent"))
        for preset in [Preset(name=program, command=[program])]
    }
    assert not any(path in (str(home), str(project.path)) for paths in seen.values() for path in paths)
    assert str(home / "tools/agent") in seen["packed"]
    assert str(home / "agent") in seen[str(home / "agent")]
