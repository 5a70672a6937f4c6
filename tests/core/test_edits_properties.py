"""For any text and any reply: what is shown is read again, and nothing is written where it may not be."""

import posixpath

from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.edits import Edits, Refused, parse, render
from autoresearch.core.paths import escapes

PIECES = st.sampled_from(
    [
        '<file path="a">',
        "</file>",
        "<file-2 path='b'>",
        "</file-2>",
        "</FILE-3 >",
        '<delete path="a"/>',
        "<delete-4 path=x>",
        "```",
        "```python",
        "~~~~",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "### src/a.py",
        "# ... existing code ...",
        "<think>",
        "IDEA: x",
        "\r",
        "",
        "\ufeff",
        "\udc80",
        "\0",
        "x",
    ]
)
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.characters(
    min_codepoint=0xDC80, max_codepoint=0xDCFF
)
TEXTS = st.text(CHARACTERS) | st.lists(PIECES | st.text(CHARACTERS, max_size=3)).map("\n".join)
PATHS = st.sampled_from(["a", "a b", "src/a.py", "b.md", "it's", 'say "a"', "é>", "x=1", "a/</file>", "-"])


def otherwise(text: str) -> str:
    """A text with another last line, that ends as the first does."""
    return f"{text}y\n" if text.endswith("\n") or not text else f"{text}\ny"


@settings(max_examples=500)
@given(st.dictionaries(PATHS, TEXTS | st.none(), min_size=1, max_size=4))
def test_any_texts_that_are_shown_are_read_again(files: dict[str, str | None]) -> None:
    """AM-27: whole files survive the way to the model's format and back, whatever is in them."""
    before = {path: "x\n" if text is None else otherwise(text) for path, text in files.items()}
    assert parse(render(files), before, lambda _: True).files == files


@given(st.dictionaries(PATHS, TEXTS, min_size=1, max_size=3))
def test_prose_around_what_is_shown_changes_nothing(files: dict[str, str]) -> None:
    before = {path: otherwise(text) for path, text in files.items()}
    reply = f"Sure! Here it is.\n\nIDEA: all of it\nBecause.\n\n{render(files)}\nThat should be faster."
    assert parse(reply, before, lambda _: True) == Edits(
        "all of it", "Sure! Here it is.\n\n\nBecause.", files
    )


NASTY_PATHS = st.lists(
    st.sampled_from(
        [
            *(
                "..",
                ".",
                "",
                ".git",
                ".GIT",
                "git~1",
                ".g\u200cit",
                ".autoresearch",
                "src",
                "bench.py",
                "a.py",
            ),
            *("\0", "~", "etc", "\\", " ", "%2e", "C:", '"', "'", ">", "`", "*", "\ud800", "\x1b", "\r"),
        ]
    ),
    max_size=5,
).map("/".join)
FORMS = st.sampled_from(
    [
        '<file path="{}">\nx\n</file>\n',
        "<file path='{}'>\nx\n</file>\n",
        "<file path={}>\nx\n</file>\n",
        '<FILE-2 name = "{}" >x</FILE-2>\n',
        '<delete path="{}"/>\n',
        "### {}\n```\nx\n```\n",
        "**File: `{}`**\n\n~~~\nx\n~~~\n",
        "```python {}\nx\n```\n",
        "```python:{}\nx\n```\n",
        "```\n# {}\nx\n```\n",
    ]
)


@settings(max_examples=500)
@given(st.lists(st.tuples(FORMS, NASTY_PATHS), max_size=3), st.text(), st.booleans())
def test_no_reply_writes_what_may_not_be_written(
    nasty: list[tuple[str, str]], prose: str, anything: bool
) -> None:
    """AR-18, AR-06: whatever a reply says, and even where `may_write` is wrong."""
    asked: list[str] = []

    def may_write(path: str) -> bool:
        asked.append(path)
        return anything or path in ("src/a.py", "a.py")

    reply = prose + "\n" + "".join(form.format(path) for form, path in nasty)
    try:
        edits = parse(reply, {"a.py": "a\n", "bench.py": "b\n"}, may_write)
    except Refused as refused:
        assert len(refused.detail.splitlines()) == 1
        return
    for path in edits.files:
        assert path in asked
        assert anything or path in ("src/a.py", "a.py")
        assert not escapes(path)
        assert posixpath.normpath(path) == path != "."
        path.encode()


@settings(max_examples=300)
@given(st.text(st.characters()) | st.lists(PIECES).map("\n".join), st.sampled_from(["files", "blocks"]))
def test_any_reply_is_edits_or_refused_in_one_line(reply: str, mode: str) -> None:
    before = {"src/a.py": "x\n"}
    try:
        edits = parse(
            reply, before, lambda path: path == "src/a.py", "blocks" if mode == "blocks" else "files"
        )
    except Refused as refused:
        told, detail = (refused.idea, refused.why), refused.detail
        assert detail
        assert len(detail.splitlines()) == 1
    else:
        told = (edits.idea, edits.why)
        assert set(edits.files) == {"src/a.py"}
    assert len(told[0].splitlines()) == 1
