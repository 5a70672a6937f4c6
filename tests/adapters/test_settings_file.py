"""Reading YAML with places: its traps, and files that are no settings at all."""

from pathlib import Path

import pytest

from autoresearch.adapters.settings_file import read_file, read_override, write
from autoresearch.adapters.settings_places import Mistake, Place, place_of, plain


def refused(path: Path) -> str:
    mistakes: list[Mistake] = []
    assert read_file(path, 0, mistakes) is None
    (mistake,) = mistakes
    return str(mistake).removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n\tb: 2", ":2:1: this can't be read: found character '\\t' that cannot start any token;"
            " use spaces, not tabs"),
        ("a: @x", ":1:4: this can't be read: found character '@' that cannot start any token;"
            " put the text in quotes"),
        ("a: x: y", ":1:5: this can't be read: mapping values are not allowed here;"
            " put text that holds a colon in quotes, or mend the indentation"),
        ("a:\n  [1,\n", ":3:1: this can't be read: expected the node content, but found the end;"
            " mend the brackets, quotes or indentation"),
        ("a: 'x\n\n", ":3:1: this can't be read: found unexpected end of stream in what began on line 1;"
            " mend the brackets, quotes or indentation"),
        ("a: 1\n---\nb: 2", ":2:1: this can't be read: found another document in what began on line 1;"
            " take out the line ---"),
        ("a: !e!x y", ":1:4: this can't be read: found undefined tag handle '!e!'; put the text in quotes"),
        ("a: !x y", ":1:1: the tag !x can't be used; take it out or put the text in quotes"),
        ("a: !!python/object/apply:os.system [ls]", ":1:1: the tag !!python/object/apply:os.system can't be"
            " used; take it out or put the text in quotes"),
        ("a: !!binary aGk=", ":1:1: the tag !!binary can't be used; take it out or put the text in quotes"),
        ("a: &x 1\nb: *x", ":2:4: the alias *x can't be used; write its value out"),
        ("? [a]\n: b", ":1:3: a list or a mapping can't be a key; keys are words"),
        ("a: " + 50_000 * "[", ":1:23: nested too deep; there are keys, and keys in sections"),
        ("a: 1\nb: é\x07", ":2:5: the character U+0007 can't be used here; take it out"),
        ("- a\n- b", ":1:1: must hold keys and values, such as target: [src/search.py]"),
        ("just words", ":1:1: must hold keys and values, such as target: [src/search.py]"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_gives_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    assert refused(path) == said


def test_a_few_aliases_that_stand_for_gigabytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 20)]
    path.write_text("l0: &l0 [x]\n" + "".join(levels))
    assert refused(path) == ":2:10: the alias *l0 can't be used; write its value out"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: é\nb: é".encode() + b"\xff", ":2:5: this is not UTF-8 text; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), ":1:1: this is not UTF-8 text; save the file as UTF-8"),
    ],
)
def test_text_in_another_encoding_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    assert refused(path) == said


def test_a_folder_and_a_loop_of_links_can_not_be_read(tmp_path: Path) -> None:
    assert refused(tmp_path) == ": can't be read: Is a directory"
    link = tmp_path / "link"
    link.symlink_to(link)
    assert refused(link) == ": can't be read: Too many levels of symbolic links"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~", "null\n", "{}", "\ufeff"])
def test_an_empty_file_is_an_empty_mapping(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    mistakes: list[Mistake] = []
    found = read_file(path, 3, mistakes)
    assert found is not None
    assert (found.value, found.place, mistakes) == ({}, Place(3, str(path), 1, 1), [])


def test_everything_knows_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("\ufeffé: {b: 1, c: 2}\r\nd:\r\n  - x\r\n  - [y, z]\r\n".encode())
    found = read_file(path, 0, [])
    assert found is not None
    assert plain(found) == {"é": {"b": 1, "c": 2}, "d": ["x", ["y", "z"]]}
    places = [place_of(found, where)[2:] for where in [("é",), ("é", "c"), ("d", 0), ("d", 1, 1)]]
    assert places == [(1, 1), (1, 11), (3, 5), (4, 9)]


def test_a_key_given_twice_is_refused_where_it_stands_again(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    mistakes: list[Mistake] = []
    assert read_file(path, 0, mistakes) is not None
    assert [str(mistake).removeprefix(str(path)) for mistake in mistakes] == [
        ":2:11: b: 'c' is given twice, first on line 2; keep one",
        ":3:1: 'a' is given twice, first on line 1; keep one",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", "1e-3"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("2024-99-99", "2024-99-99"),
        ("0b_", "0b_"),
        ("9" * 5000, "9" * 5000),
        ("!!bool maybe", "maybe"),
        ("!!int ''", ""),
        ("'5'", "5"),
        ("0.5", 0.5),
        ("no", False),
        ("", None),
    ],
)
def test_what_yaml_makes_of_a_scalar(text: str, value: object) -> None:
    found = read_override(f"a={text}", 0, [])
    assert found is not None
    assert plain(found) == {"a": value}


def test_an_override_is_one_place() -> None:
    mistakes: list[Mistake] = []
    found = read_override("a.b={c: 1, c: 2}", 4, mistakes)
    assert found is not None
    assert plain(found) == {"a": {"b": {"c": 2}}}
    assert place_of(found, ("a", "b", "c")) == Place(4, "-c a.b={c: 1, c: 2}")
    assert [str(mistake) for mistake in mistakes] == ["-c a.b={c: 1, c: 2}: 'c' is given twice; keep one"]


def test_text_from_outside_utf_8_in_an_override_is_refused() -> None:
    mistakes: list[Mistake] = []
    assert read_override("a=caf\udce9", 0, mistakes) is None
    assert str(mistakes[0]) == "-c a=caf: the character U+DCE9 can't be used here; take it out"


def test_a_long_list_stands_beneath_its_key() -> None:
    assert write({"a": ["x" * 50, "y" * 50]}).splitlines()[1:] == ["a:", "- " + "x" * 50, "- " + "y" * 50]
