"""Values that know where they stand, one layer on another."""

from typing import Any

import pytest

from autoresearch.adapters.settings_places import Mistake, Place, Placed, merge, place_of, plain


def layer(value: Any, rank: int, line: int = 1) -> Placed:
    """Values as a file would give them, one key or item to a line."""
    place = Place(rank, f"file{rank}", line, 1)
    if isinstance(value, dict):
        items = enumerate(value.items(), line)
        return Placed({key: layer(inner, rank, at) for at, (key, inner) in items}, place)
    if isinstance(value, list):
        return Placed([layer(item, rank, at) for at, item in enumerate(value, line)], place)
    return Placed(value, place)


@pytest.mark.parametrize(
    ("base", "over", "both"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"s": {"a": 1, "b": {"c": 1}}}, {"s": {"b": {"d": 2}}}, {"s": {"a": 1, "b": {"c": 1, "d": 2}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"s": {"a": 1}}, {"s": None}, {"s": {"a": 1}}),
        ({"s": {"a": 1}}, {"s": 5}, {"s": 5}),
        ({"s": 5}, {"s": {"a": 1}}, {"s": {"a": 1}}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_mappings_are_merged_and_all_else_is_replaced(base: Any, over: Any, both: Any) -> None:
    assert plain(merge(layer(base, 0), layer(over, 1))) == both


def test_after_merging_every_value_still_knows_its_file() -> None:
    whole = merge(layer({"s": {"a": 1, "b": 2}}, 0), layer({"s": {"b": 3}}, 1))
    assert place_of(whole, ("s", "a")).source == "file0"
    assert place_of(whole, ("s", "b")).source == "file1"
    assert place_of(whole, ("s",)).source == "file1"


def test_the_place_of_what_was_not_given_is_that_of_what_is_around_it() -> None:
    whole = layer({"a": 1, "s": {"b": [7, 8]}}, 0)
    assert place_of(whole, ("s", "b", 1)).line == 3
    assert place_of(whole, ("s", "b", 9)).line == 2
    assert place_of(whole, ("s", "x", "y")).line == 2
    assert place_of(whole, ("a", "x")).line == 1
    assert place_of(whole, ()) == Place(0, "file0", 1, 1)


def test_mistakes_stand_in_the_order_of_the_sources_and_then_of_the_lines() -> None:
    places = [Place(2, "-c a=1"), Place(0, "z", 10, 1), Place(0, "z", 9, 5), Place(1, "a", 1, 1)]
    said = [str(mistake) for mistake in sorted(Mistake(place, "wrong") for place in places)]
    assert said == ["z:9:5: wrong", "z:10:1: wrong", "a:1:1: wrong", "-c a=1: wrong"]
