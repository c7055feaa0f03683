"""One event: its answers, and the frames of the one with the cursor."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.lines.answers import answer_lines
from rxvlm.monitor.lines.columns import said
from rxvlm.monitor.lines.events import happening_words, muted_words
from rxvlm.monitor.screens.bar import Bar
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.picture import Picture
from rxvlm.monitor.screens.view import View


class EventView(View):
    """One event.

    Args:
        board: What is known of the run.
        happening: It.
    """

    def __init__(self, board: Board, happening: Happening) -> None:
        super().__init__(board)
        self._happening = happening
        self._answers: list[Answer] = []
        self._version = -1
        self._pictured: str | None = None

    def body(self) -> Iterable[Widget]:
        """Return its facts, the pictures, and the answers."""
        yield Bar(id="facts", most=2)
        yield Picture(self.monitor.images, 0.45)
        yield Listing(id="answers")

    def look(self) -> None:
        """Show it as it stands, with the answers that came since."""
        newest = self.board.remembered.happenings.get(self._happening.id, self._happening)
        if self._version != self.board.version and (newest.runs or self._version < 0):
            self.look_up(self._read, self._take)
        self._version, self._happening = self.board.version, newest
        now = self.board.clock()
        muted = muted_words([one for one in self.board.now.rules if one.name == newest.name], now)
        words = happening_words(newest, now)
        lines = [said((words, "bold red" if newest.runs else "bold"), (f"  {muted}", "bold magenta"), width=self.width)]
        self.query_one("#facts", Bar).show_lines(lines)
        self._show()

    def title_of(self) -> str:
        """Return its rule and its camera."""
        return f"{self._happening.name} {self._happening.camera}"

    def camera(self) -> str | None:
        """Return its camera."""
        return self._happening.camera or None

    def rule(self) -> str | None:
        """Return its rule."""
        return self._happening.name

    def answer(self) -> Answer | None:
        """Return the answer with the cursor."""
        key = self.query_one("#answers", Listing).key
        return next((one for one in self._answers if one.key == key), None)

    def moment(self) -> float | None:
        """Return the middle of that answer, or the beginning of the event."""
        answer = self.answer()
        return self._happening.at if answer is None else answer.moment

    def on_listing_moved(self) -> None:
        """Show the frames of the answer with the cursor."""
        answer = self.answer()
        if answer is not None and answer.key != self._pictured:
            self._pictured = answer.key
            self.query_one(Picture).show(lambda: answer.clip)

    def on_listing_chosen(self) -> None:
        """Open the answer."""
        self.action_open()

    def action_open(self) -> None:
        """Open the answer with the cursor."""
        if (answer := self.answer()) is not None:
            self.monitor.open_answer(answer)

    def _read(self) -> list[Answer]:
        return self.board.history.answers_of(self._happening.id)

    def _take(self, answers: list[Answer]) -> None:
        self._answers = answers
        self._show()
        self.on_listing_moved()

    def _show(self) -> None:
        wanted = self.wanted.lower()
        shown = [one for one in self._answers if wanted in one.record["text"].lower()]
        heading, lines = answer_lines(shown, self.width - 1, self.board.clock())
        self.query_one("#answers", Listing).show(lines, heading)
