"""Whole searches: what is kept is better, and finding that out costs little.

Fewer searches than `benchmarks/keep_rule.py` makes; the seeds are fixed, so each has one outcome.
"""

import pytest

from autoresearch.core.keep import Confirm
from tests.worlds import World, mixed, neutral, planted, search, together


def _seeds(noise: float) -> range:
    # On a logarithmic scale nothing else tells one noise from another.
    return range(round(10_000 * noise), round(10_000 * noise) + 25)


@pytest.mark.parametrize(("confirm", "most"), [("normal", 0.5), ("strict", 0.1)])
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_ideas_that_change_nothing_are_hardly_ever_kept(noise: float, confirm: Confirm, most: float) -> None:
    found = together(search(World(noise, neutral), confirm, seed) for seed in _seeds(noise))
    assert found.tried > 7000
    assert 100 * found.kept / found.tried <= most


@pytest.mark.parametrize(("confirm", "most"), [("normal", 5.0), ("strict", 1.5)])
def test_what_is_kept_is_better_and_most_of_what_is_better_is_found(confirm: Confirm, most: float) -> None:
    found = together(search(World(0.01, mixed), confirm, seed) for seed in range(60))
    assert found.kept > 500
    assert 100 * found.false / found.kept <= most
    assert found.gain >= 34
    assert found.evaluations / found.tried <= 1.5


@pytest.mark.parametrize("confirm", ["normal", "strict"])
def test_a_gain_of_three_deviations_is_kept(confirm: Confirm) -> None:
    assert sum(planted(confirm, seed, 3.0) for seed in range(100)) >= 90
