"""skip_short_end: leave out a short last window of a source."""

from __future__ import annotations

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.arguments import check_number
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.window import Window


@as_step
def skip_short_end(share: float = 0.1, *, on_drop: OnDrop | None = None) -> Operator[Window, Window]:
    """Leave out the last window if the source ended just after its start, so that it causes no question.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> film = video_of(frames_at([0.0, 0.5, 1.0, 1.5, 2.0]))
    >>> print(draw(film.pipe(buffer_by_time(2.0)), tick=0.5))
    ----(0,1,2,3)(4)|
    >>> print(draw(film.pipe(buffer_by_time(2.0), skip_short_end(0.3)), tick=0.5))
    ----(0,1,2,3)|

    The last window is short if its recording covers less than a ``share`` of its span, from its start to the end of its
    last frame. The last frame lasts as long as the usual distance of frames in the previous window. If there is only
    one window, it is never left out. A short window is held until the next window or the end comes; every other window
    passes at once. Put this step before sampling, so that it sees the last frame.

    Args:
        share: Share of a window's span, at least 0 and at most 1.
        on_drop: Called with the window that is left out, and the reason ``"skipped:short"``. None: the ledger that the
            stream carries counts it.

    Returns:
        An operator.

    Raises:
        TypeError: If ``share`` is not a number.
        ValueError: If ``share`` is out of range.
    """
    check_number("share", share)
    if not 0 <= share <= 1:
        raise ValueError(f"share must be at least 0 and at most 1, not {share}")

    def operator(source: Observable[Window]) -> Observable[Window]:
        lost = losses(source, on_drop)

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            hold = _Hold(observer, share, lost)
            return source.subscribe(hold.on_window, hold.on_error, hold.on_end, scheduler=scheduler)

        return Observable(subscribe)

    return check_items(Window, "skip_short_end", operator)


class _Hold:
    """The short window of one subscription that may be the last, and the usual distance of frames."""

    def __init__(self, observer: ObserverBase[Window], share: float, on_drop: OnDrop) -> None:
        self._observer, self._share, self._on_drop = observer, share, on_drop
        self._held: Window | None = None
        self._distance: float | None = None  # None before the first window
        self._newest = 0.0  # time of the last frame before

    def on_window(self, window: Window) -> None:
        self._pass_on()
        if self._is_short(window):
            self._held = window
            return
        self._distance = (window.frames[-1].time - window.frames[0].time) / max(1, len(window.frames) - 1)
        self._newest = window.frames[-1].time
        self._observer.on_next(window)

    def on_error(self, error: Exception) -> None:
        self._pass_on()
        self._observer.on_error(error)

    def on_end(self) -> None:
        if self._held is not None:
            self._on_drop(self._held, "skipped:short")
        self._observer.on_completed()

    def _pass_on(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._observer.on_next(held)

    def _is_short(self, window: Window) -> bool:
        if self._distance is None:
            return False
        distance = self._distance or window.frames[0].time - self._newest  # windows of one frame have none inside
        filmed = window.frames[-1].time + distance - window.start
        return filmed < self._share * (window.end - window.start)
