"""Can a proposal's files be read at all? Python, JSON, TOML and YAML are parsed before anything is run.

Only a file whose text before could be read is judged: what we can't read may be fine in a newer language.
"""

import json
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

import yaml

from autoresearch.core.text import one_line

_LINE = re.compile(r" \(at line (\d+), column \d+\)\Z")
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one needs a C library
_BRACKETS = 10_000  # in YAML: where they are nested, each costs as much as all around it

Mistake = tuple[int | None, str]  # its line, counted from 1, and what is wrong


def check(
    files: Mapping[str, str | None],
    before: Mapping[str, str],
    second_opinion: Callable[[str], bool] | None = None,
) -> str | None:
    """The first mistake as one line, `src/search.py, line 12: '(' was never closed`; None if there is none.

    `files` are those of a proposal, `before` the texts at its parent. `second_opinion` says of a Python
    text that ours can't read whether the user's own Python can.
    """
    for path, text in files.items():
        reader = _READERS.get(PurePosixPath(path).suffix.lower())
        if reader is None or text is None or (path in before and reader(before[path])):
            continue
        mistake = reader(text)
        if mistake is None or (reader is _python and second_opinion and second_opinion(text)):
            continue
        line, said = mistake
        where = path if line is None else f"{path}, line {line}"
        return one_line(f"{where}: {said}", 300)
    return None


def _python(text: str) -> Mistake | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Nothing is run; this is several times faster than ast.parse, and sees a stray `return` too.
            compile(text.encode(errors="surrogateescape"), "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno, error.msg
    except ValueError as error:
        return None, str(error)
    except (RecursionError, MemoryError):
        return None  # too deep for our parser, not wrong
    return None


def _json(text: str) -> Mistake | None:
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return error.lineno, error.msg
    except (ValueError, RecursionError):
        return None  # a number of too many digits, or too deep: no mistake
    return None


def _toml(text: str) -> Mistake | None:
    try:
        tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        return (int(place[1]) if place else None), _LINE.sub("", str(error))
    except (ValueError, RecursionError):
        return None
    return None


def _yaml(text: str) -> Mistake | None:
    """Its events only: nothing is built, so tags are only names and aliases don't multiply."""
    if text.count("[") + text.count("{") > _BRACKETS:
        return None
    anchors: set[str] = set()
    try:
        for event in yaml.parse(text, Loader=_YAML):
            if isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
                return _line(event.start_mark), f"found undefined alias {event.anchor!r}"
            if isinstance(event, yaml.NodeEvent) and event.anchor:
                anchors.add(event.anchor)
    except yaml.MarkedYAMLError as error:
        return _line(error.problem_mark or error.context_mark), error.problem or "it can't be read"
    except yaml.YAMLError as error:
        return None, str(error)
    except RecursionError:
        return None
    return None


def _line(mark: object) -> int | None:
    # PyYAML has two classes of marks, by the parser that is used.
    line: int | None = getattr(mark, "line", None)
    return None if line is None else line + 1


_READERS: dict[str, Callable[[str], Mistake | None]] = {
    ".py": _python,
    ".json": _json,
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
}
