"""encode_jpegs on motion JPEG: the camera's JPEGs as they are, against decoding and encoding them again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av import VideoFrame
from av.video.frame import PictureType

from benchmarks.table import Spread
from rxvlm import Window, collect, video
from rxvlm.media import jpeg
from rxvlm.operators import buffer_by_time
from rxvlm.operators.encoding.jpegs import encode_pictures

SECONDS, FPS, SIZE = 10, 10, (1280, 720)
CLIP = Path(__file__).parent.parent / "notebooks" / "clips" / "people.mp4"


def share(rounds: int) -> Spread:
    """Measure the CPU of a 720p window of JPEGs that stay as they are, as a share of decoding and encoding them."""
    with tempfile.TemporaryDirectory() as folder:
        window = _window(Path(folder) / "camera.mkv")
    shares: list[float] = []
    for _ in range(rounds):
        untouched = _cpu(lambda: encode_pictures(window, None, 80))
        again = _cpu(lambda: [jpeg.encode(frame.image) for frame in window.frames])
        shares.append(untouched / again)
    return Spread.of(shares)


def _window(path: Path) -> Window:
    with av.open(str(CLIP)) as source, cast("Any", av.open(str(path), "w")) as target:
        stream = target.add_stream("mjpeg", rate=FPS, options={"huffman": "default"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p"
        for at, picture in zip(range(SECONDS * FPS), source.decode(video=0), strict=False):
            made: VideoFrame = picture.reformat(*SIZE, "yuvj420p")
            made.pts, made.pict_type = at, PictureType.NONE
            made.time_base = Fraction(1, FPS)
            target.mux(stream.encode(made))
        target.mux(stream.encode())
    return collect(video(path).pipe(buffer_by_time(float(SECONDS))))[0]


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began
