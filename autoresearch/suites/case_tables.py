"""The cases of a suite, from tables or rows: under the names of today, and of older tools."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from autoresearch.core.errors import SettingsError
from autoresearch.core.suite import Case, Completion, Test, TestResult
from autoresearch.suites import case_fields as kind
from autoresearch.suites import case_files, older
from autoresearch.suites.case_fields import Table
from autoresearch.suites.matches import match

KEYS = (
    "id", "input", "input_json", "prompt", "system", "messages", "preload", "target", "targets", "tests",
    "files", "split", "match", "fields", "completions",
)  # fmt: skip
OLD_KEYS = ("id", "prompt", "answer_preload", "testcases", "support_files", "completions")
ROW = ("id", "input", "target", "targets", "prompt", "system", "split", "question", "answer")
TEST = ("code", "stdin", "expect", "match")
COMPLETION = (
    "text", "model", "index", "raw", "key", "status", "error", "score", "verdict", "results", "tests",
    "edited",
)  # fmt: skip
OLD_COMPLETION = ("completion", "code", "results", "test_results", "status", "error")
STATUSES = ("completed", "error", "cancelled", "pending", "running")
TESTED = ("passed", "failed", "timed_out", "crashed", "output_limit", "memory_limit", "not_run")


def cases(table: Table, folder: Path, *, lists: bool) -> list[Case]:
    """Those in the file itself and those of `cases_file`. `lists`: the file is nothing but rows."""
    if "questions" in table.values and "cases" in table.values:
        table.wrong("questions", "is an older name of cases; keep one of them")
    if lists:
        found = _rows(table, "cases")
    else:
        found = [_old(each) for each in table.tables("questions", "question")]
        found += [_case(each, at) for at, each in enumerate(table.tables("cases", "case"), 1)]
    if name := table.take("cases_file", kind.text, None):
        found += _elsewhere(table, folder / name)
    _refuse_twice(table, found)
    return found


def _elsewhere(table: Table, path: Path) -> list[Case]:
    try:
        source = case_files.read(path)
    except SettingsError as error:
        table.wrong("cases_file", str(error))
        return []
    mistakes = kind.Mistakes(source)
    if not isinstance(source.tree, list):
        table.wrong("cases_file", f"{path} must hold a list of cases: CSV, JSON lines or a JSON list")
        return []
    found = _rows(Table({"cases": source.tree}, (), "", mistakes), "cases")
    table.mistakes.found += mistakes.found
    return found


def _rows(table: Table, key: str) -> list[Case]:
    """Rows of a list, a CSV, JSON lines: what nobody knows is a field."""
    found = []
    for at, row in enumerate(table.tables(key, "case"), 1):
        given = dict(row.values)
        if older.is_problem(given):
            found.append(older.problem(given, row.way, row.mistakes.source))
        elif older.is_serialized(given):
            found.append(older.serialized(given, at))
        else:
            for new, old in (("input", "question"), ("target", "answer")):
                if new not in given and old in given:
                    given[new] = given.pop(old)
            fields = {name: value for name, value in given.items() if name not in KEYS}
            known = {name: value for name, value in given.items() if name in KEYS and value not in ("", None)}
            found.append(_case(Table({**known, "fields": fields}, row.way, row.what, row.mistakes), at))
    return found


def _case(table: Table, at: int) -> Case:
    table.refuse_unknown(KEYS)
    take = table.take
    data = take("input_json", _json, table.values.get("input"))
    prompt = take("prompt", kind.text, None)
    fields = {**take("fields", kind.mapping, {}), **({} if data is None else {"input": data})}
    fields |= {} if prompt is None else {"prompt": prompt}
    identity = take("id", kind.text, str(at))
    return Case(
        id=identity,
        input=data,
        fields={"id": identity, **fields},
        prompt=prompt,
        system=take("system", kind.text, None),
        messages=take("messages", _messages, None),
        preload=take("preload", kind.text, None),
        targets=take("targets", _targets, take("target", _targets, ())),
        tests=tuple(_test(each) for each in table.tables("tests", "test")),
        files=_files(table, "files"),
        split=take("split", kind.one_of("dev", "val", "test"), ""),
        match=take("match", match, None),
        completions=tuple(_completion(each) for each in table.tables("completions", "completion")),
        line=table.mistakes.source.line(table.way),
    )


def _old(table: Table) -> Case:
    """`[[questions]]`, as an older tool had them: the prompt is sent as it is."""
    table.refuse_unknown(OLD_KEYS)
    take = table.take
    identity = take("id", kind.text, str(table.way[-1]))
    if "prompt" not in table.values:
        table.wrong("prompt", "is needed")
    prompt = take("prompt", kind.text, "")
    return Case(
        id=identity,
        input=prompt,
        fields={"id": identity, "input": prompt, "prompt": prompt},
        prompt=prompt,
        preload=take("answer_preload", kind.text, None),
        tests=tuple(_test(each) for each in table.tables("testcases", "testcase")),
        files=_files(table, "support_files"),
        completions=tuple(
            _old_completion(each, at) for at, each in enumerate(table.tables("completions", "completion"))
        ),
        line=table.mistakes.source.line(table.way),
    )


def _test(table: Table) -> Test:
    table.refuse_unknown(TEST)
    take = table.take
    code, stdin = take("code", kind.text, ""), take("stdin", kind.text, "")
    return Test(code, stdin, take("expect", kind.text, None), take("match", match, None))


def _completion(table: Table) -> Completion:
    table.refuse_unknown(COMPLETION)
    take = table.take
    results = [_result(each) for each in table.tables("tests", "test")] or take("results", _passed, None)
    return Completion(
        text=take("text", kind.text, ""),
        model=take("model", kind.text, Completion("").model),
        index=take("index", _index, 0),
        raw=take("raw", kind.text, None),
        key=take("key", kind.text, ""),
        results=results,
        score=take("score", kind.number, None),
        verdict=take("verdict", kind.one_of("pass", "fail", "none"), "none"),
        status=take("status", kind.one_of(*STATUSES), "completed"),
        error=take("error", kind.text, ""),
    )


def _old_completion(table: Table, at: int) -> Completion:
    """The first generation had `completion` and `results`, the second `code` and `test_results`."""
    table.refuse_unknown(OLD_COMPLETION)
    take = table.take
    tested = table.tables("test_results", "result")
    results = [older.tested(each.values) for each in tested] or take("results", _passed, None)
    text = take("completion", kind.text, take("code", kind.text, ""))
    status = take("status", kind.one_of(*STATUSES), "completed")
    return Completion(text, index=at, results=results, status=status, error=take("error", kind.text, ""))


def _result(table: Table) -> TestResult:
    table.refuse_unknown(("status", "got", "why", "seconds"))
    take = table.take
    status = take("status", kind.one_of(*TESTED), "not_run")
    return TestResult(
        status, take("got", kind.text, ""), take("why", kind.text, ""), take("seconds", kind.number, None)
    )


def _passed(value: Any) -> list[TestResult] | None:
    if not isinstance(value, list):
        raise ValueError("must be a list of true and false, one a test")
    return [TestResult("passed" if kind.truth(each) else "failed") for each in value]


def _files(table: Table, key: str) -> dict[str, str]:
    """Names and texts: a table of them, or a list of tables with `name` and `text`."""
    given = table.values.get(key)
    if isinstance(given, dict):
        pairs = list(given.items())
    else:
        rows = table.tables(key, "file")
        for row in rows:
            row.refuse_unknown(("name", "text"))
        pairs = [(row.values.get("name"), row.values.get("text")) for row in rows]
    found = {}
    for name, content in pairs:
        try:
            found[file_name(name)] = kind.text(content)
        except ValueError as error:
            table.wrong(key, str(error))
    return found


def file_name(value: Any) -> str:
    """A path that stays in its folder. Raises ValueError."""
    name = kind.text(value)
    path = PurePosixPath(name)
    if not name.strip() or "\0" in name or "\\" in name or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name!r} must be a path inside of the program's folder")
    return name


def _targets(value: Any) -> tuple[str, ...]:
    """Texts; what is no text is compared as JSON has it."""
    several = value if isinstance(value, list) else [value]
    return tuple(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in several)


def _messages(value: Any) -> tuple[Mapping[str, str], ...]:
    good = (
        isinstance(value, list)
        and value
        and all(
            isinstance(each, dict)
            and each.keys() == {"role", "content"}
            and all(isinstance(v, str) for v in each.values())
            for each in value
        )
    )
    if not good:
        raise ValueError('must be a list of {role = "user", content = "…"}')
    return tuple(value)


def _json(value: Any) -> Any:
    try:
        return json.loads(kind.text(value))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON: {error}") from None


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number from 0")
    return value


def _refuse_twice(table: Table, found: Sequence[Case]) -> None:
    seen: dict[str, Case] = {}
    for case in found:
        if case.id in seen:
            first = f" on line {seen[case.id].line}" if seen[case.id].line else ""
            name = table.mistakes.source.name
            where = f"{name}:{case.line}" if case.line else name
            told = f"{where}: the id {case.id!r} is there twice, first{first}; give each case its own"
            table.mistakes.found.append((case.line or 0, told.replace("first;", "as another case has it;")))
        seen.setdefault(case.id, case)
