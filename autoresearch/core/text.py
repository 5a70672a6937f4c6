"""Text that is safe to store and to show: JSON of any string, single lines, heads and tails."""

import json
import re
import unicodedata


def as_json(value: object) -> bytes:
    """A JSON document in UTF-8, readable; bytes that were no UTF-8 become \\u escapes and survive."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value, indent=1).encode() + b"\n"


def one_line(text: str, most: int = 200) -> str:
    """`text` on one line, without control characters, at most `most` characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= most else line[: most - 1] + "…"


_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SIGNS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}
_SIGNS |= dict.fromkeys([*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)


def harmless(text: str) -> str:
    """`text` with signs for what would steer a terminal or turn a line around; tabs and lines stay."""
    return text.translate(_SIGNS)


def inert(text: str) -> str:
    """The same on a page of Markdown, where images and HTML are to be text; twice is no more than once."""
    return _TAG.sub("&lt;", harmless(text)).replace("![", "!\\[")


def ends(content: bytes, head: int, tail: int) -> bytes:
    """`content`, or its first and last bytes with a line between that counts what was left out."""
    left_out = len(content) - head - tail
    if left_out <= 0:
        return content
    note = f"\n[… {left_out:,} bytes left out …]\n".encode()
    return content[:head] + note + content[-tail:]


def as_data(text: str, most: int, mark: str = "| ") -> str:
    """`text` as data for a model: every line begins with `mark`, so that none can pass for ours; at most
    about `most` characters of it, the middle left out."""
    if len(text) > most:
        left_out = len(text) - most
        text = f"{text[: most // 2]}\n[… {left_out:,} characters left out …]\n{text[-most // 2 :]}"
    return "\n".join(f"{mark}{line}".rstrip() for line in harmless(text).splitlines())


def last_lines(text: str, most: int = 20, width: int = 300) -> str:
    """The last lines of a log that say something, each at most `width` characters."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(line if len(line) <= width else line[: width - 1] + "…" for line in lines[-most:])
