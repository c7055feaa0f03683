"""Listing: lines on the screen, of which only those that changed are drawn; with a cursor, where one may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rxvlm.monitor.lines.columns import Line

_CURSOR: Final = Style(reverse=True, bold=True)


class Listing(ScrollView, can_focus=True):
    """Lines below a heading.

    Args:
        chooses: Whether there is a cursor. Without one, the keys scroll.
        highlights: Whether the line with the cursor looks different; else the lines themselves show it.
        id: Its name among the widgets of its screen.
    """

    class Chosen(Message):
        """Enter was pressed on a line.

        Args:
            listing: Where.
            key: The line's key.
        """

        def __init__(self, listing: Listing, key: str) -> None:
            super().__init__()
            self.listing, self.key = listing, key

    class Moved(Message):
        """The cursor is on another line.

        Args:
            listing: Where.
            key: The line's key; None: there is no line.
        """

        def __init__(self, listing: Listing, key: str | None) -> None:
            super().__init__()
            self.listing, self.key = listing, key

    DEFAULT_CSS = """
    Listing { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; height: 1fr; background: $background; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "Down", show=False),
        Binding("up,k", "step(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d,ctrl+f", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("home,g", "end(-1)", "First line", show=False),
        Binding("end,G", "end(1)", "Last line", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    def __init__(
        self,
        *,
        chooses: bool = True,
        highlights: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._highlights = highlights
        self.chooses = chooses
        self.can_focus = chooses
        self.heading: Line | None = None
        self._rows: list[tuple[str, Line]] = []
        self.cursor = 0

    @property
    def key(self) -> str | None:
        """The key of the line with the cursor; None if there is no line."""
        return self._rows[self.cursor][0] if self._rows else None

    @property
    def lines(self) -> list[str]:
        """What it shows, as text: the heading, if there is one, and all lines."""
        shown = [*([] if self.heading is None else [self.heading]), *(line for _, line in self._rows)]
        return ["".join(text for text, _ in line) for line in shown]

    def show(self, rows: Sequence[tuple[str, Line]], heading: Line | None = None) -> None:
        """Show lines, each with its key. The cursor stays on its line, wherever that has moved."""
        before, key, number = self._rows, self.key, self.cursor
        self._rows = list(rows)
        at = next((at for at, (one, _) in enumerate(self._rows) if one == key), None)
        self.cursor = max(0, min(len(self._rows) - 1, self.cursor)) if at is None else at
        if (self.heading is None) != (heading is None) or len(before) != len(self._rows):
            self.heading = heading
            self.virtual_size = Size(self.size.width, len(self._rows) + self._top)
            self.refresh()
        else:
            self._refresh_changed(before, heading, number)
        if self.key != key:
            self.post_message(self.Moved(self, self.key))
            self._bring_into_view()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show lines without keys."""
        self.show([(str(at), line) for at, line in enumerate(lines)])

    def move_to(self, key: str) -> None:
        """Put the cursor on a line, if it is there."""
        for at, (one, _) in enumerate(self._rows):
            if one == key:
                self._go(at)

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        width = self.size.width
        if y < self._top and self.heading is not None:
            return _strip(self.heading, width)
        at = y - self._top + self.scroll_offset.y
        if not 0 <= at < len(self._rows):
            return Strip.blank(width)
        strip = _strip(self._rows[at][1], width)
        here = self.chooses and self._highlights and at == self.cursor and self.has_focus
        return strip.apply_style(_CURSOR) if here else strip

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the new size."""
        self.virtual_size = Size(event.size.width, len(self._rows) + self._top)
        self._bring_into_view()

    def on_click(self, event: Click) -> None:
        """Choose the line that was clicked; a line that has the cursor is opened."""
        at = event.y - self._top + self.scroll_offset.y
        if self.chooses and 0 <= at < len(self._rows):
            if at == self.cursor:
                self.action_choose()
            self._go(at)

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._refresh_row(self.cursor)

    def action_step(self, lines: int) -> None:
        """Move by lines."""
        if self.chooses:
            self._go(self.cursor + lines)
        else:
            self.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Move by screens."""
        self.action_step(pages * max(1, self.size.height - self._top - 1))

    def action_end(self, direction: int) -> None:
        """Move to the first or the last line."""
        self.action_step(direction * (len(self._rows) + 1))

    def action_choose(self) -> None:
        """Open the line with the cursor."""
        if not self.chooses:
            raise SkipAction  # the screen may do something else
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    @property
    def _top(self) -> int:
        """Lines of the heading."""
        return 0 if self.heading is None else 1

    def _go(self, at: int) -> None:
        before, self.cursor = self.cursor, max(0, min(len(self._rows) - 1, at))
        if before != self.cursor:
            self._refresh_row(before)
            self._refresh_row(self.cursor)
            self._bring_into_view()
            self.post_message(self.Moved(self, self.key))

    def _bring_into_view(self) -> None:
        room = max(1, self.size.height - self._top)
        first = self.scroll_offset.y
        if self.chooses and not first <= self.cursor < first + room:
            at = self.cursor if self.cursor < first else self.cursor - room + 1
            self.scroll_to(y=at, animate=False)

    def _refresh_changed(self, before: Sequence[tuple[str, Line]], heading: Line | None, cursor: int) -> None:
        if heading != self.heading:
            self.heading = heading
            self.refresh(Region(0, 0, self.size.width, 1))
        for at, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old[1] != new[1] or (cursor != self.cursor and at in (cursor, self.cursor)):
                self._refresh_row(at)

    def _refresh_row(self, at: int) -> None:
        y = at - self.scroll_offset.y + self._top
        if self._top <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))


@lru_cache(maxsize=4096)
def _strip(line: Line, width: int) -> Strip:
    return Strip([Segment(text, _style(style)) for text, style in line]).adjust_cell_length(width)


@lru_cache(maxsize=64)
def _style(name: str) -> Style:
    return Style.parse(name)
