"""Dialogs: a text to write, a line to choose, and the help; each in a box above the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from rxvlm.monitor.lines.columns import Line
from rxvlm.monitor.screens.listing import Listing

_ESCAPE: Binding = Binding("escape", "leave", "Close", show=False)


class Dialog(ModalScreen[str | None]):
    """A box above the screen; its result is a text, or None if it was left.

    Args:
        heading: What is asked for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE]

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    def action_leave(self) -> None:
        """Close it without a result."""
        self.dismiss(None)


class Prompt(Dialog):
    """A text to write.

    Args:
        heading: What is asked for.
        value: What stands there at first.
        hint: How it is written.
    """

    def __init__(self, heading: str, value: str = "", hint: str = "") -> None:
        super().__init__(heading)
        self._value, self._hint = value, hint

    def compose(self) -> ComposeResult:
        """Make the field."""
        with Vertical(classes="box"):
            yield Static(self._heading, markup=False)
            field = Input(self._value)
            field.cursor_blink = False
            yield field
            yield Static(f"{self._hint}  enter: go on, escape: leave it".strip(), markup=False, classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the text."""
        self.dismiss(event.value)


class Choice(Dialog):
    """A line to choose.

    Args:
        heading: What is asked for.
        rows: The lines, each with its key, which is the result.
    """

    def __init__(self, heading: str, rows: Sequence[tuple[str, Line]]) -> None:
        super().__init__(heading)
        self._rows = rows

    def compose(self) -> ComposeResult:
        """Make the list."""
        with Vertical(classes="box"):
            yield Static(self._heading, markup=False)
            yield Listing()
            yield Static("enter: choose, escape: leave it", markup=False, classes="hint")

    def on_mount(self) -> None:
        """Show the lines."""
        listing = self.query_one(Listing)
        listing.styles.height = min(10, len(self._rows))
        listing.show(self._rows)
        listing.focus()

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Take the line."""
        self.dismiss(event.key)


class Help(Dialog):
    """The keys of a screen.

    Args:
        heading: The screen.
        lines: A line for each key.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "leave", "Close", show=False)]

    def __init__(self, heading: str, lines: Sequence[Line]) -> None:
        super().__init__(heading)
        self._lines = lines

    @staticmethod
    def room(width: int) -> int:
        """Return how many cells its lines have on a screen of this width: see `style` for the box."""
        return min(110, width * 9 // 10) - 6  # its edges, and a bar for scrolling

    def compose(self) -> ComposeResult:
        """Make the list."""
        with Vertical(classes="box wide"):
            yield Static(self._heading, markup=False)
            yield Listing(chooses=False)
            yield Static("j k: scroll, escape: close", markup=False, classes="hint")

    def on_mount(self) -> None:
        """Show the lines."""
        listing = self.query_one(Listing)
        listing.styles.height = min(self.size.height - 6, len(self._lines))
        listing.can_focus = True
        listing.show_lines(self._lines)
        listing.focus()
