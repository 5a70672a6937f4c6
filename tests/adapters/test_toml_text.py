"""TOML: every text comes back as it was, every part has its line."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters.toml_text import read, write
from autoresearch.core.errors import SettingsError

TEXTS = st.text(
    st.one_of(st.sampled_from("'\"\\\r\n\t\x00#[]{}= é\u2028"), st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(2**62), 2**62), st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_is_written_is_read_as_it_was(tree: dict[str, object]) -> None:
    """CX-44: `'''`, quotes in ids, back-slashes, CRLF, blank lines at both ends, Unicode, NUL."""
    assert tomllib.loads(write(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "'''",
        '"""',
        "it's",
        "\n\nblank\n\n",
        "a\r\nb",
        "\r",
        "\\n",
        "a\x00b",
        " ",
        "",
        'x = """\n',
        "$HOME `id`\nEOF\n",
    ],
)
def test_texts_that_broke_older_files(text: str) -> None:
    """CX-44."""
    assert read(write({"questions": [{"id": text, "prompt": text}]}), "x")[0]["questions"][0] == {
        "id": text,
        "prompt": text,
    }


def test_several_lines_stay_several_lines_for_people() -> None:
    assert 'a = """\none\n\\"two\\"\n"""' in write({"a": 'one\n"two"\n'})


def test_half_of_a_character_is_replaced_and_nothing_is_left_out() -> None:
    assert tomllib.loads(write({"a": "x\ud800y", "b": None})) == {"a": "x\ufffdy"}


FILE = '''\
prompt = """
[[cases]]
id = 1
"""   # [x]
list = [
  "a = 1",
  2,
]
[[cases]]
id = "a"
[[cases.tests]]
code = \'\'\'
x = 1
\'\'\'
[[cases.tests]]
stdin = ""

[execution]
timeout = 3
[[cases]]
"quoted key" = 1
tests = [{code = "x"}]
'''


def test_every_table_and_key_has_its_line() -> None:
    tree, lines = read(FILE, "x")
    assert len(tree["cases"]) == 2
    assert {way: line for way, line in lines.items() if way} == {
        ("prompt",): 1, ("list",): 5, ("cases", 0): 9, ("cases", 0, "id"): 10, ("cases", 0, "tests", 0): 11,
        ("cases", 0, "tests", 0, "code"): 12, ("cases", 0, "tests", 1): 15,
        ("cases", 0, "tests", 1, "stdin"): 16, ("execution",): 18, ("execution", "timeout"): 19,
        ("cases", 1): 20, ("cases", 1, "quoted key"): 21, ("cases", 1, "tests"): 22,
    }  # fmt: skip


def test_what_can_not_be_read_has_its_line() -> None:
    with pytest.raises(SettingsError, match=r"^x:2:\d+: this can't be read"):
        read("a = 1\nb = \n", "x")
    with pytest.raises(SettingsError, match="x"):
        read("a = " + "[" * 100_000, "x")
