"""`autoresearch demo`: the commands that a user would type, typed for them, on a real little model."""

import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import click

from autoresearch.adapters import resources
from autoresearch.adapters.git import OUR_IDENTITY, Repository
from autoresearch.adapters.screen import Screen
from autoresearch.cli import dashboard, new, run
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.units import parse_duration

NAME = "engineering/tiny-model"
PAGE = "dashboard tiny-model --format html -o dashboard.html"
NEXT = ("show 1", "run --loop --max-experiments 10", "apply", PAGE)


def _checked(_ctx: click.Context, _option: click.Parameter, time: str) -> str:
    try:
        parse_duration(time)
    except ValueError as error:  # before there is a folder that a second try would find in use
        raise click.BadParameter(str(error)) from error
    return time


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]")
@click.option("--trials", type=click.IntRange(min=1), default=10, show_default=True, help="Ideas to try.")
@click.option("--budget", default="2s", show_default=True, metavar="TIME", callback=_checked,
              help="Training time of each.")  # fmt: skip
@click.option("--model", metavar="M", help="Let this model have the ideas, such as openrouter/vendor/name.")
def command(folder: Path | None, trials: int, budget: str, model: str | None) -> None:
    """A real, small experiment: a character-level language model in plain Python, tuned.

    \b
    autoresearch demo               in a new temporary folder; about two minutes
    autoresearch demo my-demo       in ./my-demo
    autoresearch demo --model openrouter/vendor/name
    """
    screen = Screen()
    root = _repository(folder)
    who = model or "The tuner, which needs no model and no key,"
    ask = ["--model", model] if model else []
    screen.line("A little language model (templates/demo/train.py, plain Python) learns to predict the next")
    screen.line(f"character of a book within {budget}. {who} looks for something")
    screen.line("better, one idea at a time. val_bpb: bits it needs per character; lower is better.")
    at = ["-C", str(root)]
    screen.line(f"\n$ cd {shlex.quote(str(root))}", "bold")
    evaluate = f"{'python3' if shutil.which('python3') else shlex.quote(sys.executable)} train.py"
    asked = ["--target", "train.py", "--eval", evaluate, "--metric", "val_bpb", "--direction", "lower"]
    _type(screen, new.command, "new", [NAME, *asked, "--budget", budget], at)
    _type(screen, run.command, "run", [NAME, "--loop", "--max-experiments", str(trials), *ask], at)
    _type(screen, dashboard.command, "dashboard", [NAME], at)
    screen.line("\nKept ideas are commits on a branch of their own; nothing of your checkout was touched:")
    repository = Repository.discover(root)
    log = ("log", "--oneline", "--no-decorate", f"refs/heads/autoresearch/{NAME}")
    screen.line(f"$ git log --oneline heads/autoresearch/{NAME}", "bold")
    screen.raw(repository.run(*log).stdout.decode(errors="replace"))
    screen.line("\nNow yours. Type next:")
    screen.line(f"  cd {shlex.quote(str(root))}")
    program = _program()
    for words in NEXT:
        screen.line(f"  {program} {words}")
    screen.line(f"Then in your own repository: {program} new --help")


def _program() -> str:
    """What to type to get this program again: it may not be on PATH."""
    if shutil.which("autoresearch"):
        return "autoresearch"
    if Path(sys.argv[0]).name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m autoresearch"
    return shlex.quote(str(Path(sys.argv[0]).absolute()))


def _repository(folder: Path | None) -> Path:
    """A new repository with the training script in it. Raises AutoresearchError where the folder is taken."""
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise AutoresearchError(f"{folder} is not empty", "name a new folder")
    root = folder or Path(tempfile.mkdtemp(prefix="autoresearch-demo-"))
    shutil.copytree(resources.folder("templates") / "demo", root, dirs_exist_ok=True)
    repository = Repository(root, root.resolve() / ".git")
    name, email = OUR_IDENTITY
    repository.run("init", "--quiet", at=root)
    repository.run("add", "--all", at=root)
    who = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    repository.run(*who, "commit", "--quiet", "-m", "A little language model", at=root)
    return root.resolve()


def _type(screen: Screen, function: click.Command, word: str, words: list[str], at: list[str]) -> None:
    screen.line(f"\n$ autoresearch {word} {shlex.join(words)}", "bold")
    function.main([*words, *at], prog_name=f"autoresearch {word}", standalone_mode=False)
