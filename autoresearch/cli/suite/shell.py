"""`autoresearch suite shell`."""

import signal
import sys
from pathlib import Path

import click

from autoresearch.adapters.line_reader import reading
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option, settings_option, start
from autoresearch.cli.suite import common
from autoresearch.cli.suite.shell_commands import COMMANDS, Shell
from autoresearch.core.errors import AutoresearchError


@click.command()
@click.argument("what", required=False, metavar="[EVAL|SUITE]")
@settings_option
@path_option
def command(what: str | None, overrides: tuple[str, ...], directory: Path | None) -> int:
    """List, run, run again and look at samples, at a prompt; `help` says how. Lines may come from a pipe.

    \b
    autoresearch suite shell greet.toml
    echo "run_n 4" | autoresearch suite shell greet
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Ctrl-C ends a line, never the shell
    screen = Screen()
    with common.session(directory, overrides, screen=screen) as session:
        shell = Shell(session, screen, start(directory))
        shell.begin(what)
        failed = _serve(shell, screen)
        shell.wait()
        return 1 if failed and not sys.stdin.isatty() else 0


def _serve(shell: Shell, screen: Screen) -> bool:
    """Until the end; did a command fail?"""
    failed = False
    history = Path.home() / ".cache" / "autoresearch" / "suite-history"
    with reading(history, lambda text: [name for name in COMMANDS if name.startswith(text)]) as ask:
        while not shell.over:
            for line in shell.news():
                screen.line(line, "dim")
            try:
                shell.do(ask("> "))
            except EOFError:
                return failed
            except KeyboardInterrupt:
                screen.line()
            except (AutoresearchError, click.UsageError) as error:
                failed = True
                screen.error(error.format_message() if isinstance(error, click.UsageError) else str(error))
            except OSError as error:
                failed = True
                screen.error(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    return failed
