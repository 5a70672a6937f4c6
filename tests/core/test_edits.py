"""From a reply to whole files: exact where it can be, refused with a reason where it can't."""

from collections.abc import Callable, Mapping

import pytest

from autoresearch.core.edits import Edits, Refused, parse, render

SEARCH = "import re\n\n\ndef find(x):\n    return re.search(x, 'abc')\n"
OLD = {"src/search.py": SEARCH, "src/old.py": "x = 1\n"}
NEW = "def find(x):\n    return x in 'abc'\n"


def in_src(path: str) -> bool:
    return path.startswith("src/")


def tagged(text: str, path: str = "src/search.py") -> str:
    return f'IDEA: search without re\nIt is faster.\n<file path="{path}">\n{text}</file>\n'


def refusal(reply: str, before: Mapping[str, str] = OLD, may_write: Callable[[str], bool] = in_src) -> str:
    with pytest.raises(Refused) as refused:
        parse(reply, before, may_write)
    assert len(refused.value.detail.splitlines()) == 1
    assert str(refused.value) == refused.value.detail
    return refused.value.detail


def test_a_reply_becomes_an_idea_a_reason_and_whole_files() -> None:
    """AM-27: whole files, not patches."""
    reply = (
        "IDEA: cache the parsed query\n"
        "Parsing costs most of the time.\n"
        '<file path="src/search.py">\n' + NEW + "</file>\n"
        '<file path="src/cache.py">\nCACHE = {}\n</file>\n'
        '<delete path="src/old.py"/>\n'
    )
    assert parse(reply, OLD, in_src) == Edits(
        "cache the parsed query",
        "Parsing costs most of the time.",
        {"src/search.py": NEW, "src/cache.py": "CACHE = {}\n", "src/old.py": None},
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("", "the reply is empty; give each changed file whole"),
        (" \n\t\n", "the reply is empty"),
        ("IDEA: try less\nI would use a cache.\n", "no file in the reply; give each changed file whole"),
        ("I can't help with that.", "no file in the reply"),
        ("<think>\n" + tagged(NEW), "ends before the reasoning does"),
        (tagged(NEW).replace("</file>\n", ""), "'src/search.py' breaks off: no </file> follows its text"),
        (tagged(NEW) + '<file path="src/b.py">\nx = ', "'src/b.py' breaks off"),
        (tagged(NEW).replace("</file>", "</file-2>"), "no </file> follows"),
        ("### src/search.py\n```python\n" + NEW, "'src/search.py' breaks off: its fence is not closed"),
        ("```python\n" + NEW + "```\n", "no path stands with the code"),
        (tagged(NEW, "bench.py"), "'bench.py' is not among the target files; change only those"),
        (tagged(NEW) + tagged(NEW, "bench.py"), "'bench.py' is not among"),
        (tagged(NEW, "src/../bench.py"), "'src/../bench.py' is not among"),
        (tagged(NEW, "../x.py"), "'../x.py' is not among"),
        (tagged(NEW, "/etc/passwd"), "'/etc/passwd' is not among"),
        (tagged(NEW, "src/.git/config"), "'src/.git/config' is not among"),
        (tagged(NEW, "src/.GIT/config"), "is not among"),
        (tagged(NEW, "src/\0"), r"'src/\x00' is not among"),
        (tagged(NEW, "src/\x1b[31m"), r"'src/\x1b[31m' is not among"),
        (tagged(NEW, "src/\ud800"), r"'src/\ud800' is not among"),
        (tagged(NEW, ""), "'' is not among"),
        (tagged(NEW, "src/"), "'src/' is not among"),
        (tagged(NEW, "src//a.py"), "'src//a.py' is not among"),
        (
            f"### bench.py\n```\nx\n```\n### src/search.py\n```\n{NEW}```\n",
            "'bench.py' is not among",
        ),
        (tagged(NEW) + tagged("x = 2\n"), "'src/search.py' is given twice with different texts"),
        (tagged(NEW) + '<delete path="src/search.py"/>', "'src/search.py' is given twice"),
        ('<delete path="src/none.py"/>', "'src/none.py' can't be deleted: there is no such file"),
        ('<delete path="bench.py"/>', "'bench.py' is not among"),
        (tagged("x = '\0'\n"), r"'src/search.py' holds '\x00', which is no text"),
        (tagged("x = '\x1b[0m'\n"), r"holds '\x1b'"),
        (tagged("x = '\x85'\n"), r"holds '\x85'"),
        (tagged("x = '\udcff'\n"), r"holds '\udcff'"),
        (tagged("x = '\ud83d'\n"), r"holds '\ud83d'"),
        (
            tagged("import re\n\n# ... existing code ...\n"),
            "is not whole: '# ... existing code ...'",
        ),
        (tagged(SEARCH), "it changes nothing"),
        (tagged(SEARCH.replace("\n", "\r\n")), "it changes nothing"),
        (tagged(SEARCH.rstrip("\n") + "\n"), "it changes nothing"),
        (
            tagged("<<<<<<< SEARCH\nimport re\n=======\n>>>>>>> REPLACE\n"),
            "is given in search/replace blocks",
        ),
        (tagged("--- a/src/search.py\n+++ b/src/search.py\n@@ -1 +1 @@\n-a\n+b\n"), "is given as a patch"),
        (tagged("@@ -1,3 +1,4 @@\n-a\n+b\n"), "is given as a patch"),
        ("".join(f'<delete path="src/{n}"/>\n' for n in range(1001)), "more than 1000 files"),
        ("```\nx\n```\n" * 1001, "more than 1000 code fences"),
    ],
)
def test_a_reply_that_is_no_proposal_is_refused_with_what_to_do_instead(reply: str, said: str) -> None:
    """AR-18: outside the target, empty, truncated, elided, without a difference: refused with the reason."""
    told = refusal(reply, may_write=lambda path: in_src(path) or path in ("", "/etc/passwd", "../x.py"))
    assert said in told
    assert "; " in told or ": " in told


