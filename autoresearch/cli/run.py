"""`autoresearch run`: parse, build the actors, run, show."""

import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from autoresearch.adapters.env_file import from_environ
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import (
    experiment_argument,
    folder_option,
    json_option,
    meant,
    one_of,
    refuse_name_as_reason,
    settings_option,
    within_reach,
)
from autoresearch.cli.report import draw_report
from autoresearch.core.errors import AutoresearchError, GaveUp, RunOver, TrialFailed
from autoresearch.core.rows import as_row
from autoresearch.research import loop, sessions
from autoresearch.research.attempt import peek
from autoresearch.research.experiment import Experiment, last_active, open_named
from autoresearch.research.ideas import refuse_without_goal
from autoresearch.research.lab import Lab, open_lab
from autoresearch.research.learning import plan_as_needed, revise, write_prose
from autoresearch.research.notebook import REPORT
from autoresearch.research.sessions import Asked
from autoresearch.views.live import Watch, one_trial, summary, suspects
from autoresearch.views.trial import draw_idea

EARLIER = 3  # rows that a live view begins with
USES = ("llm", "agent", "tuner", "command")
Mode = Literal["single", "loop", "dry"]


@click.command()
@experiment_argument
@click.option("--single", "mode", flag_value="single", help="Try one idea (the default).")
@click.option(
    "--loop", "mode", flag_value="loop", help="Try ideas until a stop rule of the settings says stop."
)
@click.option("--dry-run", "mode", flag_value="dry", help="Show the next idea; measure and record nothing.")
@click.option("--resume", is_flag=True, help="Go on with the experiment that was last active.")
@click.option(
    "-r", "--max-experiments", "--max-runs", "most", type=click.IntRange(min=1), metavar="N",
    help="Stop after N ideas.",
)  # fmt: skip
@click.option(
    "--model", metavar="M", help="Ask this model, such as openrouter/vendor/name or ollama_chat/name."
)
@click.option(
    "--proposer", metavar="P", help="llm, tuner, command, or an agent: claude, codex, gemini, aider."
)
@click.option("--revise-plan", "why", is_flag=False, flag_value="", metavar="[REASON]",
              help="Have the plan made anew first, as autoresearch plan --revise does.")  # fmt: skip
