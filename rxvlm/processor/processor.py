"""AsyncVideoProcessor: push frames, take answers; the operators behind a face of methods."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Self

import psutil
from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxvlm.concurrency.timers import clock_of, seconds_of
from rxvlm.ledger import Ledger
from rxvlm.media.picture import Image
from rxvlm.operators.latest import Question
from rxvlm.processor.frame_queue import FrameQueue, check_image
from rxvlm.processor.pipeline import Pipeline, ask_step, window_step
from rxvlm.processor.queue_bounds import AdaptiveBounds, Bounds, memory_percent
from rxvlm.processor.result_queue import ResultFunction, ResultProcessor, ResultQueue, result_function
from rxvlm.processor.results import ResultData, Statistics
from rxvlm.processor.sampling import NEAREST_IN_TIME, SamplingFunction, SamplingStrategy, named_strategy
from rxvlm.processor.spool import Spool
from rxvlm.processor.video_writer import VideoWriter
from rxvlm.vlm import Vlm

RESULTS = 20
STOP_SECONDS = 10.0


class AsyncVideoProcessor:
    """Takes frames from your loop, asks a model about every window of them, and lets you take the answers.

    ::

        add_frame -> frames, 100, newest lost -> window -> sampling -> MP4 -> videos, 10, writer
        waits -> calls -> results, 20, oldest lost -> get_result

    Results come in the order of their windows. Use it with ``with``, or `start` and `stop` it, from any thread.

    Args:
        model: The model; or a list of models, asked in turn: one that fails is passed over for a while.
        prompt: What to ask: a text, or a function of the clip.
        window_seconds: Seconds of a window, by the frames' timestamps.
        frames_per_video: Frames in a window instead, if given, at least 1.
        overlap: Share of a window that the next one begins with, at least 0 and below 1.
        target_frames_per_video: Frames in a video at most, at least 1.
        max_concurrent: Calls at a time, at least 1.
        temp_dir: Where videos are written; None: the system's folder for temporary files.
        keep_videos: Whether their files are to stay, in ``temp_dir`` itself.
        in_memory: Whether there are to be no files: ``video_path`` is "".
        width: Pixels across at most: wider frames are scaled when they are added. None: as they are.
        timeout: Seconds for an answer.
        name: What logs and the ledger call it.
        follow_memory: Whether bounds follow the memory in use, as `adjust_queue_sizes` does by hand; or
            what tells how much that is, in percent.
        scheduler: The clock, and where work is done, for tests. None: the time, and threads of its own.

    Raises:
        ValueError: If there is no model, or a number is out of range.
    """

    def __init__(
        self,
        model: Vlm | Sequence[Vlm],
        *,
        prompt: Question,
        window_seconds: float = 10.0,
        frames_per_video: int | None = None,
        overlap: float = 0.0,
        target_frames_per_video: int = 8,
        max_concurrent: int = 1,
        temp_dir: str | Path | None = None,
        keep_videos: bool = False,
        in_memory: bool = False,
        width: int | None = 640,
        timeout: float = 60.0,
        name: str = "camera",
        follow_memory: bool | Callable[[], float] = False,
        scheduler: SchedulerBase | None = None,
    ) -> None:
        if width is not None and width < 2:  # noqa: PLR2004 - the least that yuv420p can have
            raise ValueError(f"width must be at least 2 pixels, not {width}")
        self._clock = clock_of(scheduler)
        self._follows = bool(follow_memory)
        self._bounds = AdaptiveBounds(follow_memory if callable(follow_memory) else memory_percent)
        self._ledger = Ledger(name)
        spool = None if in_memory else partial(Spool, temp_dir, keep=keep_videos)
        self._writer = VideoWriter(self._ledger, target_frames_per_video, self._clock, spool)
        self._results = ResultQueue(RESULTS, self._writer.remove)
        self._new_pipeline = partial(
            Pipeline,
            partial(FrameQueue, self._ledger, self._bounds, width, self._clock),
            window_step(window_seconds, frames_per_video, overlap),
            self._writer,
            ask_step(model, prompt, self._writer, self._bounds, max_concurrent=max_concurrent, timeout=timeout),
            self._results,
            scheduler=scheduler,
        )
        self._process = psutil.Process()
        self._lock = threading.RLock()
        self._pipeline: Pipeline | None = None

    def start(self) -> None:
        """Begin to take frames, after a stop anew; where it runs, nothing happens."""
        with self._lock:
            if self._pipeline is None:
                self._results.open()
                self._pipeline = self._new_pipeline()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Take no more frames, and end: what waits is asked about while there is time, and then lost, counted.

        Args:
            timeout: Seconds until it returns. What has not ended by then, such as a strategy that
                hangs, is left to itself and logged.

        Returns:
            Whether all that waited was asked about. Results can still be taken.
        """
        if not self._lock.acquire(timeout=max(0.0, timeout)):
            return False  # somebody else is at it, with more patience
        try:
            return self._pipeline is None or self._pipeline.stop(timeout)
        finally:
            self._pipeline = None
            self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_frame(self, frame: Image, timestamp: float | None = None) -> bool:
        """Take a copy of a frame, and never wait; one that is wider than ``width`` is scaled, in some ms.

        Args:
            frame: BGR ``uint8`` (height, width, 3), not empty.
            timestamp: Seconds since whenever, rising; None: the clock's. One that goes back by at most a
                second is late, and its frame lost. One that goes back further is a new beginning: time
                goes on from where it was, in a new window.

        Returns:
            Whether it was taken: not while it is stopped, nor, counted, if too many wait or it is late.

        Raises:
            ValueError: If it is no such array, or the timestamp no number.
        """
        image, pipeline = check_image(frame, timestamp), self._pipeline
        if self._follows:
            self._bounds.follow(seconds_of(self._clock))
        return pipeline is not None and pipeline.frame_queue.push(image, timestamp)

    def get_result(self, timeout: float | None = None) -> ResultData | None:
        """Take the next result; the file of its video is removed, unless it is to be kept.

        Args:
            timeout: Seconds to wait; None: until there is one, or it was stopped.

        Returns:
            A result; or None if none came in time, or none will come.
        """
        return self._results.take(timeout)

    def __iter__(self) -> Iterator[ResultData]:
        """Take results until it was stopped and none is left."""
        return iter(self.get_result, None)

    @property
    def results(self) -> Observable[ResultData]:
        """Every result as it comes, before it can be taken; completes when it is stopped."""
        return self._results.stream

    def set_sampling_strategy(self, strategy: SamplingStrategy | SamplingFunction | None) -> None:
        """Choose frames otherwise, from the next window on.

        Args:
            strategy: Has ``sample_frames(frames, target_count)``, or is such a function: it is given the
                buffer's frames as `FrameData`, and gives at least one and at most so many
                of them, each once, in their order. A window where it does not is lost, counted as
                ``"strategy"``. None: the nearest in time to even moments, as in the beginning.

        Raises:
            TypeError: If it is neither.
        """
        self._writer.strategy = NEAREST_IN_TIME if strategy is None else named_strategy(strategy)

    def set_result_processor(self, processor: ResultProcessor | ResultFunction | None) -> None:
        """Let every result from now on go through a function, one at a time.

        Args:
            processor: Has ``process_result(result)``, or is such a function: it gives the result, changed or
                not, or None to drop it. What it raises is the result's error. None: no function.

        Raises:
            TypeError: If it is neither.
        """
        self._results.process = None if processor is None else result_function(processor)

    def adjust_queue_sizes(self, frames: int | None = None, videos: int | None = None) -> Bounds:
        """Set how many frames and videos may wait; without numbers, by the memory in use now.

        Over 80 % at most 50 and 5, under 50 % at least 200 and 20, else as they are. Frames over a smaller
        bound are lost when the next one comes; videos are not lost, the writer waits.

        Returns:
            The bounds from now on.

        Raises:
            ValueError: If a number is less than 1.
        """
        return self._bounds.adjust(frames, videos)

    def get_statistics(self) -> Statistics:
        """Count everything, at this moment."""
        tally, out, pipeline = self._ledger.snapshot(), self._results, self._pipeline
        return Statistics(
            frames_received=tally.captured,
            frames_dropped=sum(tally.dropped.values()),
            frames_processed=tally.analysed + tally.failed,
            videos_created=self._writer.created,
            videos_unwritten=self._writer.unwritten,
            inferences_completed=out.completed,
            average_inference_time=out.seconds / out.completed if out.completed else 0.0,
            results_dropped=out.dropped,
            queue_sizes={
                "frames": len(pipeline.frame_queue) if pipeline else 0,
                "videos": len(self._writer),
                "results": len(out),
            },
            memory_usage=self._process.memory_info().rss,
            cpu_usage=self._process.cpu_percent(),
            ledger=tally,
        )

    def dump_state(self) -> dict[str, Any]:
        """Tell everything as plain values, at any time: what waits, what runs, the statistics."""
        pipeline, bounds = self._pipeline, self._bounds.now
        statistics = asdict(self.get_statistics())
        return {
            "running": pipeline is not None,
            "stopping": pipeline is not None and pipeline.frame_queue.ended,
            "queues": statistics["queue_sizes"],
            "bounds": {"frames": bounds.frames, "videos": bounds.videos, "results": self._results.capacity},
            "buffer": self._writer.buffered,
            "threads": pipeline.threads if pipeline else {},
            "statistics": statistics,
        }
