"""A person's own section in a file that is drawn: found, and put into the file again."""

import re

BEGIN = "<!-- yours: what you write between these two lines stays, and whoever has the ideas is told -->"
END = "<!-- end of yours -->"
_MARK = re.compile("<!-- (yours|end of yours)")
_SECTION = re.compile(
    r"^<!-- yours\b[^\n]*-->[ \t]*\r?\n(.*?)^<!-- end of yours[^\n]*-->[ \t]*\r?$\n?",
    re.MULTILINE | re.DOTALL,
)


def split(text: str) -> tuple[str, str]:
    """What is drawn, and what stands in the person's section; the section's place is told by nothing."""
    found = _SECTION.search(text)
    if found is None:
        return text, ""
    return text[: found.start()] + text[found.end() :], found[1].strip("\r\n")


def joined(drawn: str, yours: str) -> str:
    """A file of both, the section at its end."""
    return f"{drawn.rstrip()}\n\n{BEGIN}\n{yours}\n{END}\n"


def marks(line: str) -> bool:
    """Is this line one of the two around a section?"""
    return _MARK.match(line) is not None


def together(yours: str, more: str) -> str:
    """A section with more in it."""
    return "\n\n".join(part for part in (yours, more) if part.strip())
