"""Clip: an encoded window: bytes, media type, times of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from av import VideoFrame

from rxvlm.display import markup
from rxvlm.errors import DecodeError
from rxvlm.media import jpeg, mp4
from rxvlm.media.picture import Image, bgr
from rxvlm.window import Span, Spanned, Window

MP4 = "video/mp4"
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True, eq=False, init=False, weakref_slot=True)
class Clip(Spanned):
    """An encoded window, in the form that a model is given.

    Args:
        data: An MP4; or a tuple of JPEGs, one for each frame.
        media_type: ``"video/mp4"`` or ``"image/jpeg"``.
        times: Seconds of the source's time, one for each frame, in order.
        width: Pixels across.
        height: Pixels down.
        start: Seconds of the source's time at which its window begins.
        end: Seconds at which that ends.
        captured: Seconds since the epoch of its window's end; None for a file.
        source: Name of the source.
        epoch: How often the source had been connected anew before.
        seen: Captured frames that lie in its window.
        fresh: How many of those no earlier window held: what the ledger counts.
        span: Its window's `Span`, in place of the arguments above from ``start`` on; those that are given
            as well replace its own.

    Raises:
        TypeError: If neither a span nor start and end are given.
        ValueError: If there is no frame, or the media type does not fit the data.
    """

    data: bytes | tuple[bytes, ...] = field(repr=False)
    media_type: str
    times: tuple[float, ...]
    width: int
    height: int
    span: Span

    def __init__(  # noqa: PLR0917 - the form first, then the span; most clips are made by `of`
        self,
        data: bytes | tuple[bytes, ...],
        media_type: str,
        times: tuple[float, ...],
        width: int,
        height: int,
        start: float | None = None,
        end: float | None = None,
        *,
        captured: float | None = None,
        source: str | None = None,
        epoch: int | None = None,
        seen: int | None = None,
        fresh: int | None = None,
        span: Span | None = None,
    ) -> None:
        if not times or not data:
            raise ValueError("a clip has at least one frame")
        if (media_type == MP4) != isinstance(data, bytes):
            raise ValueError(f"a clip of {media_type} has one piece of data for MP4, one a frame for JPEG")
        span = Span.of(
            span, start=start, end=end, captured=captured, source=source, epoch=epoch, seen=seen, fresh=fresh
        )
        values = data, media_type, times, width, height, span
        for each, value in zip(fields(self), values, strict=True):
            object.__setattr__(self, each.name, value)  # the class is frozen

    def __repr__(self) -> str:
        return (
            f"Clip({self.source!r} [{self.start:g}, {self.end:g}) s, {len(self.times)} frames, "
            f"{self.width}x{self.height} {self.media_type}, {self.size} bytes)"
        )

    @staticmethod
    def of(window: Window, data: bytes | tuple[bytes, ...], size: tuple[int, int], times: Sequence[float]) -> Clip:
        """Make the clip of a window: ``size`` is (width, height) in pixels, ``times`` are its frames', in seconds."""
        media_type = MP4 if isinstance(data, bytes) else JPEG
        return Clip(data, media_type, tuple(times), *size, span=window.span)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.data) if isinstance(self.data, bytes) else sum(map(len, self.data))

    @property
    def fps(self) -> float:
        """Frames a second, from the frames' own times; of a single frame, one in its window."""
        if len(self.times) > 1 and self.times[-1] > self.times[0]:
            return (len(self.times) - 1) / (self.times[-1] - self.times[0])
        return 1 / (self.end - self.start) if self.end > self.start else 1.0

    def images(self, width: int | None = None) -> list[Image]:
        """Decode its frames: read-only BGR ``uint8`` (height, width, 3) each.

        Args:
            width: Pixels across; None for the clip's own size.

        Raises:
            DecodeError: If the data is damaged.
        """
        return [bgr(picture, width) for picture in self._pictures()]

    def jpegs(self, quality: int = 80) -> Clip:
        """Give the same frames as a list of JPEGs, for a model that takes no video.

        Args:
            quality: 1 to 100.

        Raises:
            DecodeError: If the data is damaged.
        """
        if not isinstance(self.data, bytes):
            return self
        return replace(self, data=tuple(jpeg.encode(image, quality) for image in self.images()), media_type=JPEG)

    def shrunk(self, width: int, *, qp: int = 30) -> Clip:
        """Give the same frames in fewer bytes, for a model with a limit.

        Args:
            width: Pixels across of the result, at least 2.
            qp: How coarsely x264 quantises, 1 (finest) to 51; of JPEGs the quality is 70.

        Raises:
            DecodeError: If the data is damaged.
        """
        height = max(1, round(self.height * width / self.width))
        if not isinstance(self.data, bytes):
            data = tuple(jpeg.encode(image, 70) for image in self.images(width))
            return replace(self, data=data, width=width, height=height)
        return self._again(self._pictures(), self.times, mp4.even_size(width, height), qp)

    def padded(self, seconds: float) -> Clip:
        """Give a clip that plays at least so long, its last frame standing; for a model with a minimum.

        Args:
            seconds: Seconds that it is to play at least.

        Raises:
            DecodeError: If the data is damaged.
        """
        gap = 1 / self.fps
        times = list(self.times)
        while times[-1] + gap - times[0] < seconds:
            times.append(times[-1] + gap)
        more = len(times) - len(self.times)
        if not more:
            return self
        if not isinstance(self.data, bytes):
            return replace(self, data=(*self.data, *self.data[-1:] * more), times=tuple(times))
        pictures = list(self._pictures())
        return self._again([*pictures, *pictures[-1:] * more], times, (self.width, self.height))

    def save(self, path: str | Path) -> list[Path]:
        """Write it to disk; a list of JPEGs becomes ``name-0.jpg``, ``name-1.jpg``, ...

        Args:
            path: Where to; its suffix is replaced by the data's own.

        Returns:
            The files written.

        Raises:
            OSError: If a file cannot be written.
        """
        path = Path(path)
        if isinstance(self.data, bytes):
            files = {path.with_suffix(".mp4"): self.data}
        else:
            files = {path.with_name(f"{path.stem}-{at}.jpg"): data for at, data in enumerate(self.data)}
        for file, data in files.items():
            half = file.with_name(f".{file.name}.part")  # whoever looks sees whole files only
            try:
                half.write_bytes(data)
                half.replace(file)
            finally:
                half.unlink(missing_ok=True)
        return list(files)

    def strip(self, most: int = 8, *, width: int = markup.THUMB, wrap: bool = True) -> str:
        """Give a few of its pictures beside one another, with their times, as HTML.

        Args:
            most: Pictures at most.
            width: Pixels across of each.
            wrap: Whether they may take several lines, and what is left out is said.
        """
        chosen = markup.chosen(len(self.times), most)
        try:
            images = [bgr(picture, width) for at, picture in enumerate(self._pictures()) if at in chosen]
        except DecodeError as error:
            return markup.complaint(error)
        shown = [(jpeg.encode(image), f"{self.times[at]:.2f} s") for at, image in zip(chosen, images, strict=False)]
        return markup.sheet(shown, len(self.times) - len(chosen) if wrap else 0, width=width, wrap=wrap)

    def _repr_html_(self) -> str:
        plays = isinstance(self.data, bytes) and self.size <= markup.MOST_FILM_BYTES
        shown = (
            markup.film(self.data, min(self.width, 480)) if plays and isinstance(self.data, bytes) else self.strip(24)
        )
        times = [f"{time:.2f}" for time in self.times]
        listed = ", ".join(times if len(times) <= 24 else [*times[:23], "...", times[-1]])  # noqa: PLR2004 - two lines
        return markup.card(repr(self), shown, markup.facts({"frames at": f"{listed} s"}))

    def _pictures(self) -> Iterable[VideoFrame]:
        if isinstance(self.data, bytes):
            return mp4.decode(self.data)
        return (VideoFrame.from_ndarray(jpeg.decode(data), format="bgr24") for data in self.data)

    def _again(
        self, pictures: Iterable[VideoFrame], times: Sequence[float], size: tuple[int, int], qp: int = mp4.QP
    ) -> Clip:
        shown = zip(times, pictures, strict=True)
        data = mp4.encode(shown, size=size, qp=qp, most=len(times))
        return replace(self, data=data, times=tuple(times), width=size[0], height=size[1])
