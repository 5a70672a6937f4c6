"""`autoresearch logs view`."""

import importlib.util
import os
import sys

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.lazy import late
from autoresearch.cli.logs.common import Asked, find_logs, log_options, opened
from autoresearch.core.errors import AutoresearchError

PLAIN = "autoresearch logs ls, autoresearch logs show"  # what needs nothing more


@click.command()
@log_options
def command(asked: Asked) -> int:
    """Page through them at the terminal: one call at a time, filters, timeline, statistics, export.

    \b
    autoresearch logs view
    autoresearch logs view -d llm_logs --status error
    """
    if importlib.util.find_spec("textual") is None:
        raise AutoresearchError(
            "the viewer needs textual, which isn't installed",
            f'pip install "autoresearch-git[tui]"; without it: {PLAIN}',
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise AutoresearchError("the viewer needs a terminal that it can draw on", f"use: {PLAIN}")
    with opened(asked, Screen()) as (index, found):
        code: int = late("autoresearch.views.viewer").show(index, found.where, find_logs(asked).files)
    return code
