"""`autoresearch suite import`."""

import json
from dataclasses import replace
from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import path_option
from autoresearch.cli.suite import common
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Completion, Suite
from autoresearch.suites import evals, giving
from autoresearch.suites.session import Wanted
from autoresearch.views.suite import summary


def with_samples(problems: Suite, path: Path) -> Suite:
    """Problems with the answers of a file of JSON lines: `task_id` and `completion`. Raises
    AutoresearchError."""
    answers: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
                answers.setdefault(str(row["task_id"]), []).append(str(row["completion"]))
            except (ValueError, TypeError, KeyError) as error:
                raise AutoresearchError(
                    f"{path}:{number}: no task_id and completion ({error})", "mend the line"
                ) from None
    unknown = sorted(answers.keys() - {case.id for case in problems.cases})
    if unknown:
        raise AutoresearchError(
            f"{path}: {problems.path} has no case {unknown[0]!r}", "name the problems: --suite FILE"
        )
    cases = [
        replace(case, completions=[
            Completion((case.preload or "") + text, index=at)
            for at, text in enumerate(answers.get(case.id, []))
        ])
        for case in problems.cases
    ]  # fmt: skip
    return replace(problems, cases=tuple(cases))


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", metavar="EVAL", help="Name of the eval.  [default: the file's]")
@click.option("--suite", "suite_path", type=click.Path(path_type=Path), metavar="SUITE",
              help="The problems that FILE answers, in lines of task_id and completion.")  # fmt: skip
@click.option(
    "--model", metavar="M", help="Who gave the answers of which the file doesn't say it; retry asks it."
)
@path_option
def command(
    path: Path, name: str | None, suite_path: Path | None, model: str | None, directory: Path | None
) -> None:
    """Answers that were made elsewhere: TOML of any generation, runs that an older tool saved, HumanEval's
    samples.

    What is completed there is not asked again; what failed can be tried again.

    \b
    autoresearch suite import runs.json --model openrouter/vendor/name
    autoresearch suite import samples.jsonl --suite HumanEval.jsonl
    """
    screen = Screen()
    suite = common.read(path, (), directory) if suite_path is None else None
    if suite is None and suite_path is not None:
        suite = with_samples(common.read(suite_path, (), directory), path)
    if suite is None or not giving.has_answers(suite):
        raise AutoresearchError(f"{path} holds no answers", "to ask its questions: suite run")
    with common.session(directory, screen=screen) as session:
        if model is not None:
            (known,) = common.models([model], suite)
            suite = giving.by(suite, known)
        one = giving.given(session, suite, name or evals.name_of(path), Wanted())
        for line in summary(one, session.view(one).outcomes()):
            screen.line(line)
