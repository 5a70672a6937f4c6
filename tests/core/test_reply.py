"""What models really write: tags in every spelling, prose around them, ideas in Markdown."""

import pytest

from autoresearch.core.fenced import Names
from autoresearch.core.reply import NO_IDEA, Reply, Section, read

OLD = {"src/search.py": "import re\n", "README.md": "# Search\n"}


def taken(text: str, *targets: str) -> Reply:
    before = {path: OLD.get(path, "old\n") for path in targets or OLD}
    return read(text, Names(lambda path: path in before or path.startswith("src/"), before))


@pytest.mark.parametrize(
    "tag",
    [
        '<file path="src/search.py">',
        "<file path='src/search.py'>",
        "<file path=src/search.py>",
        '<file path = "src/search.py" >',
        '  <file   path="src/search.py">  ',
        '<FILE PATH="src/search.py">',
        '<file name="src/search.py">',
        '<file filename="src/search.py">',
        '<file path="src/search.py" language="python">',
        '<file lang="python" path="src/search.py">',
        '<file path="./src/search.py">',
        '<file path=" `src/search.py` ">',
    ],
)
@pytest.mark.parametrize("close", ["</file>", "</FILE>", "  </file >  "])
def test_tags_are_read_in_every_spelling(tag: str, close: str) -> None:
    assert taken(f"IDEA: a\n{tag}\nx = 1\n{close}\n").sections == (Section("src/search.py", "x = 1\n"),)


@pytest.mark.parametrize(
    "tag",
    [
        '<delete path="src/search.py"/>',
        '<delete path="src/search.py" />',
        '<delete path="src/search.py">',
        '<delete path="src/search.py"></delete>',
        "<delete path=src/search.py/>",
        "<DELETE-2 name='src/search.py'/>",
    ],
)
def test_a_file_is_deleted_in_every_spelling(tag: str) -> None:
    reply = taken(f"IDEA: a\nWhy.\n{tag}\n")
    assert (reply.sections, reply.why, reply.broken) == ((Section("src/search.py", None),), "Why.", "")


@pytest.mark.parametrize(
    ("inside", "body"),
    [
        ("x = 1\n", "x = 1\n"),
        ("", ""),
        ("\n", "\n"),
        ("x = 1\n\n\n", "x = 1\n\n\n"),
        ("a\n</file>\nb\n", "a\n</file>\nb\n"),
        ("a\n<file-2 path='x'>\nb\n</file-2>\n", "a\n<file-2 path='x'>\nb\n</file-2>\n"),
        ("<File />\n<files path='a'>\n<file>\n", "<File />\n<files path='a'>\n<file>\n"),
        ("```python\nx = 1\n```\n", "x = 1\n"),
        ("\n```python\nx = 1\n```\n\n", "x = 1\n"),
        ("~~~~ py\nx = 1\n~~~~\n", "x = 1\n"),
        ("````\n'''\n```\n'''\n````\n", "'''\n```\n'''\n"),
        ('```python\n"""\n```\na\n```\n"""\n```\n', '"""\n```\na\n```\n"""\n'),
        ("```python\nx = 1\n", "x = 1\n"),
        ("x = '''\n```\na\n```\n'''\n", "x = '''\n```\na\n```\n'''\n"),
        ("    indented\n", "    indented\n"),
    ],
)
def test_the_text_of_a_file_is_what_stands_between_its_tags(inside: str, body: str) -> None:
    """AM-33: missing and extra fences, and fences inside."""
    reply = taken(f'IDEA: a\n<file path="src/search.py">\n{inside}</file>\nSo it is.\n')
    assert (reply.sections, reply.broken) == ((Section("src/search.py", body),), "")


def test_a_closing_tag_may_stand_at_the_end_of_a_line() -> None:
    text = (
        '<file path="src/a.py">\nx = 1</file>\n'
        '<file path="src/b.py">y = 1</file>\n'
        '<file path="src/c.py">\n</file>\n'
    )
    assert taken(text).sections == (
        Section("src/a.py", "x = 1\n"),
        Section("src/b.py", "y = 1\n"),
        Section("src/c.py", ""),
    )


def test_files_of_several_numbers_stand_side_by_side() -> None:
    text = (
        '<file-2 path="src/a.py">\n<file path="x">\n</file>\n</file-2>\nand\n'
        '<file path="src/b.py">\n</file-2>\n</file>\n<delete-7 path="src/c.py"/>\n'
    )
    assert taken(text).sections == (
        Section("src/a.py", '<file path="x">\n</file>\n'),
        Section("src/b.py", "</file-2>\n"),
        Section("src/c.py", None),
    )


