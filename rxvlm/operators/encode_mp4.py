"""encode_mp4: windows become H.264 clips."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Unpack

from av import VideoFrame

from rxvlm import mp4
from rxvlm.clip import Clip
from rxvlm.operators.encode_with import Encoding, decoded, encode_with
from rxvlm.operators.operator import Operator
from rxvlm.picture import height_at
from rxvlm.window import Window


def encode_mp4(width: int | None = None, *, qp: int = mp4.QP, **encoding: Unpack[Encoding]) -> Operator[Window, Clip]:
    """Encode each window as H.264 yuv420p in MP4, in memory, with its frames' true timing.

    Browsers and model servers play it: its index comes first, the first frame is at
    0 s, the last one stands until the window ends. Sides are made even. It costs
    decoding the frames, and some 1 ms for each at 640x360.

    Args:
        width: Pixels across at most: smaller frames are not scaled up. None for the
            frames' own size. The sides' ratio is kept.
        qp: How coarsely x264 quantises, 1 (finest) to 51; 25 keeps what a model can see, at 31 it takes half the bytes.
        **encoding: ``max_concurrent``, ``capacity``, ``overflow``, ``order``, ``scheduler``
            and ``on_drop``, as `encode_with` has them.

    Returns:
        An operator.

    Raises:
        ValueError: If a number is out of range.
    """
    if width is not None and width < 2:  # noqa: PLR2004 - the least that yuv420p can have
        raise ValueError(f"width must be at least 2 pixels, not {width}")
    if not 1 <= qp <= 51:  # noqa: PLR2004 - x264's own range; 0 is lossless, which browsers do not play
        raise ValueError(f"qp must be 1 to 51, not {qp}")
    return encode_with(partial(_clip, width=width, qp=qp), **encoding)


def _clip(window: Window, width: int | None, qp: int) -> Clip:
    frames = decoded(window)
    first, picture = next(frames)
    across = min(width or picture.width, picture.width)
    size = mp4.even(across, height_at(picture, across))
    times: list[float] = []

    def shown() -> Iterator[tuple[float, VideoFrame]]:
        for frame, decoded_picture in chain([(first, picture)], frames):
            times.append(frame.time)
            yield frame.time, decoded_picture

    data = mp4.encode(shown(), size=size, end=_end(window), qp=qp, most=len(window.frames))
    return Clip.of(window, data, size, times)


def _end(window: Window) -> float | None:
    """Give until when the last picture stands: to the window's end, but in one by count, which has none."""
    return window.end if window.end > window.frames[-1].time else None
