"""Names of experiments: `domain/name`, each a word that a folder and a git branch can carry."""

import re

from autoresearch.core.errors import ExperimentError

READY_DOMAINS = ("engineering", "marketing", "content", "prompts", "custom")
_TAKEN = ("version", "config.yaml")  # files beside the domains
_WORD = re.compile(r"\w[\w.+-]*")


def check_name(name: str) -> str:
    """`name` itself if it is a usable `domain/name`, else ExperimentError saying what is wrong with it."""
    words = name.split("/")
    if len(words) != 2:
        raise ExperimentError(f"{name!r} is not DOMAIN/NAME", "for example: engineering/api-speed")
    for word in words:
        fits = _WORD.fullmatch(word) and len(word.encode()) <= 100
        if not fits or ".." in word or word.endswith((".", ".lock")):
            raise ExperimentError(
                f"{word!r} can't be part of a git branch or folder name",
                "use letters, digits, '-', '_', '.' and '+', a letter or digit first, 100 bytes at most",
            )
    if words[0] in _TAKEN:
        raise ExperimentError(f"a domain can't be called {words[0]!r}", "that file stands beside the domains")
    return name


def ending(names: list[str], wanted: str) -> list[str]:
    """The names that `wanted` may mean: itself if it is one, else every name it is an ending of."""
    if wanted in names:
        return [wanted]
    return [name for name in names if name.split("/", 1)[1] == wanted] or [
        name for name in names if name.endswith(wanted)
    ]


def split(name: str) -> tuple[str, str]:
    """`domain/name` as its two words."""
    domain, _, short = name.partition("/")
    return domain, short