@click.option("--ignore-report", is_flag=True, hidden=True)
@settings_option
@folder_option
@json_option
def command(
    experiment: str | None, mode: Mode | None, resume: bool, most: int | None, model: str | None,
    proposer: str | None, why: str | None, ignore_report: bool, overrides: tuple[str, ...],
    directory: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Try ideas on EXP: one, or many until a rule says stop.

    \b
    autoresearch run --loop                      until a rule of stop: says stop
    autoresearch run --loop --max-experiments 20
    autoresearch run --loop --model openrouter/vendor/name -c stop.cost=5
    autoresearch run --loop --proposer claude    your own command-line agent
    autoresearch run --resume                    after Ctrl-C, a kill, a power cut

    Stop with Ctrl-C at any time: nothing is lost.
    """
    overrides = (*_chosen(model, proposer), *overrides)
    if most and mode == "single":
        raise click.UsageError("--single tries one idea; use --loop with --max-experiments")
    repository, found = within_reach(directory)
    refuse_name_as_reason(why, experiment, found, "--revise-plan")
    if why is not None and mode == "dry":
        raise click.UsageError("--revise-plan records a plan; a dry run records nothing")
    named = meant(found, experiment, directory)
    name, home = last_active(named) if resume and len(named) > 1 else one_of(named)
    most = most or (1 if mode == "single" or (mode is None and not resume) else None)
    asked = _asked(home.folder / name, Asked(most, overrides), resume)
    opened = open_named(name, home, repository, asked.overrides)
    refuse_without_goal(opened)
    screen = Screen(machine=as_json)
    watch = Watch(screen, opened.metric)
    for line in from_environ(opened.environ):
        screen.note(line)
    with open_lab(opened, watch) as lab:
        watch.trials = lab.ledger.trials
        screen.line(f"sandbox: {lab.level}", "dim")
        if why is not None:
            _revise(opened, lab, why, ignore_report)
        if mode == "dry":
            _dry_run(opened, lab, screen, as_json)
        else:
            _run(opened, lab, watch, asked, as_json)


def _asked(folder: Path, asked: Asked, resume: bool) -> Asked:
    """What is asked; to resume is to do the rest of what was asked before, unless more is said now."""
    left = sessions.unfinished(folder) if resume else None
    if left is None:
        return asked
    both = (*left.overrides, *asked.overrides)
    return Asked(asked.most, both) if asked.most else replace(left, overrides=both)


def _revise(experiment: Experiment, lab: Lab, why: str, ignore_report: bool) -> None:
    """A new plan first; but nothing is paid before all is known to be there."""
    lab.proposer.prepare()
    lab.stages.prepare()
    for odd in revise(experiment, lab, why, with_report=not ignore_report):
        lab.observer.note(odd)


def _chosen(model: str | None, proposer: str | None) -> list[str]:
    """The overrides that --model and --proposer stand for."""
    if model is not None and proposer not in (None, "llm"):
        raise click.UsageError("--model asks a model; it doesn't go with another --proposer")
    if model is not None:
        # The first takes the settings' own away, the second is what -c models.propose.api_base=… adds to.
        return ["proposer.use=llm", f"models.propose={model}", f"models.propose.model={model}"]
    if proposer in (None, *USES):
        return [] if proposer is None else [f"proposer.use={proposer}"]
    return ["proposer.use=agent", f"proposer.agent={proposer}"]


def _run(experiment: Experiment, lab: Lab, watch: Watch, asked: Asked, as_json: bool) -> None:
    begun, before = time.monotonic(), len(lab.ledger.trials)
    single, asked, outcome = asked.most == 1, asked.rest(lab.ledger.trials), None
    sessions.begin(experiment.folder, asked)
    why = "interrupted; go on with: autoresearch run --resume"
    for trial in lab.ledger.trials[-EARLIER:] if watch.screen.live else ():
        watch.screen.line(one_trial(trial, experiment.metric, lab.ledger.trials), "dim")
    try:
        with watch.screen.drawing(watch.draw):
            outcome = loop.run(experiment, lab, asked.most)
            if not single:
                write_prose(experiment, lab)
        why = outcome.reason.why
    except AutoresearchError as error:
        # What went wrong before anything was tried is said once, as the error.
        why = error.message.splitlines()[0] if len(lab.ledger.trials) > before else ""
        raise
    finally:
        _end(experiment, lab, watch, before, why, time.monotonic() - begun, whole=outcome is not None)
    if not outcome.reason.gave_up:
        sessions.end(experiment.folder)
    new = [as_row(trial) for trial in lab.ledger.trials[before:]]
    if as_json:
        stopped = {"rule": outcome.reason.rule, "why": outcome.reason.why}
        Screen().json({"experiment": experiment.name, "stopped": stopped, "trials": new})
    if outcome.reason.gave_up:
        last = lab.ledger.trials[-1]
        look = f"look: autoresearch show {experiment.name} {last.number} --log"
        raise GaveUp(outcome.reason.why, f"{look}, then go on: autoresearch run --resume", last.detail)


def _end(
    experiment: Experiment, lab: Lab, watch: Watch, before: int, why: str, seconds: float, *, whole: bool
) -> None:
    """Say what the run did, and write its report; what a run that was cut short has no record of, is found
    again by the next one."""
    trials = lab.ledger.trials
    if not whole:
        lab.notebook.revert()
    beside = lab.calls.of_trial(len(trials))  # the report's
    for line in summary(trials, before, experiment.metric, why, seconds, beside) if why else ():
        watch.screen.line(line, "bold")
    if trials:
        with nullcontext() if whole else suppress(AutoresearchError, OSError):
            sessions.note_end(experiment.folder, why, len(trials))
            draw_report(experiment, lab.notebook)
        if len(trials) - before > 1:
            watch.screen.line(f"report: {experiment.folder / REPORT}", "dim")
    for line in suspects(trials, experiment.metric, experiment.name):
        watch.screen.line(line, "bold yellow")


def _dry_run(experiment: Experiment, lab: Lab, screen: Screen, as_json: bool) -> None:
    """Ask the proposer once; nothing is measured, recorded or left behind."""
    try:
        with lab.notebook.unrecorded():
            plan_as_needed(experiment, lab)
            proposal, texts = peek(experiment, lab)
    except TrialFailed as failed:
        raise AutoresearchError(
            f"the proposal can't be used: {failed.detail}", "a run goes on with the next"
        ) from failed
    except RunOver as over:
        raise AutoresearchError(over.why) from over
    if as_json:
        Screen().json({"experiment": experiment.name, "idea": proposal.idea, "why": proposal.why,
                       "files": dict(proposal.files)})  # fmt: skip
    else:
        screen.show(draw_idea(proposal, texts))
        kept = "; the next run takes this answer" if experiment.settings.use in ("llm", "agent") else ""
        screen.line(f"dry run: nothing was measured or recorded{kept}", "bold")
