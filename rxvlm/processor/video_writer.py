"""VideoWriter: sample a window, encode it and write its file; and remember facts about it for the result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import ImmediateScheduler

from rxvlm.arguments import check_at_least
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.errors import EncodeError, RxvlmError
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.operators.sample_with import sample_with
from rxvlm.processor.results import VideoInfo, log_step
from rxvlm.processor.sampling import NEAREST_IN_TIME
from rxvlm.processor.spool import Spool, encode_within
from rxvlm.uri import without_secrets
from rxvlm.window import Window, WindowId

_log = logging.getLogger("rxvlm")


class VideoWriter:
    """Make videos of windows, and remember the facts about each video until its result or its loss.

    Args:
        ledger: Counts the frames of windows whose sampling strategy fails.
        count: Frames in a video at most.
        clock: The clock.
        spool: Creates the spool for a run's files; None keeps videos in memory only.
    """

    def __init__(
        self, ledger: Ledger, count: int, clock: SchedulerBase, spool: Callable[[], Spool] | None = None
    ) -> None:
        check_at_least("target_frames_per_video", count, 1)
        self.ledger, self._count, self._clock, self._new_spool = ledger, count, clock, spool
        self._spool: Spool | None = None
        self._thread: SchedulerBase | None = None
        self._infos: dict[WindowId, VideoInfo] = {}
        self._waiting: set[WindowId] = set()
        self.strategy = NEAREST_IN_TIME
        self.created = self.unwritten = self.buffered = 0

    def __len__(self) -> int:
        """Return how many videos wait for the model."""
        return len(self._waiting)

    def begin(self, thread: SchedulerBase | None) -> None:
        """Begin a run.

        Args:
            thread: The scheduler that encodes and writes videos; None: the thread that calls `encode`.
        """
        self._spool = self._new_spool() if self._new_spool is not None else None
        self._thread = thread

    def end(self) -> None:
        """End a run: forget the videos that are left, and remove their files unless they are kept."""
        self._infos.clear()
        self._waiting.clear()
        self.buffered = 0
        if self._spool is not None:
            self._spool.close()

    def count_buffered(self, _frame: Frame) -> None:
        """Count a frame that goes into the open window."""
        self.buffered += 1

    def sample(self, window: Window) -> Observable[Window]:
        """Choose a window's frames; if the strategy fails, the window is lost and the stream goes on."""
        strategy, began, camera = self.strategy, time.perf_counter(), window.source
        first, last = window.frames[0], window.frames[-1]
        self.buffered -= window.fresh
        log_step("window", camera, frames=len(window.frames), start=first.time, end=last.time)

        def remember(thin: Window) -> None:
            self._infos[window.window_id] = _info(window, thin, strategy.name, self._count)
            seconds = time.perf_counter() - began
            log_step("sampling", camera, frames=len(thin.frames), strategy=strategy.name, seconds=seconds)

        def lost(error: Exception, _source: Observable[Window]) -> Observable[Window]:
            _log.warning("%r is lost: %s failed: %s", window, strategy.name, without_secrets(repr(error)))
            self.ledger.drop(window, "strategy")
            return reactivex.empty()

        one = reactivex.just(window, ImmediateScheduler.singleton())
        return one.pipe(sample_with(strategy.choose, self._count), ops.do_action(remember), ops.catch(lost))

    def encode(self, window: Window) -> Clip:
        """Encode a window and write its file; if the file cannot be written, the video goes on without one.

        Raises:
            DecodeError: If it cannot be decoded.
            EncodeError: If it cannot be encoded.
        """
        began = time.perf_counter()
        write = partial(self._write, window)
        # Only this work runs on the thread of lower priority: threads that other work starts would inherit it.
        clip, path = write() if self._thread is None else reactivex.from_callable(write, self._thread).run()
        info = self._infos.get(window.window_id)
        if info is not None:  # else the window was lost while it was encoded
            info["video_path"], info["created_at"] = path, now_in_seconds(self._clock)
            self._waiting.add(window.window_id)
        self.created += 1
        log_step(
            "clip", clip.source, frames=len(clip.times), bytes=clip.size, path=path, seconds=time.perf_counter() - began
        )
        return clip

    def mark_asked(self, clip: Clip) -> None:
        """Note that the model is asked about a clip now, so that it no longer waits."""
        self._waiting.discard(clip.window_id)

    def take(self, item: Window | Clip) -> VideoInfo | None:
        """Return the facts about a video and forget them; None if there are none."""
        self._waiting.discard(item.window_id)
        return self._infos.pop(item.window_id, None)

    def forget(self, item: Window | Clip, _reason: str = "") -> None:
        """Forget a video that is lost; its file, if it has one, is removed at the end of the run."""
        self.take(item)

    def remove(self, path: str) -> None:
        """Remove a video's file, unless files are kept; "" means that there is no file."""
        if self._spool is not None and path:
            self._spool.remove(path)

    def _write(self, window: Window) -> tuple[Clip, str]:
        try:
            clip = encode_within(window)
        except RxvlmError:
            raise
        except Exception as error:
            raise EncodeError(f"{window!r} cannot be encoded: {error!r}") from error
        return clip, "" if self._spool is None else self._file(self._spool, clip)

    def _file(self, spool: Spool, clip: Clip) -> str:
        try:
            return str(spool.write(clip))
        except OSError as error:
            if not spool.closed:  # after the close the model is not asked any more
                self.unwritten += 1
                _log.warning("%r is asked about without a file: %s", clip, error, extra={"event": "unwritten"})
            return ""


def _info(window: Window, thin: Window, strategy: str, count: int) -> VideoInfo:
    first, last = window.frames[0], window.frames[-1]
    return {
        "video_path": "",
        "frame_count": len(thin.frames),
        "created_at": 0.0,
        "start_relative_timestamp": first.time,
        "end_relative_timestamp": last.time,
        "original_frame_range": (first.index, last.index),
        "sampling_info": {
            "strategy": strategy,
            "target_count": count,
            "original_count": len(window.frames),
            "frame_numbers": [frame.index for frame in thin.frames],
            "relative_timestamps": list(thin.times),
        },
    }
