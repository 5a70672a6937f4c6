"""The command `autoresearch`: what there is, and the only error handler."""

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from autoresearch import __version__
from autoresearch.cli.lazy import SETTINGS, LazyGroup
from autoresearch.core.errors import AutoresearchError, Terminated
from autoresearch.core.text import harmless

# Each command is the function of that name in `autoresearch.cli.<name>`; the help line stands here, so
# that `--help` needs none of them.
GROUPS = {
    "Make": {
        "demo": "A real, small experiment, from nothing to the dashboard.",
        "init": "Make .autoresearch/ here.",
        "new": "Make an experiment and measure its baseline.",
        "check": "Can its evaluation be trusted? Before money is spent.",
    },
    "Run": {
        "run": "Try ideas: one, or many until a rule says stop.",
        "clean": "Sweep what a killed run left.",
        "doctor": "Is all in order? Mend what killed runs and damaged disks left.",
    },
    "Look": {
        "list": "Every experiment there is.",
        "evaluators": "The ready evaluators: what they measure and take.",
        "status": "What an experiment is doing.",
        "show": "One trial, whole.",
        "dashboard": "Results, for reading or export.",
    },
    "Notebook": {
        "plan": "The plan; have it revised.",
        "tasks": "What is to be done.",
        "report": "What came of it, every number traceable.",
        "logs": "Every call to a model: list, show, statistics, export, viewer.",
    },
    "Answers": {
        "suite": "Cases × models × samples: ask, check, score, compare.",
    },
    "Take": {
        "certify": "Measure the whole gain again, with its interval.",
        "keep": "Adopt a trial by hand.",
        "apply": "Bring kept work to a branch of yours.",
    },
}


@click.group(cls=LazyGroup, groups=GROUPS, package="autoresearch.cli", invoke_without_command=True,
             context_settings=SETTINGS)  # fmt: skip
@click.option("-C", "--path", "directory", type=click.Path(path_type=Path), metavar="DIR",
              help="Work on the repository in DIR.")  # fmt: skip
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def autoresearch(ctx: click.Context, directory: Path | None) -> None:
    """Try one idea at a time in its own git worktree; keep it only if it is really better.

    \b
    From nothing:   autoresearch demo
    Your own code:  autoresearch new engineering/speed --target src/search.py \\
                      --eval "python bench.py" --metric p50_ms --direction lower
                    autoresearch run --loop
    """
    ctx.obj = directory
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


COMMANDS = autoresearch.lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. The codes are in docs/guide.md."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = autoresearch.main(args=arguments, prog_name="autoresearch", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        see = f"; see: {context.command_path} --help" if context else ""
        _say(f"error: {error.format_message().rstrip('.')}{see}")
        return error.exit_code
    except AutoresearchError as error:
        _say(f"error: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("stopped by Ctrl-C")
        return 130
    except Terminated as error:
        return 128 + error.signal
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        return 141
    except OSError as error:
        _say(f"error: {error.strerror or error}: {error.filename or ''}".rstrip(": ") + _mend(error))
        return 1
    except Exception:  # noqa: BLE001 - the one place: whatever arrives here is a bug of ours
        return _bug()
    return result if isinstance(result, int) else 0


def _mend(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "; free some disk space, then do it again, or: autoresearch run --resume"
    if isinstance(error, FileNotFoundError) and "/.autoresearch/" in str(error.filename):
        return "; taken away (git clean, git stash)? No trial is lost: autoresearch init, then run EXP"
    return ""


def _bug() -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="autoresearch-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
    ) as log:
        log.write(f"autoresearch {__version__}, Python {sys.version}\n{sys.argv}\n\n{traceback.format_exc()}")
    _say(f"error: a bug in autoresearch; please report it with {log.name}")
    return 3


def _say(text: str) -> None:
    click.echo(harmless(text), err=True)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, lambda *_: os._exit(130))  # a second Ctrl-C doesn't wait for anything
    raise KeyboardInterrupt


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)
