"""Clip: an encoded window: its bytes, their media type and the times of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from av import VideoFrame

from rxvlm.display import markup
from rxvlm.display.when import in_words, picture_of
from rxvlm.errors import ClipGoneError, DecodeError
from rxvlm.media import jpeg, mp4
from rxvlm.media.picture import Image, bgr_sized
from rxvlm.window import Span, Spanned, Window

MP4 = "video/mp4"
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True, eq=False, init=False, weakref_slot=True)
class Clip(Spanned):
    """An encoded window, in the form in which it is sent to a model.

    Args:
        data: An MP4 file, or a tuple of JPEG files, one for each frame. None: methods that need it raise ClipGoneError.
        media_type: ``"video/mp4"`` or ``"image/jpeg"``.
        times: Time of each frame, in seconds of the source's time, in order.
        width: Width in pixels.
        height: Height in pixels.
        start: Seconds of the source's time at which its window begins.
        end: Seconds at which its window ends.
        captured: When the end of its window was filmed, in seconds since 1970 (UTC); None for a file.
        source: Name of the source.
        epoch: How many times the source had been reconnected before.
        seen: Number of captured frames in its window.
        fresh: Number of those that were in no earlier window; the ledger counts these.
        span: The `Span` of its window, instead of ``start`` to ``fresh``. If you pass one of these, too, it
            replaces the value of the span.

    Raises:
        TypeError: If there is no ``span``, and start or end is missing.
        ValueError: If there is no frame, or the media type does not match the data.
    """

    data: bytes | tuple[bytes, ...] | None = field(repr=False)
    media_type: str
    times: tuple[float, ...]
    width: int
    height: int
    span: Span

    def __init__(  # noqa: PLR0917 - the form first, then the span; most clips are made by `of`
        self,
        data: bytes | tuple[bytes, ...] | None,
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
        if not times or (data is not None and not data):
            raise ValueError("a clip has at least one frame")
        if data is not None and (media_type == MP4) != isinstance(data, bytes):
            raise ValueError(f"a clip of {media_type} has one piece of data for MP4, one a frame for JPEG")
        span = Span.of(
            span, start=start, end=end, captured=captured, source=source, epoch=epoch, seen=seen, fresh=fresh
        )
        for each, value in zip(fields(self), (data, media_type, times, width, height, span), strict=True):
            object.__setattr__(self, each.name, value)  # the class is frozen

    def __repr__(self) -> str:
        return (
            f"Clip({self.source!r} [{self.start:g}, {self.end:g}) s, {len(self.times)} frames, "
            f"{self.width}x{self.height} {self.media_type}, {f'{self.size} bytes' if self.kept else 'not kept'})"
        )

    @staticmethod
    def of(window: Window, data: bytes | tuple[bytes, ...], size: tuple[int, int], times: Sequence[float]) -> Clip:
        """Make the clip of a window.

        Args:
            window: The window that was encoded.
            data: An MP4 file, or a tuple of JPEG files.
            size: (width, height) in pixels.
            times: Time of each frame in the data, in seconds of the source's time.
        """
        return Clip(data, MP4 if isinstance(data, bytes) else JPEG, tuple(times), *size, span=window.span)

    @property
    def kept(self) -> bool:
        """Whether the clip has its bytes."""
        return self.data is not None

    @property
    def contents(self) -> bytes | tuple[bytes, ...]:
        """The data; raises `ClipGoneError` if the clip does not have its bytes."""
        if self.data is None:
            raise ClipGoneError(f"the clip of {self.source!r} [{self.start:g}, {self.end:g}) s is without its bytes")
        return self.data

    @property
    def size(self) -> int:
        """Size of the data in bytes; 0 for a clip without its bytes."""
        return sum(map(len, [self.data] if isinstance(self.data, bytes) else self.data or ()))

    @property
    def fps(self) -> float:
        """Frames per second, computed from the times of the frames; for a single frame, 1 / the window's length."""
        if len(self.times) > 1 and self.times[-1] > self.times[0]:
            return (len(self.times) - 1) / (self.times[-1] - self.times[0])
        return 1 / (self.end - self.start) if self.end > self.start else 1.0

    def images(self, width: int | None = None, *, most: int | None = None) -> list[Image]:
        """Decode the frames; each is a read-only BGR ``uint8`` array (height, width, 3).

        Args:
            width: Width in pixels to scale to; None for the clip's own size.
            most: The largest number of frames to return, evenly chosen, at least 1; None for all.

        Raises:
            DecodeError: If the data is damaged.
        """
        chosen = markup.chosen(len(self.times), most or len(self.times))
        shown = zip(range(chosen[-1] + 1), self._pictures(), strict=False)  # decodes none behind the last
        return [self._image(picture, width) for at, picture in shown if at in chosen]

    def jpegs(self, quality: int = 80) -> Clip:
        """Return a clip of the same frames as JPEGs, for a model that does not take video.

        Args:
            quality: JPEG quality, 1 to 100.

        Raises:
            DecodeError: If the data is damaged.
        """
        if not isinstance(self.contents, bytes):
            return self
        return replace(self, data=tuple(jpeg.encode(image, quality) for image in self.images()), media_type=JPEG)

    def shrunk(self, width: int, *, qp: int = 30) -> Clip:
        """Return a clip of the same frames in fewer bytes, for a model with a size limit.

        Args:
            width: Width of the result in pixels, at least 2.
            qp: Quantiser of x264, 1 (best) to 51 (coarsest). JPEGs are encoded at quality 70 instead.

        Raises:
            DecodeError: If the data is damaged.
        """
        height = max(1, round(self.height * width / self.width))
        if not isinstance(self.contents, bytes):
            data = tuple(jpeg.encode(image, 70) for image in self.images(width))
            return replace(self, data=data, width=width, height=height)
        return self._again(self._pictures(), self.times, mp4.even_size(width, height), qp)

    def padded(self, seconds: float) -> Clip:
        """Return a clip of at least this length, by repeating its last frame; for a model with a minimum length.

        Args:
            seconds: Minimum length in seconds.

        Raises:
            DecodeError: If the data is damaged.
        """
        data, gap = self.contents, 1 / self.fps
        times = list(self.times)
        while times[-1] + gap - times[0] < seconds:
            times.append(times[-1] + gap)
        if not (more := len(times) - len(self.times)):
            return self
        if not isinstance(data, bytes):
            return replace(self, data=(*data, *data[-1:] * more), times=tuple(times))
        pictures = list(self._pictures())
        return self._again([*pictures, *pictures[-1:] * more], times, mp4.even_size(self.width, self.height))

    def save(self, path: str | Path) -> list[Path]:
        """Write the clip to disk; JPEGs become ``name-0.jpg``, ``name-1.jpg``, ...

        Args:
            path: Path of the file; its suffix is replaced by that of the media type.

        Returns:
            The paths of the files written.

        Raises:
            OSError: If a file cannot be written.
        """
        path, contents = Path(path), self.contents
        if isinstance(contents, bytes):
            files = {path.with_suffix(".mp4"): contents}
        else:
            files = {path.with_name(f"{path.stem}-{at}.jpg"): data for at, data in enumerate(contents)}
        for file, data in files.items():
            half = file.with_name(f".{file.name}.part")  # so that a reader never sees a file that is half written
            try:
                half.write_bytes(data)
                half.replace(file)
            finally:
                half.unlink(missing_ok=True)
        return list(files)

    def strip(self, most: int = 8, *, width: int = markup.THUMB, large: int = markup.LARGE, said: str = "") -> str:
        """Return some of the pictures side by side as HTML, each with its time.

        Args:
            most: Maximum number of pictures; the number of those left out is shown, too.
            width: Width of each in pixels.
            large: Width of each after a click; at least twice ``width``, for dense screens.
            said: The answer of a model about them, for people who do not see them.
        """
        chosen = markup.chosen(len(self.times), most)
        try:
            images = self.images(min(large, self.width), most=most)
        except (DecodeError, ClipGoneError) as error:
            return markup.complaint(error)
        jpegs = [(self.times[at], jpeg.encode(image, 70)) for at, image in zip(chosen, images, strict=False)]
        return markup.sheet((picture_of(self, *one, said) for one in jpegs), len(self.times) - len(jpegs), width=width)

    def _repr_html_(self) -> str:
        heading = f"{in_words(self)}: {len(self.times)} frames, {self.width} x {self.height}"
        known = markup.facts({"frames at": markup.seconds(self.times), "bytes": f"{self.size:,}"})
        if isinstance(self.data, bytes) and self.size <= markup.MOST_FILM_BYTES:
            return markup.card(heading, markup.film(self.data, (self.width, self.height), alt=heading), known)
        return markup.card(heading, self.strip(24), known)

    def _pictures(self) -> Iterable[VideoFrame]:
        data = self.contents
        if isinstance(data, bytes):
            return mp4.decode(data)
        return (VideoFrame.from_ndarray(jpeg.decode(one), format="bgr24") for one in data)

    def _image(self, picture: VideoFrame, width: int | None) -> Image:
        across = width or self.width  # a copied film may have pixels that are not square
        return bgr_sized(picture, (across, max(1, round(self.height * across / self.width))))

    def _again(
        self, pictures: Iterable[VideoFrame], times: Sequence[float], size: tuple[int, int], qp: int = mp4.QP
    ) -> Clip:
        data = mp4.encode(zip(times, pictures, strict=True), size=size, qp=qp, most=len(times))
        return replace(self, data=data, times=tuple(times), width=size[0], height=size[1])