@pytest.mark.parametrize(
    ("lines", "idea", "why"),
    [
        ("IDEA: cache it\nIt is slow.", "cache it", "It is slow."),
        ("Idea: cache it", "cache it", ""),
        ("**IDEA:** cache it\n\nIt is slow.", "cache it", "It is slow."),
        ("**IDEA: cache it**", "cache it", ""),
        ("**Idea**: *cache* it", "cache* it", ""),
        ("## IDEA: cache it", "cache it", ""),
        ("## Idea:\n\ncache it\nIt is slow.", "cache it", "It is slow."),
        ("- IDEA: `cache` it", "cache` it", ""),
        ("> IDEA: cache it\r\nIt is slow.\r", "cache it", "It is slow."),
        ("Sure!\n\nIDEA: cache it\nIt is slow.", "cache it", "Sure!\n\n\nIt is slow."),
        ("# Cache it\nIt is slow.\nVery.", "Cache it", "It is slow.\nVery."),
        ("\n\n**Cache it.**\n", "Cache it.", ""),
        ("", NO_IDEA, ""),
        ("---\n", NO_IDEA, ""),
        ("IDEA: a\x1b[31m\tb", "a [31m b", ""),
        ("IDEA: first\nIDEA: second", "first", "IDEA: second"),
        ("The idea: none\nIDEA: cache it", "cache it", "The idea: none"),
        ("<think>\nIDEA: bad\n</think>\nIDEA: cache it", "cache it", ""),
        ("Hm, I think …\n</think>\nIDEA: cache it", "cache it", ""),
    ],
)
def test_the_idea_is_one_line_and_the_prose_is_why(lines: str, idea: str, why: str) -> None:
    reply = taken(f'{lines}\n<file path="src/search.py">\nx = 1\n</file>\n')
    assert (reply.idea, reply.why.replace("\r", ""), len(reply.sections)) == (idea, why, 1)


def test_an_idea_after_the_files_is_found_too() -> None:
    reply = taken('<file path="src/search.py">\nIDEA: not this\n</file>\nIDEA: cache it\nIt is slow.\n')
    assert (reply.idea, reply.why) == ("cache it", "It is slow.")


def test_a_long_reason_is_cut() -> None:
    assert len(taken("IDEA: a\n" + "why " * 5000 + '\n<delete path="src/search.py"/>').why) == 4000


def test_files_drafted_while_thinking_are_not_read() -> None:
    draft = '<file path="src/search.py">\ndraft\n</file>\n'
    for word in ("think", "thinking", "THINK"):
        reply = taken(f"\ufeff\n<{word}>\n{draft}</{word}>\n\nIDEA: a\n{draft.replace('draft', 'x = 1')}")
        assert reply.sections == (Section("src/search.py", "x = 1\n"),)
    assert "reasoning" in taken(f"<think>\n{draft}").broken


def test_thinking_inside_a_file_is_its_text() -> None:
    text = "<think>\nx\n</think>\n"
    assert taken(f'<file path="src/a.py">\n{text}</file>\n').sections == (Section("src/a.py", text),)


@pytest.mark.parametrize("fence", ["```", "```xml", "~~~~", "````markdown"])
def test_a_fence_around_the_whole_reply_is_no_part_of_it(fence: str) -> None:
    """AM-33"""
    sign = fence.rstrip("abcdefghijklmnopqrstuvwxyz")
    text = 'IDEA: a\nWhy.\n<file path="src/search.py">\nx = 1\n</file>\n'
    reply = taken(f"{fence}\n{text}{sign}\n")
    assert reply == taken(text)
    assert (reply.idea, reply.why) == ("a", "Why.")


def test_a_fence_around_a_reply_in_fences_is_no_part_of_it() -> None:
    """AM-33"""
    text = "IDEA: a\nWhy.\n### src/search.py\n```python\nx = 1\n```\n"
    for reply in (f"````markdown\n{text}````\n", f"```markdown\n{text}```\n"):
        assert taken(reply) == taken(text)


def test_files_in_fences_stand_beside_files_that_are_deleted() -> None:
    text = 'IDEA: a\n### src/search.py\n```python\nx = 1\n```\n<delete path="src/a.py"/>\n'
    assert taken(text).sections == (Section("src/search.py", "x = 1\n"), Section("src/a.py", None))


def test_a_fence_without_a_path_beside_tags_is_prose() -> None:
    reply = taken('IDEA: a\n```\nprint(1)\n```\n<file path="src/search.py">\nx = 1\n</file>\n')
    assert reply.sections == (Section("src/search.py", "x = 1\n"),)


def test_the_only_target_needs_no_path() -> None:
    """AM-33"""
    whole = (Section("src/search.py", "x = 1\n"),)
    for text in (
        "Here you go:\n\n```python\nx = 1\n```\n\nThis is faster.\n",
        "```\nx = 1\n```",
        "```python\nx = 1\n```\nRun it:\n```bash\npython src/search.py\n```\n",
        "```python\nx = 1\n```\nIt prints\n```\n1\n```\n",
    ):
        assert taken(text, "src/search.py").sections == whole
        assert taken(text).sections == ()
    two = taken("```python\nx = 1\n```\nor\n```python\nx = 2\n```\n", "src/search.py")
    assert (two.sections, two.broken) == (
        (),
        'no path stands with the code; give each file between <file path="…"> and </file>',
    )
    assert "breaks off" in taken("IDEA: a\n```python\nx = 1\n", "src/search.py").broken
