"""Files in code fences: whose they are, where they end, and what of them is text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.fenced import MOST, Names, parts, sole

BEFORE = {
    "src/search.py": "# src/search.py\nimport re\n",
    "src/old.py": "x = 1\n",
    "docs/use.md": "# Use\n",
    "Makefile": "a:\n",
}
NAMES = Names(lambda path: path.startswith("src/") or path in BEFORE, BEFORE)


def read(text: str) -> list[tuple[str | None, str]]:
    return [(part.path, part.body) for part in parts(text, NAMES)]


@pytest.mark.parametrize(
    "heading",
    [
        "### src/search.py",
        "## `src/search.py`",
        "### File: src/search.py",
        "### 1. `src/search.py`",
        "### src/search.py (modified)",
        "**src/search.py**",
        "**`src/search.py`**:",
        "**File: src/search.py**",
        "**File:** `src/search.py`",
        "`src/search.py`:",
        "`src/search.py`",
        "src/search.py",
        "src/search.py:",
        "./src/search.py",
        "File: src/search.py",
        "filename: src/search.py",
        "- `src/search.py`",
        "Here is the updated `src/search.py`:",
        "Here's the new version of src/search.py:",
        "### search.py",
    ],
)
@pytest.mark.parametrize("between", ["", "\n"])
def test_the_line_above_tells_whose_text_it_is(heading: str, between: str) -> None:
    """AM-33"""
    text = f"Prose.\n\n{heading}\n{between}```python\nx = 1\n```\nmore\n"
    (part,) = parts(text, NAMES)
    assert (part.path, part.body) == ("src/search.py", "x = 1\n")
    assert text[: part.start] + text[part.end :] == "Prose.\n\nmore\n"


@pytest.mark.parametrize(
    "fence",
    [
        "```python src/search.py",
        "```python:src/search.py",
        "```src/search.py",
        "``` src/search.py",
        '```python title="src/search.py"',
        "```python {filename=src/search.py}",
        "~~~py src/search.py",
        "   ```python ./src/search.py",
    ],
)
def test_the_info_string_tells_whose_text_it_is(fence: str) -> None:
    """AM-33"""
    sign = fence.strip()[:3]
    assert read(f"### src/old.py\n{fence}\nx = 1\n{sign}\n") == [("src/search.py", "x = 1\n")]


@pytest.mark.parametrize(
    ("body", "path", "text"),
    [
        ("# src/old.py\nx = 2\n", "src/old.py", "x = 2\n"),
        ("# File: src/old.py\nx = 2\n", "src/old.py", "x = 2\n"),
        ("// src/new.js\nx\n", "src/new.js", "x\n"),
        ("/* src/new.css */\nx\n", "src/new.css", "x\n"),
        ("<!-- src/new.html -->\nx\n", "src/new.html", "x\n"),
        ("-- src/new.sql\nx\n", "src/new.sql", "x\n"),
        ("# src/search.py\nx = 2\n", "src/search.py", "# src/search.py\nx = 2\n"),
        ("# bench.py\nx = 2\n", None, "# bench.py\nx = 2\n"),
        ("#!/bin/bash\nx\n", None, "#!/bin/bash\nx\n"),
        ("# see src/old.py\nx\n", None, "# see src/old.py\nx\n"),
        ("# x\n", None, "# x\n"),
        ("", None, ""),
    ],
)
def test_a_comment_in_the_first_line_tells_whose_text_it_is(body: str, path: str | None, text: str) -> None:
    """AM-33: and it stays only where the file has it already."""
    assert read(f"Code:\n```\n{body}```\n") == [(path, text)]


@pytest.mark.parametrize(
    "above",
    [
        "Run `src/search.py` like this:",
        "For Node.js:",
        "e.g.:",
        "It is faster.",
        "x",
        "See https://example.org/a.py",
        "and/or:",
    ],
)
def test_prose_above_a_fence_is_no_path(above: str) -> None:
    assert read(f"{above}\n```bash\nx\n```\n") == [(None, "x\n")]


@pytest.mark.parametrize("heading", ["### bench.py", "`../x.py`", "**/etc/passwd**", "File: tests/a.py"])
def test_the_path_of_no_target_is_told_all_the_same(heading: str) -> None:
    """AR-18: so that the whole reply is refused, and not half of it taken."""
    ((path, _),) = read(f"{heading}\n```\nx\n```\n")
    assert path == heading.strip("#*` ").removeprefix("File: ")


def test_a_name_without_a_point_is_known_where_it_is_a_target() -> None:
    assert read("### Makefile\n```make\na: b\n```\n### Dockerfile\n```\nFROM x\n```\n") == [
        ("Makefile", "a: b\n"),
        (None, "FROM x\n"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        'def f():\n    """\n    ```\n    f()\n    ```\n    """\n',
        '"""\n```\nf()\n```\n"""\nx = 1\n',
        "'''\n```python\nf()\n```\n'''\nx = 1\n",
        'P = """\n```json\n{}\n```"""\nx = 1\n',
        'P = """```json\n{}\n```\n"""\nx = 1\n',
        "~~~\nx\n~~~\n",
        "x = 1  # ```\n",
    ],
)
def test_fences_inside_of_code_do_not_end_it(body: str) -> None:
    """AM-33: a second fence."""
    text = f"### src/search.py\n```python\n{body}```\nUse it:\n```bash\nx\n```\n### src/old.py\n```\ny\n```\n"
    assert read(text) == [("src/search.py", body), (None, "x\n"), ("src/old.py", "y\n")]


@pytest.mark.parametrize(
    "body",
    [
        "# Use\n```bash\nmake\n```\nthen\n```python\nx\n```\n",
        "# Use\n```\nmake\n```\nthen\n",
        "# Use\n```\nmake\n```\nthen\n```bash\nx\n```\n```\ny\n```\n",
        "```\nmake\n```\n",
    ],
)
def test_fences_inside_of_markdown_do_not_end_it(body: str) -> None:
    """AM-33: the last closing fence before the next file."""
    text = f"### docs/use.md\n```markdown\n{body}```\n### src/old.py\n```\ny\n```\n"
    assert read(text) == [("docs/use.md", body), ("src/old.py", "y\n")]
    longer = f"### docs/use.md\n````\n{body}````\nso\n```\ny\n```\n"
    assert read(longer) == [("docs/use.md", body), (None, "y\n")]


def test_a_longer_fence_holds_shorter_ones() -> None:
    assert read("````\n```\na\n```\n```b\n````\n") == [(None, "```\na\n```\n```b\n")]


def test_fences_that_do_not_pair_end_with_the_text() -> None:
    body = "x\n```json\ny\n"
    assert read(f"### src/search.py\n```python\n{body}```\n\n") == [("src/search.py", body)]
    text = f"### src/search.py\n```python\n{body}```\n### src/old.py\n```\ny\n```\n"
    assert read(text) == [("src/search.py", body), ("src/old.py", "y\n")]
    (part,) = parts(f"### src/search.py\n```python\n{body}```\nand so on\n", NAMES)
    assert not part.closed


def test_triple_quotes_that_do_not_pair_hide_no_end() -> None:
    body = 's = \'"""\'\n'
    assert read(f"### src/search.js\n```js\n{body}```\nand so on\n") == [("src/search.js", body)]
    text = f"### src/search.js\n```js\n{body}```\n### src/old.py\n```\ny\n```\n"
    assert read(text) == [("src/search.js", body), ("src/old.py", "y\n")]


