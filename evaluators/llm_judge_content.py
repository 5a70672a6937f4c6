"""A headline, title or description, judged by a model: `ctr_score`, 0 to 10, higher is better.

    python evaluators/llm_judge_content.py --target headline.txt --tool claude
    python evaluators/llm_judge_content.py --target headline.txt --model openrouter/openai/gpt-4.1-mini

Each vote is a request of its own. Of each criterion the median of the votes counts; the score is their mean.
"""

import argparse

from _evaluator import main
from _judge import Rubric, judged

EVALUATOR = {
    "metric": "ctr_score",
    "direction": "higher",
    "unit": "of 10",
    "summary": "how much a headline or description makes people click, judged by a model",
    "network": True,
    "keys": "model",
    "one_of": ["tool", "model"],
    "settings": {
        "target": {"help": "the file that holds the text", "required": True},
        "tool": {
            "help": "your command-line tool that is asked",
            "default": "",
            "choices": ["claude", "codex", "gemini"],
        },
        "model": {
            "help": "provider/name, asked through the API; with --tool: a model of the tool",
            "default": "",
        },
        "api_base": {"help": "base of an OpenAI-compatible API, instead of the provider's", "default": ""},
        "key_env": {"help": "variable that holds the key, instead of the provider's", "default": ""},
        "votes": {"help": "independent requests", "default": 3, "least": 1},
        "timeout": {"help": "seconds that one request may take", "default": 120.0, "least": 1},
    },
}
RUBRIC = Rubric(
    task="You judge what a reader sees of a page before opening it: a headline, a title, a description.",
    criteria={
        "curiosity": "does it open a question that the reader wants answered, without tricking them?",
        "specificity": "does it name things, numbers and outcomes, so that it fits no other page?",
        "emotional": "does it touch what its readers hope, fear or care for?",
        "scroll_stop": "do its first words stop somebody who is scrolling past?",
        "seo": "does it hold, early and naturally, the words that people search for, in a fit length?",
    },
    top=10,
    weights={},
)


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Marks from 0 to 10; `spread` is the distance between the kindest and the harshest vote."""
    return judged(settings, "ctr_score", RUBRIC)


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
