"""The syntax of a proposal's files: the first mistake is told with its place, and only what can be judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters.syntax import check


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("src/search.py", "x = 1\n\nprint((1)\n", "src/search.py, line 3: '(' was never closed"),
        ("a.py", "def f():\nreturn 1\n", "a.py, line 2: expected an indented block"),
        ("a.py", "x = 1\n```\n", "a.py, line 2: invalid syntax"),
        ("a.py", "x = '\x00'\n", "source code string cannot contain null bytes"),
        ("a.py", "x = '\udcff'\n", "a.py, line 1: "),
        ("a.py", "x = 1\nreturn x\n", "a.py, line 2: 'return' outside function"),
        ("a.PY", "x =\n", "a.PY, line 1: invalid syntax"),
        ("a.json", '{"a": 1,\n}', "a.json, line 2: Expecting property name enclosed in double quotes"),
        ("a.json", "", "a.json, line 1: Expecting value"),
        ("a.json", "// a\n1", "a.json, line 1: Expecting value"),
        ("a.toml", "a = 1\nb =\n", "a.toml, line 2: Invalid value"),
        ("a.toml", "a = 1\na = 2\n", "a.toml, line 2: Cannot overwrite a value"),
        ("a.yaml", "a: 1\nb: [1\n", "a.yaml, line "),
        ("a.yml", "a: 1\n\tb: 2\n", "a.yml, line 2: found "),
        ("a.yml", "a: *b\n", "a.yml, line 1: found undefined alias 'b'"),
        ("a.yml", "a: \x01\n", "a.yml"),
    ],
)
def test_the_first_mistake_is_told_in_one_line_with_its_place(path: str, text: str, said: str) -> None:
    told = check({"fine.py": "x = 1\n", path: text, "worse.py": "((("}, {})
    assert told is not None
    assert told.startswith(said) or said in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", ""),
        ("a.py", "\ufeffx = 1\r\ny = 2\r\n"),
        ("a.py", "x = '\\d'\n"),
        ("a.py", "if x is 1: pass\n"),
        ("a.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n".decode(errors="surrogateescape")),
        ("a.py", "x = " + "-" * 100_000 + "1\n"),
        ("a.py", "x = a" + ".b" * 100_000 + "\n"),
        ("a.json", '\ufeff{"a": [NaN, Infinity, -0.0]}\n'),
        ("a.json", "[" * 100_000),
        ("a.json", "1" * 10_000),
        ("a.toml", "a = 1\r\n[b]\r\nc = 1979-05-27\r\n"),
        ("a.toml", "a = " + "[" * 100_000),
        ("a.yaml", "a: 1\n---\nb: !Ref x\n---\nc: !!python/object:os.system {}\n"),
        ("a.yaml", "a: &a [1]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(100))),
        ("a.yaml", "[" * 100_000),
        ("a.yaml", ""),
        ("a.yaml", "a: 1\na: 2\n"),
        ("a.txt", "((("),
        ("a.js", "((("),
        ("Makefile", "((("),
        (".py", "((("),
    ],
)
def test_what_can_be_read_or_is_not_ours_to_judge_is_fine(path: str, text: str) -> None:
    assert check({path: text}, {}) is None


def test_a_file_that_could_not_be_read_before_is_not_judged() -> None:
    assert check({"a.py": "print 'a'\n"}, {"a.py": "print 'b'\n"}) is None
    assert check({"tsconfig.json": "{} // a\n"}, {"tsconfig.json": "{} // b\n"}) is None
    assert check({"a.yaml": "a: {{ b }}: c\n"}, {"a.yaml": "a: {{ b }}: d\n"}) is None
    assert check({"a.py": "x = (\n"}, {"a.py": "x = 1\n", "b.py": "("}) is not None


def test_a_deleted_file_has_no_syntax() -> None:
    assert check({"a.py": None}, {"a.py": "x = 1\n"}) is None


def test_the_users_own_python_has_the_last_word_on_python() -> None:
    asked: list[str] = []

    def newer(text: str) -> bool:
        asked.append(text)
        return "t'" in text

    newest = {"a.py": "x = t'{y}'\n"}
    assert check(newest, {}, newer) is None
    assert check({"a.py": "x = (\n"}, {}, newer) == "a.py, line 1: '(' was never closed"
    assert check({"a.json": "{"}, {}, newer) is not None
    assert check({"b.py": "x = 1\n"}, {}, newer) is None
    assert asked == ["x = t'{y}'\n", "x = (\n"]  # only where ours can't read it


@given(
    st.sampled_from(["a.py", "a.json", "a.toml", "a.yaml"]),
    st.text(st.characters()),
    st.text(alphabet="[{:*&!-\n\t a'\"#"),
)
def test_any_text_is_judged(path: str, text: str, nasty: str) -> None:
    for candidate in (text, nasty):
        told = check({path: candidate}, {})
        assert told is None or (told.startswith(path) and len(told.splitlines()) == 1)
