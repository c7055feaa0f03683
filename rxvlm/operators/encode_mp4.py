"""encode_mp4: windows become H.264 clips."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from rxvlm.clip import Clip
from rxvlm.media import mp4
from rxvlm.operators.encode_with import Encoding, encode_with
from rxvlm.operators.encoding.film import Film
from rxvlm.operators.misuse import known, spelled_out, taking, whole
from rxvlm.stream import Operator
from rxvlm.window import Window


@spelled_out(Encoding, encode_with)
def encode_mp4(
    width: int | None = None, *, qp: int = mp4.QP, exact: bool = True, **encoding: Unpack[Encoding]
) -> Operator[Window, Clip]:
    """Encode each window as H.264 yuv420p in MP4, in memory, with its frames' true timing.

    Browsers and model servers play it: its index comes first, the first frame is at
    0 s, the last one stands until the window ends. Sides are made even.

    It costs decoding, from each frame's key frame on, and then 1 ms for each frame at 640x360. Choose it
    where a model takes video; behind ``sample_evenly(count, snap="keyframe")`` where it may not cost much.

    Args:
        width: Pixels across at most: smaller frames are not scaled up. None for the
            frames' own size. The sides' ratio is kept.
        qp: How coarsely x264 quantises, 1 (finest) to 51; 24 keeps what a model can see, at 30 it takes half the bytes.
        exact: Whether frames are decoded to the bit. If not, H.264 and H.265 cost a fifth less: the edges of their
            blocks are not smoothed, which adds up until the next key frame, and can be seen in fine detail only.
        **encoding: ``max_concurrent``, ``capacity``, ``overflow``, ``order``, ``scheduler``
            and ``on_drop``, as `encode_with` has them.

    Returns:
        An operator.

    Raises:
        TypeError: If there is no such option, or what must be a number is none.
        ValueError: If a number is out of range.
    """
    check(width, qp)
    known(encode_mp4, encoding)
    return taking(Window, "encode_mp4", encode_with(partial(_clip, width=width, qp=qp, exact=exact), **encoding))


def check(width: int | None, qp: int) -> None:
    """Refuse a width or quantiser that H.264 cannot have."""
    if width is not None:
        whole("width", width)
        if width < 2:  # noqa: PLR2004 - the least that yuv420p can have
            raise ValueError(f"width must be at least 2 pixels, not {width}")
    whole("qp", qp)
    if not 1 <= qp <= 51:  # noqa: PLR2004 - x264's own range; 0 is lossless, which browsers do not play
        raise ValueError(f"qp must be 1 to 51, not {qp}")


def _clip(window: Window, width: int | None, qp: int, *, exact: bool) -> Clip:
    film = Film(width, qp, exact=exact, most=len(window.frames))
    for frame in window.frames:
        film.add(frame)
    return film.clip(window)
