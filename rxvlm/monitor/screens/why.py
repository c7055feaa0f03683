"""Why: what became of a moment in front of a camera."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.history import why_at
from rxvlm.monitor.lines.why import why_lines
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.picture import Picture
from rxvlm.monitor.screens.view import View
from rxvlm.store.why import Why


class WhyView(View):
    """Why there was an alert at a moment, or none.

    Args:
        board: What is known of the run.
        camera: The camera.
        time: The moment, as `Store.why` takes it.
    """

    def __init__(self, board: Board, camera: str, time: float | str) -> None:
        super().__init__(board)
        self._camera, self._time = camera, time
        self._found: tuple[Why, Answer | None] | None = None
        self._drawn: tuple[int, bool] | None = None

    def body(self) -> Iterable[Widget]:
        """Return the words, and the pictures of the answer below them."""
        yield Listing(id="words", chooses=False)
        yield Picture(self.monitor.images, 0.45)

    def on_mount(self) -> None:
        """Look it up."""
        super().on_mount()
        words = self.query_one("#words", Listing)
        words.can_focus = True
        words.focus()
        self.look_up(self._read, self._take)

    def look(self) -> None:
        """Show what was found."""
        drawn = self.width, self._found is None
        if drawn == self._drawn:
            return
        self._drawn = drawn
        if self._found is None:
            self.query_one("#words", Listing).show_lines([(("looking ...", "dim"),)])
            return
        lines = why_lines(self._found[0], self.width - 1)
        if self._found[1] is not None:
            lines += [(), (("enter opens the answer, whose pictures are below", "dim"),)]
        self.query_one("#words", Listing).show_lines(lines)

    def title_of(self) -> str:
        """Return what it is about."""
        return f"why {self._camera}"

    def camera(self) -> str | None:
        """Return the camera."""
        return self._camera

    def answer(self) -> Answer | None:
        """Return the answer about the moment."""
        return None if self._found is None else self._found[1]

    def action_open(self) -> None:
        """Open the answer about the moment."""
        if (answer := self.answer()) is not None:
            self.monitor.open_answer(answer)

    def _read(self) -> tuple[Why, Answer | None]:
        history = self.board.history
        why = why_at(history, self._camera, self._time)
        return why, None if why.answer is None else history.answer(why.answer)

    def _take(self, found: tuple[Why, Answer | None]) -> None:
        self._found = found
        answer = found[1]
        if answer is not None:
            self.query_one(Picture).show(lambda: answer.clip)
        self.refresh_all()
