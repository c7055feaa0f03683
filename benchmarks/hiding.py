"""Measure what hiding costs: ``python -m benchmarks.hiding``.

Masking a decoded picture of 1080p, against converting it to BGR; cropping it; and a clip of eight frames with a mask,
against one without. CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from av import VideoFrame

from benchmarks.table import Spread, markdown
from rxvlm import Frame, Window
from rxvlm.media.hiding import blackened, cropped
from rxvlm.media.picture import Decoded, bgr
from rxvlm.operators.encoding.film import encode_film
from rxvlm.operators.mask import masked

SIZE, TIMES = (1920, 1080), 20
POLYGONS = (((100, 100), (500, 100), (500, 600)), ((700, 0), (1000, 0), (1000, 400), (700, 300)))


def picture() -> VideoFrame:
    """Return a picture in YUV 4:2:0, with gradients in it."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    image = np.stack((rows // 5 % 256, columns // 8 % 256, (rows + columns) // 9 % 256), axis=2).astype(np.uint8)
    return VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")


def milliseconds(work: Callable[[], object]) -> float:
    """Return the CPU time of a work that is done several times."""
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES * 1000


def costs(rounds: int) -> list[tuple[str, Spread]]:
    """Return the costs, in rounds in which the works take turns."""
    shown = picture()
    frames = [Frame(Decoded(shown), float(at), (SIZE[1], SIZE[0], 3), index=at) for at in range(8)]
    windows = [Window(tuple(some), 0.0, 8.0) for some in (frames, [masked(frame, POLYGONS) for frame in frames])]
    works: list[Callable[[], object]] = [
        lambda: blackened(shown, POLYGONS),
        lambda: bgr(shown),
        lambda: cropped(shown, (0, 0, 500, 500)),
        *(lambda window=window: encode_film(window, 640, 24) for window in windows),
    ]
    took = [[milliseconds(work) for work in works] for _ in range(rounds)]
    return [
        ("milliseconds to mask a picture of 1080p", Spread.of([one[0] for one in took])),
        ("masking it, against converting it to BGR", Spread.of([one[0] / one[1] for one in took])),
        ("milliseconds to crop it to a quarter", Spread.of([one[2] for one in took])),
        (
            "a clip of 8 frames of 640 pixels with the mask, against one without",
            Spread.of([one[4] / one[3] for one in took]),
        ),
    ]


if __name__ == "__main__":
    print(markdown(["", ""], costs(9)))
