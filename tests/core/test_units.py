"""Quantities that people write, and numbers that people read."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.units import (
    format_change,
    format_duration,
    format_number,
    parse_duration,
    parse_money,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("10 min", 600),
        ("2h", 7200),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        ("2d", 172_800),
        (" 5M ", 300),
        ("45", 45),
        (".5", 0.5),
        ("1e3", 1000),
        (45, 45),
        (0.25, 0.25),
        (1e-7, 1e-7),
    ],
)
def test_durations_are_read_in_seconds(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m",
        "5 parsecs",
        "5mb",
        "1h30",
        "h1",
        "-5m",
        "-1",
        "0",
        "0s",
        0,
        -1,
        math.nan,
        math.inf,
        "nan",
        "inf",
        "1e999",
        "1e999h",
        "5m,",
        "5:30",
        True,
    ],
)
def test_what_is_no_duration_is_refused_with_what_is_accepted(text: str | float) -> None:
    with pytest.raises(ValueError, match="is no duration: write seconds, or 90s, 5m, 1h30m") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512M", 512 * 2**20),
        ("512 MiB", 512 * 2**20),
        ("512mb", 512 * 2**20),
        ("1.5G", 3 * 2**29),
        ("4K", 4096),
        ("1T", 2**40),
        ("100", 100),
        ("100B", 100),
        (100, 100),
        (1e9, 10**9),
    ],
)
def test_sizes_are_read_in_bytes(text: str | float, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "M", "-1M", "0", 0, "0.1", "5X", "5 MM", "nan", "inf", "1e999", math.inf, True]
)
def test_what_is_no_size_is_refused_with_what_is_accepted(text: str | float) -> None:
    with pytest.raises(ValueError, match="is no size: write bytes, or 512K, 100M, 4G, 1T"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "dollars"),
    [
        ("$5", 5),
        ("$ 5", 5),
        ("0.50", 0.5),
        ("5$", 5),
        ("5 USD", 5),
        (5, 5),
        (0.25, 0.25),
        ("$0", 0),
        (1e-5, 1e-5),
    ],
)
def test_money_is_read_in_dollars(text: str | float, dollars: float) -> None:
    assert parse_money(text) == dollars


@pytest.mark.parametrize(
    "text", ["", "$", "-$5", -5, "5€", "$5 a day", "nan", math.nan, "inf", "1e999", True]
)
def test_what_is_no_amount_of_money_is_refused_with_what_is_accepted(text: str | float) -> None:
    with pytest.raises(ValueError, match="is no amount of money: write dollars"):
        parse_money(text)


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="0123456789.e-+msMhd$ ")))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    for parse in (parse_duration, parse_size, parse_money):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert 0 <= value < math.inf


@settings(deadline=None)
@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_number_is_its_own_duration_and_amount(value: float) -> None:
    assert parse_duration(repr(value)) == parse_duration(value) == value
    assert parse_money(f"${value!r}") == value


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.00 s"),
        (0.0000042, "0.0042 ms"),
        (0.0042, "4.2 ms"),
        (0.00999, "10 ms"),
        (0.42, "0.42 s"),
        (9.99, "9.99 s"),
        (9.996, "10.0 s"),
        (12.5, "12.5 s"),
        (59.97, "1m 00s"),
        (250, "4m 10s"),
        (65.4, "1m 05s"),
        (3599.7, "1h 00m"),
        (7500, "2h 05m"),
        (93_600, "26h 00m"),
    ],
)
def test_durations_are_shown_as_people_say_them(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "N/A"),
        (0.0, "0"),
        (-0.0, "0"),
        (12.50, "12.5"),
        (0.997900123, "0.9979"),
        (123456.7, "123457"),
        (12345.0, "12345"),
        (-3.0, "-3"),
        (1e-7, "1e-7"),
        (-1.25e-12, "-1.25e-12"),
        (12345678.0, "1.23457e7"),
        (1e100, "1e100"),
        (math.inf, "inf"),
    ],
)
def test_numbers_are_shown_short(value: float | None, shown: str) -> None:
    assert format_number(value) == shown


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_shown_is_right_to_six_digits(value: float) -> None:
    assert float(format_number(value)) == float(f"{value:.5e}")


@pytest.mark.parametrize(
    ("percent", "shown"),
    [
        (None, ""),
        (0.0, "0 %"),
        (-0.0, "0 %"),
        (1.23, "+1.2 %"),
        (-12.34, "-12.3 %"),
        (-0.004, "-0.004 %"),
        (-0.049, "-0.05 %"),
        (0.05, "+0.1 %"),
        (1e-9, "+1e-9 %"),
        (250.0, "+250.0 %"),
        (1e9, "+1e9 %"),
    ],
)
def test_changes_are_shown_with_their_sign(percent: float | None, shown: str) -> None:
    """AR-24"""
    assert format_change(percent) == shown


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False).filter(bool))
def test_no_change_but_zero_is_shown_as_zero(percent: float) -> None:
    shown = float(format_change(percent).removesuffix(" %"))
    assert shown != 0
    assert (shown > 0) == (percent > 0)