def test_a_text_that_breaks_off_is_told() -> None:
    found = parts("```\na\n```\n### src/old.py\n```python\nx = 1\n", NAMES)
    assert [(part.path, part.closed) for part in found] == [(None, True), ("src/old.py", False)]


def test_too_many_fences_are_refused() -> None:
    assert len(parts("```\n```\n" * MOST, NAMES)) == MOST
    with pytest.raises(ValueError, match="more than 1000 code fences"):
        parts("```\n```\n" * (MOST + 1), NAMES)


def test_the_one_part_that_can_be_a_file_is_found() -> None:
    assert sole([], "a.py") is None
    assert sole(parts("```\na\n```\n```\nb\n```\n", NAMES), "a.py") is None
    for before in ("", "```sh\nb\n```\n", "```\nb\n```\n", "```text\nb\n```\n```diff\nb\n```\n"):
        part = sole(parts(f"{before}```c\na\n```\n", NAMES), "a.c")
        assert part is not None
        assert part.body == "a\n"


@pytest.mark.parametrize(
    ("language", "path", "is_it"),
    [
        ("sh", "a.py", False),
        ("sh", "run.sh", True),
        ("bash", "Makefile", True),
        ("text", "a.md", True),
        ("diff", "a.py", False),
        ("patch", "Makefile", False),
        ("Console", "a.py", False),
    ],
)
def test_commands_and_patches_are_no_text_of_a_target(language: str, path: str, is_it: bool) -> None:
    assert (sole(parts(f"```{language}\na\n```\n", NAMES), path) is not None) == is_it


def test_a_fence_in_a_list_is_read_without_its_blanks() -> None:
    assert read("1. `src/old.py`\n\n   ```python\n   if x:\n       y\n\n   ```\n") == [
        ("src/old.py", "if x:\n    y\n\n")
    ]
    assert read("   ```\na\n    b\n   ```\n") == [(None, "a\n    b\n")]


FENCES = st.lists(
    st.sampled_from(
        ["```", "```python", "````md", "~~~", '"""', '```"""', "### src/old.py", "x", "", "   ```", "    ```"]
    )
).map("\n".join)


@given(FENCES)
def test_parts_stand_in_the_text_in_order_and_never_overlap(text: str) -> None:
    last = 0
    for part in parts(text, NAMES):
        assert last <= part.start < part.end <= len(text)
        # But for blanks, as the text of an indented fence is taken out by as much.
        assert "".join(part.body.split()) in "".join(text[part.start : part.end].split())
        last = part.end


@given(FENCES)
def test_whatever_is_in_a_longer_fence_is_its_text(text: str) -> None:
    text = text.replace("````", "```")
    assert read(f"### src/new.py\n`````\n{text}\n`````\nand so on\n") == [("src/new.py", f"{text}\n")]
