"""gate_by_motion: the windows in which something moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from math import inf
from statistics import fmean
from typing import Final, Literal, TypeAlias

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_above_zero, check_number, describe
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sampling.nearest import at_rate
from rxvlm.operators.sampling.small import Gray, changed, grays
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.window import Window

MotionDetector: TypeAlias = Callable[[Window], float]
"""Measures how much moves in a window, on a scale of its own; infinity always opens the gate."""

_FRAMES_A_SECOND: Final = 2.0
_LEVELS: Final = 20  # of 255; noise and changes of the compression stay below
_DOUBLING: Final = 600.0
_PIXELS_A_BYTE: Final = 2000.0


class PixelMotion:
    """Measures the largest share of the picture that changes within half a second, 0 to 1. Make one for each camera.

    Two frames a second and the last frame are decoded. Each is compared as a small grey picture with the previous
    one, and the first with the last one of the previous window. If there is nothing to compare, the result is infinite.

    >>> from rxvlm.testing import frames_at
    >>> still, = frames_at([0.0])
    >>> motion = PixelMotion()
    >>> motion(Window((still,), 0.0, 1.0)), motion(Window((still,), 1.0, 2.0))
    (inf, 0.0)
    """

    def __init__(self) -> None:
        self._before: Gray | None = None

    def __call__(self, window: Window) -> float:
        """Measure the camera's next window."""
        shares: list[float] = []
        for _, picture in grays(frames_to_compare(window)):
            if self._before is not None:
                shares.append(float((changed(picture, self._before) > _LEVELS).mean()))
            self._before = picture
        return max(shares, default=inf)


def frames_to_compare(window: Window) -> list[Frame]:
    """Return two frames a second, and the last one."""
    chosen = at_rate(window, _FRAMES_A_SECOND)
    return chosen if chosen[-1] is window.frames[-1] else [*chosen, window.frames[-1]]


class PacketMotion:
    """Compares the bytes of a window with those of the camera's quiet seconds, as a ratio. Make one for each camera.

    The ratio is the mean packet size of the window's busiest second, without key frames, divided by that of
    the quietest second so far. The latter may double in ten minutes, so that the detector
    adapts to night and rain. Nothing is decoded. The result is infinite for the first window, and for a window
    without such packets.
    """

    def __init__(self) -> None:
        self._quiet: float | None = None
        self._epoch, self._time = 0, 0.0

    def __call__(self, window: Window) -> float:
        """Measure the camera's next window."""
        spent = spending(window)
        if not spent:
            return inf
        known = self._quiet if window.epoch == self._epoch else None
        self._quiet = min(spent) if known is None else quiet_level(known, min(spent), window.start - self._time)
        self._epoch, self._time = window.epoch, window.start
        return inf if known is None else max(spent) / self._quiet


def spending(window: Window) -> list[float]:
    """Return the mean size in bytes of the packets that are not key frames, for each second of the source.

    A mean below one byte for 2000 pixels is raised to that: ratios of smaller sizes are noise.
    """
    sizes: defaultdict[int, list[int]] = defaultdict(list)
    for frame in window.frames:
        if frame.size and not frame.keyframe:
            sizes[int(frame.time)].append(frame.size)
    height, width, _ = window.frames[0].shape
    return [max(fmean(second), height * width / _PIXELS_A_BYTE) for second in sizes.values()]


def quiet_level(known: float, spent: float, seconds: float) -> float:
    """Return the quiet level, some seconds after it was ``known``: the spending if lower, else at most the risen level.

    >>> quiet_level(100.0, 900.0, 600.0), quiet_level(100.0, 70.0, 600.0)
    (200.0, 70.0)
    """
    return min(spent, known * 2 ** (max(0.0, seconds) / _DOUBLING))


_DETECTORS: Final[dict[str, tuple[Callable[[], MotionDetector], float]]] = {
    "pixels": (PixelMotion, 0.005),
    "packets": (PacketMotion, 4.0),
}


