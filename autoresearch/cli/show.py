"""`autoresearch show`."""

from pathlib import Path
from typing import Literal

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, open_experiment, path_option
from autoresearch.core.errors import ExperimentError
from autoresearch.core.model import Trial, current
from autoresearch.research.ledger import Ledger
from autoresearch.views.trial import draw_trial, patch

Part = Literal["patch", "log", "prompt"]


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[EXP] TRIAL")
@click.option("--patch", "part", flag_value="patch", help="Only the change, as `git apply` reads it.")
@click.option("--log", "part", flag_value="log", help="Only what the evaluation printed.")
@click.option("--prompt", "part", flag_value="prompt", help="Only what the proposer was told and answered.")
@path_option
@json_option
def command(words: tuple[str, ...], part: Part | None, directory: Path | None, as_json: bool) -> None:
    """One trial whole: the idea, why, what was measured, the change.

    \b
    autoresearch show api-speed 7
    autoresearch show 7 --patch | git apply
    """
    *names, number = words
    if len(names) > 1 or not number.isdecimal():
        raise click.UsageError(
            "give an experiment (where there are several) and a trial's number: show EXP 7"
        )
    opened = open_experiment(names[0] if names else None, directory)
    ledger = Ledger.load(opened.repository, opened.name)
    if int(number) >= len(ledger.trials):
        last = f"the last one is {len(ledger.trials) - 1}" if ledger.trials else "there is none yet"
        raise ExperimentError(f"{opened.name} has no trial {number}", last)
    trial = ledger.trials[int(number)]
    change = ledger.patch(trial) or patch(ledger.refused(trial))
    screen = Screen(machine=as_json)
    if as_json:
        files = ledger.files(trial.number, "run.log", "prompt.md", "reply.md", "proposer.log")
        texts = {name: content.decode(errors="replace") for name, content in files.items()}
        screen.json({"experiment": opened.name, **trial.as_json(), "patch": change, "files": texts})
    elif part is None:
        base = current(ledger.trials[: trial.number + 1])[0].metric
        screen.show(draw_trial(trial, opened.metric, base, change))
    else:
        screen.raw(_part(ledger, trial, part, change))


def _part(ledger: Ledger, trial: Trial, part: Part, change: str) -> str:
    if part == "patch":
        return change
    names = ("run.log",) if part == "log" else ("prompt.md", "reply.md", "proposer.log")
    found = ledger.files(trial.number, *names)
    if part == "log" and not found:  # it came to no evaluation: the proposer's is the log to look at
        found = ledger.files(trial.number, "proposer.log")
    if not found:
        raise ExperimentError(f"trial {trial.number} has no {part}", f"see: autoresearch show {trial.number}")
    texts = {name: content.decode(errors="surrogateescape") for name, content in found.items() if content}
    if part == "log" or len(texts) == 1:
        return "".join(texts.values())
    return "".join(f"===== {name} =====\n{text.rstrip()}\n\n" for name, text in texts.items())
