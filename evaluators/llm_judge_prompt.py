"""A prompt, tried on a file of cases and judged by a model: `quality_score`, 0 to 100, higher is better.

    python evaluators/llm_judge_prompt.py --target prompt.md --cases cases.json --tool claude

`cases.json` is a list of {"input": "…", "expected": "…"} (or one such object a line). The prompt is the
system text by which each input is answered; the whole answer is judged by what was expected. The score is the
mean over all cases.
"""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

from _api import Api
from _asking import Failed, each
from _evaluator import main
from _judge import READINGS, Rubric, asker, or_fail, read_target, read_text, sized, vote
from _tool import Tool

EVALUATOR = {
    "metric": "quality_score",
    "direction": "higher",
    "unit": "of 100",
    "summary": "how good a prompt's answers to a file of cases are, judged by a model",
    "network": True,
    "keys": "model",
    "one_of": ["tool", "model"],
    "settings": {
        "target": {"help": "the file that holds the prompt", "required": True},
        "cases": {"help": "JSON file of cases: input and expected", "required": True},
        "tool": {
            "help": "your command-line tool that judges",
            "default": "",
            "choices": ["claude", "codex", "gemini"],
        },
        "model": {
            "help": "provider/name, asked through the API; with --tool: a model of the tool",
            "default": "",
        },
        "generator_tool": {
            "help": "the tool that answers by the prompt; default: who judges",
            "default": "",
            "choices": ["claude", "codex", "gemini"],
        },
        "generator_model": {
            "help": "the model that answers by the prompt; default: who judges",
            "default": "",
        },
        "api_base": {"help": "base of an OpenAI-compatible API, instead of the provider's", "default": ""},
        "key_env": {"help": "variable that holds the key, instead of the provider's", "default": ""},
        "votes": {"help": "independent requests for each case", "default": 3, "least": 1},
        "jobs": {"help": "cases at a time", "default": 4, "least": 1},
        "timeout": {"help": "seconds that one request may take", "default": 120.0, "least": 1},
    },
}
RUBRIC = Rubric(
    task="You judge an answer to an input, by what was expected. The whole of it counts.",
    criteria={
        "correctness": "does it agree with what was expected, with nothing wrong added?",
        "completeness": "is all of what was expected in it?",
        "form": "are its form, length and tone those of what was expected?",
    },
    top=100,
    weights={"correctness": 3, "completeness": 2},
)


@dataclass(frozen=True)
class Case:
    """What the prompt is given, what it should make of it, and what to call this in a message."""

    name: str
    input: str
    expected: str


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Marks from 0 to 100, as means over the cases; a case without them is no measurement."""
    return or_fail(lambda: _measure(settings))


def _measure(settings: argparse.Namespace) -> dict[str, float]:
    judge = asker(settings, settings.tool, settings.model)
    apart = settings.generator_tool or settings.generator_model
    generator = asker(settings, settings.generator_tool, settings.generator_model) if apart else judge
    prompt, cases = read_target(settings.target), read_cases(settings.cases)

    def judged(case: Case) -> tuple[float, dict[str, float], float]:
        try:
            parts = {"The input": case.input, "Expected": case.expected}
            parts["The answer to judge"] = generated(generator, prompt, case)
            return RUBRIC.numbers([vote(judge, RUBRIC, parts) for _ in range(settings.votes)])
        except Failed as failure:
            raise Failed(f"{case.name}: {failure}") from failure

    scores, medians, spreads = zip(*each(judged, cases, settings.jobs), strict=True)
    return {
        "quality_score": _mean(scores),
        **{name: _mean([marks[name] for marks in medians]) for name in RUBRIC.criteria},
        "worst_case": min(scores),
        "cases": len(cases),
        "votes": settings.votes,
        "spread": _mean(spreads),
    }


def _mean(values: list[float] | tuple[float, ...]) -> float:
    return math.fsum(values) / len(values)


def generated(generator: Api | Tool, prompt: str, case: Case) -> str:
    """The prompt's whole answer to a case. Failed where it is cut, empty or too long."""
    for _ in range(READINGS):
        answer = generator.ask(case.input, system=prompt, temperature=0)
        if answer.cut:
            raise Failed(
                "the answer was cut at the model's limit on length: ask for shorter ones in the prompt"
            )
        if answer.text.strip():
            break
    return sized(answer.text, "the answer")


def read_cases(name: str) -> list[Case]:
    """The cases of a file: a JSON list, or one JSON object a line. Failed."""
    text = read_text(Path(name), f"--cases {name}")
    try:
        found = json.loads(text)
        rows = found if isinstance(found, list) else [found]
    except (ValueError, RecursionError) as error:
        try:
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            raise Failed(f"--cases {name} is no JSON list, nor JSON objects in lines ({error})") from error
    if not rows:
        raise Failed(f"--cases {name} holds no case")
    return [_case(row, f"case {number} of {name}") for number, row in enumerate(rows, 1)]


def _case(row: object, called: str) -> Case:
    texts = [row.get(key) if isinstance(row, dict) else None for key in ("input", "expected")]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise Failed(f'{called} has to be {{"input": "…", "expected": "…"}}, with text in both')
    try:
        given, expected = (str(text).encode().decode() for text in texts)
    except UnicodeEncodeError as error:
        raise Failed(f"{called} holds half a character ({error.reason})") from error
    return Case(called, sized(given, called), sized(expected, called))


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
