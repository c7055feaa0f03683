"""shape_of: the size of a picture, from its header."""

from __future__ import annotations

import io
from typing import Final

import av
from av.error import FFmpegError

from rxvlm.errors import DecodeError
from rxvlm.media import jpeg

_TURNED: Final = (b"Exif\x00\x00", b"eXIf", b"EXIF")  # marks of EXIF in JPEG, PNG and WebP: it may say how to turn it
_HEAD: Final = 256 * 1024


def shape_of(data: bytes) -> tuple[int, int, int] | None:
    """Return the (height, width, 3) of a picture as `rxvlm.media.jpeg.decode` returns it; None if it is no picture.

    Args:
        data: The bytes of a JPEG, PNG, BMP, WebP or TIFF.
    """
    if any(mark in data[:_HEAD] for mark in _TURNED):
        try:
            height, width = jpeg.decode(data).shape[:2]
        except DecodeError:
            return None
        return height, width, 3
    try:
        with av.open(io.BytesIO(data), "r") as container:
            context = container.streams.video[0].codec_context
            height, width = context.height, context.width
    except (FFmpegError, IndexError, OSError):
        return None
    return (height, width, 3) if height and width else None
