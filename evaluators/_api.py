"""Asks a model behind an OpenAI-compatible API, in time and with few retries. A part of the judges."""

import email.utils
import http.client
import json
import math
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from _asking import Answer, Failed, go_on, hide, pause, short

RETRIES = 3
LONGEST_WAIT = 60.0  # seconds between two tries; a server that wants more is given up
LARGEST = 16 << 20  # bytes of a reply that are read


class Api:
    """A model behind an OpenAI-compatible API. `wanted` names the variable that `key` is from."""

    def __init__(self, model: str, url: str, key: str, wanted: str, limit: float) -> None:
        self.name, self._key, self._limit = model, key, limit
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._host = urllib.parse.urlsplit(url).hostname
        self._wanted = f"the key in {wanted}" if wanted else "a request without a key: give --key-env"
        self._tempered = True
        hide(key)

    def ask(self, text: str, system: str = "", schema: object = None, temperature: float = 1) -> Answer:
        """One answer. `schema` is for tools that can hold a model to it; here the caller checks. Failed."""
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": text})
        body: dict[str, Any] = {"model": self.name, "messages": messages}
        tries = 0
        while True:
            tempered = self._tempered
            code, headers, said = self._once(body | ({"temperature": temperature} if tempered else {}))
            if code == 200 and (answer := self._answer(said)):
                return answer
            if code == 400 and tempered and "temperature" in said:
                self._tempered = False  # models that reason take none
                continue
            self._refuse(code, said)
            self._wait(tries, headers, self._trouble(code, said))
            tries += 1

    def _once(self, body: dict[str, Any]) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of one request; status 0 where there was no reply, the text says why."""
        go_on()
        head = {"Content-Type": "application/json", "User-Agent": "autoresearch-judge"}
        head |= {"Authorization": f"Bearer {self._key}"} if self._key else {}
        request = urllib.request.Request(self._url, json.dumps(body).encode(), head)
        box: queue.SimpleQueue[tuple[int, Mapping[str, str], str]] = queue.SimpleQueue()
        # A socket's time limit begins anew with each byte; that of a thread does not.
        threading.Thread(target=_fetch, args=(request, self._limit, box), daemon=True).start()
        try:
            return box.get(timeout=self._limit)
        except queue.Empty:
            return 0, {}, f"no whole answer within {self._limit:g} s (--timeout)"

    def _answer(self, said: str) -> Answer | None:
        try:
            choice = json.loads(said)["choices"][0]
            content = choice["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        if isinstance(content, list):  # parts, of which some are thoughts
            parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
            content = "".join(str(part.get("text", "")) for part in parts)
        return Answer(content if isinstance(content, str) else "", choice.get("finish_reason") == "length")

    def _refuse(self, code: int, said: str) -> None:
        """What asking again can't mend."""
        quota = code == 429 and "insufficient_quota" in said
        if code in (0, 200, 408) or (code == 429 and not quota) or code >= 500:
            return
        why = {
            401: f"{self._host} does not accept {self._wanted}",
            403: f"{self._host} forbids {self.name} to {self._wanted}",
            402: f"{self._host} has no credit left for {self._wanted}",
            404: f"{self._host} knows no model {self.name}, or --api-base is wrong",
            429: f"{self._host} has no quota left for {self._wanted}",
        }.get(code, f"{self._host} refuses to ask {self.name}")
        raise Failed(f"{why} ({code}: {short(_message(said))})")

    def _trouble(self, code: int, said: str) -> str:
        if code == 0:
            return f"{self._host}: {short(said)}"
        return f"{self._host} answered {code}: {short(_message(said)) or 'nothing'}"

    def _wait(self, tries: int, headers: Mapping[str, str], trouble: str) -> None:
        wanted = _retry_after(headers.get("Retry-After"))
        if wanted is not None and wanted > LONGEST_WAIT:
            raise Failed(f"{trouble}; it wants a pause of {wanted:.0f} s: try again later")
        if tries == RETRIES:
            raise Failed(f"{trouble}; asked {RETRIES + 1} times, gave up")
        pause(0.5 * 2**tries if wanted is None else wanted)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: object) -> None:
        return None


def _fetch(request: urllib.request.Request, limit: float, box: "queue.SimpleQueue[Any]") -> None:
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=limit) as reply:
            said = reply.read(LARGEST + 1)
            whole = (reply.status, reply.headers, said.decode(errors="replace"))
            box.put(whole if len(said) <= LARGEST else (0, {}, f"an answer of more than {LARGEST} bytes"))
    except urllib.error.HTTPError as error:
        with error:
            box.put((error.code, error.headers, _read(error)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        box.put((0, {}, str(getattr(error, "reason", "") or error or type(error).__name__)))


def _read(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(LARGEST).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return ""


def _message(said: str) -> object:
    """What a server's error says, without the wrapping."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return said
    while isinstance(found, dict) and (inner := found.get("error") or found.get("message")):
        found = inner
    return found


def _retry_after(value: str | None) -> float | None:
    """Seconds, from seconds or from a date; None where it says nothing."""
    try:
        seconds = float(value or "nan")
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value or "").timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if not math.isnan(seconds) else None
