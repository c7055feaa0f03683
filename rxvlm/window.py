"""Window: the frames of a span of time; and the span, which clips and analyses of the window share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from os import getpid
from typing import Any, Final, cast
from uuid import uuid4

from rxvlm.display import markup
from rxvlm.display.when import in_words, picture_of
from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, bgr

_START: Final = uuid4().hex[:16]
_numbers = count()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class WindowId:
    """Identity of a window; its clips and analyses have the same one.

    It is a value: equal after pickling, and different for each window of every process.

    Attributes:
        run: Name of the process that made the window, different for each process and each start.
        source: Name of the source.
        epoch: How many times the source had been reconnected before.
        number: Serial number of the window in that process, from 0.
    """

    run: str = field(default_factory=lambda: f"{_START}-{getpid()}")  # a forked child has the same _START
    source: str = ""
    epoch: int = 0
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a video that a window covers: its source, its start and end, and how many frames were captured.

    A window keeps its span when it is sampled, and shares it with the clips that are encoded from it.

    Attributes:
        start: Seconds of the source's time at which the span begins.
        end: Seconds at which it ends; the end itself is not included. A window by count ends at its last frame.
        captured: When its end was filmed, in seconds since 1970 (UTC), or its last frame if the window was emitted
            before its end; None for a file.
        source: Name of the source.
        epoch: How many times the source had been reconnected before.
        seen: Number of captured frames in the span; sampling does not change it.
        fresh: Number of those that were in no earlier window. The ledger counts these.
        window_id: Identity of the window in a ledger; without one, the span is that of a new window.
        unfinished: Whether the window was emitted before its span was over, because the source was reconnected, was
            silent or ended: more frames, and another window, may still come for the span.
        given: When the window was emitted, in seconds since 1970 (UTC) by the clock of its subscription; None if that
            is not known. Comparisons ignore it.
        slot: Number of the window on the wall clock: it begins ``slot`` strides after 1970 (UTC). None if windows
            are on the source's own time; see `rxvlm.operators.buffer_by_time`.
    """

    start: float
    end: float
    captured: float | None = None
    source: str = ""
    epoch: int = 0
    seen: int = 0
    fresh: int = 0
    window_id: WindowId = field(default=cast("WindowId", None), repr=False)  # made from source and epoch, see below
    unfinished: bool = False
    given: float | None = field(default=None, compare=False, repr=False)
    slot: int | None = None

    def __post_init__(self) -> None:
        if self.window_id is None:  # pyright: ignore[reportUnnecessaryComparison] - its default
            object.__setattr__(self, "window_id", WindowId(source=self.source, epoch=self.epoch))

    @staticmethod
    def of(span: Span | None, **facts: Any) -> Span:  # noqa: ANN401 - of whatever type the field has
        """Make a span from attributes; those that are None are taken from ``span``, or get their default.

        Raises:
            TypeError: If ``span`` is None, and start or end is missing.
        """
        given = {name: fact for name, fact in facts.items() if fact is not None}
        return Span(**given) if span is None else replace(span, **given)


class Spanned:
    """Base of values that cover a span of video: gives them the attributes of their `Span`."""

    __slots__ = ()

    span: Span

    @property
    def start(self) -> float:
        """Seconds of the source's time at which the span begins."""
        return self.span.start

    @property
    def end(self) -> float:
        """Seconds of the source's time at which the span ends."""
        return self.span.end

    @property
    def captured(self) -> float | None:
        """When the span's end was filmed, in seconds since 1970 (UTC); None for a file."""
        return self.span.captured

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.span.source

    @property
    def epoch(self) -> int:
        """How many times the source had been reconnected before."""
        return self.span.epoch

    @property
    def seen(self) -> int:
        """Number of captured frames in the span; sampling does not change it."""
        return self.span.seen

    @property
    def fresh(self) -> int:
        """Number of captured frames in the span that were in no earlier window; the ledger counts these."""
        return self.span.fresh

    @property
    def window_id(self) -> WindowId:
        """Identity of the window in a ledger."""
        return self.span.window_id


