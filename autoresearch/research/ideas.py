"""The text of IDEA.md: the user's words, their program.md, a template, or one sentence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autoresearch.adapters import disk
from autoresearch.adapters.pages import render
from autoresearch.core.errors import ExperimentError
from autoresearch.core.marks import marks_in
from autoresearch.research.experiment import Experiment
from autoresearch.research.workspace import read_texts

TEMPLATES = ("model_training", "prompt_engineering", "code_performance", "content", "agent_skills")


def text(
    root: Path, settings: Mapping[str, Any], goal: str | None, idea: str | None, template: str | None
) -> str:
    """What was given; else the repository's program.md, which is taken over; else a sentence."""
    if goal is not None:
        return goal.strip() + "\n"
    if idea is not None:
        return idea
    if template is not None:
        return render(f"ideas/{template}.md.j2", **_words(settings))
    return disk.read(root / "program.md") or render("ideas/plain.md.j2", **_words(settings))


def proposer_hint(experiment: Experiment, base: str) -> tuple[str, str]:
    """What a new user must know before the first run: who will have the ideas ("" where that is clear), and
    the options that the run needs for it."""
    if experiment.settings.use != "tuner":
        return "", ""
    texts = read_texts(experiment.repository, base, experiment.settings.target)
    try:
        marked = marks_in(texts)
    except ValueError as error:
        return f"the tuner can't work yet: {error}", ""
    if marked:
        return f"the tuner will try: {', '.join(mark.name for mark in marked)}", ""
    return (
        "the tuner finds nothing to tune: mark a number in the target, such as "
        "`lr = 0.01  # tune: log 1e-4..1e-1`, or ask a model, or an agent (--proposer claude)",
        "--model openrouter/vendor/name",
    )


def refuse_without_goal(experiment: Experiment) -> None:
    """Raises ExperimentError where IDEA.md is missing or empty: whoever has ideas needs to know what for."""
    if not experiment.goal and experiment.settings.use != "tuner":
        path = experiment.folder / "IDEA.md"
        what = "is empty" if path.exists() else "is missing"
        raise ExperimentError(f"{path} {what}", "write the goal into it; one sentence will do")


def _words(settings: Mapping[str, Any]) -> dict[str, Any]:
    metric = settings["metric"]
    return {
        "target": ", ".join(settings["target"]),
        "metric": metric["name"],
        "direction": metric["direction"],
        "constraints": settings.get("constraints", []),
    }
