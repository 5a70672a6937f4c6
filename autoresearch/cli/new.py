"""`autoresearch new`: what is asked, asked for where it is missing, and made."""

import sys
from pathlib import Path
from typing import Any

import click

from autoresearch.adapters import disk
from autoresearch.adapters.git import Repository
from autoresearch.adapters.screen import Screen
from autoresearch.adapters.settings import as_yaml, override
from autoresearch.cli.common import json_option, path_option, repository_at, settings_option
from autoresearch.core.constraints import unmet
from autoresearch.core.rows import as_row
from autoresearch.core.units import format_duration, format_number
from autoresearch.research import ideas, loop, ready
from autoresearch.research.experiment import Experiment, project_home
from autoresearch.research.home import user_home
from autoresearch.research.lab import open_lab
from autoresearch.research.ledger import Ledger
from autoresearch.research.setup import Request, create
from autoresearch.views.live import Watch

QUESTIONS = {
    "target": "File that may change (path or glob)",
    "evaluate": "Command that measures it and prints `name: value`",
    "metric": "Name of the metric",
    "direction": "Which is better, lower or higher",
}
SETTINGS = {"metric": ("metric", "metric.name"), "direction": ("metric", "metric.direction")}
FLAGS = {"target": "--target", "evaluate": "--eval", "metric": "--metric", "direction": "--direction"}


@click.command()
@click.argument("name", metavar="DOMAIN/NAME")
@click.option(
    "--target", multiple=True, metavar="FILE", help="What may change; a path or a glob; repeatable."
)
@click.option("--eval", "evaluate", metavar="CMD", help="The program that measures; prints `name: value`.")
@click.option("--evaluator", metavar="NAME", help="A ready one instead; see: autoresearch evaluators.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A setting of the ready evaluator.")
@click.option("--metric", metavar="NAME", help="The number that counts.")
@click.option("--direction", type=click.Choice(["lower", "higher"]), help="Which is better.")
@click.option("--budget", metavar="TIME", help="Time of one evaluation, such as 30s or 5m (default 5m).")
@click.option(
    "--check", "checks", multiple=True, metavar="CMD", help="Must exit 0 before a measurement counts."
)
@click.option("--constraint", "constraints", multiple=True, metavar="TEXT", help='Such as "peak_mb <= 512".')
@click.option("--goal", metavar="TEXT", help="The goal, in your words.")
@click.option("--idea", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="The goal, in a file.")  # fmt: skip
@click.option("--template", type=click.Choice(ideas.TEMPLATES), help="A goal to start from.")
@click.option("--scope", type=click.Choice(["project", "user"]), default="project", show_default=True,
              help="Keep it in the repository, or in your home folder.")  # fmt: skip
