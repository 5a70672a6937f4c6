"""What is made of a target's files, and what can't be tried on them."""

import json
from collections.abc import Mapping

import pytest

from autoresearch.core.checks import Sabotage
from autoresearch.core.harm import Forged
from autoresearch.core.sabotage import MISTAKE, sabotages

FORGED = Forged("p50_ms", 1.5, {}, "/mark")
EXIT, NAN, PRINT = "exit 3 at its start", "answers NaN to everything", "prints a better number at its end"


def made(texts: Mapping[str, str]) -> dict[str, Sabotage]:
    return {each.name: each for each in sabotages(texts, FORGED)}


def test_every_file_is_emptied_and_deleted() -> None:
    found = made({"a.py": "x = 1\n", "notes.md": "text\n"})
    assert found["empty"].files == {"a.py": "", "notes.md": ""}
    assert found["deleted"].files == {"a.py": None, "notes.md": None}
    assert not found["empty"].runs


def test_a_mistake_is_put_into_files_that_somebody_parses() -> None:
    files = made({"a.py": "x = 1\n", "notes.md": "text\n", "b.JSON": "{}"})["a syntax error"].files
    assert files == {"a.py": f"{MISTAKE}x = 1\n", "b.JSON": f"{MISTAKE}{{}}"}
    with pytest.raises(SyntaxError):
        compile(files["a.py"] or "", "", "exec")
    with pytest.raises(ValueError):
        json.loads(files["b.JSON"] or "")


@pytest.mark.parametrize(
    "begin, rest",
    [
        ("", "x = 1\n"),
        ('"""Doc."""\nfrom __future__ import annotations\n', "x = 1\n"),
        ("#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n", "x = 1\n"),
        ("", "print 'an old one'\n"),
        ("", ""),
    ],
)
def test_code_comes_first_but_for_what_must_come_before_it(begin: str, rest: str) -> None:
    code = made({"a.py": begin + rest})[EXIT].files["a.py"] or ""
    assert code.startswith(f"{begin}try: open('/mark', 'w')")
    if not rest.startswith("print "):
        compile(code, "", "exec")


def test_what_answers_nan_comes_last() -> None:
    code = made({"a.py": "x = 1"})[NAN].files["a.py"] or ""
    assert code.startswith('x = 1\nif __name__ != "__main__":\n')
    compile(code, "", "exec")


def test_a_language_is_known_by_its_suffix_or_by_its_first_line() -> None:
    texts = {
        "run": "#!/bin/bash\necho\n",
        "b.cjs": "1\n",
        "tool": "#!/usr/bin/env python3\n1\n",
        "c.rs": "fn\n",
    }
    files = made(texts)[PRINT].files
    assert set(files) == {"run", "b.cjs", "tool"}
    assert (files["run"] or "").startswith("#!/bin/bash\n(: > /mark)")
    assert "trap" in (files["run"] or "") and "atexit" in (files["tool"] or "")


@pytest.mark.parametrize(
    "path, test",
    [
        ("tests/a.py", True),
        ("src/test_a.py", True),
        ("conftest.py", True),
        ("a_test.go", True),
        ("a.spec.ts", True),
        ("a/__tests__/b.js", True),
        ("latest.py", False),
        ("contest/a.py", False),
    ],
)
def test_tests_are_known_by_their_names(path: str, test: bool) -> None:
    assert bool(made({path: "x", "b.py": "y"})["deleted tests"].files) == test


def test_what_can_t_be_tried_has_no_files_and_says_why() -> None:
    found = made({"prompt.md": "Be kind.\n"})
    assert {name for name, each in found.items() if each.files} == {"empty", "deleted"}
    assert found[NAN].why == "tried only in Python"
    assert found[EXIT].why == "tried only in Python, shell, Node"
    assert made({"a.py": " \n"})["empty"].files == {}
