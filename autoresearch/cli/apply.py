"""`autoresearch apply`."""

from pathlib import Path
from typing import Literal

import click

from autoresearch.adapters.git import Repository
from autoresearch.adapters.merging import bring
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import json_option, open_experiment, path_option
from autoresearch.core.errors import RepositoryError
from autoresearch.research.harvest import steps
from autoresearch.research.ledger import Ledger


@click.command()
@click.argument("words", nargs=-1, metavar="[EXP] [TRIAL]")
@click.option("--onto", metavar="BRANCH", help="A branch of yours (default: the one that is checked out).")
@click.option("--squash", "how", flag_value="squash", help="One commit of all that was kept (the default).")
@click.option("--pick", "how", flag_value="pick", help="A commit for each idea that was kept.")
@path_option
@json_option
def command(
    words: tuple[str, ...],
    onto: str | None,
    how: Literal["squash", "pick"] | None,
    directory: Path | None,
    as_json: bool,
) -> None:
    """Bring the kept work of EXP, or the state at TRIAL, to a branch of yours.

    \b
    autoresearch apply api-speed                    one commit on the current branch
    autoresearch apply api-speed --onto perf --pick

    The branch is merged three-way. On a conflict, or where uncommitted changes of yours would be
    overwritten, nothing is changed.
    """
    *names, last = words or ("",)
    number = int(last) if last.isdecimal() else None
    names = names if number is not None or not last else [*names, last]
    if len(names) > 1:
        raise click.UsageError("give one experiment and, if you like, a trial's number: apply EXP 7")
    opened = open_experiment(names[0] if names else None, directory)
    repository = opened.repository
    ledger = Ledger.load(repository, opened.name)
    branch = _branch(repository, onto)
    made = bring(repository, branch, steps(opened, ledger, number, how or "squash", branch))
    short = branch.removeprefix("refs/heads/")
    screen = Screen(machine=as_json)
    if as_json:
        screen.json({"experiment": opened.name, "branch": short, "commit": made})
    elif made is None:
        screen.line(f"{short} has it all already")
    else:
        screen.line(f"{short} is now at {made[:10]}; look: git log -p {short}")


def _branch(repository: Repository, onto: str | None) -> str:
    if onto is None:
        branch = repository.line("symbolic-ref", "--quiet", "HEAD", at=repository.root, check=False)
        if not branch:
            raise RepositoryError("HEAD is detached", "name a branch: --onto BRANCH")
    else:
        branch = f"refs/heads/{onto}"
    short = branch.removeprefix("refs/heads/")
    if branch not in repository.refs(branch):
        raise RepositoryError(f"no branch {short!r} with a commit", f"make it: git branch {short}")
    if short.startswith("autoresearch/"):
        raise RepositoryError(f"{short} belongs to an experiment", "name a branch of yours: --onto BRANCH")
    return branch
