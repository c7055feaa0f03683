"""What a processor gives: results, as typed dicts; statistics; and lines in a log."""

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
        strategy: By whom: ``"nearest_in_time"``, or the name of a strategy.
        target_count: Frames asked for.
        original_count: Frames there were to choose from.
        frame_numbers: Those chosen.
        relative_timestamps: Their seconds since the first frame.
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
        start_relative_timestamp: Seconds from the first frame of all to the first of its buffer.
        end_relative_timestamp: The same of its buffer's last frame.
        original_frame_range: Numbers of the first and last frame of its buffer.
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
    """What came of one call.

    Keys:
        result: The answer; None if the call failed.
        video_path: The video's file; "" if it has none. It is there until the result has been taken.
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
    """A processor at one moment, counted since it was made.

    Attributes:
        frames_received: Frames given to it while it ran.
        frames_dropped: Those lost, for any reason; `Tally.dropped` has the reasons.
        frames_processed: Those in windows about which a model was asked, whatever came of it.
        videos_created: Videos encoded.
        videos_unwritten: Those that could not be written to a file, and were asked about without.
        inferences_completed: Calls that ended, failed ones among them.
        average_inference_time: Seconds of a call, over those.
        results_dropped: Results that were pushed out of their queue, or dropped by the result processor.
        queue_sizes: What waits now: ``frames``, ``videos``, ``results``.
        memory_usage: Bytes of memory that the process has (its resident set).
        cpu_usage: Percent of one core that it used since the statistics before these.
        ledger: Where its frames are, as counts that add up.
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
