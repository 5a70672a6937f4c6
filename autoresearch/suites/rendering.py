"""What a model is asked for a case: the suite's templates, filled with the case's fields."""

from collections.abc import Mapping

from autoresearch.adapters.pages import from_text
from autoresearch.core.suite import Case, Suite

DEFAULT = "{{ input }}"


def messages(suite: Suite, case: Case, parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """In the order in which they are sent, what all cases share first. `parameters` are those of `-p`.

    A preload stands at the end, after a blank line. Raises AutoresearchError where a template can't be
    filled.
    """
    if case.messages is not None:
        return [dict(message) for message in case.messages]
    where = f"{suite.path}: case {case.id}"
    values = {**parameters, **case.fields}
    system = case.system
    if system is None and suite.system is not None:
        system = from_text(suite.system, values, where)
    prompt = _prompt(suite, case, values, where)
    if case.preload:
        prompt = f"{prompt}\n\n{case.preload}"
    first = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": prompt}]


def _prompt(suite: Suite, case: Case, values: Mapping[str, object], where: str) -> str:
    """A prompt of the case's own is taken as it is, unless the suite has a template that it is a field of."""
    if suite.prompt is None and case.prompt is not None:
        return case.prompt
    return from_text(suite.prompt or DEFAULT, values, where)
