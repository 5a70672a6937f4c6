"""`autoresearch logs`: its commands, each in the module of its name."""

import click

from autoresearch.cli.lazy import SETTINGS, LazyGroup

GROUPS = {
    "Look": {
        "ls": "A list of calls, the newest first.",
        "show": "One call whole: what was asked, what was answered, each attempt.",
        "timeline": "By trial and stage: when, how many, how long.",
        "stats": "Success, tokens, cost and duration, by stage, model and trial.",
        "view": "Page through them at the terminal.",
        "tail": "The last calls, and those to come.",
    },
    "Take": {
        "export": "As JSON, JSON lines or OpenTelemetry.",
    },
}


@click.group(cls=LazyGroup, groups=GROUPS, package=__name__, context_settings=SETTINGS)
def command() -> None:
    """Every call to a model: list, show, statistics, export, viewer.

    They are read from the experiment that is named, or the only one; else of ./llm_logs, ../llm_logs or all
    experiments here. Nothing is sent anywhere.

    \b
    autoresearch logs ls --status error
    autoresearch logs show last
    autoresearch logs view
    """
