"""What a person means by a number or a name."""

import pytest

from autoresearch.views.viewer_choice import LISTED, Option, chosen, listed

STAGES = [Option("stage", "plan", 3), Option("stage", "propose", 4), Option("stage", "1", 5)]
TRIALS = [Option("trial", number, 2) for number in (0, 3, 31)]


@pytest.mark.parametrize(
    ("found", "text", "value"),
    [
        (STAGES, "propose", "propose"),
        (STAGES, " plan ", "plan"),
        (STAGES, "2", "propose"),
        (STAGES, "1", "1"),  # a name comes before a place in the list
        (STAGES, "LAN", "plan"),
        (TRIALS, "3", 3),
        (TRIALS, "0", 0),
    ],
)
def test_a_name_comes_first_then_a_number_then_a_part_of_a_name(
    found: list[Option], text: str, value: object
) -> None:
    """AM-80, AM-81, AM-82"""
    option = chosen(found, text)
    assert option is not None and option.value == value


@pytest.mark.parametrize(
    ("found", "text", "said"),
    [
        (STAGES, "p", "'p' may be plan, propose"),
        (STAGES, "9", "there is no '9' here"),
        (TRIALS, "1", "there is no '1' here"),
        ([], "x", "there is no 'x' here"),
    ],
)
def test_what_is_none_or_several_is_said(found: list[Option], text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        chosen(found, text)


def test_nothing_means_any() -> None:
    assert chosen(STAGES, "  ") is None


def test_a_long_list_is_cut_and_says_so() -> None:
    many = [Option("trial", number, 1) for number in range(LISTED + 3)]
    lines = listed(many)
    assert len(lines) == LISTED + 1
    assert lines[-1][0] == "… and 3 more"
    assert listed([]) == []
