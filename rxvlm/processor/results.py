"""What a processor returns: results, as typed dicts, and statistics; and its lines in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from rxvlm.ledger import Tally

_log = logging.getLogger("rxvlm")


class SamplingInfo(TypedDict):
    """How the frames of a video were chosen.

    Keys:
        strategy: The strategy's name; that of the default is ``"nearest_in_time"``.
        target_count: Frames that the strategy was asked for.
        original_count: Frames that it could choose from.
        frame_numbers: Numbers of the chosen frames.
        relative_timestamps: Seconds of the chosen frames since the first frame.
    """

    strategy: str
    target_count: int
    original_count: int
    frame_numbers: list[int]
    relative_timestamps: list[float]


class VideoInfo(TypedDict):
    """A video that a model is asked about.

    Keys:
        video_path: Its file; "" if it has none.
        frame_count: Frames in it, after sampling.
        created_at: Seconds since the epoch.
        start_relative_timestamp: Seconds of its window's first frame since the processor's first frame.
        end_relative_timestamp: The same for its window's last frame.
        original_frame_range: Numbers of the first and last frame of its window.
        sampling_info: How its frames were chosen.
    """

    video_path: str
    frame_count: int
    created_at: float
    start_relative_timestamp: float
    end_relative_timestamp: float
    original_frame_range: tuple[int, int]
    sampling_info: SamplingInfo


class ResultData(TypedDict):
    """The outcome of one call.

    Keys:
        result: The answer; None if the call failed.
        video_path: The video's file; "" if it has none. The file exists until the result has been taken.
        video_info: The video.
        inference_start_time: Seconds since the epoch at which the call began.
        inference_end_time: Seconds since the epoch at which it ended.
        inference_duration: Seconds in between.
        inference_start_timestamp: The same as ISO 8601, in UTC.
        inference_end_timestamp: The same as ISO 8601, in UTC.
        error: Why the call failed, or what a result processor raised; else None.
    """

    result: str | None
    video_path: str
    video_info: VideoInfo
    inference_start_time: float
    inference_end_time: float
    inference_duration: float
    inference_start_timestamp: str
    inference_end_timestamp: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """A processor's counts at one moment, since it was created.

    Attributes:
        frames_received: Frames added while the processor ran.
        frames_dropped: Frames lost, for any reason; `Tally.dropped` has the reasons.
        frames_processed: Frames in windows about which a model was asked, successfully or not.
        videos_created: Videos encoded.
        videos_unwritten: Videos that could not be written to a file; the model was asked about them all the same.
        inferences_completed: Calls that ended, including failed ones.
        average_inference_time: Mean seconds of these calls.
        results_dropped: Results that were pushed out of their queue, or dropped by the result processor.
        queue_sizes: How many ``frames``, ``videos`` and ``results`` wait now.
        memory_usage: Bytes of the process's resident set.
        cpu_usage: Percent of one core that the process used since the previous statistics.
        ledger: What became of every frame, as counts that add up.
    """

    frames_received: int
    frames_dropped: int
    frames_processed: int
    videos_created: int
    videos_unwritten: int
    inferences_completed: int
    average_inference_time: float
    results_dropped: int
    queue_sizes: Mapping[str, int]
    memory_usage: int
    cpu_usage: float
    ledger: Tally


def log_step(event: str, camera: str, **facts: float | str | None) -> None:
    """Log a step as one line, and as fields of its record: ``event``, ``camera`` and the facts by their names."""
    if _log.isEnabledFor(logging.INFO):
        shown = " ".join(
            f"{name}={value:.3f}" if isinstance(value, float) else f"{name}={value}" for name, value in facts.items()
        )
        _log.info("%s: %s %s", camera, event, shown, extra={"event": event, "camera": camera, **facts})
