"""show: display a stream in the output of a notebook cell."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cached_property
from html import escape
from importlib import import_module
from typing import Any, Final, cast

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.concurrency.threads import wait_for
from rxvlm.concurrency.timers import TIMERS
from rxvlm.display import markup
from rxvlm.errors import MissingPartError
from rxvlm.ledger import Ledger

_DRAWINGS_PER_SECOND: Final = 2.0  # each drawing is sent to the browser, with its pictures
_PICTURES: Final = 3  # for each answer
_PICTURE_WIDTH: Final = 96  # width of a picture in pixels
_COLUMNS: Final = ("Camera", "Seconds", "Pictures", "Answer", "Age")


def show(stream: Observable[Any], *, newest: int = 6, ledgers: Mapping[str, Ledger] | Ledger | None = None) -> Showing:
    """Show the items of a stream in a notebook cell, as a table that is redrawn in place.

    ::

        showing = show(watch("demo:gate", model))
        showing.wait()            # until the stream ends, or you interrupt the cell
        showing.dispose()         # or end this cell, and stop it from another one

    The newest items are shown in the order in which they came. An analysis is a row with
    pictures; any other item is shown as a notebook shows it. The output is redrawn at most
    twice per second, on a thread of its own; it stays in its cell and does not grow.

    Args:
        stream: The stream to subscribe to.
        newest: Number of items to show, at least 1.
        ledgers: The ledger of one camera, or ledgers by name; what became of the frames is shown below the items.

    Returns:
        The subscription; after it is disposed, the last drawing stays.

    Raises:
        ValueError: If ``newest`` is less than 1.
        MissingPartError: If IPython is not installed.
    """
    if newest < 1:
        raise ValueError(f"newest must be at least 1, not {newest}")
    books = [ledgers] if isinstance(ledgers, Ledger) else list((ledgers or {}).values())
    return Showing(stream, _Page(newest, books), _drawer())


class Showing(DisposableBase):
    """A stream that is being shown; made by `show`."""

    def __init__(self, stream: Observable[Any], page: _Page, draw: Callable[[str, str], None]) -> None:
        self._page = page
        self._draw = draw
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._drawn = 0.0
        self._timer: DisposableBase | None = None
        self._draw_now()
        self._subscription = SingleAssignmentDisposable()
        self._subscription.disposable = stream.subscribe(self._take, self._fail, lambda: self._end("ended"))

    def dispose(self) -> None:
        """Dispose of the subscription; the last drawing stays."""
        self._subscription.dispose()
        self._end("stopped")

    @property
    def over(self) -> bool:
        """Whether the stream has ended or was disposed of, and the last drawing is done."""
        return self._over.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it is `over`. An interrupt of the cell disposes of the subscription and raises KeyboardInterrupt.

        Args:
            timeout: Seconds to wait at most; None to wait until the end.
        """
        try:
            wait_for(self._over, math.inf if timeout is None else timeout)
        except KeyboardInterrupt:
            self.dispose()
            raise

    def __repr__(self) -> str:
        return f"Showing({self._page.heading})"

    def _take(self, item: object) -> None:
        self._page.take(item)
        self._draw_soon()

    def _fail(self, error: Exception) -> None:
        self._page.error = error
        self._end("failed")

    def _end(self, state: str) -> None:
        with self._lock:
            if self._page.state != "running":
                return
            self._page.state = state
        try:
            self._draw_now()
        finally:
            self._over.set()  # after the drawing: nbconvert saves what a cell shows when it ends

    def _draw_soon(self) -> None:
        """Schedule a drawing, unless one is scheduled; at most two per second."""
        with self._lock:
            if self._timer is None and self._page.state == "running":
                wait = self._drawn + 1 / _DRAWINGS_PER_SECOND - time.monotonic()
                self._timer = TIMERS.schedule_relative(max(0.0, wait), self._due)

    def _due(self, _scheduler: object, _state: object) -> None:
        self._draw_now()

    def _draw_now(self) -> None:
        with self._lock:
            self._timer = None
            self._drawn = time.monotonic()
        with self._drawing:  # of two drawings at once, the older one might be sent last
            self._draw(self._page.html(), self._page.plain())


class _Page:
    """What is shown: the newest items, and the state of the stream."""

    def __init__(self, newest: int, ledgers: list[Ledger]) -> None:
        self.count = 0
        self.state = "running"
        self.error: Exception | None = None
        self._items: deque[_Item] = deque(maxlen=newest)
        self._ledgers = ledgers

    @property
    def heading(self) -> str:
        items = f"{self.count:,} item{'' if self.count == 1 else 's'}"
        shown = len(self._items)
        return f"{self.state}, {items}" + (f", the newest {shown} shown" if shown < self.count else "")

    def take(self, item: object) -> None:
        self._items.append(_Item(item))
        self.count += 1

    def html(self) -> str:
        items = list(self._items)
        rows = [item.row for item in items if item.row is not None]
        columns = _COLUMNS if any(row[-1] for row in rows) else _COLUMNS[:-1]  # answers about a file have no age
        shown = [markup.table(columns, (row[: len(columns)] for row in rows))] if rows else []
        shown += [item.card for item in items if item.row is None]
        shown += [_own_html(ledger) for ledger in self._ledgers]
        failed = markup.complaint(self.error) if self.error is not None else ""
        return markup.card(self.heading, failed, *shown)

    def plain(self) -> str:
        error = "" if self.error is None else f": {self.error}"
        return "\n".join([f"{self.heading}{error}", *(repr(item.item) for item in list(self._items))])


class _Item:
    """One item; its HTML is made once, as its pictures take a while to decode."""

    def __init__(self, item: object) -> None:
        self.item = item

    @cached_property
    def row(self) -> list[str] | None:
        """The cells of an analysis; None for any other item."""
        return _row(self.item) if isinstance(self.item, Analysis) else None

    @cached_property
    def card(self) -> str:
        """The item as a notebook shows it."""
        return _own_html(self.item)


def _row(analysis: Analysis) -> list[str]:
    clip = analysis.clip
    said = markup.complaint(analysis.error) if analysis.error else markup.text(analysis.text)
    age = "" if analysis.age is None else f"{analysis.age:.1f}&nbsp;s"
    return [
        markup.text(clip.source),
        f"{clip.start:g}&nbsp;to&nbsp;{clip.end:g}",
        clip.strip(_PICTURES, width=_PICTURE_WIDTH, wrap=False),
        said,
        age,
    ]


def _own_html(item: object) -> str:
    drawn = getattr(item, "_repr_html_", None)
    return cast("str", drawn()) if callable(drawn) else f"<div>{escape(repr(item))}</div>"


def _drawer() -> Callable[[str, str], None]:
    """Return a function that draws: first in the cell that runs now, later in the same place, from any thread."""
    try:
        display = import_module("IPython.display").display
    except ImportError as error:
        raise MissingPartError(
            "show() draws in notebooks: pip install 'rxvlm[notebook]'; elsewhere use LiveTable"
        ) from error
    handle: list[Any] = []

    def draw(html: str, plain: str) -> None:
        bundle = {"text/html": html, "text/plain": plain}
        if handle:
            handle[0].update(bundle, raw=True)
        else:
            handle.append(display(bundle, raw=True, display_id=True))

    return draw
