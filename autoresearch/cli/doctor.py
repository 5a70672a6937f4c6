"""`autoresearch doctor`."""

from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, path_option, start
from autoresearch.core.errors import AutoresearchError
from autoresearch.research.health import examine
from autoresearch.views.health import as_json as health_as_json
from autoresearch.views.health import draw


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended, and say what was done.")
@path_option
@json_option
def command(repair: bool, directory: Path | None, as_json: bool) -> int:
    """Is all in order? git, sandbox, disk, keys, models, agents, and every experiment.

    Keys are never shown. Of the models that settings name, the server's port is connected to, and nothing
    is sent; nothing else leaves this machine. Nothing is changed without --repair, which never deletes
    anything that may hold a trial without a record. Exit 1 if something is wrong.

    \b
    autoresearch doctor
    autoresearch doctor --repair
    """
    screen, at = Screen(machine=as_json), start(directory)
    findings, repaired = examine(at), list[str]()
    if repair:
        for found in findings:
            if found.repair is None:
                continue
            try:
                repaired += found.repair()
            except AutoresearchError as error:
                screen.error(f"{found.where}: {error}")
        findings = examine(at)
    if as_json:
        screen.json(health_as_json(findings, repaired))
    else:
        for line in repaired or (["nothing to repair"] if repair else []):
            screen.line(line)
        draw(findings, screen)
    return int(any(found.state == "wrong" for found in findings))
