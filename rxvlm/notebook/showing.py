"""show: display a stream in the output of a notebook cell."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final
from weakref import WeakSet

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.arguments import check_at_least, check_stream, suggest_options
from rxvlm.concurrency.threads import wait_for
from rxvlm.concurrency.timers import TIMERS
from rxvlm.errors import MissingPartError
from rxvlm.ledger import Ledger
from rxvlm.notebook.cells import is_run_again, running_cell
from rxvlm.notebook.page import Page

_running: WeakSet[Showing] = WeakSet()  # of this kernel, to be stopped when their cells are run again
_DRAWINGS_PER_SECOND: Final = 2.0  # each drawing is sent to the browser, with its pictures


@suggest_options()
def show(stream: Observable[Any], *, newest: int = 6, ledgers: Mapping[str, Ledger] | Ledger | None = None) -> Showing:
    """Show the items of a stream in a notebook cell, as a table that is redrawn in place.

    ::

        live = show(watch("demo:gate", model))
        live.wait()               # until the stream ends, or you interrupt the cell
        live.stop()               # or end this cell, and stop it from another one

    The newest items are shown in the order in which they came. An analysis is a row with
    pictures; any other item is shown as a notebook shows it. The output is redrawn at most
    twice per second, on a thread of its own; it stays in its cell and does not grow. When its cell is
    run again, the stream of the earlier run is stopped: it would go on asking the model, unseen.

    Args:
        stream: The stream to subscribe to.
        newest: Number of items to show, at least 1.
        ledgers: The ledger of one camera, or ledgers by name; what became of the frames is shown below the items.

    Returns:
        The subscription; after it is stopped, the last drawing stays.

    Raises:
        TypeError: If ``stream`` is no stream.
        ValueError: If ``newest`` is less than 1.
        MissingPartError: If IPython is not installed.
    """
    check_stream("show", stream)
    check_at_least("newest", newest, 1)
    books = [ledgers] if isinstance(ledgers, Ledger) else list((ledgers or {}).values())
    draw = _drawer()
    for earlier in [one for one in list(_running) if is_run_again(one.cell)]:
        earlier.stop()
    return Showing(stream, Page(newest, books), draw)


class Showing(DisposableBase):
    """A stream that is being shown; made by `show`.

    Attributes:
        cell: The cell that shows it.
    """

    def __init__(self, stream: Observable[Any], page: Page, draw: Callable[[str, str], None]) -> None:
        self._page = page
        self._draw = draw
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._drawn = 0.0
        self._timer: DisposableBase | None = None
        self._draw_now()
        self._subscription = SingleAssignmentDisposable()
        self.cell = running_cell()
        _running.add(self)
        self._subscription.disposable = stream.subscribe(self._take, self._fail, lambda: self._end("ended"))

    def stop(self) -> None:
        """Leave the stream: nothing more is asked, and the last drawing stays."""
        self.dispose()

    def dispose(self) -> None:
        """Do what `stop` does, under the name that RxPY has for it."""
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

    def _ipython_display_(self) -> None:
        """Draw again where it is asked for in another cell; as the last line of its own cell, it is there already."""
        if running_cell() != self.cell:
            _drawer()(self._page.html(), self._page.plain())

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
        _running.discard(self)
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
