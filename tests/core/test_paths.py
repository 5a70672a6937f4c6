"""Which paths a pattern names, and which are off limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.paths import escapes, matches

PATHS = st.lists(st.text(alphabet="ab-_[]é ", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("pattern", "paths", "others"),
    [
        ("src/a.py", ["src/a.py"], ["src/a.pyc", "src/a.py/b", "a.py", "x/src/a.py", "src/A.py"]),
        ("./src/a.py", ["src/a.py"], ["a.py"]),
        ("src", ["src"], ["src/a.py"]),
        ("src/", ["src/a.py", "src/b/c.py", "src/.hidden"], ["src", "srcs/a.py", "x/src/a.py"]),
        ("*.py", ["a.py", ".py", "a b.py", "-a.py", "é.py"], ["src/a.py", "a.pyc"]),
        ("src/*", ["src/a", "src/.b"], ["src/a/b", "src"]),
        ("src/?.py", ["src/a.py"], ["src/ab.py", "src//.py"]),
        ("src/[ab].py", ["src/a.py", "src/b.py"], ["src/c.py"]),
        ("src/[!ab].py", ["src/c.py"], ["src/a.py", "src//.py"]),
        ("src/**/*.py", ["src/a.py", "src/b/a.py", "src/b/c/d/a.py"], ["a.py", "src/a.txt", "srcs/a.py"]),
        ("**/test_*.py", ["test_a.py", "x/y/test_b.py"], ["x/test_c/d.py"]),
        ("src/**", ["src/a", "src/b/c"], ["src", "srcs"]),
        ("**", ["a", "a/b/c"], []),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/c", "a/b/b/y/z/c"], ["a/c", "a/b", "a/b/c/d"]),
        ("src/*/", ["src/a/b", "src/a/b/c"], ["src/a"]),
        ("a**b", ["ab", "axxb"], ["a/b"]),
        ("app/[slug].ts", ["app/[slug].ts", "app/s.ts"], ["app/slug.ts"]),
        ("a[", ["a["], ["a", "a/["]),
    ],
)
def test_patterns_name_paths_as_in_git(pattern: str, paths: list[str], others: list[str]) -> None:
    assert [path for path in paths if not matches(pattern, path)] == []
    assert [path for path in others if matches(pattern, path)] == []


@settings(deadline=None)
@given(PATHS, PATHS)
def test_a_pattern_without_signs_is_that_path_and_no_other(pattern: str, path: str) -> None:
    assert matches(pattern, pattern)
    if "[" not in pattern:
        assert matches(pattern, path) == (pattern == path)
        assert matches(f"{pattern}/", f"{pattern}/{path}")


@settings(deadline=None)
@given(PATHS)
def test_two_stars_name_everything(path: str) -> None:
    assert matches("**", path)
    assert matches("**/*", path)
    assert matches(f"**/{path.rsplit('/', 1)[-1]}", path) or "[" in path


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_texts_can_be_compared(pattern: str, path: str) -> None:
    assert matches(pattern, path) in (True, False)
    assert escapes(path) in (True, False)


@pytest.mark.timeout(30)
def test_hostile_paths_and_patterns_take_no_time() -> None:
    assert not matches("/".join(["**", "a"] * 30) + "/b", "a/" * 2000 + "c")
    assert not matches("a*" * 30 + "b", "a" * 4000)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../../b",
        "./../a",
        "a/b/../../../c",
        ".git",
        ".git/config",
        ".GIT/hooks/post-commit",
        "./.git/config",
        "a/../.git/config",
        "sub/.git/config",
        ".git./config",
        ".git /config",
        ".g\u200cit/config",
        "GIT~1/config",
        ".autoresearch/config.yaml",
        ".AutoResearch",
        "a\x00b",
        "a\nb",
    ],
)
def test_what_lies_outside_or_is_ours_is_off_limits(path: str) -> None:
    """AR-06"""
    assert escapes(path)


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "src/a.py",
        "./a",
        "a/../b",
        "..a",
        "a..",
        "...",
        "-a",
        "a b",
        'a"b',
        "é",
        ".gitignore",
        ".github/x.yml",
        "git",
        "a.git",
        ".gitmodules",
        "autoresearch/core.py",
        "~",
        "a\\b",
    ],
)
def test_what_lies_inside_may_be_written(path: str) -> None:
    assert not escapes(path)
