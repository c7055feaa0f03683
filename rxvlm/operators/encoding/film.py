"""Film: a clip that grows frame by frame."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.media.picture import height_at
from rxvlm.operators.encode_with import intact, none_of
from rxvlm.window import Window


class Film:
    """Decodes and encodes frames one after another; those that are damaged are left out.

    Args:
        width: Pixels across at most; None for the frames' own size.
        qp: How coarsely x264 quantises, 1 (finest) to 51.
        exact: Whether frames are decoded to the bit.
        most: Frames there may be.
    """

    def __init__(self, width: int | None, qp: int, *, exact: bool, most: int) -> None:
        self.frames: list[Frame] = []
        self._width, self._qp, self._exact, self._most = width, qp, exact, most
        self._times: list[float] = []
        self._size = (0, 0)
        self._writer: mp4.Writer | None = None

    def add(self, frame: Frame) -> None:
        """Decode a frame, and encode it.

        Raises:
            EncodeError: If x264 refuses.
        """
        self.frames.append(frame)
        picture = intact(frame, exact=self._exact)
        if picture is None:
            return
        if self._writer is None:
            across = min(self._width or picture.width, picture.width)
            self._size = mp4.even(across, height_at(picture, across))
            self._writer = mp4.Writer(self._size, self._qp, self._most)
        self._writer.add(frame.time, picture)
        self._times.append(frame.time)

    def clip(self, window: Window) -> Clip:
        """Give the clip of the window whose frames were added.

        Raises:
            DecodeError: If not one could be decoded.
            EncodeError: If x264 refuses.
        """
        if self._writer is None:
            raise none_of(window)
        # A window by count ends with its last frame: that stands as long as the others.
        end = window.end if window.end > window.frames[-1].time else None
        return Clip.of(window, self._writer.finish(end), self._size, self._times)
