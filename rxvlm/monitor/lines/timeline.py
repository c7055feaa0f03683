"""The time line: for each camera a line of what it did, and below it a line for each rule with its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rxvlm.ledger.states import FLOWING, OVER
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.board.history import StateSpan
from rxvlm.monitor.lines.cameras import PAUSED_STYLE
from rxvlm.monitor.lines.columns import Line, name_width
from rxvlm.terminal.cells import padded, plain
from rxvlm.terminal.row import Styled

WATCHED, AWAY, UNWATCHED, EVENT, NO_EVENT, CURSOR = "─", "x", " ", "█", "·", "┃"
"""What a cell of the time line shows."""

_STYLE: Final = {WATCHED: "green", AWAY: "bold red", UNWATCHED: "", EVENT: "bold red", NO_EVENT: "dim"}


@dataclass(frozen=True, slots=True)
class Range:
    """A span of time on the screen.

    Attributes:
        since: Seconds since 1970 (UTC) of its left end.
        until: Of its right end, above ``since``.
        cells: Letters across, at least 1.
    """

    since: float
    until: float
    cells: int

    def at(self, time: float) -> int:
        """Return the letter in which a moment is; it may lie outside."""
        return int((time - self.since) / (self.until - self.since) * self.cells)

    def time(self, cell: int) -> float:
        """Return the moment in the middle of a letter."""
        return self.since + (cell + 0.5) * self.step

    @property
    def step(self) -> float:
        """Seconds of a letter."""
        return (self.until - self.since) / self.cells


@dataclass(frozen=True, slots=True)
class Track:
    """A line of the time line.

    Attributes:
        camera: The camera.
        rule: The rule whose events it shows; "" for what the camera did.
        cells: Its letters.
    """

    camera: str
    rule: str
    cells: str

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.camera}\0{self.rule}"


def tracks(
    cameras: Iterable[str], happenings: Sequence[Happening], states: Sequence[StateSpan], over: Range
) -> list[Track]:
    """Return the lines of all cameras and rules.

    Args:
        cameras: The cameras in their order; those of events and states that are not among them follow.
        happenings: The events in the range.
        states: The states in the range, and those at its beginning, the oldest first.
        over: The range.
    """
    names = dict.fromkeys([*cameras, *(one.camera for one in states), *(one.camera for one in happenings)])
    found: list[Track] = []
    for camera in names:
        of_camera = [one for one in happenings if one.camera == camera]
        found.append(Track(camera, "", _did([one for one in states if one.camera == camera], over)))
        rules = sorted({one.name for one in of_camera})
        found += [Track(camera, rule, _events([one for one in of_camera if one.name == rule], over)) for rule in rules]
    return found


def track_line(track: Track, width: int, cursor: int | None, muted: Mapping[str, float]) -> Line:
    """Return a track as a line: its label, and its letters, with the cursor if it is there.

    Args:
        track: It.
        width: Cells of the label.
        cursor: Where the cursor is; None: in another line.
        muted: Until when rules are muted, by name.
    """
    style = PAUSED_STYLE if track.rule in muted else "" if track.rule else "bold"
    parts: list[Styled] = [(padded(_label(track, muted), width - 1) + " ", style)]
    at = 0
    while at < len(track.cells):
        if at == cursor:
            parts.append((CURSOR, "reverse bold"))
            at += 1
            continue
        end = at
        while end < len(track.cells) and track.cells[end] == track.cells[at] and end != cursor:
            end += 1
        parts.append((track.cells[at:end], _STYLE[track.cells[at]]))
        at = end
    return tuple(parts)


def label_width(found: Sequence[Track], width: int, muted: Mapping[str, float]) -> int:
    """Return the cells of the labels, on a screen of ``width`` cells."""
    return 3 + name_width([_label(one, muted) for one in found], width)


def _label(track: Track, muted: Mapping[str, float]) -> str:
    if not track.rule:
        return plain(track.camera)
    return f"  {plain(track.rule)}{' muted' if track.rule in muted else ''}"  # its name first: it may be cut


def axis(over: Range, width: int) -> Line:
    """Return the times above the time line.

    Args:
        over: The range.
        width: Cells of the labels before it.
    """
    letters = [" "] * over.cells
    form = "%H:%M:%S" if over.step < 20 else "%H:%M" if over.until - over.since < 86_400 else "%m-%d %H:%M"  # noqa: PLR2004
    each = len(_clock(over.since, form)) + 4
    for at in range(0, over.cells - each + 4, max(each, over.cells // 6)):
        text = f"|{_clock(over.since + at * over.step, form)}"
        letters[at : at + len(text)] = text
    return ((" " * width, ""), ("".join(letters)[: over.cells], "bold"))


def _clock(at: float, form: str) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime(form)


def _did(states: Sequence[StateSpan], over: Range) -> str:
    """Return what a camera did: watched, away, or not watched; where it was away for a part of a letter, away."""
    letters = [UNWATCHED] * over.cells
    for number, one in enumerate(states):
        until = states[number + 1].since if number + 1 < len(states) else over.until
        letter = WATCHED if one.state in FLOWING else UNWATCHED if one.state in OVER - {"failed"} else AWAY
        if one.state == "connecting":
            letter = UNWATCHED
        for at in range(max(0, over.at(one.since)), min(over.cells, over.at(until) + 1)):
            letters[at] = AWAY if AWAY in (letter, letters[at]) else letter if letters[at] == UNWATCHED else letters[at]
    return "".join(letters)


def _events(happenings: Sequence[Happening], over: Range) -> str:
    letters = [NO_EVENT] * over.cells
    for one in happenings:
        until = over.until if one.runs else one.newest
        for at in range(max(0, over.at(one.at)), min(over.cells, over.at(until) + 1)):
            letters[at] = EVENT
    return "".join(letters)


def state_at(states: Sequence[StateSpan], camera: str, at: float) -> str:
    """Return what a camera did at a moment, in words; "not watched" if nothing is known."""
    held = [one for one in states if one.camera == camera and one.since <= at]
    if not held:
        return "not watched"
    newest = held[-1]
    return newest.state + (f": {plain(newest.reason)}" if newest.reason else "")


def at_cursor(happenings: Iterable[Happening], track: Track, over: Range, cell: int) -> list[Happening]:
    """Return the events of a line in a letter; in the line of a camera, those of all its rules."""
    return [
        one
        for one in happenings
        if one.camera == track.camera
        and track.rule in ("", one.name)
        and over.at(one.at) <= cell <= over.at(over.until if one.runs else one.newest)
    ]
