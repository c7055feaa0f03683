"""Pipeline: the operators from pushed frames to results, and their threads, from a start to a stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import cast

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_above_zero, check_at_least, check_number
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of
from rxvlm.frame import Frame
from rxvlm.operators.analyze import analyze
from rxvlm.operators.asking.prompts import FixedPrompt, text_for
from rxvlm.operators.buffer_by_count import buffer_by_count
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.encode_with import encode_with
from rxvlm.processor.frame_queue import FrameQueue
from rxvlm.processor.priority import HIGHER, LOWER, PriorityWorkers
from rxvlm.processor.queue_bounds import AdaptiveBounds
from rxvlm.processor.result_queue import ResultQueue
from rxvlm.processor.results import log_step
from rxvlm.processor.video_writer import VideoWriter
from rxvlm.stream import LossReason, Operator
from rxvlm.vlm import Piece, Vlm, ask_model_whole, check_model, no_answer_within
from rxvlm.window import Window

_DRAINING = 0.8  # part of a stop's seconds for what waits; the rest is for the threads to end
_log = logging.getLogger("rxvlm")


class Pipeline:
    """One run of the processor: it starts when it is created; frames that are lost on the way are counted.

    ::

        frame queue | buffer | sample | encode | analyze | result queue

    Args:
        frame_queue: Creates the queue of frames, on a given scheduler.
        buffer: The step from frames to windows.
        writer: Makes videos.
        ask: Creates the step that asks the model, on a given scheduler.
        results: Takes the answers.
        scheduler: The clock, and where all work is done; None: the system's clock and threads of its own.
    """

    def __init__(
        self,
        frame_queue: Callable[[SchedulerBase], FrameQueue],
        buffer: Operator[Frame, Window],
        writer: VideoWriter,
        ask: Callable[[SchedulerBase], Operator[Clip, Analysis]],
        results: ResultQueue,
        *,
        scheduler: SchedulerBase | None,
    ) -> None:
        self._writer, self._results, self._ledger = writer, results, writer.ledger
        self._workers = _workers(self._ledger.name) if scheduler is None else {}
        self._over = threading.Event()
        self._failed = False
        clock = clock_of(scheduler)
        self.frame_queue = frame_queue(self._workers.get("frames", clock))
        writer.begin(self._workers.get("writer"))
        self._ledger.open()
        self._ledger.live = True
        self._ledger.state("live")
        encode = encode_with(
            writer.encode,
            capacity=1,
            overflow="block",
            scheduler=self._workers.get("windows", clock),
            on_drop=self._lose,
        )
        answers = self.frame_queue.frames.pipe(
            ops.do_action(writer.count_buffered),
            buffer,
            ops.flat_map(writer.sample),
            encode,
            ask(self._workers.get("calls", clock)),
        )
        self._subscription = answers.subscribe(self._answer, self._fail, self._over.set, scheduler=clock)

    @property
    def threads(self) -> dict[str, int]:
        """How many threads run, by their task."""
        return {role: pool.alive for role, pool in self._workers.items()}

    def stop(self, timeout: float) -> bool:
        """End everything within ``timeout`` seconds; what waits is finished while there is time.

        Returns:
            Whether all of it was finished.
        """
        until = time.monotonic() + timeout
        try:
            self.frame_queue.end()
        except RuntimeError as error:  # there is no memory for a thread: what waits is lost, and counted
            self._fail(error)
        finished = self._over.wait(timeout * _DRAINING) and not self._failed
        self._subscription.dispose()
        for pool in self._workers.values():
            pool.close()
        left = [role for role, pool in self._workers.items() if not pool.join(until)]
        if left:
            _log.warning("threads for %s have not ended within %g s", ", ".join(left), timeout)
        self._writer.end()
        self._ledger.close(None if finished else "disposed")
        if not self._failed:
            self._ledger.state("ended")
        self._results.close()
        return finished

    def _lose(self, window: Window, reason: LossReason) -> None:
        self._ledger.drop(window, reason)
        self._writer.forget(window)

    def _answer(self, analysis: Analysis) -> None:
        info = self._writer.take(analysis.clip)
        if info is not None:
            self._results.answer(analysis, info)

    def _fail(self, error: Exception) -> None:
        _log.error("%s has failed and takes no more frames", self._ledger.name, exc_info=error)
        self._failed = True
        self.frame_queue.end()
        self._ledger.close("error")
        self._ledger.state("failed", str(error))
        self._results.close()
        self._over.set()


class _TimedModel:
    """A model that is asked the processor's prompt, and answers within the time-out or fails."""

    def __init__(self, model: Vlm, prompt: FixedPrompt, timeout: float, begin: Callable[[Clip], None]) -> None:
        self.name = model.name
        self._model, self._prompt, self._timeout, self._begin = model, prompt, timeout, begin

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask the processor's prompt instead of ``prompt``; the whole answer comes at once."""
        self._begin(clip)
        prompt = text_for(self._prompt, clip)
        log_step("call", clip.source, model=self.name, frames=len(clip.times), bytes=clip.size)
        too_long = no_answer_within(self._timeout, self._model)
        return ask_model_whole(self._model, clip, prompt).pipe(ops.timeout(self._timeout, reactivex.throw(too_long)))


