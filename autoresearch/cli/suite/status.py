"""`autoresearch suite status`."""

from dataclasses import asdict
from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import SettingsError
from autoresearch.suites import cases, evals
from autoresearch.suites.evals import Eval
from autoresearch.suites.figures import by_model
from autoresearch.suites.running import counted
from autoresearch.suites.session import Session
from autoresearch.views.suite import progress, summary


def changed(session: Session, one: Eval) -> str:
    """How the suite's file differs from what the eval has; "" where it doesn't."""
    path = session.place.root / one.suite.path
    if not path.is_file():
        return f"{session.shown(one.suite)} is gone; the eval has its cases"
    try:
        change = evals.changes(one, cases.read(path, one.arguments))
    except SettingsError as error:
        return f"{one.suite.path} can't be read now: {str(error).splitlines()[0]}"
    told = [f"{len(ids)} {what}" for what, ids in asdict(change).items() if ids]
    return f"{one.suite.path} has other cases now ({', '.join(told)}): suite run asks them" if told else ""


@click.command()
@common.eval_argument
@path_option
@json_option
def command(name: str | None, directory: Path | None, as_json: bool) -> int:
    """How far EVAL (the newest) is: completed, failed, remaining. Exit 3 where it is not complete.

    \b
    autoresearch suite status
    autoresearch suite status greet --json
    """
    screen = Screen(machine=as_json)
    with common.session(directory, screen=screen) as session:
        one = session.eval(name)
        outcomes = session.view(one).outcomes()
        running = sum(each.status == "running" for each in outcomes)
        note = changed(session, one)
    found = counted(outcomes)
    if as_json:
        models = {model: asdict(counted(some)) for model, some in by_model(outcomes).items()}
        screen.json(
            {"eval": one.name, **asdict(found), "running": running, "models": models, "changed": note}
        )
    for line in summary(one, outcomes):
        screen.line(line)
    for model, some in by_model(outcomes).items() if len(one.asked) > 1 else ():
        screen.line(f"  {model}: {progress(counted(some))}")
    if running:
        screen.line(f"  {running} are being asked now, by another process")
    if note:
        screen.note(note)
    return 0 if found.completed == found.all else common.INCOMPLETE