@click.option("--base", metavar="REV", help="Start from this commit (default HEAD).")
@click.option("--no-measure", is_flag=True, help="Don't measure the baseline now.")
@settings_option
@path_option
@json_option
def command(
    name: str, goal: str | None, idea: Path | None, template: str | None, scope: str, base: str | None,
    no_measure: bool, overrides: tuple[str, ...], directory: Path | None, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Make the experiment DOMAIN/NAME and measure its baseline.

    \b
    autoresearch new engineering/api-speed --target src/search.py \\
      --eval "python bench.py" --metric p50_ms --direction lower --check "pytest -q"
    autoresearch new engineering/api-speed --target src/search.py \\
      --evaluator benchmark_speed --set command="python bench.py"

    DOMAIN is any word; usual ones: engineering, marketing, content, prompts, custom.
    """
    if sum(value is not None for value in (goal, idea, template)) > 1:
        raise click.UsageError("--goal, --idea and --template are three ways to say the same; give one")
    repository = repository_at(directory)
    chosen = _ready(given)
    settings = override(_settings(given, overrides), overrides)
    home = user_home() if scope == "user" else project_home(repository)
    if any((goal, idea, template)) and (home.folder / name / "IDEA.md").exists():
        raise click.UsageError(f"{name} has an IDEA.md already, which is taken over; leave that option out")
    if scope == "user":
        settings["repository"] = str(repository.root)
    text = ideas.text(repository.root, settings, goal, disk.read(idea) if idea else None, template)
    screen = Screen(machine=as_json)
    laid = ready.programs(chosen) if chosen else {}
    request = Request(name, home, as_yaml(settings), text, base, laid)
    opened = create(repository, request, (lambda _: None) if no_measure else _measure_with(screen))
    _tell(opened, repository, screen, as_json)


def _ready(given: dict[str, Any]) -> ready.Ready | None:
    """The ready evaluator that was asked for; its metric and settings are filled in where none were given."""
    name, sets = given.pop("evaluator"), given.pop("sets")
    if name is None:
        if sets:
            raise click.UsageError("--set goes with --evaluator")
        return None
    if given["evaluate"]:
        raise click.UsageError("--eval and --evaluator are two ways to say the same; give one")
    chosen = ready.find(name)
    settings = ready.evaluator_settings(chosen, sets, given["target"])
    given["evaluator"] = settings
    given["environment"] = ready.variables(chosen, settings)
    given["sandbox"] = ready.reach(chosen, settings)
    own = given["metric"] in (None, chosen.metric)
    given["metric"] = given["metric"] or chosen.metric
    given["direction"] = given["direction"] or chosen.direction
    given["about"] = {"once": True, **({"unit": chosen.unit} if chosen.unit and own else {})}
    return chosen


def _settings(given: dict[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """What was given, as settings; a terminal is asked for what is missing, a script is told."""
    said = {text.split("=", 1)[0] for text in overrides}
    if given.get("evaluator"):
        said.add("evaluate")
    missing = [key for key in QUESTIONS if not given[key] and said.isdisjoint(SETTINGS.get(key, (key,)))]
    if missing and not (sys.stdin.isatty() and sys.stderr.isatty()):
        flags = ", ".join(FLAGS[key] for key in missing)
        raise click.UsageError(f"missing {flags}")
    for key in missing:
        kind = click.Choice(["lower", "higher"]) if key == "direction" else str
        answer = click.prompt(QUESTIONS[key], type=kind, err=True)
        given[key] = [answer] if key == "target" else answer
    settings = {
        "target": list(given["target"]),
        "evaluate": given["evaluate"],
        "evaluator": given.get("evaluator"),
        "environment": given.get("environment"),
        "sandbox": given.get("sandbox"),
        "metric": {"name": given["metric"], "direction": given["direction"], **given.get("about", {})},
        "checks": list(given["checks"]),
        "constraints": list(given["constraints"]),
        "time_budget": given["budget"],
    }
    return {key: value for key, value in settings.items() if value}


def _measure_with(screen: Screen) -> Any:
    def measure(experiment: Experiment) -> None:
        watch = Watch(screen, experiment.metric)
        with open_lab(experiment, watch) as lab, screen.drawing(watch.draw):
            watch.trials = lab.ledger.trials
            lab.workspace.restore()
            loop.ensure_baseline(experiment, lab)

    return measure


def _tell(experiment: Experiment, repository: Repository, screen: Screen, as_json: bool) -> None:
    ledger = Ledger.load(repository, experiment.name)
    trials = ledger.trials
    if as_json:
        screen.json({"experiment": experiment.name, "folder": str(experiment.folder),
                     "baseline": as_row(trials[0]) if trials else None})  # fmt: skip
        return
    metric = experiment.metric
    screen.line(f"made {experiment.folder}")
    for trial in trials:
        value = f"{metric.name} {format_number(trial.metric)} {metric.unit}".rstrip()
        screen.line(f"baseline: {value} ({format_duration(trial.seconds)})", "bold green")
        others = ", ".join(f"{name} {format_number(number)}" for name, number in trial.metrics.items())
        if others:
            screen.line(f"also read: {others}")
        own = {metric.name: trial.metric} if trial.metric is not None else {}
        if broken := unmet(experiment.settings.constraints, {**trial.metrics, **own}):
            screen.note(f"the baseline does not meet a constraint: {broken}")
    hint, who = ideas.proposer_hint(experiment, ledger.base)
    if hint:
        screen.line(hint)
    screen.line(f"next: autoresearch run {experiment.name} --loop {who}".rstrip())
