"""What the commands on suites share: options, and what they make of them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click

from autoresearch.adapters.screen import Screen
from autoresearch.adapters.settings_values import model as read_model
from autoresearch.cli.common import Decorated, start
from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Outcome, Suite
from autoresearch.core.units import parse_duration, parse_money
from autoresearch.suites import cases
from autoresearch.suites.session import Ended, Session

INCOMPLETE, BUDGET, BELOW = 3, 4, 5  # exit codes


class Duration(click.ParamType):  # type: ignore[type-arg]
    """`30s`, `5m`: seconds."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return parse_duration(value if isinstance(value, int | float) else str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Money(click.ParamType):  # type: ignore[type-arg]
    """`$5`, `0.5`: US dollars."""

    name = "USD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return parse_money(value if isinstance(value, int | float) else str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def suite_argument(function: Decorated) -> Decorated:
    """`SUITE`, a file."""
    return click.argument("suite_path", metavar="SUITE", type=click.Path(path_type=Path))(function)


def eval_argument(function: Decorated) -> Decorated:
    """`[EVAL]`: the newest, where none is named."""
    return click.argument("name", required=False, metavar="[EVAL]")(function)


def words_argument(function: Decorated) -> Decorated:
    """`[EVAL] [QUERY]…`."""
    return click.argument("words", nargs=-1, metavar="[EVAL] [QUERY]...")(function)


def arguments_option(function: Decorated) -> Decorated:
    """`-p key=value`, for templates and runners."""
    return click.option("-p", "arguments", multiple=True, metavar="KEY=VALUE",
                        help="A value for the templates and the runner.")(function)  # fmt: skip


def read(path: Path, arguments: Sequence[str] = (), directory: Path | None = None) -> Suite:
    """The suite in a file, its path told from the place that it is in. Raises SettingsError."""
    return cases.read(start(directory) / path, pairs(arguments))


def pairs(arguments: Sequence[str]) -> dict[str, str]:
    """`-p key=value`, by key."""
    split = [argument.partition("=") for argument in arguments]
    for key, equals, _ in split:
        if not equals or not key.strip():
            raise click.UsageError(f"-p {key}: write -p key=value")
    return {key.strip(): value for key, _, value in split}


def models(names: Sequence[str], suite: Suite) -> list[Model]:
    """Those that are named: as the suite describes them, where it does."""
    known = {model.name: model for model in suite.models}
    return [known.get(name) or read_model(name) for name in names]


def session(
    directory: Path | None, overrides: Sequence[str] = (), *, screen: Screen | None = None
) -> AbstractContextManager[Session]:
    """The evals of the place that we are in."""
    return Session.open(start(directory), overrides, (screen or Screen()).note)


def code_of(ended: Ended, *, below: bool = False) -> int:
    """The exit code of a run."""
    if ended.why is not None and ended.why.reason == "budget":
        return BUDGET
    if not ended.complete:
        return INCOMPLETE
    return BELOW if below else 0


def refuse_none(outcomes: Sequence[Outcome], queries: Sequence[str]) -> None:
    """Raises AutoresearchError where a query matches nothing."""
    if queries and not outcomes:
        raise AutoresearchError(f"no sample matches {' '.join(queries)}", "see: autoresearch suite ls")


def splits(names: Sequence[str], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those of the named splits. Raises AutoresearchError where a split has no case."""
    there: Mapping[str, int] = {each.split: 1 for each in outcomes}
    for name in names:
        if name not in there:
            told = ", ".join(filter(None, there))
            mend = f"there are: {told}" if told else 'no case has one; add split = "dev" to some'
            raise AutoresearchError(f"no case of the split {name!r}", mend)
    return [each for each in outcomes if not names or each.split in names]
