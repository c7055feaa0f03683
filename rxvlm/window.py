"""Window: the frames of a span of time, and what it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rxvlm.display import markup
from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, bgr


class Origin:
    """Stands for one window in a ledger, however often it is sampled, encoded and asked about."""

    __slots__ = ("__weakref__",)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Window:
    """The frames of a span of time.

    Args:
        frames: At least one frame, in time order.
        start: Seconds of the source's time at which the span begins.
        end: Seconds at which it ends, itself not in it. A window by count ends at its last frame.
        captured: Seconds since the epoch of its end, or of its last frame where it was given
            before its end; None for a file.
        seen: Captured frames that lie in it, whatever was sampled away since.
        fresh: How many of those no earlier window held: what the ledger counts.
        origin: By what a ledger knows it again.

    Raises:
        ValueError: If there is no frame, they are out of order, or the span ends before it starts.
    """

    frames: tuple[Frame, ...] = field(repr=False)
    start: float
    end: float
    captured: float | None = None
    seen: int = -1
    fresh: int = -1
    origin: Origin = field(default_factory=Origin, repr=False)

    def __post_init__(self) -> None:
        if not self.frames:
            raise ValueError("a window has at least one frame")
        if self.end < self.start:
            raise ValueError(f"a window ends after it starts, not at {self.end} s after {self.start} s")
        times = [frame.time for frame in self.frames]
        if times != sorted(times):
            raise ValueError("a window's frames are in time order")
        if self.seen < 0:
            object.__setattr__(self, "seen", len(self.frames))
        if self.fresh < 0:
            object.__setattr__(self, "fresh", self.seen)

    def __repr__(self) -> str:
        frames = ",".join(str(frame.index) for frame in self.frames[:8])
        more = ",..." if len(self.frames) > 8 else ""  # noqa: PLR2004 - what fits a line
        return f"Window({self.source!r} [{self.start:g}, {self.end:g}) s, {self.seen} seen, frames ({frames}{more}))"

    def _repr_html_(self) -> str:
        chosen = [self.frames[at] for at in markup.chosen(len(self.frames))]
        try:
            images = self.keep(chosen).images(markup.THUMB)
        except DecodeError as error:
            return markup.card(repr(self), markup.complaint(error))
        pictures = [(jpeg.encode(image), f"{frame.time:.2f} s") for image, frame in zip(images, chosen, strict=True)]
        return markup.card(repr(self), markup.sheet(pictures, len(self.frames) - len(chosen)))

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.frames[0].source

    @property
    def epoch(self) -> int:
        """How often the source had been connected anew before."""
        return self.frames[0].epoch

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds of the source's time, one for each frame."""
        return tuple(frame.time for frame in self.frames)

    def images(self, width: int | None = None) -> list[Image]:
        """Decode its frames in one pass.

        Args:
            width: Pixels across; None for the frames' own size.

        Returns:
            For each frame a read-only BGR ``uint8`` array (height, width, 3).

        Raises:
            DecodeError: If a frame's packets do not give a picture.
        """
        if width is None:
            return [frame.image for frame in self.frames]
        return [bgr(frame.picture(), width) for frame in self.frames]

    def keep(self, frames: Iterable[Frame]) -> Window:
        """Give the window thinned to some of its frames; what it stands for stays."""
        return replace(self, frames=tuple(frames))
