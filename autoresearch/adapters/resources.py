"""Finds the folders beside the package (templates/, prompts/, evaluators/), in a wheel or a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """The folder `name`: inside the package where a wheel put it, else beside the package."""
    packed = _PACKAGE / "data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
