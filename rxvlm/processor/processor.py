"""AsyncVideoProcessor: push frames, take answers; the operators behind plain methods."""

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

from rxvlm.arguments import suggest_options
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.ledger import Ledger
from rxvlm.media.held_bytes import MAX_BYTES
from rxvlm.media.picture import Image
from rxvlm.operators.asking.prompts import FixedPrompt
from rxvlm.processor.frame_copies import FrameCopies
from rxvlm.processor.frame_queue import FrameQueue, check_image
from rxvlm.processor.pipeline import Pipeline, ask_step, window_step
from rxvlm.processor.queue_bounds import AdaptiveBounds, Bounds, memory_percent
from rxvlm.processor.result_queue import ResultFunction, ResultProcessor, ResultQueue, result_function
from rxvlm.processor.results import ResultData, Statistics
from rxvlm.processor.sampling import NEAREST_IN_TIME, SamplingFunction, SamplingStrategy, named_strategy
from rxvlm.processor.spool import Spool
from rxvlm.processor.video_writer import VideoWriter
from rxvlm.vlm import Vlm

RESULTS, STOP_SECONDS = 20, 10.0


class AsyncVideoProcessor:
    """Take frames from your loop, ask a model about every window of them, and keep the answers for you to take.

    ::

        add_frame -> frames, 100, newest dropped -> window -> sampling -> MP4 -> videos, 10, writer
        waits -> calls -> results, 20, oldest dropped -> get_result

    Results come in the order of their windows. Use it in a ``with`` block, or call `start` and `stop`, on any thread.

    Args:
        model: The model; or a list of models, asked in turn: a failing model is skipped for some time.
        prompt: What to ask: a string, or a function of the clip.
        window_seconds: Seconds of a window, by the frames' timestamps.
        frames_per_video: Frames in a window, at least 1; it replaces ``window_seconds``. None: by seconds.
        overlap: Part of a window that the next window repeats, at least 0 and below 1.
        target_frames_per_video: Frames in a video at most, at least 1.
        max_concurrent: Calls at a time, at least 1.
        temp_dir: Where videos are written; None: the system's folder for temporary files.
        keep_videos: Whether to keep their files, in ``temp_dir`` itself.
        in_memory: Whether to write no files; ``video_path`` is "" then.
        width: Pixels across at most: wider frames are scaled when they are added. None: no scaling.
        max_bytes: Bytes of frames at most, in the queue and in windows; frames beyond are refused.
        timeout: Seconds for an answer.
        name: The camera's name in logs and in the ledger.
        follow_memory: Whether to call `adjust_queue_sizes` automatically; or a function that returns percent of memory.
        scheduler: The clock, and where work is done, for tests. None: the system's clock and threads of its own.

    Raises:
        ValueError: If there is no model, or a number is out of range.
    """

    @suggest_options()
    def __init__(
        self,
        model: Vlm | Sequence[Vlm],
        *,
        prompt: FixedPrompt,
        window_seconds: float = 10.0,
        frames_per_video: int | None = None,
        overlap: float = 0.0,
        target_frames_per_video: int = 8,
        max_concurrent: int = 1,
        temp_dir: str | Path | None = None,
        keep_videos: bool = False,
        in_memory: bool = False,
        width: int | None = 640,
        max_bytes: int = MAX_BYTES,
        timeout: float = 60.0,
        name: str = "camera",
        follow_memory: bool | Callable[[], float] = False,
        scheduler: SchedulerBase | None = None,
    ) -> None:
        self._clock = clock_of(scheduler)
        self._follows = bool(follow_memory)
        self._bounds = AdaptiveBounds(follow_memory if callable(follow_memory) else memory_percent)
        self._ledger = Ledger(name)
        self._copies = FrameCopies(name, width, max_bytes)
        spool = None if in_memory else partial(Spool, temp_dir, keep=keep_videos)
        self._writer = VideoWriter(self._ledger, target_frames_per_video, self._clock, spool)
        self._results = ResultQueue(RESULTS, self._writer.remove)
        self._new_pipeline = partial(
            Pipeline,
            partial(FrameQueue, self._ledger, self._bounds, self._copies, self._clock),
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
        """Start to take frames, also again after a stop; do nothing if it is running."""
        with self._lock:
            if self._pipeline is None:
                self._results.open()
                self._pipeline = self._new_pipeline()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Take no more frames; ask about waiting frames while there is time, then count the rest as lost.

        Args:
            timeout: Seconds until it returns. Threads that have not ended by then are logged and left running.

        Returns:
            Whether the model was asked about all waiting frames. Results can still be taken.
        """
        if not self._lock.acquire(timeout=max(0.0, timeout)):
            return False  # another thread is stopping it, with a longer timeout
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
        """Take a copy of a frame, without ever waiting; scale it if it is wider than ``width``, which takes some ms.

        Args:
            frame: BGR ``uint8`` (height, width, 3), not empty.
            timestamp: Seconds from any zero, rising; None: the clock's. If it goes back by at most a second, the frame
                is late and lost. If further, the stream starts again: time goes on from where it was, in a new window.

        Returns:
            Whether it was taken. If too many frames or bytes wait, or it is late, it is refused and counted as lost.

        Raises:
            ValueError: If it is not such an array, or the timestamp is not a finite number.
        """
        image, pipeline = check_image(frame, timestamp), self._pipeline
        if self._follows:
            self._bounds.follow(now_in_seconds(self._clock))
        return pipeline is not None and pipeline.frame_queue.push(image, timestamp)

    def get_result(self, timeout: float | None = None) -> ResultData | None:
        """Take the next result and remove its video's file, unless files are kept.

        Args:
            timeout: Seconds to wait; None: until there is a result or the processor is stopped.

        Returns:
            A result; None if none came in time, or no more will come.
        """
        return self._results.take(timeout)

    def __iter__(self) -> Iterator[ResultData]:
        """Take results until the processor is stopped and none is left."""
        return iter(self.get_result, None)

    @property
    def results(self) -> Observable[ResultData]:
        """Every result when it comes, before it can be taken; completes when the processor is stopped."""
        return self._results.stream

    def set_sampling_strategy(self, strategy: SamplingStrategy | SamplingFunction | None) -> None:
        """Set how frames are chosen, from the next window on.

        Args:
            strategy: An object with ``sample_frames(frames, target_count)``, or such a function. It gets the
                window's frames as `FrameData` and returns from 1 to ``target_count`` of them, each once, in
                their order; otherwise the window is lost, counted as ``"strategy"``. None: the
                default, the frames nearest to evenly spaced moments.

        Raises:
            TypeError: If it is neither.
        """
        self._writer.strategy = NEAREST_IN_TIME if strategy is None else named_strategy(strategy)

    def set_result_processor(self, processor: ResultProcessor | ResultFunction | None) -> None:
        """Set a function that every result goes through from now on, one at a time.

        Args:
            processor: An object with ``process_result(result)``, or such a function. It returns the result, changed
                or not, or None to drop it. If it raises, that becomes the result's error. None: no function.

        Raises:
            TypeError: If it is neither.
        """
        self._results.process = None if processor is None else result_function(processor)

    def adjust_queue_sizes(self, frames: int | None = None, videos: int | None = None) -> Bounds:
        """Set how many frames and videos may wait; without numbers, from the memory in use now.

        Over 80 % of memory at most 50 and 5, under 50 % at least 200 and 20, otherwise unchanged. Frames beyond a
        smaller bound are lost when the next frame comes; videos are not lost, the writer waits.

        Returns:
            The new bounds.

        Raises:
            ValueError: If a number is less than 1.
        """
        return self._bounds.adjust(frames, videos)

    def get_statistics(self) -> Statistics:
        """Return all counts of this moment."""
        tally, out, pipeline = self._ledger.snapshot(), self._results, self._pipeline
        frames = len(pipeline.frame_queue) if pipeline else 0
        return Statistics(
            frames_received=tally.captured,
            frames_dropped=sum(tally.dropped.values()),
            frames_processed=tally.analysed + tally.failed,
            videos_created=self._writer.created,
            videos_unwritten=self._writer.unwritten,
            inferences_completed=out.completed,
            average_inference_time=out.seconds / out.completed if out.completed else 0.0,
            results_dropped=out.dropped,
            queue_sizes={"frames": frames, "videos": len(self._writer), "results": len(out)},
            memory_usage=self._process.memory_info().rss,
            cpu_usage=self._process.cpu_percent(),
            ledger=tally,
        )

    def dump_state(self) -> dict[str, Any]:
        """Return the state as plain values: what waits, which threads run, the statistics."""
        pipeline, statistics = self._pipeline, asdict(self.get_statistics())
        return {
            "running": pipeline is not None,
            "stopping": pipeline is not None and pipeline.frame_queue.ended,
            "queues": statistics["queue_sizes"],
            "bounds": asdict(self._bounds.now) | {"results": self._results.capacity},
            "buffer": self._writer.buffered,
            "threads": pipeline.threads if pipeline else {},
            "statistics": statistics,
        }
