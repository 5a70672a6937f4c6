"""Frozen dataclasses of ours as JSON, and back: what a program writes for itself, exactly as it was."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from autoresearch.core.errors import AutoresearchError

Kept = TypeVar("Kept")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}  # made once for each type: that takes milliseconds


def as_json(value: object) -> bytes:
    """The value, of a dataclass of ours."""
    return _adapter(type(value)).dump_json(value)


def from_json(kind: type[Kept], text: bytes | str, where: str) -> Kept:
    """The same again. Raises AutoresearchError, naming `where`, for what is no such value."""
    try:
        kept: Kept = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise AutoresearchError(
            f"{where} can't be read ({place}: {first['msg']})", "take it away; it is made again: suite run"
        ) from None
    return kept


def _adapter(kind: type) -> TypeAdapter[Any]:
    return _ADAPTERS.setdefault(kind, _ADAPTERS.get(kind) or TypeAdapter(kind))