def ask_step(
    model: Vlm | Sequence[Vlm],
    prompt: FixedPrompt,
    writer: VideoWriter,
    bounds: AdaptiveBounds,
    *,
    max_concurrent: int,
    timeout: float,
) -> Callable[[SchedulerBase], Operator[Clip, Analysis]]:
    """Return a function that creates the step that asks the model, on a scheduler.

    Args:
        model: The model; or several models, asked in turn.
        prompt: What to ask.
        writer: Notes which clips the model is asked about, and which are lost.
        bounds: How many clips may wait.
        max_concurrent: Calls at a time.
        timeout: Seconds for one answer.

    Raises:
        ValueError: If there is no model, or a number is out of range.
    """
    check_at_least("max_concurrent", max_concurrent, 1)
    check_above_zero("timeout", timeout, "seconds")

    def timed(one: Vlm) -> Vlm:
        check_model(one)
        return _TimedModel(one, prompt, timeout, writer.mark_asked)

    asked = _in_turn([timed(one) for one in model]) if isinstance(model, list | tuple) else timed(cast("Vlm", model))

    def step(scheduler: SchedulerBase) -> Operator[Clip, Analysis]:
        return analyze(
            asked,
            "",
            max_concurrent=max_concurrent,
            capacity=lambda: bounds.now.videos,
            overflow="block",
            timeout=2 * timeout,  # _TimedModel ends a call before, so that round_robin sees the failure
            scheduler=scheduler,
            ledger=writer.ledger,
            on_drop=writer.forget,
        )

    return step


def window_step(seconds: float, count: int | None, overlap: float) -> Operator[Frame, Window]:
    """Return the step from frames to windows: by count if ``count`` is given, otherwise by time.

    Args:
        seconds: Seconds of a window.
        count: Frames in a window.
        overlap: Part of a window that the next window repeats, at least 0 and below 1.

    Raises:
        ValueError: If a number is out of range.
    """
    check_number("overlap", overlap)
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap must be at least 0 and below 1, not {overlap}")
    check_above_zero("window_seconds", seconds, "seconds")
    if count is None:
        return buffer_by_time(seconds, seconds * (1 - overlap))
    check_at_least("frames_per_video", count, 1)
    return buffer_by_count(count, max(1, round(count * (1 - overlap))))


def _in_turn(models: Sequence[Vlm]) -> Vlm:
    from rxvlm.models.round_robin import round_robin  # with one model it need not be loaded

    return round_robin(*models)


def _workers(name: str) -> dict[str, PriorityWorkers]:
    """Create the threads of a run, by their task, in the order in which `stop` waits for them."""
    niceness = {"frames": 0, "windows": 0, "writer": LOWER, "calls": HIGHER}
    return {role: PriorityWorkers(f"rxvlm-{name}-{role}", nice) for role, nice in niceness.items()}
