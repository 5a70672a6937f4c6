"""`run`: its ways, its stop rules, its exit codes, and one run of an experiment at a time."""

import sys
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.faults import CHAIN, NAME, Started, calls, count_calls, held, leftovers, release, told


def stopped(out: str) -> str:
    return next(line.removeprefix("stopped: ") for line in out.splitlines() if line.startswith("stopped: "))


def everything(project: Project) -> dict[str, bytes | str]:
    """Every file of .autoresearch, the worktree in it too, and every ref."""
    files = {
        str(path.relative_to(project.path)): path.read_bytes()
        for path in sorted((project.path / ".autoresearch").rglob("*"))
        if path.is_file()
    }
    return {**files, **project.fingerprint(), "all refs": project.git("for-each-ref")}


def test_one_idea_is_tried_unless_more_are_asked_for(project: Project, tmp_path: Path) -> None:
    """AR-40: `run`, `--single`, `--loop`, `--max-experiments N`, and `--path DIR` from anywhere else."""
    project.new()
    play = project.ideas(*map(str, range(20, 10, -1)))
    assert project.run("run", *play).code == 0
    assert len(project.trials()) == 2
    done = project.run("run", "--single", *play, "--json")
    assert [row["trial"] for row in done.json["trials"]] == [2]
    assert done.json["stopped"]["rule"] == "max_experiments"
    done = project.run("run", "--loop", "--max-experiments", "3", *play)
    assert len(project.trials()) == 6
    assert stopped(done.out) == "3 trials, as asked"
    elsewhere = Project(tmp_path)
    assert elsewhere.run("run", "knob", "--path", str(project.path), *play).code == 0
    assert elsewhere.run("-C", str(project.path), "run", *play).code == 0
    assert len(project.trials()) == 8
    assert list(tmp_path.glob(".autoresearch")) == []


def test_a_dry_run_shows_the_next_idea_and_writes_nothing(project: Project) -> None:
    """AR-40: `--dry-run` shows the idea and its diff; no file, no ref, no trial changes."""
    project.new()
    project.run("run", *project.ideas("5"))
    play = project.ideas("5", {"idea": "two is less", "why": "than three", "files": {"knob.py": "x = 2\n"}})
    before = everything(project)
    done = project.run("run", "--dry-run", *play)
    assert done.code == 0, done.err
    assert "two is less" in done.out and "than three" in done.out
    assert "-x = 3  # tune: -10..10\n+x = 2\n" in done.out
    assert everything(project) == before
    asked = project.run("run", "--dry-run", *play, "--json").json
    assert (asked["idea"], asked["files"]) == ("two is less", {"knob.py": "x = 2\n"})
    tuned = project.run("run", "--dry-run", "--proposer", "tuner", "--json").json
    assert tuned["files"]["knob.py"].endswith("# tune: -10..10\n")
    assert everything(project) == before


def test_each_stop_rule_ends_the_run_and_says_which(project: Project) -> None:
    """AR-44, AM-10: target, trials, hours, patience, no more ideas end a run with 0; the rule is named."""
    project.new()
    play = project.ideas("5", "6", "2", "7", "8", "9", "1", "0.5")

    def run(*rules: str) -> tuple[str, str, int]:
        done = project.run(
            "run", "--loop", *play, "--json", *(word for rule in rules for word in ("-c", rule))
        )
        assert done.code == 0, done.err
        answer = done.json
        assert stopped(done.err) == answer["stopped"]["why"]
        return answer["stopped"]["rule"], answer["stopped"]["why"], len(answer["trials"])

    assert run("stop.patience=2") == ("patience", "no gain in 2 trials (stop.patience)", 2)
    assert run("stop.target=4") == ("target", "target reached: value 4", 1)
    assert run("stop.target=4.5") == ("target", "target reached: value 4", 0)
    assert run("stop.trials=5") == ("trials", "5 trials (stop.trials)", 2)
    rule, why, tried = run("stop.hours=0.000001")
    assert (rule, why, tried) == ("hours", "1e-06 hours are over (stop.hours)", 0)
    assert run() == ("no_more_ideas", "no more ideas: the list is over", 3)


def test_a_run_ends_when_its_hours_are_over(project: Project) -> None:
    """AR-44: hours count while it runs, and the trial in hand is finished."""
    project.new()
    done = project.run(
        "run", "--loop", *project.ideas(*map(str, range(900, 100, -1))), "-c", "stop.hours=0.0002", "--json"
    )
    assert done.code == 0
    assert done.json["stopped"] == {"rule": "hours", "why": "0.0002 hours are over (stop.hours)"}
    assert 0 < len(done.json["trials"]) < 100  # by the hours, not by stop.trials
    assert len(project.trials()) == 1 + len(done.json["trials"])


def test_no_more_ideas_leaves_nothing_in_flight(project: Project) -> None:
    """AR-44: a proposer that exits 10, whatever it did to the worktree, leaves no trial and no change."""
    project.write(
        "propose.py", "open('knob.py', 'w').write('x = 0')\nopen('new', 'w')\nraise SystemExit(10)\n"
    )
    project.commit()
    project.new()
    play = ("--proposer", "command", "-c", f"proposer.command={sys.executable} propose.py")
    assert project.run("run", "--loop", *play).code == 0
    assert leftovers(project) == ""
    assert project.run("status", "--json").json["in_flight"] is None


