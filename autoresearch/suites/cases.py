"""Suites and their cases, from files of every form; all that is wrong with one is said at once.

suite = read(Path("suites/greet.toml"), {"language": "en"})
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoresearch.adapters.settings_values import model as read_model
from autoresearch.core import extraction
from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError, SettingsError
from autoresearch.core.matching import wrong_with
from autoresearch.core.suite import Case, Execution, Match, Parameters, Suite
from autoresearch.core.units import parse_duration, parse_size
from autoresearch.suites import case_fields as kind
from autoresearch.suites import case_files, case_tables
from autoresearch.suites.case_fields import Mistakes, Table
from autoresearch.suites.matches import match
from autoresearch.suites.rendering import messages

KEYS = (
    "name", "description", "prompt", "prompt_file", "system", "system_file", "models", "samples",
    "temperature", "max_tokens", "stop", "options", "extract", "match", "aggregate", "k", "runner",
    "timeout", "judge", "cases_file", "execution", "cases", "questions",
)  # fmt: skip
EXECUTION = ("command", "timeout", "memory", "output", "processes", "echo_stdin", "stream", "file")
AGGREGATES = ("basic", "all-or-nothing", "expected", "finite-expected")


def read(path: Path, arguments: Mapping[str, str] | None = None) -> Suite:
    """The suite in a file; a file of nothing but cases asks each `input`. `arguments` are those of `-p`.

    Raises SettingsError, with a line for every mistake.
    """
    source = case_files.read(path)
    mistakes = Mistakes(source)
    tree = source.tree
    whole: dict[str, Any] = {"cases": tree} if isinstance(tree, list) else dict(tree or {})
    table = Table(whole, (), "", mistakes)
    table.refuse_unknown(KEYS)
    cases = case_tables.cases(table, path.parent, lists=isinstance(tree, list))
    suite = _suite(table, path, cases)
    if not mistakes.found:
        _check(suite, mistakes, arguments or {})
    if mistakes.found:
        raise SettingsError(mistakes.told())
    return suite


def cases_of(rows: Sequence[Any]) -> list[Case]:
    """Cases from what a program gave: data, or objects with `input`, `target`, `id`. Raises SettingsError."""
    whole = [row if isinstance(row, dict) and "input" in row else {"input": row} for row in rows]
    mistakes = Mistakes(case_files.Source("load", whole, lambda _way: None))
    found = case_tables.cases(Table({"cases": whole}, (), "", mistakes), Path(), lists=True)
    if mistakes.found:
        raise SettingsError(mistakes.told())
    return found


def _suite(table: Table, path: Path, cases: Sequence[Case]) -> Suite:
    old = "questions" in table.values
    human_eval = any("task_id" in case.fields for case in cases)
    take = table.take
    return Suite(
        name=take("name", kind.text, path.stem),
        path=str(path),
        cases=tuple(cases),
        prompt=take("prompt", kind.text, _file(table, "prompt_file", path.parent)),
        system=take("system", kind.text, _file(table, "system_file", path.parent)),
        models=take("models", _models, ()),
        samples=take("samples", kind.count, 1),
        parameters=Parameters(
            take("temperature", kind.number, None),
            take("max_tokens", kind.count, None),
            take("stop", kind.texts, ()),
            take("options", kind.mapping, {}),
        ),
        extract=take("extract", _extract, "code" if human_eval else "none"),
        match=take("match", match, Match()),
        aggregate=take("aggregate", kind.one_of(*AGGREGATES), "basic"),
        k=take("k", kind.counts, (1,)),
        execution=_execution(table),
        runner=take("runner", kind.text, None),
        timeout=take("timeout", _duration, None),
        judge=take("judge", read_model, None),
        old=old,
    )


def _execution(table: Table) -> Execution:
    given = table.take("execution", kind.mapping, {})
    inner = Table(given, (*table.way, "execution"), "execution", table.mistakes)
    inner.refuse_unknown(EXECUTION)
    usual = Execution()
    return Execution(
        command=inner.take("command", kind.texts, tuple(usual.command)),
        timeout=inner.take("timeout", _duration, usual.timeout),
        memory=inner.take("memory", _size, usual.memory),
        output=inner.take("output", _size, usual.output),
        processes=inner.take("processes", kind.count, usual.processes),
        echo_stdin=inner.take("echo_stdin", kind.truth, usual.echo_stdin),
        stream=inner.take("stream", kind.one_of("stdout", "both"), usual.stream),
        file=inner.take("file", case_tables.file_name, usual.file),
    )


def _check(suite: Suite, mistakes: Mistakes, arguments: Mapping[str, str]) -> None:
    """What only the whole shows: templates that can't be filled, judges that are not named, files not
    there."""
    base = Path(suite.path).parent
    if not suite.cases:
        mistakes.add((), "there is no case; add [[cases]] with an input, or cases_file")
    needed = [suite.runner, *(each.match.options.get("file") for each in suite.cases if each.match)]
    for name in filter(None, [*needed, suite.match.options.get("file")]):
        if not (base / name).is_file():
            mistakes.add(("runner",), f"there is no file {base / name}")
    if suite.judge is None and "judge" in {
        suite.match.kind,
        *(case.match.kind for case in suite.cases if case.match),
    }:
        mistakes.add(("match",), 'match = "judge" needs a model: judge = "openrouter/vendor/name"')
    for at, case in enumerate(suite.cases):
        where = ("questions" if suite.old else "cases", at)
        if problem := wrong_with(case.match or suite.match, case.targets):
            mistakes.add((*where, "target"), f"case {case.id}: {problem}")
        if any(test.expect is None for test in case.tests) and not _python(suite.execution):
            mistakes.add(
                (*where, "tests"),
                f"case {case.id}: a test without `expect` takes Python; say what is expected",
            )
        if suite.runner is None:
            try:
                messages(suite, case, arguments)
            except AutoresearchError as error:
                mistakes.add(where, f"{error}".removeprefix(f"{suite.path}: "))


def _python(execution: Execution) -> bool:
    return Path(execution.command[0]).name.startswith("python")


def _file(table: Table, key: str, folder: Path) -> str | None:
    """The text of a file that the suite names."""
    name: str | None = table.take(key, kind.text, None)
    if name is None:
        return None
    if table.values.get(key.removesuffix("_file")) is not None:
        table.wrong(key, f"says the same as {key.removesuffix('_file')} in another way; keep one")
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        table.wrong(
            key, f"{folder / name} can't be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}"
        )
        return None


def _models(value: Any) -> tuple[Model, ...]:
    found = tuple(read_model(each) for each in (value if isinstance(value, list) else [value]))
    names = [model.name for model in found]
    if len(set(names)) < len(names):
        raise ValueError("a model is named twice; write one suite for each way to ask it")
    return found


def _extract(value: Any) -> str:
    if problem := extraction.wrong_with(kind.text(value)):
        raise ValueError(problem.removeprefix("extract: "))
    return str(value)


def _duration(value: Any) -> float:
    try:
        return parse_duration(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError("must be a duration, such as 30s or 5m") from None


def _size(value: Any) -> int:
    try:
        return parse_size(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError("must be a size, such as 512M") from None
