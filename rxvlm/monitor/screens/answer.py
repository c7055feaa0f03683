"""One answer: the frames that the model was sent, all that is known of it, and where its time went."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.lines.answers import detail_lines
from rxvlm.monitor.lines.when import window_time
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.picture import Picture
from rxvlm.monitor.screens.view import View


class AnswerView(View):
    """One answer.

    Args:
        board: What is known of the run.
        answer: It.
    """

    def __init__(self, board: Board, answer: Answer) -> None:
        super().__init__(board)
        self._answer = answer
        self._drawn: tuple[int, str] | None = None

    def body(self) -> Iterable[Widget]:
        """Return the pictures, and what is known below them."""
        yield Picture(self.monitor.images)
        yield Listing(id="details", chooses=False)

    def on_mount(self) -> None:
        """Read the pictures."""
        super().on_mount()
        details = self.query_one("#details", Listing)
        details.can_focus = True
        details.focus()
        self.query_one(Picture).show(lambda: self._answer.clip)

    def look(self) -> None:
        """Show what is known, when the width or the filter is another."""
        if self._drawn == (self.width, self.wanted):
            return
        self._drawn = self.width, self.wanted
        lines = detail_lines(self._answer, self.width - 1)
        wanted = self.wanted.lower()
        found = [line for line in lines if wanted in "".join(text for text, _ in line).lower()]
        self.query_one("#details", Listing).show_lines(found)

    def title_of(self) -> str:
        """Return what it is about."""
        return f"{self._answer.camera} {window_time(self._answer.record, self.board.clock())}"

    def camera(self) -> str | None:
        """Return its camera."""
        return self._answer.camera

    def answer(self) -> Answer | None:
        """Return it."""
        return self._answer
