"""The steps with files, shared by generate, test and score: a file in, a file out, the first never
changed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import Screen
from autoresearch.cli.common import Decorated, path_option, settings_option
from autoresearch.cli.suite import common
from autoresearch.cli.suite.options import way_of, way_options
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Suite
from autoresearch.core.units import counted
from autoresearch.suites import giving
from autoresearch.suites.evals import Eval
from autoresearch.suites.outcomes import Stage
from autoresearch.suites.session import Session, Wanted, Way
from autoresearch.suites.writing import Generation, as_toml, with_answers
from autoresearch.views.suite import summary
from autoresearch.views.suite_live import Watch


@dataclass(frozen=True)
class Step:
    """One of them: the file that is read, the one that is written, and what is done between."""

    source: Path
    target: Path
    stages: Collection[Stage]
    way: Way
    wanted: Wanted = field(default_factory=Wanted)
    force: bool = False


def over_file(function: Decorated) -> Decorated:
    """The options of a step that judges the answers in a file."""
    for option in (
        path_option, settings_option, way_options,
        click.option("--force", is_flag=True, help="Write over whatever FILE is."),
        click.option("-o", "target", required=True, type=click.Path(path_type=Path), metavar="FILE",
                     help="The same, with the results, as TOML."),
        common.suite_argument,
    ):  # fmt: skip
        function = option(function)
    return function


def judged(stages: Collection[Stage], given: dict[str, Any]) -> int:
    """Such a step, by what its options were given."""
    screen = Screen()
    suite = common.read(given["suite_path"], (), given["directory"])
    with common.session(given["directory"], given["overrides"], screen=screen) as session:
        way = way_of(given, stages=stages)
        step = Step(given["suite_path"], given["target"], stages, way, force=given["force"])
        refuse(step)
        return take(session, screen, suite, step)


def take(session: Session, screen: Screen, suite: Suite, step: Step) -> int:
    """Do it, and write the file; the exit code."""
    one = _eval(session, suite, step)
    view = session.view(one)
    watch = Watch(screen, view, one.current())
    with screen.drawing(watch.draw):
        ended = session.run(view, step.way, None, watch.done)
    keys = {each.number: view.key(each.number) for each in ended.outcomes}
    generation: Generation = "1" if suite.old else "new"
    disk.write(step.target, as_toml(with_answers(suite, ended.outcomes, keys), generation))
    answered = sum(each.answer is not None for each in ended.outcomes)
    told = [f"{one.name}: {answered} of {counted(len(ended.outcomes), 'sample')} answered"]
    for line in told if "generate" in step.stages else summary(one, ended.outcomes):
        screen.line(line)
    screen.line(f"written: {step.target}")
    if ended.why is not None:
        screen.error(ended.why.told())
    errors = any(each.status in ("error", "cancelled") for each in ended.outcomes)
    left = any(view.next(each.number) in step.stages for each in ended.outcomes)
    return (
        common.BUDGET
        if ended.why and ended.why.reason == "budget"
        else common.INCOMPLETE
        if errors or left
        else 0
    )


def refuse(step: Step) -> None:
    """Raises AutoresearchError where a file of somebody else's would be written over."""
    if step.target.exists() and step.target.resolve() == step.source.resolve():
        raise AutoresearchError(
            f"{step.source} is read and never changed", "write into another file: -o FILE"
        )
    if step.target.exists() and not step.force:
        text = disk.read(step.target) or ""
        if text.strip() and "completion" not in text:
            raise AutoresearchError(
                f"{step.target} is there, and holds no answers", "name another, or --force"
            )


def _eval(session: Session, suite: Suite, step: Step) -> Eval:
    """Of `test` and `score` the answers of the file; of `generate` the questions of the file, and what the
    target has already."""
    if "generate" not in step.stages:
        if not giving.has_answers(suite):
            raise AutoresearchError(
                f"{step.source} holds no answers", f"suite generate {step.source} -o FILE"
            )
        return giving.given(session, suite, suite.name, step.wanted)
    if step.target.exists() and not step.force:
        before = common.read(step.target.absolute())
        asked = session.asked(suite, step.wanted, None)
        if giving.has_answers(before) and len(asked) == 1:  # older files don't say whose the answers are
            before = giving.by(before, asked[0].model)
        if giving.has_answers(before):
            giving.given(session, before, suite.name, step.wanted)
    return session.prepare(giving.without_answers(suite), suite.name, step.wanted)
