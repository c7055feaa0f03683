"""JPEG: one picture to bytes and back, with OpenCV, the fastest encoder among our dependencies."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from av import VideoFrame

from rxvlm.errors import DecodeError, EncodeError
from rxvlm.media.jpeg_segments import is_plain
from rxvlm.media.picture import Image, read_only


def encode(image: Image, quality: int = 80) -> bytes:
    """Encode a picture as JPEG.

    Args:
        image: BGR ``uint8`` (height, width, 3).
        quality: 1 to 100; 75 to 85 keep every detail that a model can see.

    Raises:
        EncodeError: If OpenCV fails.
    """
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise EncodeError(f"JPEG of {image.shape[1]}x{image.shape[0]} failed")
    return data.tobytes()


class Jpeg:
    """Pixels that came as a JPEG.

    Args:
        data: The bytes.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def picture(self) -> VideoFrame:
        """Decode the picture, as a PyAV frame."""
        return VideoFrame.from_ndarray(self.image(), format="bgr24")

    def image(self) -> Image:
        """Decode the picture to BGR ``uint8`` (height, width, 3), read-only."""
        return read_only(decode(self._data))

    def jpeg(self) -> bytes | None:
        """Return the bytes, if any program can read them; else None."""
        return self._data if is_plain(self._data) else None


def decode(data: bytes) -> Image:
    """Decode a JPEG to BGR ``uint8`` (height, width, 3).

    Raises:
        DecodeError: If the bytes are not a picture.
    """
    image = cast("Image | None", cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)) if data else None
    if image is None:
        raise DecodeError(f"{len(data)} bytes that should be a JPEG cannot be decoded")
    return image
