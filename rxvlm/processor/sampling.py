"""NamedStrategy: what a processor's sampling strategies choose from, and the one that it has itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypedDict, cast

from rxvlm.frame import Frame
from rxvlm.media.picture import Image
from rxvlm.operators.sample_evenly import nearest
from rxvlm.operators.sample_with import Strategy
from rxvlm.processor.callback import callback_of
from rxvlm.processor.frame_queue import PushedFrame
from rxvlm.ticks import moments
from rxvlm.window import Window


class FrameData(TypedDict):
    """A frame, as a sampling strategy sees it.

    Keys:
        frame: BGR ``uint8`` (height, width, 3), read-only, made when it is looked at.
        timestamp: The one that it was pushed with, or the clock's.
        relative_timestamp: Seconds since the first frame, never going back.
        frame_number: Its number, from 0; those that were lost have theirs, too.
    """

    frame: Image
    timestamp: float
    relative_timestamp: float
    frame_number: int


class SamplingStrategy(Protocol):
    """Chooses some of a buffer's frames."""

    def sample_frames(self, frames: Sequence[FrameData], target_count: int) -> Iterable[FrameData]:
        """Give at least one and at most ``target_count`` of the frames, each once, in their order."""
        ...


SamplingFunction: TypeAlias = Callable[[Sequence[FrameData], int], Iterable[FrameData]]
"""The same as a function."""


@dataclass(frozen=True, slots=True)
class NamedStrategy:
    """How frames are chosen.

    Attributes:
        name: What logs and results call it.
        choose: Chooses some of a window's frames.
    """

    name: str
    choose: Strategy


def nearest_in_time(window: Window, count: int) -> list[Frame]:
    """Choose the frame nearest to each moment start + i * (end - start) / count, from the first frame to the last.

    Of two equally near it is the earlier; one that is nearest to several is given once.
    """
    start, end = window.frames[0].time, window.frames[-1].time
    return nearest(window.frames, moments(start, end, count))


NEAREST_IN_TIME: Final = NamedStrategy("nearest_in_time", nearest_in_time)


def named_strategy(strategy: SamplingStrategy | SamplingFunction) -> NamedStrategy:
    """Make a choice of a strategy that is given frames' data; frames are known by their numbers.

    Raises:
        TypeError: If it has no ``sample_frames`` and cannot be called.
    """
    choose: SamplingFunction = callback_of(strategy, "sample_frames", "sampling strategy")

    def chosen(window: Window, count: int) -> list[Frame]:
        frames = {frame.index: frame for frame in window.frames}
        seen = [cast("FrameData", _LazyFrameData(frame)) for frame in window.frames]
        return [frames[data["frame_number"]] for data in choose(seen, count)]

    name = getattr(strategy, "__name__", type(strategy).__name__)
    chosen.__name__ = name  # which errors name
    return NamedStrategy(name, chosen)


class _LazyFrameData(Mapping[str, Any]):
    """A frame's data; its picture is made when somebody looks. Equal to itself alone: arrays do not compare."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def __getitem__(self, key: str) -> object:
        frame = self._frame
        match key:
            case "frame":
                return frame.image
            case "timestamp":
                return frame.timestamp if isinstance(frame, PushedFrame) else frame.time
            case "relative_timestamp":
                return frame.time
            case "frame_number":
                return frame.index
            case _:
                raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(FrameData.__annotations__)

    def __len__(self) -> int:
        return len(FrameData.__annotations__)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
