"""Making an experiment: what is asked, what is shown, and that a failure leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from autoresearch.adapters.settings import load
from autoresearch.core.constraints import Constraint
from autoresearch.core.model import Metric
from autoresearch.core.naming import READY_DOMAINS
from autoresearch.research.ideas import TEMPLATES
from tests.conftest import Project
from tests.end_to_end.traces import refused, refused_with_evidence, traces

MEASURE = f"{sys.executable} bench.py"
AR = [sys.executable, "-m", "autoresearch"]


def test_many_experiments_in_any_domains_live_side_by_side(project: Project) -> None:
    """AR-01: a folder each; what is tried in one is not seen in another; any word is a domain."""
    told = project.run("new", "--help").out
    assert all(domain in told for domain in READY_DOMAINS)
    assert READY_DOMAINS == ("engineering", "marketing", "content", "prompts", "custom")
    names = ["engineering/knob", "engineering/knob-2", "content/knob", "wetter.2/größe"]
    for name in names:
        assert project.new(name).code == 0
    assert project.run("run", "content/knob", *project.ideas("2")).code == 0
    assert all((project.folder(name) / "config.yaml").is_file() for name in names)
    listed = project.run("list", "--json").json["experiments"]
    tried = {f"{row['domain']}/{row['experiment']}": row["trials"] for row in listed}
    assert tried == {name: int(name == "content/knob") for name in names}


def test_all_that_is_given_is_in_the_settings(project: Project) -> None:
    """AR-03: targets, evaluation, metric, direction, budget, checks, constraints, the goal."""
    project.write("other.py", "y = 1\n")
    project.commit()
    done = project.new(
        "engineering/knob", "--target", "other.py", "--check", "true", "--check", "test -f other.py",
        "--constraint", "lines <= 3", "--goal", "make it small",
        "-c", "stop.trials=7", "-c", "metric.unit=ms",
    )  # fmt: skip
    assert done.code == 0, done.err
    settings = load([project.folder() / "config.yaml"])
    assert settings.target == ("knob.py", "other.py")
    assert settings.evaluate == MEASURE
    assert settings.metric == Metric("value", "lower", "ms")
    assert settings.time_budget == 20
    assert settings.checks == ("true", "test -f other.py")
    assert settings.constraints == (Constraint("lines", "<=", 3),)
    assert settings.stop.trials == 7
    assert (project.folder() / "IDEA.md").read_text() == "make it small\n"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((), ("--target", "--eval", "--metric", "--direction")),
        (("--target", "knob.py", "--metric", "value"), ("--eval", "--direction")),
        (("-c", "target=knob.py", "-c", "metric={name: value, direction: lower}"), ("--eval",)),
    ],
)
def test_a_script_is_told_what_is_missing(
    project: Project, given: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    """AR-03: all of it, in one line, and nothing that was given."""
    line = refused(project.run("new", "engineering/knob", *given), code=2)
    assert f"missing {', '.join(missing)};" in line
    assert traces(project) == []


def at_a_terminal(project: Project, *words: str) -> pexpect.spawn:
    return pexpect.spawn(AR[0], [*AR[1:], *words], cwd=str(project.path), encoding="utf-8", timeout=30)


def test_a_terminal_is_asked_for_what_is_missing(project: Project) -> None:
    """AR-03: only for that; an empty or impossible answer is asked again."""
    asked = at_a_terminal(project, "new", "engineering/knob", "--target", "knob.py")
    for question, answer in (
        ("measures it", MEASURE), ("Name of the metric", ""), ("Name of the metric", "value"),
        ("lower or higher", "up"), ("lower or higher", "lower"),
    ):  # fmt: skip
        asked.expect(question)
        asked.sendline(answer)
    asked.expect("baseline: value 9")
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == 0
    assert load([project.folder() / "config.yaml"]).target == ("knob.py",)

    given_up = at_a_terminal(project, "new", "engineering/other")
    given_up.expect("may change")
    given_up.sendintr()
    given_up.expect(pexpect.EOF)
    given_up.close()
    assert given_up.exitstatus == 130
    assert not project.folder("engineering/other").exists()


def test_the_evaluation_is_run_once_and_its_numbers_are_shown(project: Project) -> None:
    """AR-04: the parsed baseline, and every other number; the first run doesn't measure it again."""
    count = Path(os.environ["HOME"], "count")
    command = f"echo run >> {count}; {MEASURE}"
    done = project.new("engineering/knob", "--eval", command)
    assert done.code == 0
    assert done.err == ""
    assert "baseline: value 9 (" in done.out
    assert "also read: lines 1\n" in done.out
    assert f"made {project.folder()}" in done.out
    assert "next: autoresearch run engineering/knob --loop" in done.out
    assert count.read_text() == "run\n"
    assert project.run("run", *project.ideas("2")).code == 0
    assert count.read_text() == "run\n" * 2
    assert [trial["reason"] for trial in project.trials()] == ["baseline", "unconfirmed"]


