"""Keys out of everything that is written: values of variables that are named like secrets."""

import json
import re
from collections.abc import Mapping

from autoresearch.core.environment import is_secret

SHORTEST = 8  # characters: what is shorter would be found in innocent text
_IN_URL = re.compile(r"""(://[^/\s:@"\\]*:)[^/\s@"\\]+@""")  # stays inside of a string, also of JSON


class Redactor:
    """Puts `[NAME]` where the value of the secret variable NAME would be written, as it is or within JSON."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        secrets = [(n, v.strip()) for n, v in environ.items() if is_secret(n) and len(v.strip()) >= SHORTEST]
        self._names = {written: name for name, value in secrets for written in _spellings(value)}
        longest_first = sorted(self._names, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if self._names else None

    def keys(self, text: str) -> str:
        """`text` without keys. URLs stay: `://{user}:{password}@` may be code, which must stay code."""
        if self._values is None:
            return text
        return self._values.sub(lambda found: f"[{self._names[found[0]]}]", text)

    def text(self, text: str) -> str:
        """`text` without keys, and without passwords in URLs."""
        return _IN_URL.sub(r"\1[password]@", self.keys(text))

    def data(self, content: bytes) -> bytes:
        """As `keys`, for bytes; whatever they are survives."""
        clean = self.keys(text := content.decode(errors="surrogateescape"))
        return content if clean == text else clean.encode(errors="surrogateescape")


def _spellings(value: str) -> tuple[str, ...]:
    """How a text may be written: a key of several lines, or with quotes, is another in JSON."""
    return value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
