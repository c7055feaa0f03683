"""Cameras: the first screen: the table, and below it the counts of the camera with the cursor, and events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.lines.cameras import SORTS, age_text, camera_lines, said_of
from rxvlm.monitor.lines.columns import Line, said
from rxvlm.monitor.lines.events import event_strip
from rxvlm.monitor.lines.when import window_time
from rxvlm.monitor.screens.bar import Bar
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.view import View
from rxvlm.terminal.cells import plain, wrap
from rxvlm.terminal.frame_counts import frame_count_lines


class CamerasView(View):
    """The table of cameras.

    Args:
        board: What is known of the run.
    """

    name_of_view: ClassVar[str] = "Cameras"
    asks_when: ClassVar[bool] = True

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._sort = 0

    def body(self) -> Iterable[Widget]:
        """Return the table, and what is below it."""
        yield Listing(id="cameras")
        yield Bar(id="about", most=5)
        yield Bar(id="events", most=7)

    def look(self) -> None:
        """Show all cameras."""
        sort, now = SORTS[self._sort], self.board.clock()
        heading, lines = camera_lines(self.board.cameras, self.width - 1, now, sort=sort, wanted=self.wanted)
        listing = self.query_one("#cameras", Listing)
        listing.show(lines, heading)
        self.query_one("#about", Bar).show_lines(self._about(listing.key))
        running, ended = self.board.running(), self.board.ended()
        strip = event_strip(running, ended, self.board.now.rules, self.width, now)
        troubles = [said((plain(line), "bold red"), width=self.width) for line in self.board.now.troubles]
        self.query_one("#events", Bar).show_lines([*troubles[:2], *strip])

    def title_of(self) -> str:
        """Return what is watched, and the order."""
        order = "" if self._sort == 0 else f", by {SORTS[self._sort]}"
        return f"{self.board.site.title}{order}"

    def camera(self) -> str | None:
        """Return the camera with the cursor."""
        return self.query_one("#cameras", Listing).key

    def answer(self) -> Answer | None:
        """Return the newest answer about it."""
        board = self.board.cameras.get(self.camera() or "")
        return None if board is None else board.last

    def on_listing_moved(self) -> None:
        """Show the counts of the camera with the cursor."""
        self.refresh_all()

    def on_listing_chosen(self) -> None:
        """Open the camera."""
        self.action_open()

    def action_open(self) -> None:
        """Open the camera with the cursor."""
        if (camera := self.camera()) is not None:
            self.monitor.open_camera(camera)

    def action_sort(self) -> None:
        """Sort in the next order."""
        self._sort = (self._sort + 1) % len(SORTS)
        self.refresh_all()

    def _about(self, name: str | None) -> list[Line]:
        """Return more about a camera: why it is in its state, its newest answer, and its frames by outcome."""
        board = self.board.cameras.get(name or "")
        if board is None:
            return [(("no camera" if not self.wanted else "no camera has this text", "dim"),)]
        text, style = said_of(board.last)
        when = "" if board.last is None else window_time(board.last.record, self.board.clock())
        facts = [plain(board.now.tally.reason), age_text(board)]
        about = f"{plain(name or '')}{' ' if when else ''}{when}: "
        said_so = [((line, style),) for line in wrap(about + text, self.width, 2)]
        more = " ".join(f"({fact})" for fact in facts if fact)
        lines: list[Line] = [*said_so, *([said((more, "dim"), width=self.width)] if more else [])]
        return [*lines, *(tuple(line) for line in frame_count_lines([board.now.tally], self.width)[:2])]
