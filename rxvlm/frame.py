"""Frame: one picture and when it was shown; pixels only on demand."""

from __future__ import annotations

from dataclasses import dataclass, field

from av import VideoFrame

from rxvlm.display import markup
from rxvlm.errors import DecodeError
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, Pixels, Still, bgr, rough_picture


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Frame:
    """One picture of a source. Any thread may hold one; it holds no pixels itself.

    Args:
        pixels: Where its picture comes from when somebody looks.
        time: Seconds since the source's first picture, at least 0, never going back.
        shape: (height, width, 3) of the picture.
        source: Name of the source.
        index: Number of the frame in its source, from 0, in the order of showing.
        captured: Seconds since the epoch at which it was filmed; None for a file.
        epoch: How often the source had been connected anew before this frame.
        keyframe: Whether it can be decoded without another.
        size: Bytes of its packet; 0 if it has none.

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

    def __post_init__(self) -> None:
        if not self.time >= 0:
            raise ValueError(f"a frame's time is at least 0 seconds, not {self.time}")

    def __repr__(self) -> str:
        return f"Frame({self.source!r} #{self.index} at {self.time:.3f} s, {self.shape[1]}x{self.shape[0]})"

    def _repr_html_(self) -> str:
        try:
            shown = markup.picture(jpeg.encode(bgr(self.picture(), markup.ALONE)), width=markup.ALONE)
        except DecodeError as error:
            shown = markup.complaint(error)
        return markup.card(repr(self), shown)

    @property
    def image(self) -> Image:
        """The picture as BGR ``uint8`` (height, width, 3), read-only, made at each look.

        Equals ``VideoFrame.to_ndarray(format="bgr24")`` of a full decode.

        Raises:
            DecodeError: If its packets do not give a picture.
        """
        return self.pixels.image()

    def picture(self, *, exact: bool = True) -> VideoFrame:
        """Give the decoded picture as PyAV has it, mostly YUV 4:2:0: what encoders want.

        It is shared: convert it with `rxvlm.media.picture.fitted`, not by its own methods.

        Args:
            exact: Whether it is to be that of a full decode to the bit; if not, one of H.264 or H.265 may
                show the edges of its blocks, and costs a fifth less.

        Raises:
            DecodeError: If its packets do not give a picture.
        """
        return self.pixels.picture() if exact else rough_picture(self.pixels)

    @staticmethod
    def of(image: Image, time: float, *, source: str = "", index: int = 0, captured: float | None = None) -> Frame:
        """Make a frame of an array.

        Args:
            image: BGR ``uint8`` (height, width, 3); not copied, so leave it as it is.
            time: Seconds since the source's first picture.
            source: Name of the source.
            index: Number of the frame in its source.
            captured: Seconds since the epoch, or None.

        Raises:
            TypeError: If the image is no ``uint8`` array.
            ValueError: If it is empty or of another shape, or the time is negative.
        """
        pixels = Still(image)
        height, width = image.shape[:2]
        return Frame(pixels, time, (height, width, 3), source, index, captured, keyframe=True)
