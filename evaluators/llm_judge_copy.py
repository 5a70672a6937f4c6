"""A post, ad or mail, judged by a model for its platform: `engagement_score`, 0 to 10, higher is better.

    python evaluators/llm_judge_copy.py --target post.md --platform linkedin --tool claude
    python evaluators/llm_judge_copy.py --target ad.txt --platform ad --model openai/gpt-4.1-mini

Each vote is a request of its own. Of each criterion the median of the votes counts; the score is their mean.
"""

import argparse

from _evaluator import main
from _judge import Rubric, judged

EVALUATOR = {
    "metric": "engagement_score",
    "direction": "higher",
    "unit": "of 10",
    "summary": "how much a post, ad or mail engages its readers, judged by a model",
    "network": True,
    "keys": "model",
    "one_of": ["tool", "model"],
    "settings": {
        "target": {"help": "the file that holds the text", "required": True},
        "platform": {
            "help": "where it will appear",
            "required": True,
            "choices": ["twitter", "linkedin", "instagram", "email", "ad"],
        },
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
# Of each platform: what is judged, and by which questions.
PLATFORMS = {
    "twitter": (
        "a post on X (Twitter)",
        {
            "hook": "do the first words stop somebody who is scrolling past?",
            "clarity": "is it one thought, understood at the first reading?",
            "brevity": "is there no word that could go, and does it fit the length of a post?",
            "replies": "does it make readers want to answer?",
            "shareability": "would readers be glad to be seen passing it on?",
        },
    ),
    "linkedin": (
        "a post on LinkedIn",
        {
            "hook": "do the lines above the fold make the reader open the rest?",
            "credibility": "does it speak from experience, with facts, and without boasting?",
            "value": "does a professional take something from it that they can use?",
            "readability": "are paragraphs short and the order easy to follow?",
            "conversation": "does it invite comments that are worth reading?",
        },
    ),
    "instagram": (
        "a caption on Instagram",
        {
            "hook": "does the first line, all that is shown at first, make the reader go on?",
            "emotion": "does it make the reader feel something?",
            "voice": "does it sound like a person whom one would follow?",
            "picture": "does it carry the picture on, rather than describe it?",
            "call_to_action": "does it ask naturally for one thing: a comment, a save, a visit?",
        },
    ),
    "email": (
        "an email to subscribers, with its subject line",
        {
            "subject_line": "would it be opened among fifty others, and does it keep its promise?",
            "relevance": "does it speak of the reader's concern, not the sender's?",
            "readability": "can it be taken in within half a minute on a telephone?",
            "trust": "is it free of what sounds like spam, pressure or exaggeration?",
            "call_to_action": "is there one next step, plain and easy?",
        },
    ),
    "ad": (
        "an advertisement",
        {
            "attention": "does it stop somebody who was looking for something else?",
            "benefit": "is it plain at once what the reader gains?",
            "credibility": "is the claim specific and believable?",
            "clarity": "is it understood at a glance?",
            "call_to_action": "does it say what to do next, and why now?",
        },
    ),
}


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Marks from 0 to 10; `spread` is the distance between the kindest and the harshest vote."""
    what, criteria = PLATFORMS[settings.platform]
    task = f"You judge {what}: how much the people whom it is meant for will engage with it."
    return judged(settings, "engagement_score", Rubric(task, criteria, top=10, weights={}))


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
