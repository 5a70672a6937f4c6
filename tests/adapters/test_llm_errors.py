"""What litellm raises, in one line of the provider's words. The rest: tests/calls/test_models.py."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.adapters.llm_errors import failed, failed_within, may_heal, parse_retry_after
from autoresearch.core.calls import CallFailed
from autoresearch.core.redaction import Redactor

DAY = "Fri, 02 Jan 2026 03:05:05"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = "sk-or-v1-0123456789abcdef"


class Raised(Exception):
    """An exception with the attributes that those of litellm have."""

    def __init__(self, message: str = "", status: Any = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status
        self.litellm_response_headers = headers


def read(message: str = "", status: Any = None, headers: dict[str, str] | None = None) -> CallFailed:
    return failed(Raised(message, status, headers), "late", Redactor({"A_KEY": KEY}).text, NOW)


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("litellm.BadRequestError: OpenAIException - no such field", "no such field"),
        ("litellm.Timeout: Timeout Error: OpenAIException - slow today", "slow today"),
        ("litellm.APIError: APIError: OpenrouterException - not now", "not now"),
        ("AnthropicError: Error - two\nlines\tof it", "two lines of it"),
        ("", "Bad Request"),
        (f"wrong key {KEY}", "wrong key [A_KEY]"),
        ('{"error": {"message": "in JSON", "code": 400}}', "in JSON"),
        ('{"error": "in short"}', "in short"),
        ('{"error": {"message": "it", "metadata": {"raw": "why"}}}', "it: why"),
        ('{"error": {"code": 1}}', '{"error": {"code": 1}}'),
        ('{"error": null}', '{"error": null}'),
        ("[1]", "[1]"),
        ("what\nTraceback (most recent call last):\n  File", "what"),
    ],
)
def test_the_words_of_the_provider_are_left(message: str, detail: str) -> None:
    told = read(message, 400, {"server": "x"})
    assert (told.detail, told.status, told.kind) == (detail, 400, "permanent")


def test_a_key_at_the_end_of_a_long_message_is_not_cut_in_half() -> None:
    """AM-72"""
    assert KEY[:9] not in read("x" * 290 + KEY, 400).detail


@pytest.mark.parametrize(
    ("status", "headers", "seen"),
    [
        (500, {"server": "x"}, 500),
        (500, None, None),  # made up where the network failed
        (429, None, 429),
        (200, {"server": "x"}, None),
        ("500", {"server": "x"}, None),
        (None, None, None),
    ],
)
def test_only_a_status_that_a_server_gave_is_told(status: Any, headers: Any, seen: int | None) -> None:
    told = read("what", status, headers)
    assert (told.status, told.kind) == (seen, "wait")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_is_wrong_with_the_request_does_not_heal(status: int) -> None:
    assert not may_heal(status)


@pytest.mark.parametrize("status", [None, 408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_is_wrong_with_the_day_may_heal(status: int | None) -> None:
    assert may_heal(status)


@pytest.mark.parametrize(
    ("message", "headers", "kind", "wait"),
    [
        ("Rate limit reached", {"retry-after": "3"}, "wait", 3.0),
        ("Rate limit reached. Please try again in 7.66s.", None, "wait", 7.66),
        ('{"error": {"message": "x", "details": [{"retryDelay": "12s"}]}}', None, "wait", 12.0),
        ("You exceeded your current quota, check your plan and billing. Retry in 9s", None, "wait", 9.0),
        ("You exceeded your current quota, check your plan and billing", None, "permanent", None),
        ("Your credit balance is too low", None, "permanent", None),
        ("Rate limit reached", None, "wait", None),
    ],
)
def test_a_rate_is_told_from_a_purse(
    message: str, headers: dict[str, str] | None, kind: str, wait: float | None
) -> None:
    """AM-76, AM-77"""
    told = read(message, 429, headers)
    assert (told.kind, told.retry_after) == (kind, wait)


def test_our_deadline_and_any_below_it_are_told_alike() -> None:
    assert failed(TimeoutError(), "late", str, NOW).detail == "late"
    outer = Raised("litellm.InternalServerError: Connection error.", 500)
    outer.__cause__ = TimeoutError("timed out")
    assert (failed(outer, "late", str, NOW).detail, failed(outer, "late", str, NOW).kind) == ("late", "wait")


def test_an_error_that_says_nothing_has_the_words_of_one_below_it() -> None:
    outer = Raised("litellm.RateLimitError: OpenAIException - ", 429)
    outer.__cause__ = Raised("slow down")
    assert failed(outer, "late", str, NOW).detail == "slow down"


def test_errors_in_a_circle_are_read_once() -> None:
    one, two = Raised(""), Raised("")
    one.__cause__, two.__cause__ = two, one
    assert failed(one, "late", str, NOW).detail == "no reason is given"


def test_an_answer_that_is_no_json_is_shown_in_short() -> None:
    outer = Raised("APIError: Unable to get json response - at 0, Original Response: <html>hi</html>", 200)
    outer.__cause__ = json.JSONDecodeError("Expecting value", "<html>", 0)
    assert failed(outer, "late", str, NOW).detail == "the answer is no JSON: <html>hi</html>"


@pytest.mark.parametrize(
    ("told", "detail", "status", "kind"),
    [
        ({"code": 502, "message": "upstream died"}, "upstream died", 502, "wait"),
        ({"code": 402, "message": "no credit"}, "no credit", 402, "permanent"),
        ({"message": "odd"}, "odd", None, "wait"),
        ("in words", "in words", None, "wait"),
        (["odd"], '{"error": ["odd"]}', None, "wait"),
    ],
)
def test_an_error_within_an_answer_is_read_alike(
    told: Any, detail: str, status: int | None, kind: str
) -> None:
    found = failed_within(told, str)
    assert (found.detail, found.status, found.kind) == (detail, status, kind)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 04:04:35 +0100", 30.0),
        ("Fri, 02 Jan 2026 05:05:05 +0200", 60.0),
        ("Friday, 02-Jan-26 03:04:15 GMT", 10.0),
        ("Fri, 02 Jan 2026 03:04:35", 30.0),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0.0),
    ],
)
def test_every_form_of_the_header_is_read(header: str, seconds: float) -> None:
    """AM-77"""
    assert parse_retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    "header",
    [None, "", "soon", "-1", "1e3", "nan", "inf", "١", "99 Foo 2026", "9" * 30, f"{DAY} +{'9' * 20}"],
)
def test_what_is_no_time_is_none(header: str | None) -> None:
    """AM-77"""
    assert parse_retry_after(header, NOW) is None


@given(st.text())
def test_no_header_is_too_odd(header: str) -> None:
    seconds = parse_retry_after(header, NOW)
    assert seconds is None or seconds >= 0
