"""Files as a prompt shows them: targets whole, or not at all, context files with their middle left out."""

from collections.abc import Mapping

from autoresearch.core import edits
from autoresearch.core.errors import AutoresearchError

CONTEXT = 60_000  # characters of each context file that a prompt may have
TARGET = 400_000  # characters of all target files: they are shown whole, or not at all


def target_shown(files: Mapping[str, str]) -> str:
    """Raises AutoresearchError where it is too large to be shown."""
    size = sum(map(len, files.values()))
    if size > TARGET:
        raise AutoresearchError(
            f"the target has {size:,} characters, more than a prompt can show ({TARGET:,})",
            "name fewer files, or let an agent propose, which reads them itself: --proposer claude",
        )
    return _rendered(files)


def context_shown(files: Mapping[str, str]) -> str:
    """Each cut in the middle where it is long."""
    return _rendered({path: _in_short(text) for path, text in files.items()})


def _rendered(files: Mapping[str, str]) -> str:
    """Files in the form of the reply; bytes that are no text can't be sent."""
    text = edits.render(files)
    return text.encode(errors="replace").decode()


def _in_short(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    half = CONTEXT // 2
    return f"{text[:half]}\n[… {len(text) - CONTEXT:,} characters left out …]\n{text[-half:]}"
