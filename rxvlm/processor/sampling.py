"""Sampling strategies: what a user's strategy gets and returns, and the default strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypedDict, cast

from rxvlm.frame import Frame
from rxvlm.media.picture import Image
from rxvlm.operators.sample_with import Strategy
from rxvlm.operators.sampling.nearest import nearest
from rxvlm.processor.callback import callback_of
from rxvlm.processor.frame_queue import PushedFrame
from rxvlm.ticks import moments
from rxvlm.window import Window


class FrameData(TypedDict):
    """A frame, as a sampling strategy gets it.

    Keys:
        frame: BGR ``uint8`` (height, width, 3), read-only, decoded when it is first read.
        timestamp: The timestamp that the frame was pushed with, or the clock's.
        relative_timestamp: Seconds since the first frame, never going back.
        frame_number: Its number, from 0; lost frames are numbered, too.
    """

    frame: Image
    timestamp: float
    relative_timestamp: float
    frame_number: int


class SamplingStrategy(Protocol):
    """An object that chooses some of a window's frames."""

    def sample_frames(self, frames: Sequence[FrameData], target_count: int) -> Iterable[FrameData]:
        """Return from 1 to ``target_count`` of the frames, each once, in their order."""
        ...


SamplingFunction: TypeAlias = Callable[[Sequence[FrameData], int], Iterable[FrameData]]
"""A function that does the same."""


@dataclass(frozen=True, slots=True)
class NamedStrategy:
    """A function that chooses some of a window's frames, and its name.

    Attributes:
        name: The name in logs and results.
        choose: The function.
    """

    name: str
    choose: Strategy


def nearest_in_time(window: Window, count: int) -> list[Frame]:
    """Choose the frame nearest to each moment start + i * (end - start) / count, from the first frame to the last.

    Of two equally near frames the earlier is chosen; a frame that is nearest to several moments is returned once.
    """
    start, end = window.frames[0].time, window.frames[-1].time
    return nearest(window.frames, moments(start, end, count))


NEAREST_IN_TIME: Final = NamedStrategy("nearest_in_time", nearest_in_time)


def named_strategy(strategy: SamplingStrategy | SamplingFunction) -> NamedStrategy:
    """Adapt a user's strategy to windows; the frames that it returns are identified by their numbers.

    Raises:
        TypeError: If it has no ``sample_frames`` and cannot be called.
    """
    choose: SamplingFunction = callback_of(strategy, "sample_frames", "sampling strategy")

    def chosen(window: Window, count: int) -> list[Frame]:
        frames = {frame.index: frame for frame in window.frames}
        seen = [cast("FrameData", _LazyFrameData(frame)) for frame in window.frames]
        return [frames[data["frame_number"]] for data in choose(seen, count)]

    name = getattr(strategy, "__name__", type(strategy).__name__)
    chosen.__name__ = name  # errors of `sample_with` use it
    return NamedStrategy(name, chosen)


class _LazyFrameData(Mapping[str, Any]):
    """A `FrameData` whose picture is decoded when it is read. Compared by identity, because arrays do not compare."""

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
