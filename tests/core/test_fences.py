"""Fences as lines of a text: taken off where they stand around a file, told from prose."""

import pytest

from autoresearch.core.fences import first_fence, is_markdown, unwrapped, without_fences


@pytest.mark.parametrize(
    ("body", "path", "old", "text"),
    [
        ("```\nx\n```\n", "a.py", None, "x\n"),
        ("```python\nx\n```\n", "a.py", "y\n", "x\n"),
        ("```\nx\n```\n", "a.md", "```\ny\n```\n", "```\nx\n```\n"),
        ("```\nx\n```\n", "a.py", "```\ny\n", "```\nx\n```\n"),
        ("```\nx\n```\n", "a.md", "# y\n", "x\n"),
        ("```\nx\n```\ny\n```\nz\n```\n", "a.md", None, "```\nx\n```\ny\n```\nz\n```\n"),
        ("```md\n# A\n```sh\nx\n```\ny\n```\n", "a.md", "# y\n", "# A\n```sh\nx\n```\ny\n"),
        ("```md\n# A\n", "a.md", "# y\n", "```md\n# A\n"),
        ("x\n```\n", "a.py", "y\n", "x\n```\n"),
        ("```\nx\n~~~\n", "a.py", "y\n", "```\nx\n~~~\n"),
        ("````\nx\n```\n", "a.py", "y\n", "````\nx\n```\n"),
        ("```\n```\n", "a.py", "y\n", ""),
        ("```\n", "a.py", "y\n", "```\n"),
        ("```x```\n", "a.py", "y\n", "```x```\n"),
        ("", "a.py", "y\n", ""),
    ],
)
def test_a_fence_around_a_file_is_taken_off(body: str, path: str, old: str | None, text: str) -> None:
    """AM-33: extra fences, unless the file begins with one itself."""
    assert unwrapped(body, path, old) == text


def test_what_may_be_markdown_is_told_by_its_path_first() -> None:
    assert is_markdown("a.MD")
    assert is_markdown("", "markdown x")
    assert not is_markdown("a.py", "md")
    assert not is_markdown("")


def test_prose_is_what_is_no_fence() -> None:
    assert without_fences("a\n```python\nb\n```\n`c`\n") == "a\nb\n`c`\n"
    assert first_fence("a\n```b```\n~~~\n") == 10
    assert first_fence("abc") == 3
