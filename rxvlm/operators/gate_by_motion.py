"""gate_by_motion: only the windows in which something moves."""

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

from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sampling.nearest import at_rate
from rxvlm.operators.sampling.small import Gray, changed, grays
from rxvlm.stream import OnDrop, Operator, ignore
from rxvlm.window import Window

MotionDetector: TypeAlias = Callable[[Window], float]
"""Tells how much moves in a window, on a scale of its own; infinite lets it through."""

_LOOKS_A_SECOND: Final = 2.0
_LEVELS: Final = 20  # of 255, by which a pixel has changed: noise and swaying compression stay below
_DOUBLING: Final = 600.0
_PIXELS_A_BYTE: Final = 2000.0


class PixelMotion:
    """The largest share of the picture that changes within half a second, 0 to 1; one for each camera.

    Two frames a second and the last are decoded, and compared small and grey with the one
    before, that of the last window too. What cannot be compared is infinite.

    >>> from rxvlm.testing import frames_at
    >>> still, = frames_at([0.0])
    >>> motion = PixelMotion()
    >>> motion(Window((still,), 0.0, 1.0)), motion(Window((still,), 1.0, 2.0))
    (inf, 0.0)
    """

    def __init__(self) -> None:
        self._before: Gray | None = None

    def __call__(self, window: Window) -> float:
        """Look at a window, the camera's next."""
        shares: list[float] = []
        for _, picture in grays(looked_at(window)):
            if self._before is not None:
                shares.append(float((changed(picture, self._before) > _LEVELS).mean()))
            self._before = picture
        return max(shares, default=inf)


def looked_at(window: Window) -> list[Frame]:
    """Choose two frames a second, and the last one."""
    chosen = at_rate(window, _LOOKS_A_SECOND)
    return chosen if chosen[-1] is window.frames[-1] else [*chosen, window.frames[-1]]


class PacketMotion:
    """How many times the bytes of its quiet seconds a camera spends; one for each camera.

    The mean size of the packets between key frames, of the window's busiest second, is compared
    with that of the quietest second so far, which is let rise to double in ten
    minutes, so that night and rain are learnt. Nothing is decoded. The first window,
    and one without such packets, is infinite.
    """

    def __init__(self) -> None:
        self._quiet: float | None = None
        self._epoch, self._time = 0, 0.0

    def __call__(self, window: Window) -> float:
        """Look at a window, the camera's next."""
        spent = spending(window)
        if not spent:
            return inf
        known = self._quiet if window.epoch == self._epoch else None
        self._quiet = min(spent) if known is None else quiet_level(known, min(spent), window.start - self._time)
        self._epoch, self._time = window.epoch, window.start
        return inf if known is None else max(spent) / self._quiet


def spending(window: Window) -> list[float]:
    """Give for each second of the source the mean bytes of the packets that are no key frames.

    Less than a byte for 2000 pixels counts as that much: below it, ratios say nothing.
    """
    sizes: defaultdict[int, list[int]] = defaultdict(list)
    for frame in window.frames:
        if frame.size and not frame.keyframe:
            sizes[int(frame.time)].append(frame.size)
    height, width, _ = window.frames[0].shape
    return [max(fmean(second), height * width / _PIXELS_A_BYTE) for second in sizes.values()]


def quiet_level(known: float, spent: float, seconds: float) -> float:
    """Give the quiet level, so many seconds after it was ``known``.

    >>> quiet_level(100.0, 900.0, 600.0), quiet_level(100.0, 70.0, 600.0)
    (200.0, 70.0)
    """
    return min(spent, known * 2 ** (max(0.0, seconds) / _DOUBLING))


_DETECTORS: Final[dict[str, tuple[Callable[[], MotionDetector], float]]] = {
    "pixels": (PixelMotion, 0.005),
    "packets": (PacketMotion, 4.0),
}


def gate_by_motion(
    detector: Literal["pixels", "packets"] | MotionDetector = "pixels",
    *,
    open_at: float | None = None,
    shut_at: float | None = None,
    keep_alive: float | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Window, Window]:
    """Let only those windows through in which something moves.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> windows = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])).pipe(buffer_by_time(1.0))
    >>> moved = {0: 0.0, 1: 9.0, 2: 4.0, 3: 1.0, 4: 4.0, 5: 0.0}
    >>> gate = gate_by_motion(lambda window: moved[window.frames[0].index], open_at=5.0, shut_at=3.0)
    >>> print(draw(windows.pipe(gate)))
    --(1)(2)|

    The gate opens at ``open_at``, and stays open until a window is below ``shut_at``. Each camera
    has a gate of its own, shut at first. Detectors, measured in ``docs/gates.md``:

    - ``"pixels"``: the share of the picture that changes within half a second, 0 to 1. It
      decodes, on the thread that delivers: behind a live camera put `on_backpressure_buffer` first.
    - ``"packets"``: bytes against those of quiet moments, 1 and more; costs nothing, and is
      for cameras of constant quality. Where the encoder keeps a constant bit rate it is
      worse than none: a still scene is given as many bytes as a moving one. Windows without
      sizes (arrays, ``demo:``), of key frames alone, and each camera's first all go through.

    Put it before sampling, so that it sees every packet.

    Args:
        detector: One of these, or a function of the window; an error that it raises ends the stream.
        open_at: What opens the gate; None for 0.005 of pixels, 4 times the bytes.
        shut_at: Below what it shuts, at most ``open_at``; None for half of that.
        keep_alive: Seconds of the windows' own time after which one goes through all the same; None: never.
        on_drop: Told of each window that does not, with the reason ``"skipped"``.

    Returns:
        An operator.

    Raises:
        ValueError: If the detector is unknown, a function comes without ``open_at``, or a number is out of range.
    """
    make, usual = _detector(detector)
    opens = usual if open_at is None else open_at
    if opens is None:
        raise ValueError("a detector of one's own needs open_at")
    shuts = opens / 2 if shut_at is None else shut_at
    if not shuts <= opens:
        raise ValueError(f"shut_at must be at most open_at, not {shuts} and {opens}")
    if keep_alive is not None and not keep_alive > 0:
        raise ValueError(f"keep_alive must be above 0 seconds, not {keep_alive}")
    lost = on_drop or ignore

    def operator(source: Observable[Window]) -> Observable[Window]:
        def gated(_clock: SchedulerBase | None) -> Observable[Window]:
            gates: defaultdict[str, _Gate] = defaultdict(lambda: _Gate(make(), opens, shuts, keep_alive))

            def passes(window: Window) -> bool:
                through = gates[window.source].passes(window)
                if not through:
                    lost(window, "skipped")
                return through

            return source.pipe(ops.filter(passes))

        return reactivex.defer(gated)

    return check_items(Window, "gate_by_motion", operator)


class _Gate:
    """The gate of one camera: whether it is open, and since when nothing went through."""

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
        raise ValueError(f"detector must be 'pixels', 'packets' or a function of the window, not {detector!r}")
    return _DETECTORS[detector]
