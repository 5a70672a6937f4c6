"""Keys never reach anything that is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.redaction import SHORTEST, Redactor

KEY = "sk-or-v1-0123456789abcdef"


@pytest.mark.parametrize("name", ["OPENROUTER_API_KEY", "GH_TOKEN", "DB_PASSWORD", "my_secret"])
def test_the_value_of_a_secret_becomes_its_name(name: str) -> None:
    """AM-72"""
    assert Redactor({name: KEY}).text(f"a {KEY}, b{KEY}") == f"a [{name}], b[{name}]"


def test_what_is_no_secret_stays() -> None:
    said = "/usr/local/bin and a number, 12345678"
    assert Redactor({"PATH": "/usr/local/bin", "HOME": "/home/ada"}).text(said) == said
    assert Redactor({}).text(said) == said


def test_a_short_value_is_not_looked_for() -> None:
    value = "x" * (SHORTEST - 1)
    assert Redactor({"API_KEY": value}).text(f"{value} {value}x") == f"{value} {value}x"
    assert Redactor({"API_KEY": value + "x"}).text(value + "x") == "[API_KEY]"
    assert Redactor({"API_KEY": f"  {value}  "}).text(value) == value


def test_space_around_a_value_is_not_part_of_it() -> None:
    assert Redactor({"API_KEY": f" {KEY}\n"}).text(f"key={KEY};") == "key=[API_KEY];"


def test_of_two_keys_one_within_the_other_the_longer_is_named() -> None:
    redactor = Redactor({"A_KEY": KEY, "B_KEY": f"{KEY}-and-more"})
    assert redactor.text(f"{KEY}-and-more {KEY}") == "[B_KEY] [A_KEY]"


def test_a_key_with_signs_of_a_pattern_is_only_itself() -> None:
    assert Redactor({"A_KEY": "a.c+e(g)|"}).text("abcdefg a.c+e(g)|") == "abcdefg [A_KEY]"


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("https://ada:hunter2@example.org/x", "https://ada:[password]@example.org/x"),
        ("https://:hunter2@example.org", "https://:[password]@example.org"),
        ("postgres://ada:p%40ss@db:5432/x y", "postgres://ada:[password]@db:5432/x y"),
        ("http://localhost:8000/a@b", "http://localhost:8000/a@b"),
        ("http://localhost:8000 or ada@example.org", "http://localhost:8000 or ada@example.org"),
        ("ssh://git@example.org:22/x", "ssh://git@example.org:22/x"),
    ],
)
def test_passwords_in_urls_are_taken_out(said: str, clean: str) -> None:
    """AM-72"""
    assert Redactor({}).text(said) == clean


def test_code_that_makes_a_url_stays_code_where_only_keys_are_looked_for() -> None:
    code = 'f"postgres://{user}:{password}@{host}"'
    assert Redactor({"A_KEY": KEY}).keys(f"{code} {KEY}") == f"{code} [A_KEY]"


def test_bytes_that_are_no_text_survive() -> None:
    redactor = Redactor({"A_KEY": KEY})
    assert redactor.data(b"\xff\x00" + KEY.encode() + b"\xfe") == b"\xff\x00[A_KEY]\xfe"
    assert redactor.data(b"\xff\x00\xfe") == b"\xff\x00\xfe"


@given(st.text(min_size=SHORTEST, alphabet=st.characters(codec="utf-8")).filter(lambda v: v == v.strip()))
def test_a_key_is_found_within_json_however_it_is_spelt(value: str) -> None:
    """AM-72"""
    redactor = Redactor({"A_KEY": value})
    for ascii_only in (True, False):
        line = redactor.text(json.dumps({"said": f"<{value}>"}, ensure_ascii=ascii_only))
        assert "[A_KEY]" in line
        assert json.loads(line) == {"said": "<[A_KEY]>"}


@given(st.lists(st.text()))
def test_a_line_of_json_stays_one(texts: list[str]) -> None:
    line = Redactor({}).text(json.dumps([f"http://ada:{text}" for text in texts], ensure_ascii=False))
    assert len(json.loads(line)) == len(texts)
