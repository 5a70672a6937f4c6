"""jinja2: pages from templates/, prompts from prompts/. A name that is missing is an error, not a blank."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from autoresearch.adapters.resources import folder


def render(name: str, **values: Any) -> str:
    """The template `name` of templates/, filled; HTML is escaped."""
    return _filled("templates", name, values)


def prompt(name: str, **values: Any) -> str:
    """The prompt `name` of prompts/, filled."""
    return _filled("prompts", name, values)


def _filled(where: str, name: str, values: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(folder(where)),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html", "html.j2")),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values)
