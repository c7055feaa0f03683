"""Bar: a few lines without a cursor, above or below a listing, as high as they are."""

from __future__ import annotations

from collections.abc import Sequence

from rxvlm.monitor.lines.columns import Line
from rxvlm.monitor.screens.listing import Listing


class Bar(Listing, can_focus=False):
    """Lines at an edge of the screen.

    Args:
        id: Its name among the widgets of its screen.
        most: Lines that it shows at most.
    """

    DEFAULT_CSS = "Bar { height: 1; scrollbar-size-vertical: 0; }"

    def __init__(self, *, id: str | None = None, most: int = 1) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(chooses=False, id=id)
        self._most = most

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show lines, and become as high as they are."""
        shown = lines[: self._most]
        if self.styles.height is None or self.styles.height.value != len(shown):
            self.styles.height = len(shown)
        super().show_lines(shown)
