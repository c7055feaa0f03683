"""show: display a stream in the output of a notebook cell."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, overload

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.arguments import check_at_least, check_stream, suggest_options
from rxvlm.concurrency.threads import wait_for
from rxvlm.concurrency.timers import TIMERS
from rxvlm.errors.short_traceback import shown_short
from rxvlm.ledger import Ledger
from rxvlm.notebook.cells import is_run_again, running_cell
from rxvlm.notebook.outputs import Outputs, show_list
from rxvlm.notebook.page import Page
from rxvlm.stream import Stream

_shown: dict[Showing, None] = {}  # of this kernel, in order, until their cells are run again or cleared
_MOST_OVER: Final = 8  # views of streams that are over; of older ones the saved table stays, and their clips are freed
_DRAWINGS_PER_SECOND: Final = 2.0
_TICK_SECONDS: Final = 1.0  # the heading and the ledgers change without an item, too


@overload
def show(
    stream: Observable[Any],
    *,
    newest: int = 24,
    ledgers: Mapping[str, Ledger] | Ledger | None = None,
    height: int = 420,
) -> Showing: ...
@overload
def show(
    stream: list[Any] | tuple[Any, ...],
    *,
    newest: int = 24,
    ledgers: Mapping[str, Ledger] | Ledger | None = None,
    height: int = 420,
) -> None: ...
@suggest_options()
def show(
    stream: Observable[Any] | list[Any] | tuple[Any, ...],
    *,
    newest: int = 24,
    ledgers: Mapping[str, Ledger] | Ledger | None = None,
    height: int = 420,
) -> Showing | None:
    """Show a stream in a notebook cell, and update it in place: ``live = rxvlm.show(rxvlm.watch("demo:gate"))``.

    ::

        live = show(watch("demo:gate", model))
        live.wait()               # until the stream ends, or you interrupt the cell
        live.stop()               # or end this cell, and stop it from another one
        live                      # as the last line of any cell: the view once more

    The newest item is on top; an analysis has pictures, and its clip opens with a click. The view has buttons that stop
    the stream, or pause asking. It keeps its height, scrolls inside, and is still there when the page is loaded again.
    The file keeps a table of the newest items, with its time of day. Without the package anywidget,
    which the extra ``notebook`` installs, only this table is drawn.

    When you run the cell again, the stream of the earlier run is stopped; otherwise it would go on asking the model.
    JupyterLab and Notebook also stop it when you clear the output or delete the cell.

    Args:
        stream: The stream to subscribe to. A list, such as a result of `rxvlm.collect`, is shown at once, as a table.
        newest: Number of items of each camera to keep in the view, at least 1.
        ledgers: The ledger of one camera, or ledgers by name, whose counts are shown with the items. None: the ledgers
            that the stream carries.
        height: Height of the view in pixels, at least 140.

    Returns:
        The subscription; after it is stopped, the last drawing stays. None for a list.

    Raises:
        TypeError: If ``stream`` is neither a stream nor a list, or a number is not a whole number.
        ValueError: If a number is out of range.
        MissingPartError: If IPython is not installed.
    """
    check_at_least("newest", newest, 1)
    check_at_least("height", height, 140, "pixels")
    if isinstance(stream, list | tuple):
        show_list(stream)
        return None
    check_stream("show", stream)
    page = Page(newest, _ledgers_of(stream, ledgers))
    for earlier in [one for one in list(_shown) if is_run_again(one.cell)]:
        earlier.close()
    return Showing(stream, page, height)


class Showing(DisposableBase):
    """A stream that is being shown; made by `show`.

    Attributes:
        cell: The cell that shows it.
        widget: The live view as a widget of anywidget, for front ends to which you must pass it; None without
            anywidget.
    """

    def __init__(self, stream: Observable[Any], page: Page, height: int) -> None:
        self._page = page
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._drawn = 0.0
        self._timer: DisposableBase | None = None
        self._ticking: DisposableBase | None = None
        acts = {"stop": self.stop, "pause": self.pause, "resume": self.resume, "gone": self.close}
        self._outputs = Outputs(page, acts, height)
        self.widget = self._outputs.widget
        self._outputs.show()
        self._subscription = SingleAssignmentDisposable()
        self.cell = running_cell()
        _remember(self)
        self._tick()
        self._subscription.disposable = stream.subscribe(self._take, self._fail, lambda: self._end("ended"))

    def stop(self) -> None:
        """Dispose of the subscription: no more questions are asked, and the last drawing stays."""
        self.dispose()

    def dispose(self) -> None:
        """Do the same as `stop`; this is the name in RxPY."""
        self._subscription.dispose()
        self._end("stopped")

    def pause(self) -> None:
        """Ask nothing until `resume`, and go on watching; a film waits."""
        self._page.pause(on=True)
        self._draw_soon()

    def resume(self) -> None:
        """Ask again."""
        self._page.pause(on=False)
        self._draw_soon()

    def close(self) -> None:
        """Dispose of the subscription, and remove its live view; the table in the file stays."""
        self.dispose()
        _shown.pop(self, None)
        self._outputs.close()

    @property
    def over(self) -> bool:
        """Whether the stream has ended or was disposed of, and the last drawing is done."""
        return self._over.is_set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it is `over`. An interrupt of the cell disposes of the subscription and raises KeyboardInterrupt.

        Args:
            timeout: Seconds to wait at most; None to wait until the end.

        Raises:
            Exception: The stream's own error, if it has failed.
        """
        try:
            wait_for(self._over, math.inf if timeout is None else timeout)
        except KeyboardInterrupt as interrupt:
            self.dispose()
            shown_short(interrupt)
            raise
        error = self._page.error
        if self.over and error is not None:
            raise shown_short(error)

    def __repr__(self) -> str:
        return f"Showing({self._page.heading})"

    def _ipython_display_(self) -> None:
        """Show the view where it is asked for in another cell; as the last line of its own, it is there already."""
        if running_cell() != self.cell:
            self._outputs.show()

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
            self._page.end(state)
            timers, self._ticking, self._timer = (self._ticking, self._timer), None, None
        for timer in timers:
            if timer is not None:
                timer.dispose()
        self._page.pause(on=False)  # a later subscriber would wait, and has no button to resume
        try:
            self._draw_now(last=True)
        finally:
            self._over.set()  # after the drawing: nbconvert saves what a cell shows when it ends

    def _tick(self, *_: object) -> None:
        """Draw once a second: the time that has passed is news, too."""
        self._page.look()
        self._draw_soon()
        with self._lock:
            if self._page.state == "running":
                self._ticking = TIMERS.schedule_relative(_TICK_SECONDS, self._tick)

    def _draw_soon(self) -> None:
        """Schedule a drawing, unless one is scheduled; at most two per second."""
        with self._lock:
            if self._timer is None and self._page.state == "running":
                wait = self._drawn + 1 / _DRAWINGS_PER_SECOND - time.monotonic()
                self._timer = TIMERS.schedule_relative(max(0.0, wait), self._due)

    def _due(self, *_: object) -> None:
        self._draw_now()

    def _draw_now(self, *, last: bool = False) -> None:
        with self._lock:
            self._timer = None
            self._drawn = time.monotonic()
        with self._drawing:  # of two drawings at once, the older one might be sent last
            if self.over:  # what has ended stays as it was
                return
            self._outputs.update(last=last)


def _remember(showing: Showing) -> None:
    _shown[showing] = None
    for old in [one for one in list(_shown) if one.over][:-_MOST_OVER]:
        old.close()


def _ledgers_of(stream: Observable[Any], given: Mapping[str, Ledger] | Ledger | None) -> Mapping[str, Ledger]:
    if isinstance(given, Ledger):
        return {given.name: given}
    return Stream.of(stream).origin.ledgers if given is None else given
