"""Frame: one picture of a video and its time; its pixels are decoded on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

from av import VideoFrame

from rxvlm.display import markup
from rxvlm.display.when import moment_in_words
from rxvlm.errors import DecodeError
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, Pixels, Still, bgr, displayed, rough_picture


class _Draft:
    """A frame that is being made: what is frozen could set its attributes the slow way only; see `make_frame`."""

    __slots__ = (
        "__weakref__", "captured", "epoch", "index", "keyframe", "pixels", "sample_aspect", "shape", "size", "source",
        "time",
    )  # fmt: skip

    def __init__(self, *values: Any) -> None:  # noqa: ANN401 - those of `Frame`, in its order
        self.pixels, self.time, self.shape, self.source, self.index, *rest = values
        self.captured, self.epoch, self.keyframe, self.size, self.sample_aspect = rest


@dataclass(frozen=True, slots=True, eq=False)
class Frame(_Draft):
    """One picture of a source. It may be passed between threads; its pixels are decoded when they are read.

    Args:
        pixels: Provides the picture when it is read.
        time: Seconds since the source's first picture, at least 0; it never decreases from frame to frame.
        shape: (height, width, 3) of the picture.
        source: Name of the source.
        index: Number of the frame in its source, from 0, in presentation order.
        captured: When it was filmed, in seconds since 1970 (UTC); None for a file.
        epoch: How many times the source had been reconnected before this frame.
        keyframe: Whether it is a key frame, which can be decoded alone.
        size: Bytes of its packet; 0 if it has none.
        sample_aspect: Width of a pixel, as a multiple of its height; not 1 if the picture must be shown wider or
            narrower than it is coded.

    Raises:
        ValueError: If the time is negative or not a number.
    """

    pixels: Pixels = field(repr=False)
    time: float
    shape: tuple[int, int, int]
    source: str = ""
    index: int = 0
    captured: float | None = None
    epoch: int = 0
    keyframe: bool = False
    size: int = 0
    sample_aspect: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if not self.time >= 0:
            raise ValueError(f"a frame's time is at least 0 seconds, not {self.time}")

    def __repr__(self) -> str:
        return f"Frame({self.source!r} #{self.index} at {self.time:.3f} s, {self.shape[1]}x{self.shape[0]})"

    def _repr_html_(self) -> str:
        height, width, _ = self.shape
        moment = moment_in_words(self.time, self.captured)
        heading = f"{self.source or 'a frame'} at {moment}: number {self.index:,}, {width} x {height}"
        return markup.card(heading, self.picture_html())

    def picture_html(self, width: int = markup.ALONE, *, labelled: bool = False) -> str:
        """Return the picture as HTML, small; or why it cannot be decoded.

        Args:
            width: Its width on the page in pixels, if it has that many; a click makes it larger.
            labelled: Whether its time stands below it.
        """
        own = self.display_size[0]
        try:
            shown = bgr(self.picture(), min(markup.LARGE, own), self.sample_aspect)
        except DecodeError as error:
            return markup.complaint(error)
        caption = moment_in_words(self.time, self.captured, date=False) if labelled else ""
        alt = f"{self.source} at {moment_in_words(self.time, self.captured)}"
        return markup.picture(jpeg.encode(shown), caption, min(width, own), alt=alt)

    @property
    def image(self) -> Image:
        """The picture as BGR ``uint8`` (height, width, 3), read-only; decoded at each access.

        Equals ``VideoFrame.to_ndarray(format="bgr24")`` of a full decode, turned upright if the film says so.

        Raises:
            DecodeError: If its packets cannot be decoded, or are damaged.
        """
        image = self.pixels.image()
        if image.shape != self.shape:
            raise DecodeError(f"{self!r} has a picture of {image.shape[1]}x{image.shape[0]}: its packets are damaged")
        return image

    @property
    def display_size(self) -> tuple[int, int]:
        """(width, height) in pixels at which the picture must be shown; not its own if pixels are not square.

        >>> from dataclasses import replace
        >>> from fractions import Fraction
        >>> from rxvlm.testing import frames_at
        >>> frame, = frames_at([0.0], size=(352, 576))
        >>> replace(frame, sample_aspect=Fraction(2)).display_size
        (704, 576)
        """
        height, width, _ = self.shape
        return displayed((width, height), self.sample_aspect)

    def picture(self, *, exact: bool = True) -> VideoFrame:
        """Return the decoded picture as a PyAV frame, usually in YUV 4:2:0, which encoders take.

        The PyAV frame is shared between threads: convert it with `rxvlm.media.picture.fitted`. Its own methods
        crash when two threads call them at once.

        Args:
            exact: Whether it must be identical, bit by bit, to the picture of a full decode. If not, pictures of H.264
                and H.265 may show the edges of their blocks, and decoding takes a fifth less time.

        Raises:
            DecodeError: If its packets cannot be decoded.
        """
        return self.pixels.picture() if exact else rough_picture(self.pixels)

    @staticmethod
    def of(image: Image, time: float, *, source: str = "", index: int = 0, captured: float | None = None) -> Frame:
        """Make a frame from an array.

        Args:
            image: BGR ``uint8`` (height, width, 3). It is not copied: do not change it afterwards.
            time: Seconds since the source's first picture.
            source: Name of the source.
            index: Number of the frame in its source.
            captured: When it was filmed, in seconds since 1970 (UTC), or None.

        Raises:
            TypeError: If the image is not a ``uint8`` array.
            ValueError: If it is empty or of another shape, or the time is negative.
        """
        pixels = Still(image)
        height, width = image.shape[:2]
        return Frame(pixels, time, (height, width, 3), source, index, captured, keyframe=True)


def _made(*values: object) -> Frame:
    draft: Any = _Draft(*values)
    draft.__class__ = Frame
    return draft


make_frame = cast("type[Frame]", _made)
"""Make a frame for a source in a third of the time, from all of its values by position; the time is not checked."""