def test_what_is_made_can_be_read_by_a_script(project: Project) -> None:
    """AR-04: --json is one document, with the baseline as a row; --no-measure has none."""
    made = project.new("engineering/knob", "--json").json
    assert made["experiment"] == "engineering/knob"
    assert Path(made["folder"]) == project.folder()
    assert made["baseline"]["metric"] == 9.0
    assert made["baseline"]["metrics"] == {"lines": 1.0}
    assert (
        project.new("engineering/later", "--eval", "exit 1", "--no-measure", "--json").json["baseline"]
        is None
    )


def test_an_evaluation_that_is_longer_than_a_minute_is_let_run(project: Project) -> None:
    """AR-04: the limit is 2.5 times the budget, and is said before it begins."""
    done = project.run("new", "engineering/knob", "--target", "knob.py", "--eval", MEASURE,
                       "--metric", "value", "--direction", "lower")  # fmt: skip
    assert "evaluate (limit 12m 30s)" in done.out


@pytest.mark.parametrize(
    ("options", "words", "said"),
    [
        (["--eval", "echo value: 1; echo boom >&2; exit 3"], ["(exit_code)", "exited 3", "mend"], "boom"),
        (["--eval", "nosuchprogram"], ["(exit_code)", "nosuchprogram", "exited 127"], "not found"),
        (["--eval", "kill -9 $$"], ["(exit_code)", "signal 9"], ""),
        (["--eval", "echo go; sleep 60 & sleep 60", "-c", "timeout=0.5s"], ["(timeout)", "--budget"], "go"),
        (["--eval", "true"], ["(no_metric)", "`value: NUMBER`", "name another metric"], ""),
        (["--eval", "echo volue: 3"], ["(no_metric)", "found: volue", "did you mean volue?"], ""),
        (["--eval", "echo value: fast"], ["(unreadable)", "`value: fast`", "print `value: NUMBER`"], ""),
        (["--eval", "echo value: nan"], ["(not_finite)", "value is nan", "finite number"], ""),
        (["--eval", "echo value: -inf"], ["(not_finite)", "value is -inf"], ""),
        (["--eval", "echo value=1; echo value=2", "-c", "metric.once=true"], ["(ambiguous)", "as 1.0"], ""),
        (["--eval", "value=1 true"], ["(no_metric)"], ""),
        (["--check", "echo no good; false"], ["(checks_failed)", "exited 1"], "no good"),
        (["--eval", "exit 125"], ["(skipped)", "exited 125"], ""),
    ],
)  # fmt: skip
def test_a_failed_baseline_is_one_clear_line_and_nothing_half_made(
    project: Project, options: list[str], words: list[str], said: str
) -> None:
    """AR-04, AR-22: what went wrong, told apart, with the mend; the program's own words below it."""
    before = project.fingerprint()
    done = project.new("engineering/knob", *options)
    evidence = refused_with_evidence(done, "the baseline could not be measured", *words)
    assert said in evidence
    assert traces(project) == []
    assert project.fingerprint() == before


def test_a_constraint_that_the_baseline_does_not_meet_is_said(project: Project) -> None:
    """AR-03: a name that is never printed would turn every trial into a discard."""
    done = project.new("engineering/knob", "--constraint", "peak_mb <= 512")
    assert done.code == 0
    assert "peak_mb was not printed" in done.err