def test_five_crashes_in_a_row_pause_the_loop(project: Project) -> None:
    """AR-43, AM-10: exit 4, the end of the log, what to do next; what is no crash starts the count anew."""
    project.new()
    broken = [f"oops{n}" for n in range(4)]
    silent = [{"exit": 1, "says": f"no idea {n}"} for n in range(5)]
    play = project.ideas(*broken, "5", *silent, "2")
    done = project.run("run", "--loop", *play)
    assert done.code == 4
    assert [row["status"] for row in project.trials()[1:]] == [*["crash"] * 4, "discard", *["crash"] * 5]
    assert stopped(done.out) == "paused after 5 crashes in a row"
    assert "error: paused after 5 crashes in a row" in done.err
    assert f"autoresearch show {NAME} 10 --log" in done.err
    assert "autoresearch run --resume" in done.err
    assert "no idea 4" in done.err
    done = project.run("run", "--loop", *play, "-c", "stop.crashes=1", "--max-experiments", "9")
    assert done.code == 0
    assert project.trials()[-1]["metric"] == 4.0


def test_a_crashed_measurement_shows_the_tail_of_its_log(project: Project) -> None:
    """AR-43: of an evaluator that failed, its last words and its command; `show --log` has the rest."""
    project.new()
    play = project.ideas({"idea": "broken", "files": {"knob.py": "x = oops\n"}})
    done = project.run("run", *play, "-c", "stop.crashes=1", "--json")
    assert done.code == 4
    assert done.json["trials"][0]["status"] == "crash"  # the document is there although it gave up
    assert "could not convert string to float: 'oops'" in done.err
    assert "Traceback" in project.run("show", "1", "--log").out


def test_what_a_paused_loop_says_to_do_next_goes_on_as_it_was_asked(project: Project) -> None:
    """AR-43: `run --resume` after five crashes asks the same proposer, for the rest of the same number."""
    project.new()
    play = project.ideas(*[{"exit": 1} for _ in range(5)], "2", "1", "0.5")
    assert project.run("run", "--loop", "--max-experiments", "7", *play).code == 4
    done = project.run("run", "--resume")
    assert done.code == 0, done.err
    assert [row["metric"] for row in project.trials()] == [9.0, *[None] * 5, 4.0, 1.0]


def test_two_runs_of_one_experiment_can_not_go_on_at_once(project: Project) -> None:
    """AR-45: the second is told who runs it and changes nothing; another experiment runs meanwhile."""
    count_calls(project)
    project.new(NAME, "--budget", "5m")
    project.new("content/other", "--no-measure")
    play = project.ideas("5", "2")
    with held(project, "measured", 2, "run", "knob", "--loop", *play) as first:
        refs = project.git("for-each-ref", CHAIN)
        busy = f"{NAME} is already being run by process {first.pid}; wait for it, or stop it with Ctrl-C"
        for second in (("run", "knob", "--loop"), ("run", "knob", "--dry-run"), ("clean", "knob")):
            done = project.run(*second)
            assert (done.code, done.out, done.err) == (1, "", f"error: {busy}\n")
        assert project.git("for-each-ref", CHAIN) == refs
        assert project.run("status", "knob", "--json").json["summary"]["state"] == "active"
        other = project.run("run", "other", "--loop", "--proposer", "tuner", "-c", "stop.trials=1")
        assert other.code == 0, other.err
        assert len(project.trials("content/other")) == 2
        release()
        assert first.end().code == 0
    assert told(project.trials()) == [
        (0, "keep", "baseline", 9.0, "baseline"),
        (1, "discard", "not_better", 25.0, "x = 5"),
        (2, "keep", "unconfirmed", 4.0, "x = 2"),
    ]
    assert calls("asked") == {1: 1, 2: 1, 3: 1}


def test_two_experiments_run_side_by_side(project: Project) -> None:
    """AR-45: two loops in one repository at the same time, each with all its rows."""
    project.new()
    project.new("content/other")
    play = project.ideas(*map(str, range(20, 4, -1)), "2")
    words = ("run", "--loop", *play)
    with Started(project, *words, "knob") as one, Started(project, *words, "other") as other:
        assert [one.end().code, other.end().code] == [0, 0]
    assert told(project.trials()) == told(project.trials("content/other"))
    assert len(project.trials()) == 18
    project.git("fsck", "--strict")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("run", "--single", "-c", "stop.target=9"), 0, "stopped: target reached"),
        (("run", "nothing"), 1, "error: no experiment 'nothing'"),
        (("run", "-c", "stop.trails=4"), 1, "did you mean 'trials'"),
        (
            ("run", "-c", "proposer.command=/bin/false", "-c", "stop.crashes=1"),
            4,
            "error: paused after 1 crash",
        ),
        (("run", "--max-experiments", "0"), 2, "error: Invalid value"),
        (("run", "--single", "--max-experiments", "3"), 2, "use --loop with --max-experiments"),
        (("run", "--lop"), 2, "--loop"),
        (("ran",), 2, "did you mean 'run'"),
    ],
)
def test_exit_codes_say_who_can_mend_it(
    project: Project, words: tuple[str, ...], code: int, says: str
) -> None:
    """AR-47: 0 done, 1 for the user to mend, 2 wrong usage, 4 gave up (signals: test_interrupting.py)."""
    project.new()
    done = project.run(*words)
    assert (done.code, says in done.out + done.err) == (code, True), done
    assert "Traceback" not in done.err


def test_an_override_holds_for_one_run_and_no_file_changes(project: Project) -> None:
    """AR-40: `-c key=value`, as in git, outranks the file; what it is laid over stays."""
    project.new()
    config = project.folder() / "config.yaml"
    before = config.read_text()
    play = project.ideas("2", "1", "2", "1.5")
    assert project.run("run", *play, "-c", "constraints=[value <= 0.5]").code == 0
    assert [row["reason"] for row in project.trials()] == ["baseline", "baseline", "constraint"]
    assert config.read_text() == before
    assert project.run("run", *play).code == 0
    assert [row["reason"] for row in project.trials()][3:] == ["baseline", "unconfirmed"]
