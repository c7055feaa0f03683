"""Rich's live drawing, with less flicker, without torn lines, and with pictures that are written once."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, Group, RenderableType, RenderResult
from rich.control import Control
from rich.live import Live
from rich.live_render import LiveRender
from rich.segment import ControlType, Segment

from rxvlm.display.progress.screen_turn import take_screen

_DRAWINGS_PER_SECOND: Final = 4.0
_MOST_ABOVE: Final = 100  # more do not wait for the next drawing


class LiveDrawing(Live):
    """Draw what a function returns; what is to stand above it is printed at once, with the next drawing.

    Args:
        drawn: Returns what is drawn.
        console: The console to draw on.
        stays: Whether the last drawing stays on the screen of a terminal.
    """

    def __init__(self, drawn: Callable[[], RenderableType], console: Console, *, stays: bool) -> None:
        self._above: deque[RenderableType] = deque()
        self._printed: deque[RenderableType] = deque(maxlen=_MOST_ABOVE)
        self._size = console.size
        self._give_back: Callable[[], None] | None = None
        super().__init__(
            console=console,
            refresh_per_second=_DRAWINGS_PER_SECOND,
            transient=not stays,
            redirect_stdout=sys.stdout.isatty(),  # output that goes to a file must still go there
            redirect_stderr=sys.stderr.isatty(),
            vertical_overflow="crop",
            get_renderable=drawn,
        )
        self._live_render = _Lines(self.get_renderable())

    def start(self, refresh: bool = False) -> None:  # noqa: FBT001, FBT002 - as rich calls it
        """Begin to draw; bars of progress are not drawn meanwhile."""
        self._give_back = take_screen()
        super().start(refresh)

    def stop(self) -> None:
        """Draw for the last time."""
        try:
            super().stop()
        finally:
            if self._give_back is not None:
                self._give_back()

    def print_above(self, what: RenderableType) -> None:
        """Print something with the next drawing; draw now if much is waiting for it."""
        self._above.append(what)
        if len(self._above) >= _MOST_ABOVE:
            self.refresh()

    def refresh(self) -> None:
        """Print what waits to stand above, and draw the table below it."""
        with self._lock:
            above = [self._above.popleft() for _ in range(len(self._above))]
            self._printed.extend(above)
            if self._size != self.console.size:
                above = self._clear()
            if above:
                self._live_render.set_renderable(self.renderable)
                self.console.print(Group(*above))  # which also draws the table below it
            else:
                super().refresh()

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Draw below what is printed."""
        self._live_render.alone = all(isinstance(one, Control) for one in renderables)
        return super().process_renderables(renderables)

    def _clear(self) -> list[RenderableType]:
        """Clear the screen, which the terminal has folded in its own way, and return what stood above the table."""
        self._size = self.console.size
        if self.console.is_terminal:
            self.console.control(Control.home(), Control.clear())
            self._live_render = _Lines(self.get_renderable())
        return list(self._printed) if self.console.is_terminal else []


class _Lines(LiveRender):
    """Lines of a drawing, of which those that begin with a picture are written only when they change.

    A picture is some 10 kB, and a terminal may show for a moment that it is written again. Lines without one are
    written each time, which mends what another program has written over them.

    Attributes:
        alone: Whether nothing is printed above with the next drawing, so that what stands on the screen stays there.
    """

    def __init__(self, renderable: RenderableType) -> None:
        super().__init__(renderable, vertical_overflow="crop")
        self.alone = False
        self._before: list[list[Segment]] = []

    def position_cursor(self) -> Control:
        """Return how to move to the first line and to erase all lines, or nothing, if lines may stay."""
        return Control() if self.alone else super().position_cursor()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        erased = super().position_cursor() if self.alone else Control()
        lines = list(Segment.split_lines(_segments(super().__rich_console__(console, options))))
        before, self._before = self._before, lines
        if not self.alone or len(lines) != len(before) or not any(map(_is_picture, lines)):
            yield erased
            before = []
        else:
            yield Control(ControlType.CARRIAGE_RETURN, *[(ControlType.CURSOR_UP, 1)] * (len(lines) - 1))
        for number, line in enumerate(lines):
            if number:
                yield Segment.line()
            if before and _is_picture(line) and line == before[number]:
                continue
            if before:
                yield Control((ControlType.ERASE_IN_LINE, 2))
            yield from line


def _segments(drawn: RenderResult) -> Iterable[Segment]:
    return (part for part in drawn if isinstance(part, Segment))


def _is_picture(line: list[Segment]) -> bool:
    """Return whether a line begins with a picture, as those of `rxvlm.display.pictures` do."""
    return bool(line) and bool(line[0].control)
