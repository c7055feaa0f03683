"""Watch one camera in one way, in one process, and print the cost.

``python -m benchmarks.variants NAME CLIP SECONDS``.

Every way does the same: windows of ten seconds, eight frames of each (or key frames, or all), clips 640 pixels wide.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from importlib import import_module
from typing import Any, Final, Literal, cast

import av
import cv2
from av import VideoFrame
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler

import rxvlm
from benchmarks.cost import Cost
from benchmarks.earlier import Earlier, Given, Written, sample
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media.picture import Image
from rxvlm.operators import Operator, buffer_by_time, clip_evenly, encode_copy, encode_mp4, sample_evenly

SPAN, COUNT, WIDTH = 10.0, 8, 640
PACE, TIMED = 2.0, 2  # speed relative to a camera; number of windows that are timed
Lags = list[float]


def _run(frames: Observable[Frame], lags: Lags, *steps: Operator[Any, Any], encode: Operator[Any, Clip]) -> None:
    """Run a composition, and record the time from the end of each window to its clip."""
    closed = [0.0]

    def close(_window: object) -> None:
        closed[0] = time.perf_counter()

    def ready(_clip: Clip) -> None:
        lags.append(time.perf_counter() - closed[0])

    windows: Observable[Any] = frames.pipe(*steps)
    windows.pipe(ops.do_action(close), encode, ops.do_action(ready), ops.count()).run()


def _ahead(path: str, snap: Literal["keyframe"] | None) -> None:
    clips = clip_evenly(SPAN, COUNT, snap=snap, width=WIDTH, overflow="block")
    rxvlm.video(path).pipe(clips, ops.count()).run()


def _lags_ahead(path: str, snap: Literal["keyframe"] | None) -> Lags:
    """Play a film at a pace; the first frame of the next window closes a window."""
    lags: Lags = []
    begun: dict[int, float] = {}

    def look(frame: Frame) -> None:
        begun.setdefault(int(frame.time // SPAN), time.perf_counter())

    def ready(clip: Clip) -> None:
        lags.append(time.perf_counter() - begun[round(clip.end / SPAN)])

    clips = clip_evenly(SPAN, COUNT, snap=snap, width=WIDTH)
    rxvlm.video(path, pace=PACE).pipe(ops.do_action(look), clips, ops.do_action(ready), ops.take(TIMED)).run()
    return lags


def exact(path: str, lags: Lags) -> None:
    steps = (buffer_by_time(SPAN), sample_evenly(COUNT))
    _run(rxvlm.video(path), lags, *steps, encode=encode_mp4(WIDTH, scheduler=ImmediateScheduler()))


def rough(path: str, lags: Lags) -> None:
    """Use exact moments, without the decoder's loop filter."""
    steps = (buffer_by_time(SPAN), sample_evenly(COUNT))
    _run(rxvlm.video(path), lags, *steps, encode=encode_mp4(WIDTH, exact=False, scheduler=ImmediateScheduler()))


def keyframes(path: str, lags: Lags) -> None:
    steps = (buffer_by_time(SPAN), sample_evenly(COUNT, snap="keyframe"))
    _run(rxvlm.video(path), lags, *steps, encode=encode_mp4(WIDTH, scheduler=ImmediateScheduler()))


def copy(path: str, lags: Lags) -> None:
    _run(rxvlm.video(path), lags, buffer_by_time(SPAN), encode=encode_copy(scheduler=ImmediateScheduler()))


def exact_ahead(path: str, _lags: Lags) -> None:
    """Use exact moments, encoded as they arrive."""
    _ahead(path, None)


def keyframes_ahead(path: str, _lags: Lags) -> None:
    """Use key frames, encoded as they arrive, as `watch` does for live cameras."""
    _ahead(path, "keyframe")


class Scaled(Earlier):
    """The earlier design with clips 640 pixels wide, fed so slowly that its queue is empty between frames."""

    lags: Lags

    def add_frame(self, frame: Image, timestamp: float | None = None) -> bool:
        """Queue a frame as soon as the previous one has been taken."""
        while self._frames.qsize() > 1:
            time.sleep(0.001)
        return super().add_frame(frame, timestamp)

    def _write(self, frames: Sequence[Given], came: float) -> Written:
        closed = time.perf_counter()
        size = WIDTH, WIDTH * frames[0]["frame"].shape[0] // frames[0]["frame"].shape[1]
        small: list[Given] = [
            {**one, "frame": cast("Image", cv2.resize(one["frame"], size))} for one in sample(frames, self._target)
        ]
        written = super()._write([*small, frames[-1]], came)  # the same eight are chosen again
        self.lags.append(time.perf_counter() - closed)
        return written


