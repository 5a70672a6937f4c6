"""The viewer's screen: a status line, a pane of text, a line of keys, below which something may be typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input, Static

from autoresearch.views.viewer_keys import hints
from autoresearch.views.viewer_pane import Line, Pane, clean


@dataclass(frozen=True)
class Ask:
    """Something to be typed, while `lines` stand in the pane. `answered` gets it; raises ValueError, which is
    shown, for what is no use."""

    label: str
    answered: Callable[[str], None]
    value: str = ""
    lines: Sequence[Line] = ()


class ViewerScreen(App[int]):
    """Says and asks. What is to be seen comes from `status` and `lines`; `failure` is a bug that ended it."""

    AUTO_FOCUS = ""
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    #status { text-style: reverse; height: auto; max-height: 3; }
    Pane { height: 1fr; }
    #keys { height: auto; max-height: 3; }
    #answer { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.asking: Ask | None = None
        self.failure: Exception | None = None
        self.pane = Pane()
        self._said = ""  # in place of the keys, until something else is shown
        self._status, self._keys = Static(id="status", markup=False), Static(id="keys", markup=False)
        self._answer = Input(id="answer", compact=True)

    def status(self) -> str:
        """The line on top."""
        raise NotImplementedError

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """What the pane shows."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self._status
        yield self.pane
        yield self._keys
        yield self._answer

    def on_resize(self, _event: events.Resize) -> None:
        self.draw(top=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if (asked := self.asking) is None:
            return
        self.ask(None)
        try:
            asked.answered(event.value)
        except ValueError as error:
            self.ask(replace(asked, value=event.value))
            self.say(str(error))

    def ask(self, asking: Ask | None) -> None:
        """Let something be typed; None: no more."""
        self.asking = asking
        self._answer.display = asking is not None
        self._answer.value = asking.value if asking else ""
        if asking:
            self._answer.focus()
            self._answer.cursor_position = len(asking.value)
        else:
            self.set_focus(None)
        self.draw()

    def say(self, text: str) -> None:
        """In place of the keys, or of what is asked; "" brings them back."""
        self._said = text
        shown = text or (f"{self.asking.label} (Esc: back)" if self.asking else hints(self.size.width))
        self._keys.update(clean(shown))

    def draw(self, *, top: bool = True) -> None:
        """All of it anew; without `top` the text stays where it is scrolled to, and what was said."""
        self._status.update(clean(self.status()))
        self.say("" if top else self._said)
        self.pane.show(self._shown, top=top)

    def _shown(self, width: int, height: int) -> Sequence[Line]:
        return self.asking.lines if self.asking and self.asking.lines else self.lines(width, height)

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print it, with the values of variables; it is for cli/main.py, as any other."""
        self.failure = error
        self.exit(1)
