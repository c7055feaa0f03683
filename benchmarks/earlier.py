"""The earlier design, without the streams of rxvlm, for comparison.

add_frame -> frame queue -> one writer thread with a buffer of whole BGR frames, which samples with
min() and writes mp4v files -> video queue -> one inference thread -> result queue -> get_result.
"""

from __future__ import annotations

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import cv2

from rxvlm.media.picture import Image

FRAMES, VIDEOS, RESULTS = 100, 10, 20
WAIT, LOOK = 1.0, 0.1


class Given(TypedDict):
    """One frame in the buffer."""

    frame: Image
    timestamp: float
    relative_timestamp: float
    frame_number: int


class Written(TypedDict):
    """One video, as the inference thread receives it."""

    video_path: str
    frame_count: int
    start_relative_timestamp: float
    end_relative_timestamp: float
    original_frame_range: tuple[int, int]
    last_frame_at: float


def sample(frames: Sequence[Given], target: int) -> list[Given]:
    """Return the frames nearest to the moments start + i * (end - start) / target, each once."""
    start, end = frames[0]["relative_timestamp"], frames[-1]["relative_timestamp"]
    chosen: list[Given] = []
    for at in range(target):
        moment = start + at * (end - start) / target
        nearest = min(frames, key=lambda frame: abs(frame["relative_timestamp"] - moment))
        if not any(nearest is one for one in chosen):
            chosen.append(nearest)
    return chosen


class Earlier:
    """The earlier processor.

    Args:
        infer: Returns the answer about a video, by its path; called on the inference thread.
        window_seconds: Seconds of frames in a window.
        frames_per_video: Frames in a window, instead of seconds.
        target_frames: Frames in a video, at most.
        overlap: Share of a window with which the next one begins, 0 to 1.
        folder: Folder for the videos; None for the system's temporary folder.
    """

    def __init__(
        self,
        infer: Callable[[str], str],
        *,
        window_seconds: float = 10.0,
        frames_per_video: int | None = None,
        target_frames: int = 8,
        overlap: float = 0.0,
        folder: str | None = None,
    ) -> None:
        self._infer = infer
        self._window_seconds, self._frames_per_video = window_seconds, frames_per_video
        self._target, self._overlap = target_frames, overlap
        self._folder = folder or tempfile.gettempdir()
        self._frames: queue.Queue[tuple[Given, float]] = queue.Queue(FRAMES)
        self._videos: queue.Queue[Written] = queue.Queue(VIDEOS)
        self._results: queue.Queue[dict[str, Any]] = queue.Queue(RESULTS)
        self._buffer: list[Given] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._began: float | None = None
        self.received = self.dropped = self.written = 0

    def start(self) -> None:
        """Start the writer and the inference thread."""
        self._stop.clear()
        self._threads = [threading.Thread(target=work) for work in (self._write_videos, self._ask)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads after their current work; queued items are discarded."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def add_frame(self, frame: Image, timestamp: float | None = None) -> bool:
        """Queue a frame; if the queue is full, block the caller for a second, and then drop the frame."""
        now = time.time()
        stamp = now if timestamp is None else timestamp
        self._began = stamp if self._began is None else self._began
        self.received += 1
        given: Given = {
            "frame": frame,
            "timestamp": stamp,
            "relative_timestamp": stamp - self._began,
            "frame_number": self.received,
        }
        try:
            self._frames.put((given, now), timeout=WAIT)
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def get_result(self, timeout: float = 1.0) -> dict[str, Any] | None:
        """Return the next result, or None after ``timeout`` seconds."""
        try:
            return self._results.get(timeout=timeout)
        except queue.Empty:
            return None

    def _write_videos(self) -> None:
        while not self._stop.is_set():
            try:
                given, came = self._frames.get(timeout=LOOK)
            except queue.Empty:
                continue
            self._buffer.append(given)
            if self._is_full():
                self._put(self._write(self._buffer, came))
                repeated = round(len(self._buffer) * self._overlap)
                self._buffer = self._buffer[len(self._buffer) - repeated :]

    def _is_full(self) -> bool:
        if self._frames_per_video is not None:
            return len(self._buffer) >= self._frames_per_video
        span = self._buffer[-1]["relative_timestamp"] - self._buffer[0]["relative_timestamp"]
        return span >= self._window_seconds

    def _write(self, frames: Sequence[Given], came: float) -> Written:
        sampled = sample(frames, self._target)
        height, width = sampled[0]["frame"].shape[:2]
        handle, path = tempfile.mkstemp(".mp4", "earlier-", self._folder)
        os.close(handle)
        span = frames[-1]["relative_timestamp"] - frames[0]["relative_timestamp"]
        fps = len(sampled) / span if span > 0 else 1.0
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
        for one in sampled:
            writer.write(one["frame"])
        writer.release()
        self.written += 1
        return {
            "video_path": path,
            "frame_count": len(sampled),
            "start_relative_timestamp": frames[0]["relative_timestamp"],
            "end_relative_timestamp": frames[-1]["relative_timestamp"],
            "original_frame_range": (frames[0]["frame_number"], frames[-1]["frame_number"]),
            "last_frame_at": came,
        }

    def _put(self, video: Written) -> None:
        while not self._stop.is_set():
            try:
                self._videos.put(video, timeout=LOOK)
            except queue.Full:
                continue
            return

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                video = self._videos.get(timeout=LOOK)
            except queue.Empty:
                continue
            began = time.time()
            said = {"result": self._infer(video["video_path"]), "video_info": video, "inference_start_time": began}
            Path(video["video_path"]).unlink()
            if self._results.full():
                self._results.get_nowait()
            self._results.put_nowait(said)
