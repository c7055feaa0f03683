"""FrameCopies: copies of pushed arrays, scaled, and bounded in bytes."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import numpy as np
from av import VideoFrame

from rxvlm.arguments import check_at_least
from rxvlm.media import mp4
from rxvlm.media.held_bytes import HeldBytes
from rxvlm.media.picture import Decoded, Image, Pixels, Still, fitted

Copy: TypeAlias = tuple[Pixels, tuple[int, ...]]
"""The pixels of a frame, and their shape, which begins with (height, width)."""


class FrameCopies:
    """Copy arrays, since the caller uses its array again. Scaled copies are YUV 4:2:0, which takes half the bytes.

    Args:
        name: The source, for the log.
        width: Pixels across at most; wider arrays are scaled. None: no scaling.
        max_bytes: Bytes of copies that are held at most.

    Attributes:
        held: Counts the bytes of the copies.

    Raises:
        ValueError: If a number is too small.
    """

    def __init__(self, name: str, width: int | None, max_bytes: int) -> None:
        if width is not None:
            check_at_least("width", width, 2, "pixels")  # the smallest width of yuv420p
        self._width = width
        self.held = HeldBytes(name, max_bytes)

    def copy(self, image: Image) -> Copy | None:
        """Copy an array; return None if there is no room for its bytes.

        Args:
            image: BGR ``uint8`` (height, width, 3).
        """
        height, width, _ = image.shape
        if self._width is None or width <= self._width:
            still = self.held.hold(image.nbytes, lambda: Still(image.copy()))
            return still and (still, image.shape)
        size = mp4.even_size(self._width, max(1, round(height * self._width / width)))
        scaled = self.held.hold(size[0] * size[1] * 3 // 2, partial(_scaled, image, size))
        return scaled and (scaled, (size[1], size[0]))


def _scaled(image: Image, size: tuple[int, int]) -> Decoded:
    # Without a copy: the picture is not kept.
    picture = VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="bgr24")
    return Decoded(fitted(picture, size, "yuv420p"))
