"""encode_mp4 compared with OpenCV's mp4v: time, bytes and similarity to the original, for twenty frames at 640x360."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, cast

import av
import cv2
import numpy as np
import reactivex
from av import VideoFrame
from reactivex.scheduler import ImmediateScheduler

from benchmarks.table import Spread, markdown
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.media.picture import Decoded, Image, bgr, fitted
from rxvlm.operators import encode_mp4
from rxvlm.window import Window

Luma: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
COUNT, SIZE, SPAN = 20, (640, 360), 10.0
FINER = 22  # a finer quantiser than the default
FEW = 5
CLIPS = Path(__file__).parent.parent / "notebooks" / "clips"


def table(drawn: Path, rounds: int) -> str:
    clips = (drawn, CLIPS / "cars.mp4", CLIPS / "people.mp4")
    rows = [row(path, qp, rounds) for path in clips for qp in (mp4.QP, FINER)]
    return markdown(("clip", "qp", "time / mp4v's", "bytes / mp4v's", "SSIM", "mp4v's SSIM"), rows)


def row(path: Path, qp: int, rounds: int) -> list[object]:
    pictures = _pictures(path)
    originals = [_luma(picture) for picture in pictures]
    images = [bgr(picture) for picture in pictures]
    frames = tuple(Frame(Decoded(one), at * SPAN / COUNT, (SIZE[1], SIZE[0], 3)) for at, one in enumerate(pictures))
    window = Window(frames, 0.0, SPAN)
    encoding = encode_mp4(SIZE[0], qp=qp, scheduler=ImmediateScheduler())

    def ours() -> bytes:
        clips: list[Clip] = []  # on this thread, like mp4v: run() would start another thread each time
        reactivex.just(window, ImmediateScheduler()).pipe(encoding).subscribe(clips.append)
        return cast("bytes", clips[0].data)

    def theirs() -> bytes:
        return _mp4v(images)

    our, their = ours(), theirs()
    times = Spread.of([_seconds(ours) / _seconds(theirs) for _ in range(rounds)])
    quality, before = (_quality(originals, data) for data in (our, their))
    return [path.stem, qp, times, f"{len(our) / len(their):.2f}", f"{quality:.4f}", f"{before:.4f}"]


def _pictures(path: Path) -> list[VideoFrame]:
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 1)
        every = max(1, round(SPAN / COUNT * rate))
        shown = islice(container.decode(video=0), 0, every * COUNT, every)
        return [fitted(picture, SIZE, "yuv420p") for picture in shown]


def _mp4v(images: list[Image]) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        writer = cv2.VideoWriter(file.name, cv2.VideoWriter.fourcc(*"mp4v"), COUNT / SPAN, SIZE)
        for image in images:
            writer.write(image)
        writer.release()
        return Path(file.name).read_bytes()


def _seconds(run: Callable[[], object]) -> float:
    """Return the shortest of a few runs, since each takes only milliseconds and other programs disturb it."""
    took: list[float] = []
    for _ in range(FEW):
        began = time.process_time()
        run()
        took.append(time.process_time() - began)
    return min(took)


def _luma(picture: VideoFrame) -> Luma:
    return picture.to_ndarray(format="gray").astype(np.float64)


def _quality(originals: list[Luma], data: bytes) -> float:
    pairs = zip(originals, map(_luma, mp4.decode(data)), strict=True)
    return float(np.mean([ssim(one, other) for one, other in pairs]))


def ssim(one: Luma, other: Luma) -> float:
    """Return the structural similarity (SSIM) of two grey pictures (Wang and others, 2004); equal pictures give 1."""

    def mean(of: Luma) -> Luma:
        return cast("Luma", cv2.GaussianBlur(of, (11, 11), 1.5)[5:-5, 5:-5])

    here, there = mean(one), mean(other)
    spread = mean(one * one) - here * here + mean(other * other) - there * there
    common = mean(one * other) - here * there
    like = (2 * here * there + 6.5025) * (2 * common + 58.5225)
    return float((like / ((here * here + there * there + 6.5025) * (spread + 58.5225))).mean())
