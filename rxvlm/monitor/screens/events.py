"""Events: the time line by camera and rule, with a cursor that moves in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.board.history import StateSpan
from rxvlm.monitor.lines.columns import Line, said
from rxvlm.monitor.lines.events import happening_words, muted_words, rule_mutes
from rxvlm.monitor.lines.timeline import Range, Track, at_cursor, axis, label_width, state_at, track_line, tracks
from rxvlm.monitor.lines.when import seconds_text, short_time
from rxvlm.monitor.screens.actions import COMMON, HELP, MOVE, TIME, Key
from rxvlm.monitor.screens.bar import Bar
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.screens.view import View, bindings
from rxvlm.store.times import time_of

_MOST_FIRST: Final = 12 * 3600.0  # seconds that are shown at first, at most
_LEAST: Final = 20.0  # seconds that are shown, at least
_MOST: Final = 30 * 86_400.0
_INSIDE: Final = 0.01  # seconds after its beginning, at which an event is gone to


class EventsView(View):
    """The time line.

    Args:
        board: What is known of the run.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TIME)
    keys: ClassVar[Sequence[Key]] = (HELP, *TIME, *MOVE, *COMMON)
    name_of_view: ClassVar[str] = "Events"

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._over: tuple[float, float] | None = None  # what is shown; None until it is known what there is
        self._follows = True  # whether the right end is now
        self._at = 0.0  # the moment of the cursor
        self._found: tuple[list[Happening], list[StateSpan]] = ([], [])
        self._looked: tuple[object, ...] = ()
        self._tracks: dict[str, Track] = {}

    def body(self) -> Iterable[Widget]:
        """Return the time line, and below it what is at the cursor."""
        yield Listing(id="tracks", highlights=False)
        yield Bar(id="at", most=6)

    def look(self) -> None:
        """Look up what is shown, if that is another time or something has happened, and show it."""
        if self._over is None:
            self._begin()
        since, until = self._over or (0.0, 1.0)
        now = self.board.clock()
        if self._follows and self._is_live():
            since, until = self._over = now - (until - since), now
        looked = since, int(until), self.board.version, self.board.log.version
        if looked != self._looked:
            self._looked = looked
            history = self.board.history
            self.look_up(lambda: (history.events(since, until), history.states(since, until)), self._take)
        self._show()

    def title_of(self) -> str:
        """Return how long a letter of the time line is."""
        return "" if self._over is None else f"a letter is {seconds_text(self._range().step)}"

    def camera(self) -> str | None:
        """Return the camera of the line with the cursor."""
        track = self._track()
        return None if track is None or not track.camera else track.camera

    def rule(self) -> str | None:
        """Return the rule of the line with the cursor."""
        track = self._track()
        return None if track is None else track.rule or None

    def answer(self) -> Answer | None:
        """Return the newest answer before the moment of the cursor."""
        camera = self.camera()
        found = [] if camera is None else self.board.history.answers(camera, self._at + self._range().step / 2, 1)
        return found[0] if found else None

    def moment(self) -> float | None:
        """Return the moment of the cursor."""
        return self._at

    def on_listing_moved(self) -> None:
        """Move the cursor to another line."""
        self._show()

    def on_listing_chosen(self) -> None:
        """Open the event at the cursor."""
        self.action_open()

    def action_open(self) -> None:
        """Open the event at the cursor; without one, the camera."""
        found = self._here()
        if found:
            self.monitor.open_event(found[0])
        elif (camera := self.camera()) is not None:
            self.monitor.open_camera(camera)

    def action_move(self, letters: int) -> None:
        """Move the cursor in time; at an end of the line, the line moves."""
        over = self._range()
        self._at += letters * over.step
        beyond = max(0.0, self._at - over.until) or min(0.0, self._at - over.since)
        if beyond:
            shift = beyond + (letters / abs(letters)) * over.cells // 4 * over.step
            self._over = over.since + shift, over.until + shift
        self._follows = self._follows and letters > 0
        self.refresh_all()

    def action_zoom(self, factor: float) -> None:
        """Show a shorter or a longer time, around the cursor."""
        over = self._range()
        length = max(_LEAST, min(_MOST, (over.until - over.since) * factor))
        before = (self._at - over.since) / (over.until - over.since) * length
        self._over, self._follows = (self._at - before, self._at - before + length), False
        self.refresh_all()

    def action_go(self) -> None:
        """Go to a time that is written."""
        hint = "07:35 (today), 2h (ago), 2026-11-29T07:35."
        self.monitor.ask_text("Go to", short_time(self._at, self.board.clock())[-8:], hint, self._go)

    def action_event(self, direction: int) -> None:
        """Go to the next event of the line, or the one before."""
        track = self._track()
        of_line = [one.at + _INSIDE for one in self._found[0] if track is not None and one.camera == track.camera]
        beyond = [at for at in of_line if (at - self._at) * direction > 2 * _INSIDE]
        if beyond:
            self._go_to(min(beyond, key=lambda at: abs(at - self._at)))
        else:
            self.monitor.say("there is no such event in the time that is shown; - shows more")

    def _go(self, text: str) -> None:
        try:
            self._go_to(time_of(text if text.count(":") < 2 or "T" in text else _today(text)))  # noqa: PLR2004 - seconds
        except ValueError as error:
            self.monitor.say(str(error), bad=True)

    def _go_to(self, at: float) -> None:
        over = self._range()
        self._at, self._follows = at, False
        if not over.since <= at < over.until:
            half = (over.until - over.since) / 2
            self._over = at - half, at + half
        self.refresh_all()

    def _begin(self) -> None:
        """Choose the time that is shown at first: all that there is, but at most 12 hours."""
        now = self.board.clock()
        first, last = self.board.history.span() or (now - 600.0, now)
        until = now if self._is_live() else last + 1.0
        self._over = max(first, until - _MOST_FIRST) - 1.0, until
        if self._over[1] - self._over[0] < _LEAST:
            self._over = until - _LEAST, until
        self._at = until - 1e-3

    def _is_live(self) -> bool:
        return any(one.tally.state not in ("ended", "failed") for one in self.board.now.cameras)

    def _range(self) -> Range:
        since, until = self._over or (0.0, 1.0)
        return Range(since, until, max(10, self.width - self._label_width() - 1))

    def _label_width(self) -> int:
        return label_width(list(self._tracks.values()), self.width, rule_mutes(self.board.now.rules))

    def _track(self) -> Track | None:
        return self._tracks.get(self.query_one("#tracks", Listing).key or "")

    def _here(self) -> list[Happening]:
        track, over = self._track(), self._range()
        return [] if track is None else at_cursor(self._found[0], track, over, over.at(self._at))

    def _take(self, found: tuple[list[Happening], list[StateSpan]]) -> None:
        self._found = found
        self._show()

    def _show(self) -> None:
        if self._over is None:
            return
        over = self._range()
        found = tracks(list(self.board.cameras), *self._found, over)
        wanted = self.wanted.lower()
        self._tracks = {one.key: one for one in found if wanted in f"{one.camera} {one.rule}".lower()}
        label = self._label_width()
        over = replace(over, cells=max(10, self.width - label - 1))
        listing, muted = self.query_one("#tracks", Listing), rule_mutes(self.board.now.rules)
        if not over.since <= self._at < over.until:
            self._at = over.time(over.cells - 1)
        key = listing.key if listing.key in self._tracks else next(iter(self._tracks), None)
        lines = [
            (one.key, track_line(one, label, over.at(self._at) if one.key == key else None, muted))
            for one in self._tracks.values()
        ]
        listing.show(lines, axis(over, label))
        self.query_one("#at", Bar).show_lines(self._words())

    def _words(self) -> list[Line]:
        now, track = self.board.clock(), self._track()
        if track is None:
            return [(("no camera", "dim"),)]
        about = f"{short_time(self._at, now)} {track.camera}"
        lines = [said((about, "bold"), (f"  {state_at(self._found[1], track.camera, self._at)}", ""), width=self.width)]
        here = self._here()[:3]
        lines += [said(("● ", "bold red"), (happening_words(one, now), ""), width=self.width) for one in here]
        if muted := muted_words(self.board.now.rules, now):
            lines.append(said((muted, "bold magenta"), width=self.width))
        return lines


def _today(text: str) -> str:
    """Return a time of day with seconds as a text that `time_of` reads as today's."""
    from datetime import datetime

    return f"{datetime.now().astimezone():%Y-%m-%d}T{text.strip()}"