def test_a_refusal_keeps_the_idea_and_the_reason() -> None:
    """AR-18: the row of a refused reply says what was tried."""
    with pytest.raises(Refused) as refused:
        parse(tagged(SEARCH), OLD, in_src)
    assert (refused.value.idea, refused.value.why) == ("search without re", "It is faster.")
    with pytest.raises(Refused) as refused:
        parse(tagged(NEW).replace("</file>", ""), OLD, in_src)
    assert (refused.value.idea, refused.value.why) == ("search without re", "It is faster.")


def test_files_that_stay_the_same_are_left_out() -> None:
    reply = tagged(NEW) + tagged("x = 1\n", "src/old.py")
    assert parse(reply, OLD, in_src).files == {"src/search.py": NEW}


def test_the_same_text_given_twice_is_one() -> None:
    assert parse(tagged(NEW) + tagged(NEW), OLD, in_src).files == {"src/search.py": NEW}


def test_an_old_line_that_looks_like_an_elision_may_stay() -> None:
    old = {"src/a.py": "# ... existing code ...\nx = 1\n"}
    new = "# ... existing code ...\nx = 2\n"
    assert parse(tagged(new, "src/a.py"), old, in_src).files == {"src/a.py": new}


@pytest.mark.parametrize(
    ("old", "given_text", "new"),
    [
        ("a\nb\n", "c\n", "c\n"),
        ("a\nb", "c\n", "c"),
        ("a", "c\n\n", "c\n"),
        (None, "c\n", "c\n"),
        ("", "c\n", "c\n"),
        ("a\n", "", ""),
        ("a\n", "\n", "\n"),
        ("a\r\nb\r\n", "c\nd\n", "c\r\nd\r\n"),
        ("a\r\nb", "c\nd\n", "c\r\nd"),
        ("a\nb\n", "c\r\nd\r\n", "c\nd\n"),
        ("a\r\nb\n", "c\r\nd\r\n", "c\r\nd\r\n"),
        ("a\nb\n", "c\r\nd\n", "c\r\nd\n"),
        ("a\r\nb\r\n", "c\r\nd\n", "c\r\nd\n"),
        (None, "c\r\nd\r\n", "c\r\nd\r\n"),
        ("\ufeffa\n", "b\n", "\ufeffb\n"),
        ("\ufeffa\n", "\ufeffb\n", "\ufeffb\n"),
        ("a\n", "\ufeffb\n", "b\n"),
        ("a\x0c\x1b\n", "\x0c\x1bb\n", "\x0c\x1bb\n"),
        ("caf\udce9\n", "caf\udce9s\n", "caf\udce9s\n"),
    ],
)
def test_line_ends_final_newline_and_byte_order_mark_stay_as_they_were(
    old: str | None, given_text: str, new: str
) -> None:
    before = {"src/b.py": "x\n"} | ({} if old is None else {"src/a.txt": old})
    assert parse(tagged(given_text, "src/a.txt"), before, in_src).files == {"src/a.txt": new}