@dataclass(frozen=True, slots=True, eq=False, init=False, weakref_slot=True)
class Window(Spanned):
    """The frames of a span of time.

    Args:
        frames: At least one frame, in time order, all of one source.
        start: Seconds of the source's time at which the span begins.
        end: Seconds at which it ends; the end itself is not included. A window by count ends at its last frame.
        captured: When its end was filmed, in seconds since 1970 (UTC), or its last frame if the window was emitted
            before its end; None for a file.
        seen: Number of captured frames in the span; sampling does not change it. -1: as many as ``frames``.
        fresh: Number of those that were in no earlier window; the ledger counts these. -1: all of them.
        span: The `Span` of another window, instead of ``start`` to ``fresh``. If you pass one of these, too, it
            replaces the value of the span.

    Raises:
        TypeError: If there is no ``span``, and start or end is missing.
        ValueError: If there is no frame, the frames are out of order, or the span ends before it starts.
    """

    frames: tuple[Frame, ...] = field(repr=False)
    span: Span

    def __init__(
        self,
        frames: tuple[Frame, ...],
        start: float | None = None,
        end: float | None = None,
        captured: float | None = None,
        *,
        seen: int = -1,
        fresh: int = -1,
        span: Span | None = None,
    ) -> None:
        if not frames:
            raise ValueError("a window has at least one frame")
        if span is None:
            seen = len(frames) if seen < 0 else seen
            fresh = seen if fresh < 0 else fresh
        counts = {"seen": None if seen < 0 else seen, "fresh": None if fresh < 0 else fresh}
        first = frames[0]
        span = Span.of(span, start=start, end=end, captured=captured, source=first.source, epoch=first.epoch, **counts)
        if span.end < span.start:
            raise ValueError(f"a window ends after it starts, not at {span.end} s after {span.start} s")
        times = [frame.time for frame in frames]
        if times != sorted(times):
            raise ValueError("a window's frames are in time order")
        object.__setattr__(self, "frames", frames)
        object.__setattr__(self, "span", span)

    def __repr__(self) -> str:
        frames = ",".join(str(frame.index) for frame in self.frames[:8])
        more = ",..." if len(self.frames) > 8 else ""  # noqa: PLR2004 - what fits a line
        return f"Window({self.source!r} [{self.start:g}, {self.end:g}) s, {self.seen} seen, frames ({frames}{more}))"

    def _repr_html_(self) -> str:
        chosen = [self.frames[at] for at in markup.chosen(len(self.frames))]
        kept = "" if len(self.frames) == self.seen else f"{len(self.frames):,} of "
        heading = f"{in_words(self)}: {kept}{self.seen:,} frames"
        try:
            images = self.keep(chosen).images(min(markup.LARGE, chosen[0].display_size[0]))
        except DecodeError as error:
            return markup.card(heading, markup.complaint(error))
        pictures = [picture_of(self, one.time, jpeg.encode(image)) for image, one in zip(images, chosen, strict=True)]
        return markup.card(heading, markup.sheet(pictures, len(self.frames) - len(chosen)))

    @property
    def times(self) -> tuple[float, ...]:
        """Time of each frame, in seconds of the source's time."""
        return tuple(frame.time for frame in self.frames)

    def images(self, width: int | None = None) -> list[Image]:
        """Decode the frames in one pass.

        Args:
            width: Width in pixels to scale to, as the frames are shown (see `Frame.display_size`); None for the frames'
                own size.

        Returns:
            For each frame a read-only BGR ``uint8`` array (height, width, 3).

        Raises:
            DecodeError: If the packets of a frame cannot be decoded.
        """
        if width is None:
            return [frame.image for frame in self.frames]
        return [bgr(frame.picture(), width, frame.sample_aspect) for frame in self.frames]

    def keep(self, frames: Iterable[Frame]) -> Window:
        """Return a window with only some of the frames; the span stays the same."""
        return Window(tuple(frames), span=self.span)
