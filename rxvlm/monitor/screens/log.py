"""Log: states, reconnects, what was paused and muted, losses of sinks, models that were down, and messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.widget import Widget

from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.chronicle import LogEntry
from rxvlm.monitor.board.history import StateSpan
from rxvlm.monitor.lines.log import log_lines, of_state
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.view import View

_SHOWN_SECONDS: Final = 7 * 86_400.0  # as long as a store keeps states


class LogView(View):
    """The log.

    Args:
        board: What is known of the run.
    """

    name_of_view: ClassVar[str] = "Log"

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._oldest_first = False
        self._before: list[LogEntry] = []
        self._shown: dict[str, LogEntry] = {}
        self._drawn: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Return the lines."""
        yield Listing(id="log")

    def on_mount(self) -> None:
        """Read the states from before the monitor began."""
        super().on_mount()
        now = self.board.clock()
        self.look_up(lambda: self.board.history.states(now - _SHOWN_SECONDS, now), self._take_states)

    def look(self) -> None:
        """Show the entries, those of the store and those since."""
        drawn = self.board.log.version, len(self._before), self.wanted, self._oldest_first, self.width
        if drawn == self._drawn:
            return
        self._drawn = drawn
        new = self.board.log.newest()
        known = {(one.about, round(one.at, 3)) for one in self._before}
        new = [one for one in new if one.kind != "state" or (one.about, round(one.at, 3)) not in known]
        entries = sorted([*new, *self._before], key=lambda one: one.at, reverse=not self._oldest_first)
        heading, lines = log_lines(entries, self.width - 1, self.board.clock(), self.wanted)
        self._shown = {f"{one.at} {one.kind} {one.about} {one.text}": one for one, _ in lines}
        self.query_one("#log", Listing).show(
            [(key, line) for key, (_, line) in zip(self._shown, lines, strict=False)], heading
        )

    def title_of(self) -> str:
        """Return the order, if it is not the usual one."""
        return "oldest first" if self._oldest_first else ""

    def camera(self) -> str | None:
        """Return the camera that the entry with the cursor is about."""
        entry = self._entry()
        return entry.about if entry is not None and entry.about in self.board.cameras else None

    def rule(self) -> str | None:
        """Return the rule that the entry with the cursor is about."""
        entry = self._entry()
        return entry.about if entry is not None and entry.kind == "muted" else None

    def moment(self) -> float | None:
        """Return when it was."""
        entry = self._entry()
        return None if entry is None else entry.at

    def on_listing_chosen(self) -> None:
        """Open the camera that the entry is about."""
        self.action_open()

    def action_open(self) -> None:
        """Open the camera that the entry is about."""
        if (camera := self.camera()) is not None:
            self.monitor.open_camera(camera)

    def action_sort(self) -> None:
        """Turn the order round."""
        self._oldest_first = not self._oldest_first
        self.refresh_all()

    def _entry(self) -> LogEntry | None:
        return self._shown.get(self.query_one("#log", Listing).key or "")

    def _take_states(self, states: list[StateSpan]) -> None:
        self._before = [of_state(one) for one in states]
        self.refresh_all()
