"""clip_evenly: clips of evenly spaced frames, decoded and encoded while their window is still open."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Literal

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.workers import Workers
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow, check_bounds
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.encoding.checks import check_mp4
from rxvlm.operators.encoding.film import Film
from rxvlm.operators.keep_fullest import keep_fullest
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.windowing.grid import Grid
from rxvlm.stream import LossReason, OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.ticks import Aligned, moments, to_ticks
from rxvlm.window import Window

_AHEAD = 4  # films in progress at most; of more, the windows of the oldest were lost on the way


@as_step
@suggest_options()
def clip_evenly(
    span: float,
    count: int,
    *,
    snap: Literal["keyframe"] | None = None,
    width: int | None = None,
    qp: int = mp4.QP,
    exact: bool = True,
    fullest: bool = False,
    aligned: Aligned = "source",
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow | None = None,
    order: Order = "source",
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Clip]:
    """Make a clip of ``count`` evenly spaced frames from every ``span`` seconds, ready when its window ends.

    The clips are those of ``buffer_by_time(span)``, ``sample_evenly(count, snap=snap)`` and ``encode_mp4(width)``,
    but each frame is decoded and encoded on a thread when it comes, so that almost nothing is left to
    do at the end of the window: the clip is ready about a tenth of a second earlier. The CPU time is the same,
    and a little more if a window is lost.

    Args:
        span: Seconds of a window.
        count: Frames of a clip, at least 1.
        snap: ``"keyframe"`` chooses only key frames; see `sample_evenly`.
        width: Pixels across at most; see `encode_mp4`.
        qp: The quantiser of x264, from 1 (finest) to 51; see `encode_mp4`.
        exact: Whether frames are decoded bit-exact; see `encode_mp4`.
        fullest: Whether only the window with most frames becomes a clip if a source that often reconnects leaves
            several windows of one span; see `keep_fullest`.
        aligned: The time to which the windows are aligned; see `buffer_by_time`.
        max_concurrent: Windows encoded at a time; see `encode_with`, as for all that follows.
        capacity: The most windows that may wait.
        overflow: What happens to the next window when the queue is full.
        order: The order of the clips.
        scheduler: Where windows are encoded.
        on_drop: Called with each lost window, and each frame that comes too late for its window, and the reason.
            None: the ledger that the stream carries counts it.

    Returns:
        An operator.

    Raises:
        TypeError: If an option is unknown, or an argument is not a number where it must be one.
        ValueError: If a number is out of range.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``. A window that
            cannot be decoded or encoded is lost, as "undecodable" or "unencodable", and the stream goes on.
    """
    check_mp4(width, qp)
    check_bounds(max_concurrent=max_concurrent, capacity=capacity, overflow=overflow, order=order)
    windows = buffer_by_time(span, aligned=aligned, on_drop=on_drop)
    sample, film = sample_evenly(count, snap=snap), partial(Film, width, qp, exact=exact, most=count)
    ticks = max(1, to_ticks(span))

    def operator(frames: Observable[Frame]) -> Observable[Clip]:
        tell = losses(frames, on_drop, log_first_loss("clip_evenly", overflow))

        def clips(_clock: SchedulerBase | None) -> Observable[Clip]:
            own = Workers("rxvlm-ahead", most=1)
            grid = Grid(ticks, ticks, aligned)
            ahead = _EncodeAhead(grid, count, film, scheduler or own, only_keyframes=snap is not None)
            drop = partial(ahead.on_drop, tell)
            encode = encode_with(
                ahead.clip,
                max_concurrent=max_concurrent,
                capacity=capacity,
                overflow=overflow,
                order=order,
                scheduler=scheduler,
                on_drop=drop,
            )
            once = keep_fullest(on_drop=drop) if fullest else _as_they_are
            made = frames.pipe(ops.do_action(ahead.on_frame), windows, once, sample, encode)
            return made.pipe(ops.finally_action(own.close))

        return reactivex.defer(clips)

    return check_items(Frame, "clip_evenly", operator)


def _as_they_are(windows: Observable[Window]) -> Observable[Window]:
    return windows


class _BegunFilm:
    """A film that was begun before its window is complete.

    The pool's thread and the encoder's both add the frames that have come; the first to get the lock does it.
    """

    def __init__(self, film: Film) -> None:
        self._film = film
        self._lock = threading.Lock()
        self._coming: deque[Frame] = deque()
        self.lost = False  # set when its window is lost: there will be no clip

    def expect(self, frame: Frame) -> None:
        """Queue a frame as the next of the film."""
        self._coming.append(frame)

    def work(self, *_: object) -> None:
        """Decode and encode the queued frames."""
        with self._lock:
            while self._coming and not self.lost:
                self._film.add(self._coming.popleft())

    def ended(self, window: Window) -> Film | None:
        """Return the film with all frames of the window; None if other frames than the window's were added to it."""
        self.work()
        begun = self._film.frames
        if any(one is not other for one, other in zip(begun, window.frames, strict=False)) or len(begun) > len(
            window.frames
        ):
            return None
        for frame in window.frames[len(begun) :]:
            self._film.add(frame)
        return self._film


