"""What litellm raises, as a CallFailed: what happened, in the provider's words, and whether waiting may help.

litellm gives every trouble a status, also where no server has answered: those are not passed on.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from autoresearch.core.calls import CallFailed
from autoresearch.core.text import one_line

LONGEST = 300  # characters of what a provider says
_PHRASES: Mapping[int | None, str] = {status.value: status.phrase for status in HTTPStatus}
_PREAMBLE = re.compile(r"^(litellm\.)?[\w ]{0,60}(Error|Exception|Timeout)( -|:)\s*")
_NO_ANSWER = re.compile("no 'choices'|Invalid response object|Received response - <APIResponse")
_NO_CREDIT = re.compile(
    "insufficient_quota|billing|credit balance|out of credits|current quota", re.IGNORECASE
)
_COME_BACK = re.compile(r"""(?:retry|try again) in ([0-9.]+) ?s|retryDelay\W+([0-9.]+)s""", re.IGNORECASE)


def failed(error: BaseException, late: str, clean: Callable[[str], str], now: datetime) -> CallFailed:
    """`late` is what is said where no answer came in time; `clean` takes keys out of a text."""
    causes = list(_causes(error))
    if any(isinstance(cause, TimeoutError) or _is_late(cause) for cause in causes):
        return CallFailed("wait", late)
    if "Provider NOT provided" in str(error):
        return CallFailed(
            "permanent", "no provider stands before the first slash, as in openrouter/vendor/name"
        )
    headers = getattr(error, "litellm_response_headers", None) or {}
    status = _status(error, bool(headers))
    said = _said(causes, status)
    asked = parse_retry_after(headers.get("retry-after"), now)
    if asked is None and (hint := _COME_BACK.search(said)):
        asked = parse_retry_after(hint[1] or hint[2], now)
    broke = any(getattr(cause, "code", None) == "insufficient_quota" for cause in causes)
    if status == 429 and (broke or (asked is None and _NO_CREDIT.search(said))):
        asked, heals = None, False
    else:
        heals = may_heal(status)
    detail = one_line(clean(_unwrapped(said)), LONGEST)
    return CallFailed("wait" if heals else "permanent", detail, status=status, retry_after=asked)


def failed_within(told: Any, clean: Callable[[str], str]) -> CallFailed:
    """An error that came inside of an answer, as OpenRouter gives those of the providers behind it."""
    code = told.get("code") if isinstance(told, Mapping) else None
    status = code if isinstance(code, int) else None
    detail = one_line(clean(_unwrapped(json.dumps({"error": told}, default=str))), LONGEST)
    return CallFailed("wait" if may_heal(status) else "permanent", detail, status=status)


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds in a `Retry-After` header: whole, a fraction, or a date (RFC 9110, 10.2.3); None for none."""
    written = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", written):
        return float(written)
    try:
        when = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


def may_heal(status: int | None) -> bool:
    """May a request that has failed so do well a little later? No status: the network, or a broken answer."""
    return status is None or status in (408, 409, 425, 429) or status >= 500


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_late(cause: BaseException) -> bool:
    return type(cause).__module__.startswith("httpx") and type(cause).__name__.endswith("Timeout")


def _status(error: BaseException, answered: bool) -> int | None:
    """The provider's; None where litellm has made it up, or where it says that all is well."""
    status = getattr(error, "status_code", None)
    if not isinstance(status, int) or status < 400 or (status >= 500 and not answered):
        return None
    return status


def _said(causes: list[BaseException], status: int | None) -> str:
    """The first words that say anything."""
    said = next(filter(None, (_plain(getattr(cause, "message", None) or cause) for cause in causes)), "")
    if status is None and any(isinstance(cause, json.JSONDecodeError) for cause in causes):
        answer = said.partition("Original Response:")[2].strip()
        return f"the answer is no JSON: {answer}" if answer else "the answer is no JSON"
    if _NO_ANSWER.search(said):
        return "what came back is not the answer of a model"
    if said == "Connection error.":
        below = [str(cause) for cause in causes if type(cause).__module__.startswith("httpx") and str(cause)]
        return below[0] if below else said
    return said or _PHRASES.get(status, "no reason is given")


def _plain(said: object) -> str:
    text = str(said).partition("Traceback (most recent")[0].strip()
    while (shorter := _PREAMBLE.sub("", text)) != text:
        text = shorter
    return text


def _unwrapped(said: str) -> str:
    """The words in an error that is JSON; OpenRouter puts those of the provider behind it into `raw`."""
    try:
        error = json.loads(said)["error"]
        if isinstance(error, str):
            return error
        behind = (error.get("metadata") or {}).get("raw")
        return f"{error['message']}: {behind}" if behind else str(error["message"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return said
