"""Names of experiments: what git and a folder can carry, and what a person types for one."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autoresearch.core.errors import ExperimentError
from autoresearch.core.naming import READY_DOMAINS, check_name, ending, split

WORDS = st.lists(
    st.sampled_from([*"abZ09é漢_", ".", "..", "-", "+", ".lock", "~"]), min_size=1, max_size=5
).map("".join)


def usable(name: str) -> bool:
    try:
        return check_name(name) == name
    except ExperimentError:
        return False


@pytest.mark.parametrize(
    "name",
    [
        "engineering/api-speed",
        "a/b",
        "x.y/1_2",
        "C++/g++",
        "prompts/größe",
        "研究/速度",
        "a/b.lock.c",
        "v/" + "n" * 100,
    ],
)
def test_a_word_is_a_name_in_any_script(name: str) -> None:
    """AR-01: any word is accepted as a domain."""
    assert check_name(name) == name


def test_the_ready_domains_are_usable() -> None:
    """AR-01"""
    assert all(usable(f"{domain}/x") for domain in READY_DOMAINS)


@pytest.mark.parametrize(
    "name",
    [
        "", "a", "a/", "/a", "/a/b", "a/b/c", "a//b", "../b", "a/..", "./b", "a/.", "a/.b", "-a/b", "a/-b",
        "a b/c", "a/b ", "a/b\n", "a/b\tc", "a/b..c", "a/b.", "a/b.lock", "a.lock/b", "a/b~1", "a/b^",
        "a/b:c", "a/b?", "a/b*", "a/[b]", "a\\b/c", "a/@{b}", "a/\x00", "a/\x7f", "a/\ud800", "version/x",
        "config.yaml/x", "a/" + "n" * 101, "a/" + "𝒜" * 100,
    ],
)  # fmt: skip
def test_what_a_branch_or_a_folder_cannot_carry_is_refused_in_one_line_with_the_mend(name: str) -> None:
    """AR-06"""
    with pytest.raises(ExperimentError) as refused:
        check_name(name)
    assert refused.value.mend or "domain" in refused.value.message
    assert "\n" not in str(refused.value)


@settings(max_examples=200)
@given(WORDS, WORDS)
def test_whatever_is_accepted_is_a_branch_for_git_and_two_folders_for_the_system(
    tmp_path_factory: pytest.TempPathFactory, domain: str, short: str
) -> None:
    """AR-06"""
    name = f"{domain}/{short}"
    assume(usable(name))
    branch = f"refs/heads/autoresearch/{name}"
    assert subprocess.run(["git", "check-ref-format", branch]).returncode == 0
    folder = tmp_path_factory.mktemp("names") / name
    folder.mkdir(parents=True)
    assert Path(*folder.parts[:-2]).resolve() == folder.resolve().parent.parent


def test_an_experiment_goes_by_any_ending_of_its_name() -> None:
    names = ["engineering/api-speed", "engineering/db-speed", "content/speed", "content/titles"]
    assert ending(names, "engineering/api-speed") == ["engineering/api-speed"]
    assert ending(names, "api-speed") == ["engineering/api-speed"]
    assert ending(names, "i-speed") == ["engineering/api-speed"]
    assert ending(names, "speed") == ["content/speed"]  # one that is called just so comes first
    assert ending(names, "-speed") == ["engineering/api-speed", "engineering/db-speed"]
    assert ending(names, "engineering") == []
    assert ending([], "speed") == []


def test_the_same_short_name_in_two_domains_means_both() -> None:
    assert ending(["a/x", "b/x", "b/yx"], "x") == ["a/x", "b/x"]
    assert ending(["a/x", "b/x", "b/yx"], "b/x") == ["b/x"]


def test_a_name_splits_into_domain_and_short_name() -> None:
    assert split("engineering/api-speed") == ("engineering", "api-speed")
