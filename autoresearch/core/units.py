"""Quantities as people write them (5m, 512M, $5) to numbers, and numbers to what people read.

What a program printed is not read here (`readings.py`): this is for settings, options and tables.
"""

import math
import re

_SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?"
_PART = re.compile(rf"({_NUMBER})\s*({'|'.join(_SECONDS)})(?![a-z])\s*")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_SIZE = re.compile(rf"({_NUMBER})\s*([kmgt]?)(?:i?b)?")
_MONEY = re.compile(rf"\$?\s*({_NUMBER})(?:\s*(?:\$|usd))?")


def parse_duration(text: str | int | float) -> float:
    """Seconds in `90s`, `5m`, `1h30m`, `1.5h`, `500ms`, `2d`; a bare number is seconds.

    ValueError where it is none, or not more than zero.
    """
    written = _tidy(text)
    if re.fullmatch(_NUMBER, written):
        written += "s"
    parts = _PART.findall(written) if _DURATION.fullmatch(written) else []
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if not 0 < seconds < math.inf:
        raise ValueError(f"{text!r} is no duration: write seconds, or 90s, 5m, 1h30m, 500ms, 2d")
    return seconds


def parse_size(text: str | int | float) -> int:
    """Bytes in `512M`, `4G`, `1.5 GiB`, `100kb` (powers of 1024); a bare number is bytes.

    ValueError where it is none, or less than one byte.
    """
    match = _SIZE.fullmatch(_tidy(text))
    size = float(match[1]) * _BYTES[match[2]] if match else math.nan
    if not 1 <= size < math.inf:
        raise ValueError(f"{text!r} is no size: write bytes, or 512K, 100M, 4G, 1T")
    return int(size)


def parse_money(text: str | int | float) -> float:
    """US dollars in `$5`, `5.50`, `5 USD`; zero is an amount. ValueError where it is none."""
    match = _MONEY.fullmatch(_tidy(text))
    amount = float(match[1]) if match else math.inf
    if math.isinf(amount):
        raise ValueError(f"{text!r} is no amount of money: write dollars, as $5 or 0.50")
    return amount


def format_duration(seconds: float) -> str:
    """For people: `4.2 ms`, `0.42 s`, `12.5 s`, `4m 10s`, `2h 05m`."""
    if 0 < seconds < 0.01:
        return f"{_short(seconds * 1000, 2)} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if seconds < 3599.5:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}h {minutes:02d}m"


def format_money(dollars: float) -> str:
    """For people: `$12.50`, `$0.50`, `$0.0123`; an amount that is not zero is not shown as zero."""
    cents = f"{dollars:.2f}"
    return f"${cents}" if dollars >= 0.995 or dollars == 0 else f"${max(_short(dollars, 3), cents, key=len)}"


def format_number(value: float | None) -> str:
    """At most six significant digits, `N/A` for None. For people only: records keep full precision."""
    return "N/A" if value is None else _short(value, 6)


def format_change(percent: float | None) -> str:
    """A signed percentage: `+1.2 %`, `-0.004 %`, `0 %`; nothing for None. Only zero is shown as zero."""
    if percent is None:
        return ""
    if percent == 0:
        return "0 %"
    size = abs(percent)
    shown = f"{size:.1f}" if 0.05 <= size < 999_999.95 else _short(size, 1 if size < 1 else 6)
    return f"{'-' if percent < 0 else '+'}{shown} %"


def _tidy(text: str | int | float) -> str:
    # YAML and JSON have booleans, which Python takes for 0 and 1.
    return "" if isinstance(text, bool) else str(text).strip().lower()


def _short(value: float, digits: int) -> str:
    # `+ 0.0` makes -0.0 plain zero; Python pads exponents (1e-07), people do not.
    return re.sub(r"e([-+])0*", lambda e: "e" + e[1].removeprefix("+"), f"{value + 0.0:.{digits}g}")


def counted(number: int, word: str) -> str:
    """ "1 trial", "2 trials"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
