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
_FLAGS: Final = 20  # position of the byte in a WebP that says whether it is animated
ANIMATED_WEBP: Final = (
    "it is an animated WebP, whose pictures FFmpeg cannot decode; make a film of it with another program, as with "
    "ImageMagick: magick film.webp film.mp4"
)
_INT: Final = (1 << 31) - 1  # the most that FFmpeg's option takes


MAX_PIXELS: Final = 64_000_000  # about 9 bytes each are needed to decode and encode one: 600 MB


def shape_of(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[int, int, int]:
    """Return the (height, width, 3) of a picture as `rxvlm.media.jpeg.decode` returns it.

    Args:
        data: The bytes of a JPEG, PNG, BMP, WebP or TIFF.
        max_pixels: Most pixels. A larger picture is not decoded: a file of a megabyte may have a billion pixels.

    Raises:
        DecodeError: If it is not a picture, or has more pixels.
    """
    if is_animated_webp(data):
        raise DecodeError(ANIMATED_WEBP)
    # Else FFmpeg decodes a PNG to know its size. These options are for the streams, too.
    bound = {"max_pixels": str(min(max_pixels, _INT))}
    try:
        with av.open(io.BytesIO(data), "r", options=bound) as container:
            context = container.streams.video[0].codec_context
            height, width = context.height, context.width
    except (FFmpegError, IndexError, OSError) as error:
        raise DecodeError("it is not a picture") from error
    if not height or not width:
        raise DecodeError(f"it has more than {max_pixels / 1e6:g} million pixels (max_pixels), or is damaged")
    if any(mark in data[:_HEAD] for mark in _TURNED):
        height, width = jpeg.decode(data).shape[:2]
    return height, width, 3


def is_animated_webp(head: bytes) -> bool:
    """Return whether a file is a WebP of several pictures, by its first bytes."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > _FLAGS and bool(head[_FLAGS] & 2)