def earlier(path: str, lags: Lags) -> None:
    # A tenth of a second less, since otherwise the last window would not be full.
    processor = Scaled(lambda _: "seen", window_seconds=SPAN - 0.1, target_frames=COUNT)
    processor.lags = lags
    processor.start()
    capture = cv2.VideoCapture(path)
    fps, number = capture.get(cv2.CAP_PROP_FPS), 0
    while (read := capture.read())[0]:
        processor.add_frame(cast("Image", read[1]), number / fps)
        number += 1
    for _ in range(int(number / fps / SPAN)):
        processor.get_result(timeout=60)
    processor.stop()


def plain(path: str, lags: Lags) -> None:
    """Use key frames in a script without streams that relies on its film: no reordering, no open groups."""
    kept: list[tuple[float, VideoFrame]] = []
    end = SPAN
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            time_of = end if packet.pts is None else float(packet.pts * packet.time_base)
            if time_of >= end and kept:
                closed = time.perf_counter()
                _encode(kept, end)
                lags.append(time.perf_counter() - closed)
                kept, end = [], end + SPAN
            if packet.size and packet.is_keyframe:
                kept += [(time_of, picture) for picture in packet.decode()]


def _encode(kept: Sequence[tuple[float, VideoFrame]], end: float) -> bytes:
    file, height = io.BytesIO(), WIDTH * kept[0][1].height // kept[0][1].width // 2 * 2
    tools = "aq-mode=0:subme=0:scenecut=0:analyse=none:weightp=0:me=dia:merange=4"
    options = {"preset": "superfast", "tune": "zerolatency", "qp": "24", "x264-params": tools}
    with av.open(file, "w", format="mp4", options={"moov_size": "5000"}) as opened:
        container: Any = opened
        stream = container.add_stream("libx264", options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, height, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = stream.time_base = Fraction(1, 90_000)
        for shown, picture in kept:
            small = picture.reformat(WIDTH, height, "yuv420p", interpolation="AREA")
            small.pts, small.time_base = round((shown - end + SPAN) * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(small))
        container.mux(stream.encode(None))
    return file.getvalue()


def floor(path: str, _lags: Lags) -> None:
    """Decode everything, and do nothing else."""
    with av.open(path) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0):
            pass


def keys(path: str, _lags: Lags) -> None:
    """Decode the key frames, and do nothing else."""
    with av.open(path) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for packet in container.demux(video=0):
            if packet.is_keyframe:
                packet.decode()


def packets(path: str, _lags: Lags) -> None:
    """Read everything, and decode nothing."""
    with av.open(path) as container:
        for _ in container.demux(video=0):
            pass


WAYS: Final = exact, rough, keyframes, copy, exact_ahead, keyframes_ahead, earlier, plain, floor, keys, packets
VARIANTS: Final[dict[str, Callable[[str, Lags], None]]] = {one.__name__: one for one in WAYS}


PACED: Final[dict[str, Literal["keyframe"] | None]] = {"exact_ahead": None, "keyframes_ahead": "keyframe"}


def main(name: str, path: str, seconds: str) -> None:
    lags: Lags = []
    for part in ("rxvlm.media.mp4", "rxvlm.sources"):
        import_module(part)  # what a process loads once is not counted as the cost of a camera
    cost, memory = Cost(), 0
    # Memory is measured at a camera's pace, since more windows wait at full speed. CPU is measured at full
    # speed, since pacing takes more CPU than all else.
    if name in PACED:
        lags, memory = _lags_ahead(path, PACED[name]), cost.memory()
    began = cost.cpu()
    VARIANTS[name](path, lags)
    spent = cost.cpu() - began
    print(json.dumps({"cores": spent / float(seconds), "memory": memory or cost.memory(), "lags": lags}))


if __name__ == "__main__":
    main(*sys.argv[1:])
