"""Reads a settings file, or one `-c key=value`, into values that know where they stand; writes one.

YAML's traps end here: keys given twice, aliases, tags, tabs and foreign encodings are refused with their
place. Which keys there are and what they mean is left to `settings`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from autoresearch.adapters.settings_places import Mistake, Place, Placed
from autoresearch.core.text import one_line

_DEEPEST = 20
_WIDEST = 88
_HEADER = "# Every key, what it means and its default: docs/configuration.md\n"
_TAG = "tag:yaml.org,2002:"
_CONVERTED = ("null", "bool", "int", "float")
_SCALARS = (*_CONVERTED, "str", "timestamp", "value", "merge")
_END = "the end"
_MENDS = {
    r"'\t' that cannot start": "use spaces, not tabs",
    "that cannot start": "put the text in quotes",
    "mapping values are not allowed": "put text that holds a colon in quotes, or mend the indentation",
    "undefined tag": "put the text in quotes",
    "another document": "take out the line ---",
}


def read_file(path: Path, rank: int, mistakes: list[Mistake], *, missing_ok: bool = False) -> Placed | None:
    """The mapping that `path` holds; an empty file is an empty mapping.

    What is wrong is added to `mistakes`; None says that nothing could be read.
    """
    source = Place(rank, str(path))
    start = source._replace(line=1, column=1)
    try:
        found = _read(_text(path, start), start, mistakes)
    except FileNotFoundError:
        if missing_ok:
            return Placed({}, start)
        mistakes.append(Mistake(source, "there is no such file; `autoresearch new` makes an experiment"))
    except _Unreadable as error:
        mistakes.append(error.mistake)
    else:
        if isinstance(found.value, dict):
            return found
        if found.value is None:
            return Placed({}, start)
        mistakes.append(Mistake(start, "must hold keys and values, such as target: [src/search.py]"))
    return None


def read_override(text: str, rank: int, mistakes: list[Mistake], source: str | None = None) -> Placed | None:
    """The mapping that `key=value` stands for: the key may be dotted, the value is YAML. As `read_file`.

    `source` is what people know it by, where that is not `-c`.
    """
    place = Place(rank, source or f"-c {one_line(text)}")
    dotted, equals, value = text.partition("=")
    keys = dotted.strip().split(".")
    try:
        if not equals or not all(keys):
            raise _Unreadable(place, "needs a key and a value, such as -c stop.trials=5")
        if (
            keys[0] == "stop" and not value.strip()
        ):  # `$5`, of which a shell leaves nothing, is not "no limit"
            raise _Unreadable(place, "has no value; quote a $ for your shell, or write null for no limit")
        found = _read(value, place, mistakes)
    except _Unreadable as error:
        mistakes.append(error.mistake)
        return None
    for key in reversed(keys):
        found = Placed({key: found}, place)
    return found


def write(settings: Mapping[str, Any]) -> str:
    """`settings` as a file for people: a short value on the line of its key, a long one beneath it."""
    text = _HEADER
    for key, value in settings.items():
        line = _dump({key: value}, None if isinstance(value, Mapping | list | tuple) else False)
        text += line if len(line) <= _WIDEST else _dump({key: value}, False)
    return text


def _dump(entry: Mapping[str, Any], flow: bool | None) -> str:
    """`flow` is PyYAML's: None puts the innermost lists and mappings in brackets, False none."""
    return yaml.dump(
        entry,
        Dumper=_Dumper,
        default_flow_style=flow,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Several lines stay several lines."""
        return self.represent_scalar(_TAG + "str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.represent_str)


class _Unreadable(Exception):
    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.mistake = Mistake(place, text)


def _text(path: Path, start: Place) -> str:
    try:
        return path.read_bytes().decode()  # PyYAML skips a byte order mark
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _Unreadable(start._replace(line=0), f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        place = _place_after(error.object[: error.start].decode(), start)
        raise _Unreadable(place, "this is not UTF-8 text; save the file as UTF-8") from error


def _read(text: str, start: Place, mistakes: list[Mistake]) -> Placed:
    """The document in `text`, which begins at `start`; an empty one is None."""
    try:
        return _Loader(text, start, mistakes).document()
    except yaml.reader.ReaderError as error:
        character = f"U+{ord(text[error.position]):04X}"
        place = _place_after(text[: error.position], start)
        raise _Unreadable(place, f"the character {character} can't be used here; take it out") from error
    except yaml.MarkedYAMLError as error:
        problem = (
            (error.problem or "")
            .removeprefix("but ")
            .replace(r"'\x00'", _END)
            .replace("'<stream end>'", _END)
        )
        began, noticed = error.context_mark, error.problem_mark
        if began and noticed and began.line < noticed.line:
            problem += f" in what began on line {began.line + 1}"
        known = (mend for words, mend in _MENDS.items() if words in problem)
        mend = next(known, "mend the brackets, quotes or indentation")
        raise _Unreadable(
            _place_at(noticed or began, start), f"this can't be read: {problem}; {mend}"
        ) from error


def _place_after(before: str, start: Place) -> Place:
    """The place of what follows `before`."""
    if not start.line:
        return start
    return start._replace(line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _place_at(mark: Any, start: Place) -> Place:
    if not start.line or not mark:
        return start
    return start._replace(line=mark.line + 1, column=mark.column + 1)


class _Loader(yaml.SafeLoader):
    """Refuses aliases (a few lines of them can stand for gigabytes), tags, and bottomless nesting."""

    def __init__(self, text: str, start: Place, mistakes: list[Mistake]) -> None:
        super().__init__(text)
        self.start = start
        self.mistakes = mistakes
        self.depth = 0

    def document(self) -> Placed:
        node = self.get_single_node()
        return Placed(None, self.start) if node is None else self.placed(node, self.start, "")

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _Unreadable(
                self.place(event), f"the alias *{event.anchor} can't be used; write its value out"
            )
        if self.depth == _DEEPEST:
            raise _Unreadable(self.place(event), "nested too deep; there are keys, and keys in sections")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def place(self, found: yaml.Node | yaml.Event) -> Place:
        return _place_at(found.start_mark, self.start)

    def placed(self, node: yaml.Node, place: Place, section: str) -> Placed:
        """`node` as plain values. `section` is the dotted key of the mapping that it may be."""
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return Placed(self.mapping(node, section), place)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return Placed([self.placed(item, self.place(item), section) for item in node.value], place)
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
            return Placed(self.scalar(node) if kind in _CONVERTED else node.value, place)
        raise _Unreadable(
            place,
            f"the tag {node.tag.replace(_TAG, '!!')} can't be used; take it out or put the text in quotes",
        )

    def mapping(self, node: yaml.MappingNode, section: str) -> dict[str, Placed]:
        found: dict[str, Placed] = {}
        for key_node, value_node in node.value:
            place = self.place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Unreadable(place, "a list or a mapping can't be a key; keys are words")
            key = key_node.value
            if key in found:
                where = f"{section}: " if section else ""
                first = f", first on line {found[key].place.line}" if place.line else ""
                self.mistakes.append(Mistake(place, f"{where}{key!r} is given twice{first}; keep one"))
            found[key] = self.placed(value_node, place, f"{section}.{key}".lstrip("."))
        return found

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """The value. 1:30, which is 90 to YAML 1.1, and numbers that can't be converted are text."""
        try:
            return node.value if ":" in node.value else self.construct_object(node)
        except (ValueError, KeyError, IndexError):
            return node.value
