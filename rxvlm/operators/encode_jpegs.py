"""encode_jpegs: windows become lists of JPEGs."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from rxvlm.clip import Clip
from rxvlm.media import jpeg
from rxvlm.media.picture import bgr
from rxvlm.operators.encode_with import Encoding, decoded, encode_with
from rxvlm.operators.misuse import known, spelled_out, taking, whole
from rxvlm.stream import Operator
from rxvlm.window import Window


@spelled_out(Encoding, encode_with)
def encode_jpegs(
    width: int | None = None, *, quality: int = 80, exact: bool = True, **encoding: Unpack[Encoding]
) -> Operator[Window, Clip]:
    """Encode each window as a list of JPEGs, one for each frame, in memory.

    It costs decoding, as of `encode_mp4`, and then half a millisecond for each frame at 640x360, half of what an MP4
    costs; it gives some four times the bytes. Choose it for models that take pictures and no video, or where
    x264 (GPL) may not be.

    Args:
        width: Pixels across at most: smaller frames are not scaled up. None for the
            frames' own size. The sides' ratio is kept.
        quality: 1 to 100; 75 to 85 keep what a model can see.
        exact: Whether frames are decoded to the bit; see `encode_mp4`.
        **encoding: ``max_concurrent``, ``capacity``, ``overflow``, ``order``, ``scheduler``
            and ``on_drop``, as `encode_with` has them.

    Returns:
        An operator.

    Raises:
        TypeError: If there is no such option, or what must be a number is none.
        ValueError: If a number is out of range.
    """
    if width is not None:
        whole("width", width)
        if width < 1:
            raise ValueError(f"width must be at least 1 pixel, not {width}")
    whole("quality", quality)
    if not 1 <= quality <= 100:  # noqa: PLR2004 - JPEG's own range
        raise ValueError(f"quality must be 1 to 100, not {quality}")
    known(encode_jpegs, encoding)
    encoder = partial(_clip, width=width, quality=quality, exact=exact)
    return taking(Window, "encode_jpegs", encode_with(encoder, **encoding))


def _clip(window: Window, width: int | None, quality: int, *, exact: bool) -> Clip:
    times: list[float] = []
    data: list[bytes] = []
    size = (0, 0)
    for frame, picture in decoded(window, exact=exact):
        image = bgr(picture, width and min(width, picture.width))
        size = size if any(size) else (image.shape[1], image.shape[0])
        times.append(frame.time)
        data.append(jpeg.encode(image, quality))
    return Clip.of(window, tuple(data), size, times)
