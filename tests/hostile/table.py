"""`python -m tests.hostile.table`: writes what gets through at which level into docs/security.md."""

from pathlib import Path

from tests.hostile.attacks import ATTACKS, LEVELS, Attack

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- from tests/hostile/attacks.py -->\n", "<!-- to here -->\n"


def with_table(page: str) -> str:
    """The page, with the table of today."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + table() + "\n" + END + after


def table() -> str:
    """Markdown: a line for each program, and below, why something gets through."""
    reasons: list[str] = []
    rows = [("", "A program that tries …", *LEVELS), ("---",) * (len(LEVELS) + 2)]
    group = ""
    for attack in ATTACKS:
        heading = attack.group if attack.group != group else ""
        rows.append((heading, attack.name, *(_cell(attack, level, reasons) for level in LEVELS)))
        group = attack.group
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    notes = [f"{number}. {reason}\n" for number, reason in enumerate(reasons, 1)]
    return "".join([*lines, "\n", *notes])


def _cell(attack: Attack, level: str, reasons: list[str]) -> str:
    if level == "none" and attack.walled:
        return "not tried"
    as_root = attack.passes if attack.as_root is None else attack.as_root
    if level in attack.passes:
        return "**gets through**" + _note(attack.passes[level], reasons)
    if level in as_root:
        return "stopped; as root **gets through**" + _note(as_root[level], reasons)
    if level == "landlock" and attack.version > 1:
        return "stopped" + _note(f"It takes Landlock {attack.version} (Linux 6.12).", reasons)
    return "stopped"


def _note(reason: str, reasons: list[str]) -> str:
    if not reason:
        return ""
    if reason not in reasons:
        reasons.append(reason)
    return f" [{reasons.index(reason) + 1}]"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