@as_step
def gate_by_motion(
    detector: Literal["pixels", "packets"] | MotionDetector = "pixels",
    *,
    open_at: float | None = None,
    shut_at: float | None = None,
    keep_alive: float | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Window]:
    """Pass on only the windows in which something moves.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> windows = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])).pipe(buffer_by_time(1.0))
    >>> moved = {0: 0.0, 1: 9.0, 2: 4.0, 3: 1.0, 4: 4.0, 5: 0.0}
    >>> gate = gate_by_motion(lambda window: moved[window.frames[0].index], open_at=5.0, shut_at=3.0)
    >>> print(draw(windows.pipe(gate)))
    --(1)(2)|

    The gate opens at ``open_at``, and stays open until a window is below ``shut_at``. Each camera
    has a gate of its own, which is shut at first. ``docs/gates.md`` compares the detectors:

    - ``"pixels"``: the share of the picture that changes within half a second, 0 to 1. It decodes frames on the
      thread that delivers the window, so put `on_backpressure_buffer` before this step if the source is live.
    - ``"packets"``: the bytes of a window divided by those of quiet moments, 1 and more. It takes almost no time,
      and is for cameras of constant quality. Do not use it with a constant bit rate: there, the encoder
      spends as many bytes on a still scene as on a moving one. Windows without packet
      sizes (arrays, ``demo:``) or with key frames only pass, and so does each camera's first window.

    Put it before sampling, so that it sees every packet.

    Args:
        detector: One of these, or a function of the window; an error that it raises ends the stream.
        open_at: The value that opens the gate; None for 0.005 with ``"pixels"``, and 4 with ``"packets"``.
        shut_at: The value below which it shuts, at most ``open_at``; None for half of ``open_at``.
        keep_alive: Seconds of the windows' own time after which a window passes even if the gate is shut; None: never.
        on_drop: Called with each window that does not pass, and the reason ``"skipped:gate"``. None: the ledger that
            the stream carries counts it.

    Returns:
        An operator.

    Raises:
        ValueError: If the detector is unknown, a function has no ``open_at``, or a number is out of range.
    """
    make, usual = _detector(detector)
    opens = usual if open_at is None else open_at
    if opens is None:
        raise ValueError("a detector of your own needs open_at")
    for name, value in (("open_at", opens), ("shut_at", 0.0 if shut_at is None else shut_at)):
        check_number(name, value)
    if keep_alive is not None:
        check_above_zero("keep_alive", keep_alive, "seconds")
    shuts = opens / 2 if shut_at is None else shut_at
    if not shuts <= opens:
        raise ValueError(f"shut_at must be at most open_at, not {shuts} and {opens}")
    if keep_alive is not None and not keep_alive > 0:
        raise ValueError(f"keep_alive must be above 0 seconds, not {keep_alive}")

    def operator(source: Observable[Window]) -> Observable[Window]:
        lost = losses(source, on_drop)

        def gated(_clock: SchedulerBase | None) -> Observable[Window]:
            gates: defaultdict[str, _Gate] = defaultdict(lambda: _Gate(make(), opens, shuts, keep_alive))

            def passes(window: Window) -> bool:
                through = gates[window.source].passes(window)
                if not through:
                    lost(window, "skipped:gate")
                return through

            return source.pipe(ops.filter(passes))

        return reactivex.defer(gated)

    return check_items(Window, "gate_by_motion", operator)


class _Gate:
    """The gate of one camera: whether it is open, and when the last window passed."""

    def __init__(self, detector: MotionDetector, open_at: float, shut_at: float, keep_alive: float | None) -> None:
        self._detector = detector
        self._open_at, self._shut_at = open_at, shut_at
        self._keep_alive = keep_alive
        self._open = False
        self._passed = -inf

    def passes(self, window: Window) -> bool:
        self._open = self._detector(window) >= (self._shut_at if self._open else self._open_at)
        due = self._keep_alive is not None and window.start - self._passed >= self._keep_alive
        if self._open or due:
            self._passed = window.start
        return self._open or due


def _detector(detector: str | MotionDetector) -> tuple[Callable[[], MotionDetector], float | None]:
    if callable(detector):
        return (lambda: detector), None
    if detector not in _DETECTORS:
        raise ValueError(f"detector must be 'pixels', 'packets' or a function of the window, not {describe(detector)}")
    return _DETECTORS[detector]
