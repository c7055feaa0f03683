"""Videos: what becomes of a full buffer until a model is asked about it, and what is known of it on the way."""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import ImmediateScheduler

from rxvlm.choice import nearest_in_time
from rxvlm.clip import Clip
from rxvlm.errors import EncodeError, RxvlmError
from rxvlm.ledger import Ledger
from rxvlm.operators.sample_with import Strategy, sample_with
from rxvlm.results import VideoInfo
from rxvlm.spool import Spool, encode_within
from rxvlm.timers import seconds_of
from rxvlm.uri import without_secrets
from rxvlm.window import Origin, Window

_log = logging.getLogger("rxvlm")


class Videos:
    """Makes videos of windows, and remembers each until it is asked about or lost.

    Args:
        ledger: Counts the frames of windows that a strategy loses.
        count: Frames in a video, at most.
        clock: Tells the time.
    """

    def __init__(self, ledger: Ledger, count: int, clock: SchedulerBase) -> None:
        self._ledger, self._count, self._clock = ledger, count, clock
        self._spool: Spool | None = None
        self._writer: SchedulerBase | None = None
        self._infos: dict[Origin, VideoInfo] = {}
        self._waiting: set[Origin] = set()
        self.strategy: Strategy = nearest_in_time
        self.created = self.unwritten = 0

    def __len__(self) -> int:
        """How many videos wait to be asked about."""
        return len(self._waiting)

    def open(self, spool: Spool | None, writer: SchedulerBase | None) -> None:
        """Begin a run.

        Args:
            spool: Where files are written; None for videos in memory.
            writer: Where that is done; None: on the thread that encodes.
        """
        self._spool, self._writer = spool, writer
        self._infos.clear()
        self._waiting.clear()

    def sampled(self, window: Window) -> Observable[Window]:
        """Thin a window; one whose strategy fails is lost, and no more."""
        strategy, began = self.strategy, time.perf_counter()
        name = strategy.__name__
        first, last = window.frames[0], window.frames[-1]
        _log.info(
            "window of %s: %d frames, %.3f to %.3f s",
            window.source,
            len(window.frames),
            first.time,
            last.time,
            extra={"event": "window", "camera": window.source, "frames": len(window.frames), "start": first.time},
        )

        def noted(thin: Window) -> None:
            self._infos[window.origin] = _info(window, thin, name, self._count)
            seconds = time.perf_counter() - began
            _log.info(
                "sampling of %s: %d of %d frames by %s in %.4f s",
                window.source,
                len(thin.frames),
                len(window.frames),
                name,
                seconds,
                extra={"event": "sampling", "camera": window.source, "frames": len(thin.frames), "seconds": seconds},
            )

        def lost(error: Exception, _source: Observable[Window]) -> Observable[Window]:
            _log.warning("%r is lost: %s failed: %s", window, name, without_secrets(repr(error)))
            self._ledger.drop(window, "strategy")
            return reactivex.empty()

        thinned = reactivex.just(window, ImmediateScheduler.singleton()).pipe(sample_with(strategy, self._count))
        return thinned.pipe(ops.do_action(noted), ops.catch(lost))

    def encoded(self, window: Window) -> Clip:
        """Encode a window and write it to its file; without one, where that fails.

        Raises:
            DecodeError: If it cannot be decoded.
            EncodeError: If it cannot be encoded.
        """
        began = time.perf_counter()
        make = partial(self._written, window)
        # The writer has a priority of its own, which threads that it started would have, too: it starts none.
        clip, path = make() if self._writer is None else reactivex.from_callable(make, self._writer).run()
        info = self._infos.get(window.origin)
        if info is not None:  # else it was given up in the meantime
            info["video_path"], info["created_at"] = path, seconds_of(self._clock)
            self._waiting.add(window.origin)
        self.created += 1
        seconds = time.perf_counter() - began
        _log.info(
            "clip of %s: %d frames, %d bytes in %.3f s",
            clip.source,
            len(clip.times),
            clip.size,
            seconds,
            extra={"event": "clip", "camera": clip.source, "bytes": clip.size, "seconds": seconds, "path": path},
        )
        return clip

    def begin(self, clip: Clip) -> None:
        """Hear that a model is asked about a clip: it waits no more."""
        self._waiting.discard(clip.origin)

    def take(self, item: Window | Clip) -> VideoInfo | None:
        """Give what is known of a video, and forget it."""
        self._waiting.discard(item.origin)
        return self._infos.pop(item.origin, None)

    def lose(self, item: Window | Clip, _reason: str = "") -> None:
        """Forget a video, and remove its file."""
        info = self.take(item)
        if info is not None:
            self.remove(info["video_path"])

    def remove(self, path: str) -> None:
        """Remove a file that is not to be kept; "" is none."""
        if self._spool is not None and path:
            self._spool.remove(path)

    def _written(self, window: Window) -> tuple[Clip, str]:
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
            self.unwritten += 1
            extra = {"event": "unwritten", "camera": clip.source, "bytes": clip.size}
            _log.error("%r is asked about without a file: %s", clip, error, extra=extra)  # noqa: TRY400 - it says it all
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
