"""Encode frames as an H.264 clip: a whole window at once, or frame by frame."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.media.picture import height_at
from rxvlm.operators.encoding.decoded import decode_frame, nothing_decoded
from rxvlm.window import Window


def encode_film(window: Window, width: int | None, qp: int, *, exact: bool = True) -> Clip:
    """Encode a window as an H.264 clip; damaged frames are left out.

    Args:
        window: The window.
        width: Pixels across at most; None for the frames' own size.
        qp: The quantiser of x264, 1 (finest) to 51.
        exact: Whether frames are decoded bit-exact.

    Raises:
        DecodeError: If no frame can be decoded.
        EncodeError: If x264 refuses.
    """
    film = Film(width, qp, exact=exact, most=len(window.frames))
    for frame in window.frames:
        film.add(frame)
    return film.clip(window)


class Film:
    """An H.264 clip that grows frame by frame; damaged frames are left out.

    Args:
        width: Pixels across at most; None for the frames' own size.
        qp: The quantiser of x264, 1 (finest) to 51.
        exact: Whether frames are decoded bit-exact.
        most: The largest number of frames that will be added.
    """

    def __init__(self, width: int | None, qp: int, *, exact: bool, most: int) -> None:
        self.frames: list[Frame] = []
        self._width, self._qp, self._exact, self._most = width, qp, exact, most
        self._times: list[float] = []
        self._size = (0, 0)
        self._writer: mp4.Mp4Writer | None = None

    def add(self, frame: Frame) -> None:
        """Decode a frame, and encode it.

        Raises:
            EncodeError: If x264 refuses.
        """
        self.frames.append(frame)
        picture = decode_frame(frame, exact=self._exact)
        if picture is None:
            return
        if self._writer is None:
            across = min(self._width or picture.width, picture.width)
            self._size = mp4.even_size(across, height_at(picture, across))
            self._writer = mp4.Mp4Writer(self._size, self._qp, self._most)
        self._writer.add(frame.time, picture)
        self._times.append(frame.time)

    def clip(self, window: Window) -> Clip:
        """Return the clip of the window whose frames were added.

        Raises:
            DecodeError: If no frame could be decoded.
            EncodeError: If x264 refuses.
        """
        if self._writer is None:
            raise nothing_decoded(window)
        # The end of a window by count is the time of its last frame: that frame is then shown as long as the others.
        end = window.end if window.end > window.frames[-1].time else None
        return Clip.of(window, self._writer.finish(end), self._size, self._times)