class _EncodeAhead:
    """Predicts, frame by frame, which frames of the open window sampling will keep, and begins a film of them.

    The film is compared with the window itself at the end: a wrong prediction costs time, but the clip is right.
    """

    def __init__(
        self, grid: Grid, count: int, film: Callable[[], Film], pool: SchedulerBase, *, only_keyframes: bool
    ) -> None:
        self._grid, self._count = grid, count
        self._film, self._pool = film, pool
        self._only_keyframes = only_keyframes
        self._lock = threading.Lock()
        self._begun: dict[tuple[int, int], _BegunFilm] = {}
        self._key = (-1, -1)  # epoch and number of the open window
        self._moments: deque[float] = deque()  # seconds; those of the open window that no frame is chosen for yet
        self._before: Frame | None = None
        self._chosen: Frame | None = None

    def on_frame(self, frame: Frame) -> None:
        """Process a frame: every sampling moment up to its time can now be decided.

        Of key frames alone, others are only kept in a window without any key frame.
        """
        (number,) = self._grid.numbers(frame)
        if self._only_keyframes and not frame.keyframe:
            return
        key = frame.epoch, number
        if key != self._key:
            self._moments = deque(moments(*self._grid.edges(number), self._count))
            self._key, self._before, self._chosen = key, None, None
        while self._moments and self._moments[0] <= frame.time:
            moment, before = self._moments.popleft(), self._before
            self._choose(before if before is not None and moment - before.time <= frame.time - moment else frame)
        if self._before is None or frame.time > self._before.time:  # sampling keeps the first of equal times
            self._before = frame

    def clip(self, window: Window) -> Clip:
        """Return the clip of a window: finish the film begun of it, or make a new one."""
        with self._lock:
            begun = self._begun.pop(self._key_of(window), None)
        film = None if begun is None else begun.ended(window)
        if film is None:
            film = self._film()
            for frame in window.frames:
                film.add(frame)
        return film.clip(window)

    def on_drop(self, tell: OnDrop, window: Window, reason: LossReason) -> None:
        """Stop the film of a window that is lost."""
        with self._lock:
            begun = self._begun.pop(self._key_of(window), None)
        if begun is not None:
            begun.lost = True
        tell(window, reason)

    def _key_of(self, window: Window) -> tuple[int, int]:
        return window.epoch, self._grid.number_of(window.span)

    def _choose(self, frame: Frame) -> None:
        if frame is self._chosen:
            return
        self._chosen = frame
        with self._lock:
            if self._key not in self._begun:
                self._begun[self._key] = _BegunFilm(self._film())
                while len(self._begun) > _AHEAD:
                    self._begun.pop(next(iter(self._begun))).lost = True
            begun = self._begun[self._key]
        begun.expect(frame)
        self._pool.schedule(begun.work)
