"""jinja2: pages and files filled from templates/. A name that is missing is an error, not a blank."""

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from autoresearch.adapters.resources import folder


def render(name: str, **values: Any) -> str:
    """The template `name` of templates/, filled; HTML is escaped."""
    environment = Environment(
        loader=FileSystemLoader(folder("templates")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html", "html.j2")),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values)
