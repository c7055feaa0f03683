"""Films made on the spot, and their plain full decode to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av import VideoFrame, VideoStream

from rxvlm.media.picture import Image

X264 = "keyint=24:scenecut=0:bframes={}:b-adapt=0"


@dataclass(frozen=True)
class Film:
    """How to encode a test video.

    Attributes:
        suffix: The container.
        codec: The encoder.
        params: Its options.
        pixels: Its pixel format.
    """

    suffix: str
    codec: str
    params: dict[str, str] = field(default_factory=dict[str, str])
    pixels: str = "yuv420p"
    group: int = 20


FILMS = {
    "h264-camera": Film(".mp4", "libx264", {"x264-params": X264.format(0)}),
    "h264-bframes": Film(".mp4", "libx264", {"x264-params": X264.format(3)}),
    "h264-open-groups": Film(".mp4", "libx264", {"x264-params": X264.format(3) + ":open-gop=1"}),
    "h264-open-groups-ts": Film(".ts", "libx264", {"x264-params": X264.format(3) + ":open-gop=1"}),
    "h264-intra-refresh": Film(".mp4", "libx264", {"x264-params": X264.format(0) + ":intra-refresh=1"}),
    "h264-intra-refresh-ts": Film(".ts", "libx264", {"x264-params": X264.format(0) + ":intra-refresh=1"}),
    "hevc": Film(".mp4", "libx265", {"x265-params": "keyint=24:bframes=3:open-gop=1:log-level=none"}),
    "mpeg4": Film(".mp4", "mpeg4", {"bf": "2"}),
    "mpeg4-avi": Film(".avi", "mpeg4", {"bf": "2"}),
    "mjpeg": Film(".avi", "mjpeg", pixels="yuvj420p"),
    "vp8": Film(".webm", "libvpx", {"deadline": "realtime", "auto-alt-ref": "1", "lag-in-frames": "10"}),
    "vp9": Film(".webm", "libvpx-vp9", {"deadline": "realtime"}),
}


def card(index: int, width: int, height: int) -> Image:
    """Draw a picture that differs from its neighbours: drifting gradients, and a moving red square."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = ((columns * 2 + index * 3) % 256, (rows * 2 + index * 5) % 256, (rows + columns + index * 7) % 256)
    image = np.stack(planes, -1).astype(np.uint8)
    top, left = index * 3 % height, index * 5 % width
    image[top : top + 30, left : left + 30] = (0, 0, 255)
    return image


def make_film(
    path: Path, film: Film, times: Sequence[float], size: tuple[int, int] = (160, 120), clock: int = 1000
) -> Path:
    """Write a video of test pictures with the given times in seconds."""
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(film.codec, rate=25, options=film.params))
        stream.width, stream.height, stream.pix_fmt = *size, film.pixels
        stream.codec_context.gop_size = film.group
        stream.codec_context.time_base = Fraction(1, clock)
        for index, time in enumerate(times):
            picture = VideoFrame.from_ndarray(card(index, *size), format="bgr24")
            picture.pts, picture.time_base = round(time * clock), Fraction(1, clock)
            container.mux(cast("Any", stream.encode(picture)))
        container.mux(cast("Any", stream.encode()))
    return path


def full_decode(path: Path) -> list[tuple[float, Image]]:
    """Decode a video from start to end: (seconds since its first picture, BGR)."""
    with av.open(str(path), "r") as container:
        pictures = [
            (one.time or 0.0, cast("Image", one.to_ndarray(format="bgr24"))) for one in container.decode(video=0)
        ]
    return [(time - pictures[0][0], image) for time, image in pictures]
