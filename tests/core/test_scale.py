"""Values are compared by logarithms while all are positive, and differences are told in words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.model import Direction, Metric
from autoresearch.core.scale import Scale

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
DIRECTIONS: list[Direction] = ["lower", "higher"]


@pytest.mark.parametrize("direction", DIRECTIONS)
@given(values=st.lists(NUMBERS, min_size=1), first=NUMBERS, second=NUMBERS)
def test_a_better_value_never_lies_higher(
    direction: Direction, values: list[float], first: float, second: float
) -> None:
    metric = Metric("m", direction)
    scale = Scale.of(metric, values)
    assert math.isfinite(scale.x(first))
    if metric.better(first, second):
        assert scale.x(first) <= scale.x(second)


@pytest.mark.parametrize(
    ("direction", "value", "than", "told"),
    [
        ("lower", 9.0, 10.0, "10.0 %"),
        ("higher", 11.0, 10.0, "10.0 %"),
        ("lower", -12.5, -10.0, "2.5 ms"),
        ("higher", 2.5, -10.0, "12.5 ms"),
        ("lower", 0.0, 0.25, "0.25 ms"),
    ],
)
def test_a_gain_is_told_in_percent_or_in_the_metrics_unit(
    direction: Direction, value: float, than: float, told: str
) -> None:
    metric = Metric("m", direction, "ms")
    scale = Scale.of(metric, (value, than))
    assert scale.gain(scale.x(than) - scale.x(value)).told(metric) == told


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("values", [(3.0, 4.0), (-3.0, 4.0), (0.0, 0.0)])
def test_a_value_is_found_again_at_its_place(direction: Direction, values: tuple[float, ...]) -> None:
    scale = Scale.of(Metric("m", direction), values)
    for value in values:
        assert scale.value(scale.x(value)) == pytest.approx(value)


def test_what_a_logarithm_cannot_show_lies_beyond_all_that_it_can() -> None:
    scale = Scale.of(Metric("m", "lower"), (1.0, 2.0))
    assert scale.x(0.0) == scale.x(-5.0) == scale.x(5e-324) < scale.x(1e-300)
