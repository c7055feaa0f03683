"""What the model saw: the pictures of a clip, drawn for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from rxvlm.clip import Clip
from rxvlm.display.pictures.screen import MOST_LINES, Drawing, Screen
from rxvlm.errors import ClipGoneError, DecodeError
from rxvlm.media.picture import Image

_FEWEST: Final = (8, 3)  # columns and lines: in less than this nothing can be recognised
_WIDEST: Final = 60  # columns of what is printed above the table
_LONG: Final = 64  # frames; of a clip that has more, as a copy of what a camera sent, only the first one is decoded


class Seen:
    """The pictures of a clip. They are decoded when they are drawn, and again only for another size.

    Args:
        clip: The clip that was asked about.
        screen: How the terminal shows pictures.
    """

    def __init__(self, clip: Clip, screen: Screen) -> None:
        self._clip, self._screen = clip, screen
        self._room = 0, 0
        self._drawing: Drawing | None = None

    def drawing(self, columns: int, lines: int) -> Drawing | None:
        """Return them for a room; None if there is too little of it, or the clip cannot be decoded.

        Args:
            columns: Cells across.
            lines: Lines; more than `MOST_LINES` are not used.
        """
        room = columns, min(lines, MOST_LINES)
        if room != self._room:
            self._room, self._drawing = room, self._drawn(room)
        return self._drawing

    def _drawn(self, room: tuple[int, int]) -> Drawing | None:
        if room[0] < _FEWEST[0] or room[1] < _FEWEST[1]:
            return None
        try:
            return self._screen.draw(self._images, (self._clip.width, self._clip.height), room)
        except (DecodeError, ClipGoneError):
            return None

    def _images(self, most: int, width: int) -> Sequence[Image]:
        few = 1 if len(self._clip.times) > _LONG else most
        return self._clip.images(width, most=few)


class SeenAbove:
    """The pictures of a clip as a paragraph, which is decoded when it is printed and then needs the clip no more.

    Args:
        clip: The clip that was asked about.
        screen: How the terminal shows pictures.
    """

    def __init__(self, clip: Clip, screen: Screen) -> None:
        self._seen: Seen | None = Seen(clip, screen)
        self._drawing: Drawing | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._seen is not None:
            self._drawing, self._seen = self._seen.drawing(min(options.max_width, _WIDEST), MOST_LINES), None
        for line in () if self._drawing is None else self._drawing.lines:
            yield from line
            yield Segment.line()
