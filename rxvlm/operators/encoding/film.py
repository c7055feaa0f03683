"""Encode frames as an H.264 clip: a whole window at once, or frame by frame."""

from __future__ import annotations

from typing import cast

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.media.picture import displayed
from rxvlm.operators.encoding.decoded import Decoding
from rxvlm.window import Window


def encode_film(window: Window, width: int | None, qp: int, *, exact: bool = True) -> Clip:
    """Encode a window as an H.264 clip; frames that cannot be decoded are left out.

    Args:
        window: The window.
        width: Pixels across at most; None for the frames' own size.
        qp: The quantiser of x264, 1 (finest) to 51.
        exact: Whether frames are decoded bit-exact.

    Raises:
        DecodeError: If no frame can be decoded, or most are damaged.
        EncodeError: If x264 refuses.
    """
    film = Film(width, qp, exact=exact, most=len(window.frames))
    for frame in window.frames:
        film.add(frame)
    return film.clip(window)


class Film:
    """An H.264 clip that grows frame by frame; frames that cannot be decoded are left out.

    Args:
        width: Pixels across at most; None for the frames' own size.
        qp: The quantiser of x264, 1 (finest) to 51.
        exact: Whether frames are decoded bit-exact.
        most: The largest number of frames that will be added.
    """

    def __init__(self, width: int | None, qp: int, *, exact: bool, most: int) -> None:
        self.frames: list[Frame] = []
        self._width, self._qp, self._most = width, qp, most
        self._decoding = Decoding(exact=exact)
        self._times: list[float] = []
        self._size = (0, 0)
        self._writer: mp4.Mp4Writer | None = None

    def add(self, frame: Frame) -> None:
        """Decode a frame, and encode it.

        Raises:
            EncodeError: If x264 refuses.
        """
        self.frames.append(frame)
        picture = self._decoding.decode(frame)
        if picture is None:
            return
        if self._writer is None:
            shown = displayed((picture.width, picture.height), frame.sample_aspect, most=self._width)
            self._size = mp4.even_size(*shown)
            self._writer = mp4.Mp4Writer(self._size, self._qp, self._most)
        self._writer.add(frame.time, picture)
        self._times.append(frame.time)

    def clip(self, window: Window) -> Clip:
        """Return the clip of the window whose frames were added.

        Raises:
            DecodeError: If no frame could be decoded, or most are damaged.
            EncodeError: If x264 refuses.
        """
        self._decoding.check(window)
        writer = cast("mp4.Mp4Writer", self._writer)  # a frame was decoded
        # The end of a window by count is the time of its last frame: that frame is then shown as long as the others.
        end = window.end if window.end > window.frames[-1].time else None
        return Clip.of(window, writer.finish(end), self._size, self._times)
