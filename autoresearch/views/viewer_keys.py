"""The viewer's keys: one table, of which the bindings, the line at the bottom and the help are made."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """A key: `action` as Textual calls it, `shown` as people call it, `help` what it does; `hint` stands in
    the line at the bottom, where there is room for it."""

    key: str
    action: str
    shown: str
    help: str
    hint: str = ""


KEYS = (
    Key("left", "step(-1)", "←", "the call before", "←→ call"),
    Key("right", "step(1)", "→", "the next call"),
    Key("pageup", "page(-1)", "PageUp", "10 calls back; in a longer text, a page"),
    Key("pagedown", "page(1)", "PageDown", "10 calls on; in a longer text, a page"),
    Key("home", "edge(-1)", "Home", "the first call; in a longer text, its beginning"),
    Key("end", "edge(1)", "End", "the last call; in a longer text, its end"),
    Key("up", "scroll(-1)", "↑", "scroll a line back"),
    Key("down", "scroll(1)", "↓", "scroll a line on"),
    Key("space", "scroll_page", "Space", "scroll a page on"),
    Key("d", "look('whole')", "d", "the whole call: request, answer, context", "d whole"),
    Key("f", "filter('stage')", "f", "only one stage", "f stage"),
    Key("r", "filter('trial')", "r", "only one trial", "r trial"),
    Key("e", "filter('experiment')", "e", "only one experiment", "e experiment"),
    Key("slash", "filter('status model')", "/", "only one status, or one model", "/ status, model"),
    Key("c", "clear", "c", "all calls again", "c all"),
    Key("s", "sort", "s", "sort by time, stage, trial or duration", "s sort"),
    Key("S", "turn", "S", "turn the order round"),
    Key("t", "look('timeline')", "t", "the timeline, by trial and stage", "t timeline"),
    Key("a", "look('statistics')", "a", "statistics", "a statistics"),
    Key("j", "export_one", "j", "write this call to a file, as JSON or JSONL", "j export"),
    Key("J", "export_all", "J", "write all that match to a file"),
    Key("escape", "look('entry')", "Esc", "back to the call"),
    Key("h", "look('help')", "h", "this help", "h help"),
    Key("q", "quit", "q", "quit", "q quit"),
    Key("ctrl+c", "interrupt", "Ctrl-C", "quit, with exit code 130"),
)


def bindings() -> list[Binding]:
    """As Textual takes them. Ctrl-C also works while something is typed."""
    return [Binding(key.key, key.action, key.help, priority=key.key == "ctrl+c") for key in KEYS]


def hints(width: int) -> str:
    """What the most important keys do, in a line or two."""
    lines = [""]
    for hint in [key.hint for key in KEYS if key.hint]:
        if len(lines[-1]) + len(hint) > width:
            lines.append("")
        lines[-1] += f"{hint}  "
    return "\n".join(lines)


def help_lines() -> list[tuple[str, str]]:
    """Every key, a line each."""
    return [(f"{key.shown:<10}{key.help}", "") for key in KEYS]
