"""JSON out of a model's reply: as it is, in a fence, or among prose; small slips are mended.

What is mended changes no word: commas before a closing bracket, line breaks inside of a text.
"""

import json
import re
from collections.abc import Iterator
from types import UnionType
from typing import Any

_FENCE = re.compile(r"```[ \t]*[\w-]*[ \t]*\r?\n(.*?)\r?\n[ \t]*```", re.DOTALL)
_THINK = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
TRIES = 50  # brackets at which an object may begin


def find_object(reply: str) -> dict[str, Any]:
    """The object that a reply is, or holds. Raises ValueError where there is none."""
    text = _THINK.sub("", reply.removeprefix("\ufeff"), count=1).strip()
    whole = [text, *(fence[1].strip() for fence in _FENCE.finditer(text))]
    for candidate in whole:
        for written in (candidate, _COMMA.sub(lambda found: found[1] or "", candidate)):
            try:
                value = json.loads(written, strict=False)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                return value
    if (found := next(_within(text), None)) is not None:
        return found
    raise ValueError("it holds no JSON object")


def _within(text: str) -> Iterator[dict[str, Any]]:
    """Objects among prose, the first one first."""
    decoder = json.JSONDecoder(strict=False)
    mended = _COMMA.sub(lambda found: found[1] or "", text)
    for written in (text, mended):
        for place, start in enumerate(re.finditer(r"\{", written)):
            if place == TRIES:
                break
            try:
                value, _ = decoder.raw_decode(written, start.start())
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and value:
                yield value


def text_of(value: dict[str, Any], name: str, *, needed: bool = True) -> str:
    """The text under `name`. Raises ValueError where it is none."""
    found = value.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or (needed and not found.strip()):
        raise ValueError(f"{name} must be a text")
    return found.strip()


def list_of(value: dict[str, Any], name: str, kind: type | UnionType, what: str) -> list[Any]:
    """The list under `name`, empty where there is none. Raises ValueError where it holds something else."""
    found = value.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, kind) for each in found):
        raise ValueError(f"{name} must be a list of {what}")
    return found


def truth_of(value: dict[str, Any], name: str) -> bool:
    """The truth under `name`, false where there is none. Raises ValueError where it is neither."""
    found = value.get(name, False)
    if not isinstance(found, bool):
        raise ValueError(f"{name} must be true or false")
    return found
