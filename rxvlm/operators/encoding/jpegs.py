"""Encode a window as a list of JPEGs."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.media import jpeg
from rxvlm.media.picture import bgr_sized, displayed
from rxvlm.operators.encoding.decoded import decode_frames
from rxvlm.window import Window


def encode_pictures(window: Window, width: int | None, quality: int, *, exact: bool = True) -> Clip:
    """Encode each frame of a window as a JPEG; frames that cannot be decoded are left out.

    Args:
        window: The window.
        width: Pixels across at most; None for the frames' own size.
        quality: 1 to 100.
        exact: Whether frames are decoded bit-exact.

    Raises:
        DecodeError: If no frame can be decoded, or most are damaged.
    """
    times: list[float] = []
    data: list[bytes] = []
    size = (0, 0)
    for frame, picture in decode_frames(window, exact=exact):
        image = bgr_sized(picture, displayed((picture.width, picture.height), frame.sample_aspect, most=width))
        size = size if any(size) else (image.shape[1], image.shape[0])
        times.append(frame.time)
        data.append(jpeg.encode(image, quality))
    return Clip.of(window, tuple(data), size, times)