def test_a_goal_that_is_there_already_is_taken_over(project: Project) -> None:
    """AR-07: program.md becomes the goal and stays; an IDEA.md stays as it is, also after a failure."""
    project.write("program.md", "# Win\r\nBe quick.\n")
    assert project.new().code == 0
    assert (project.folder() / "IDEA.md").read_bytes() == b"# Win\r\nBe quick.\n"
    assert (project.path / "program.md").read_bytes() == b"# Win\r\nBe quick.\n"

    idea = project.write(".autoresearch/engineering/mine/IDEA.md", "mine\n")
    refused_with_evidence(project.new("engineering/mine", "--eval", "false"))
    assert [path.name for path in idea.parent.iterdir()] == ["IDEA.md"]
    refused(project.new("engineering/mine", "--goal", "other"), "IDEA.md already", code=2)
    assert project.new("engineering/mine").code == 0
    assert idea.read_text() == "mine\n"
    seen = {"raw": ""}
    assert project.run("run", "engineering/mine", *project.ideas(seen)).code == 0
    asked = json.loads((project.folder("engineering/mine") / "trials/0001/asked.json").read_text())
    assert asked["goal"] == "mine"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_a_goal_to_start_from(project: Project, template: str) -> None:
    """AR-07: filled with what was given: model training, prompts, speed, content, agent skills."""
    done = project.new(
        "engineering/knob", "--template", template, "--constraint", "lines <= 9", "--no-measure"
    )
    assert done.code == 0, done.err
    text = (project.folder() / "IDEA.md").read_text()
    assert text.startswith("# Goal\n")
    assert "`value`" in text
    assert "knob.py" in text
    assert "lines <= 9" in text
    assert "{" not in text


def test_a_goal_is_given_in_one_way_only(project: Project) -> None:
    """AR-03: as words, as a file or as a template; two of them are a wrong usage, not a guess."""
    file = project.path.parent / "goal.md"
    file.write_text("from a file\n")
    refused(project.new("engineering/knob", "--idea", str(file), "--goal", "x"), "give one", code=2)
    refused(project.new("engineering/knob", "--idea", "nope.md"), "nope.md", "does not exist", code=2)
    assert traces(project) == []
    assert project.new("engineering/knob", "--idea", str(file)).code == 0
    assert (project.folder() / "IDEA.md").read_text() == "from a file\n"


def test_a_name_that_exists_is_refused_and_stays_as_it_is(project: Project) -> None:
    """AR-01: in the folder, in git, and as a branch of somebody else's."""
    assert project.new().code == 0
    config = (project.folder() / "config.yaml").read_bytes()
    refs = project.git("for-each-ref")
    go_on = "go on with it: autoresearch run engineering/knob"
    refused(project.new("engineering/knob", "--budget", "9s"), "exists already", str(project.folder()), go_on)
    assert (project.folder() / "config.yaml").read_bytes() == config
    project.folder().rename(project.path.parent / "away")
    refused(project.new(), "exists already in git (refs/autoresearch/engineering/knob)", go_on)
    assert project.git("for-each-ref") == refs
    assert project.run("run", *project.ideas("2")).code == 0
    project.git("branch", "autoresearch/content/taken")
    refused(project.new("content/taken"), "refs/heads/autoresearch/content/taken", "choose another name")


def measuring(project: Project) -> tuple[subprocess.Popen[str], int]:
    """`new`, in the middle of its measurement; and the evaluator's process, as it is numbered outside."""
    mark = project.path.parent / "evaluator"
    mark.unlink(missing_ok=True)
    command = [*AR, "new", "engineering/knob", "--target", "knob.py", "--metric", "value"]
    command += ["--direction", "lower", "-c", "sandbox.use=none"]
    evaluate = f"echo $$ > {mark}.new; mv {mark}.new {mark}; sleep 100"
    made = subprocess.Popen([*command, "--eval", evaluate], cwd=project.path, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip
    until = time.monotonic() + 60
    while not mark.exists():
        assert made.poll() is None and time.monotonic() < until, made.communicate()
        time.sleep(0.01)
    return made, int(mark.read_text())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_new_that_is_interrupted_leaves_nothing(project: Project, number: int, code: int) -> None:
    """AR-04, AR-47: no file, no ref, no worktree, no process; the exit code says by what."""
    before = project.fingerprint()
    made, evaluator = measuring(project)
    made.send_signal(number)
    _out, err = made.communicate(timeout=60)
    assert made.returncode == code
    said = "stopped by Ctrl-C\n" if number == signal.SIGINT else ""
    assert err.partition("(docs/security.md)\n")[2].lstrip() == said
    with pytest.raises(ProcessLookupError):
        os.kill(evaluator, 0)
    assert traces(project) == []
    assert project.fingerprint() == before


def test_new_that_is_killed_can_be_gone_on_with(project: Project) -> None:
    """AR-04: SIGKILL can't be cleaned up after; the next `new` says what to do, and that works."""
    made, _evaluator = measuring(project)
    made.kill()
    made.communicate(timeout=60)
    refused(project.new(), "exists already", "autoresearch run engineering/knob")
    config = project.folder() / "config.yaml"
    config.write_text(config.read_text().replace("sleep 100", "echo value=5"))
    assert project.run("run", *project.ideas()).code == 0
    assert [trial["metric"] for trial in project.trials()] == [5.0]