@pytest.mark.parametrize("old", ["a\n", "a", None, "a\r\n", "a\r\nb", "a\n\n", ""])
def test_a_reply_whose_lines_all_end_as_on_windows_is_the_same_reply(old: str | None) -> None:
    before = {"src/b.py": "x\n"} | ({} if old is None else {"src/a.txt": old})
    for text in ("c\n", "c\nd\n", "```\nc\n```\n", ""):
        reply = tagged(text, "src/a.txt")
        if text or old != "":
            assert parse(reply.replace("\n", "\r\n"), before, in_src) == parse(reply, before, in_src)


BLOCK = "<<<<<<< SEARCH\nimport re\n=======\nimport regex as re\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (BLOCK, SEARCH, SEARCH.replace("import re", "import regex as re")),
        (f"```python\n{BLOCK}```\n", SEARCH, SEARCH.replace("import re", "import regex as re")),
        (BLOCK, "import re\r\nx\r\n", "import regex as re\r\nx\r\n"),
        (BLOCK.replace("\n", "\r\n"), "import re\nx\n", "import regex as re\nx\n"),
        (BLOCK, "import re", "import regex as re"),
        (BLOCK, "# ... existing code ...\nimport re\n", "# ... existing code ...\nimport regex as re\n"),
        (NEW, SEARCH, NEW),
        ("<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n", None, "x = 1\n"),
    ],
)
def test_blocks_are_understood_where_they_are_asked_for(body: str, old: str | None, new: str) -> None:
    before = {"src/b.py": "x\n"} | ({} if old is None else {"src/a.py": old})
    assert parse(tagged(body, "src/a.py"), before, in_src, "blocks").files == {"src/a.py": new}


def test_blocks_of_one_file_may_stand_in_several_tags() -> None:
    second = "<<<<<<< SEARCH\nimport regex as re\n=======\nimport os\n>>>>>>> REPLACE\n"
    before = {"src/a.py": "import re\nx\n"}
    reply = tagged(BLOCK, "src/a.py") + tagged(second, "src/a.py")
    assert parse(reply, before, in_src, "blocks").files == {"src/a.py": "import os\nx\n"}
    again = tagged(BLOCK, "src/a.py") * 2
    assert parse(again, before, in_src, "blocks").files == {"src/a.py": "import regex as re\nx\n"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            BLOCK.replace("import re\n", "import os\n"),
            "block 1: SEARCH 'import os' is not in",
        ),
        (BLOCK.replace("import regex as re", "# ... existing imports"), "is not whole"),
        (BLOCK.replace("regex as ", ""), "it changes nothing"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(body: str, said: str) -> None:
    with pytest.raises(Refused, match="; ") as refused:
        parse(tagged(body), OLD, in_src, "blocks")
    assert said in refused.value.detail


def test_tags_are_numbered_only_where_a_text_has_such_tags() -> None:
    assert render({"a": "x\n", "b": None}) == '<file path="a">\nx\n</file>\n<delete path="b"/>\n'
    assert render({"a": "</file>\n", "b": "<file-2 path=x>"}).startswith(
        '<file-3 path="a">\n</file>\n</file-3>'
    )
    assert render({}) == ""
