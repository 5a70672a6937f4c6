"""The kinds of value that say what a sandboxed command may reach; see `settings_values`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from autoresearch.adapters.settings_values import Listed, choice, must_be, words
from autoresearch.core.paths import escapes
from autoresearch.core.units import parse_size


def _size(value: Any) -> int:
    try:
        size = parse_size(value)
    except ValueError as error:
        raise must_be("a size such as 512M or 4G", value) from error
    return size


def _network(value: Any) -> bool | tuple[int, ...]:
    if isinstance(value, bool):
        return value
    what = "true, false, or TCP ports such as [8000]"
    ports = value if isinstance(value, list | tuple) else [value]
    if not ports or not all(type(port) is int and 0 < port < 65536 for port in ports):
        raise must_be(what, value)
    return tuple(ports)


def _reachable(value: Any) -> Path:
    """A path that a sandboxed command may reach: absolute, or below the home folder as `~/data`."""
    if not words(value).startswith(("/", "~/")):
        raise must_be("an absolute path, or one that begins with ~/", value)
    return Path(value).expanduser()


def _in_home(value: Any) -> str:
    path = words(value).removeprefix("~/")
    if escapes(path) or not path.strip("./"):
        raise must_be("a path in your home folder, such as .claude", value)
    return path


Level = Annotated[
    Literal["auto", "bubblewrap", "landlock", "seatbelt", "none"],
    PlainValidator(choice("auto", "bubblewrap", "landlock", "seatbelt", "none")),
]
Network = Annotated[bool | tuple[int, ...], PlainValidator(_network)]
Size = Annotated[int, PlainValidator(_size)]
Reachable = Annotated[tuple[Annotated[Path, PlainValidator(_reachable)], ...], Listed]
InHome = Annotated[tuple[Annotated[str, PlainValidator(_in_home)], ...], Listed]
