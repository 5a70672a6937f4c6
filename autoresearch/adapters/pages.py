"""jinja2: pages from templates/, prompts from prompts/, templates of the user's own. A name that is missing
is an error, not a blank."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from autoresearch.adapters.resources import folder
from autoresearch.core.errors import AutoresearchError


def render(name: str, **values: Any) -> str:
    """The template `name` of templates/, filled; HTML is escaped."""
    return _filled("templates", name, values)


def prompt(name: str, **values: Any) -> str:
    """The prompt `name` of prompts/, filled."""
    return _filled("prompts", name, values)


def from_text(text: str, values: Mapping[str, Any], where: str) -> str:
    """A template that is given as text, filled. It is data: it reaches nothing but `values`.

    Raises AutoresearchError, naming `where`, for a template that is wrong or a name that is not there.
    """
    try:
        return _compiled(text).render(values)
    except TemplateError as error:
        number = getattr(error, "lineno", None)
        line = f" (line {number} of the template)" if number else ""
        there = ", ".join(sorted(map(str, values)))
        raise AutoresearchError(f"{where}: {error.message}{line}", f"there are: {there}") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise AutoresearchError(
            f"{where}: the template can't be filled: {error}", "mend the template"
        ) from None


@lru_cache(maxsize=100)
def _compiled(text: str) -> Template:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text)


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
