"""Encode a window as a list of JPEGs."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import JpegPixels, bgr_sized, displayed
from rxvlm.operators.encoding.decoded import Decoding
from rxvlm.window import Window


def encode_pictures(window: Window, width: int | None, quality: int, *, exact: bool = True) -> Clip:
    """Encode each frame of a window as a JPEG; frames that cannot be decoded are left out.

    A frame that is a JPEG already, and is not too wide, stays as the camera made it.

    Args:
        window: The window.
        width: Pixels across at most; None for the frames' own size.
        quality: 1 to 100.
        exact: Whether frames are decoded bit-exact.

    Raises:
        DecodeError: If no frame can be decoded, or most are damaged.
    """
    decoding = Decoding(exact=exact)
    encoded = [(frame, _encoded(frame, decoding, width, quality)) for frame in window.frames]
    decoding.check(window)
    made = [(frame.time, found) for frame, found in encoded if found is not None]
    return Clip.of(window, tuple(data for _, (data, _) in made), made[0][1][1], [time for time, _ in made])


def _encoded(frame: Frame, decoding: Decoding, width: int | None, quality: int) -> tuple[bytes, tuple[int, int]] | None:
    """Return a frame as a JPEG, and its (width, height); None if it cannot be decoded."""
    if (data := _untouched(frame, width)) is not None:
        decoding.skip()
        return data, frame.display_size
    picture = decoding.decode(frame)
    if picture is None:
        return None
    size = displayed((picture.width, picture.height), frame.sample_aspect, most=width)
    return jpeg.encode(bgr_sized(picture, size), quality), size


def _untouched(frame: Frame, width: int | None) -> bytes | None:
    """Return the JPEG that a frame came as, if it fits as it is."""
    fits = frame.sample_aspect == 1 and (width is None or frame.shape[1] <= width)
    return frame.pixels.jpeg() if fits and isinstance(frame.pixels, JpegPixels) else None
