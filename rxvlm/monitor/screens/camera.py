"""One camera: its answers, back to the oldest that is kept, and its stage times of the last hour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.stage_times import StageTimes
from rxvlm.monitor.lines.answers import answer_lines
from rxvlm.monitor.lines.cameras import state_cell
from rxvlm.monitor.lines.stages import stage_lines
from rxvlm.monitor.screens.bar import Bar
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.view import View

_PAGE: Final = 200
_HOUR: Final = 3600.0


class CameraView(View):
    """One camera.

    Args:
        board: What is known of the run.
        name: Its name.
    """

    asks_when: ClassVar[bool] = True

    def __init__(self, board: Board, name: str) -> None:
        super().__init__(board)
        self._name = name
        self._answers: list[Answer] = []
        self._keys: set[str] = set()
        self._times = StageTimes()
        self._complete = False  # whether all that is kept was read
        self._version = -1

    def body(self) -> Iterable[Widget]:
        """Return the answers, and the stage times below."""
        yield Listing(id="answers")
        yield Bar(id="stages", most=8)

    def on_mount(self) -> None:
        """Read the newest answers, and the times of the last hour."""
        super().on_mount()
        self.look_up(self._hour, self._take_hour, "hour")

    def look(self) -> None:
        """Show the answers, with those that came since."""
        if self._version != self.board.version:
            self._version = self.board.version
            newest = self._answers[0].at if self._answers else None
            self.look_up(lambda: self._newer(newest), self._take_newer, "newer")
        self._show()

    def title_of(self) -> str:
        """Return the name of the camera, and its state."""
        board = self.board.cameras.get(self._name)
        return self._name if board is None else f"{self._name}: {state_cell(board.now)[0]}"

    def camera(self) -> str | None:
        """Return the camera."""
        return self._name

    def answer(self) -> Answer | None:
        """Return the answer with the cursor."""
        key = self.query_one("#answers", Listing).key
        return next((one for one in self._answers if one.key == key), None)

    def on_listing_moved(self) -> None:
        """Read older answers when the cursor comes near to the oldest that was read."""
        listing = self.query_one("#answers", Listing)
        if not self._complete and listing.cursor > len(self._answers) - _PAGE // 2 and self._answers:
            oldest = self._answers[-1].at
            self.look_up(lambda: self.board.history.answers(self._name, oldest, _PAGE), self._take_older, "older")

    def on_listing_chosen(self) -> None:
        """Open the answer."""
        self.action_open()

    def action_open(self) -> None:
        """Open the answer with the cursor."""
        if (answer := self.answer()) is not None:
            self.monitor.open_answer(answer)

    def _show(self) -> None:
        wanted = self.wanted.lower()
        shown = [one for one in self._answers if wanted in f"{one.record['text']} {one.record['model']}".lower()]
        heading, lines = answer_lines(shown, self.width - 1, self.board.clock())
        self.query_one("#answers", Listing).show(lines, heading)
        self.query_one("#stages", Bar).show_lines(stage_lines(self._times.rows(), self.width))

    def _newer(self, newest: float | None) -> list[Answer]:
        history = self.board.history
        return history.answers(self._name, None, _PAGE) if newest is None else history.answers_since(self._name, newest)

    def _hour(self) -> list[Answer]:
        newest = self.board.history.answers(self._name, None, 1)
        return self.board.history.answers_since(self._name, newest[0].at - _HOUR) if newest else []

    def _take_hour(self, answers: list[Answer]) -> None:
        for one in reversed(answers):
            self._times.add(one.at, one.record)
        self._show()

    def _take_newer(self, answers: list[Answer]) -> None:
        new = [one for one in answers if one.key not in self._keys]
        first = not self._answers
        self._keys |= {one.key for one in new}
        self._answers = sorted([*new, *self._answers], key=lambda one: one.at, reverse=True)
        if not first:
            for one in new:
                self._times.add(one.at, one.record)
        if new or first:
            self._show()

    def _take_older(self, answers: list[Answer]) -> None:
        new = [one for one in answers if one.key not in self._keys]
        self._complete = not new
        self._keys |= {one.key for one in new}
        self._answers += new
        self._show()
