"""The viewer's one pane: lines of text, wrapped to its width, of which only those in sight are drawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from autoresearch.core.text import harmless

Line = tuple[str, str]
"""A line of text, of anybody's, and its style in rich's words."""

Make = Callable[[int, int], Sequence[Line]]
"""The lines for a width and a height."""

TAB = 4  # columns
_ENDS = str.maketrans({"\u2028": "\ufffd", "\u2029": "\ufffd"})  # they end lines, for some terminals
_EMOJI = "\ufe0f"  # makes what stands before it two columns wide


class Pane(ScrollView, can_focus=False):
    """Text as it is: markup means nothing in it, and nothing in it steers the terminal."""

    DEFAULT_CSS = """
    Pane { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._make: Make = lambda _width, _height: ()
        self._wrapped: list[Line] = []

    def show(self, make: Make, *, top: bool = True) -> None:
        """Show other lines, from the top or from where the old ones were; made anew for another size."""
        self._make = make
        self._wrap()
        if top:
            self.scroll_to(y=0, animate=False)

    def on_resize(self, _event: events.Resize) -> None:
        self._wrap()

    def scroll_lines(self, lines: int) -> None:
        """Downwards, or upwards where `lines` is negative."""
        self.scroll_relative(y=lines, animate=False)

    def render_line(self, y: int) -> Strip:
        number, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if number >= len(self._wrapped):
            return Strip.blank(width, self.rich_style)
        text, style = self._wrapped[number]
        strip = Strip([Segment(text, self.rich_style + Style.parse(style))])
        return strip.adjust_cell_length(width, self.rich_style)

    def _wrap(self) -> None:
        width = max(self.scrollable_content_region.width, 1)
        self._wrapped = [
            (part, style)
            for text, style in self._make(width, self.size.height)
            for line in clean(text).split("\n")
            for part in wrap(line, width)
        ]
        self.virtual_size = Size(width, len(self._wrapped))
        self.refresh()


def clean(text: str) -> str:
    """`text` as a terminal may be given it: also without halves of characters, which UTF-8 can't hold."""
    return harmless(text).translate(_ENDS).encode(errors="replace").decode()


def wrap(line: str, width: int) -> Iterator[str]:
    """The line in parts of at most `width` columns, parted at spaces where there are any."""
    line = line.expandtabs(TAB)
    widths = {char: cell_len(char) for char in set(line)} | {_EMOJI: 1}
    plain = line.isascii() or all(widths[char] == 1 for char in set(line))
    start = 0
    while True:
        end = start + width if plain else _reach(line, start, width, widths)
        if end >= len(line):
            yield line[start:]
            return
        space = line.rfind(" ", start + 1, end + 1)
        yield line[start : space if space > start else end]
        start = space + 1 if space > start else end


def _reach(line: str, start: int, width: int, widths: Mapping[str, int]) -> int:
    """Where a part that begins at `start` has to end; it has one character at least."""
    columns = 0
    for number in range(start, len(line)):
        columns += widths[line[number]]
        if columns > width and number > start:
            return number
    return len(line)
