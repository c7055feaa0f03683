"""What sampling strategies get and return, and the default strategy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxvlm import Window
from rxvlm.frame import Frame
from rxvlm.media.picture import Still
from rxvlm.processor.frame_queue import PushedFrame
from rxvlm.processor.sampling import NEAREST_IN_TIME, named_strategy, nearest_in_time
from rxvlm.testing import frames_at


def earlier(frames: Sequence[Frame], target: int) -> list[int]:
    """Choose frames as the earlier system did: by min(), for each moment, from the first frame to the last."""
    start, end = frames[0].time, frames[-1].time
    chosen: list[int] = []
    for at in range(target):
        moment = start + at * (end - start) / target
        nearest = min(frames, key=lambda frame: abs(frame.time - moment))
        if nearest.index not in chosen:
            chosen.append(nearest.index)
    return chosen


def window_of(times: Sequence[float]) -> Window:
    return Window(tuple(frames_at(times, size=(4, 4))), times[0], times[-1])


def times(most: int, per_second: int) -> st.SearchStrategy[list[float]]:
    ticks = st.lists(st.integers(0, most), min_size=1, max_size=60)
    return ticks.map(lambda ticks: sorted(tick / per_second for tick in ticks))


# An intake gives whole microseconds; in quarters, moments often lie exactly between two frames.
@given(times(10**12, 10**6) | times(10**7, 10**6) | times(40, 4), st.integers(1, 30))
def test_the_rule_is_that_of_the_earlier_system(times: list[float], target: int) -> None:
    """It chooses the frames of the earlier system, each once, for dense, sparse, equal and ambiguous times."""
    window = window_of(times)
    assert [frame.index for frame in nearest_in_time(window, target)] == earlier(window.frames, target)


def test_the_rule_spans_from_the_first_frame_to_the_last() -> None:
    """The moments divide the span of the frames, not that of the window."""
    frames = tuple(frames_at([1.0, 2.0, 3.0, 4.0, 5.0], size=(4, 4)))
    chosen = nearest_in_time(Window(frames, 0.0, 10.0), 2)
    assert [frame.time for frame in chosen] == [1.0, 3.0]


def test_it_has_a_name() -> None:
    """A strategy's name is that of its function or class."""
    assert NEAREST_IN_TIME.name == "nearest_in_time"
    assert named_strategy(Last()).name == "Last"
    assert named_strategy(first).name == "first"


class Last:
    """A strategy that chooses the last frames."""

    def sample_frames(self, frames: Sequence[Any], target_count: int) -> Sequence[Any]:
        return frames[-target_count:]


def first(frames: Sequence[Any], _target_count: int) -> Sequence[Any]:
    return frames[:1]


def test_an_object_and_a_function_are_strategies() -> None:
    """An object and a function both get the frames and the count, and choose frames."""
    window = window_of([0.0, 1.0, 2.0])
    assert named_strategy(Last()).choose(window, 2) == list(window.frames[1:])
    assert named_strategy(first).choose(window, 2) == list(window.frames[:1])


def test_what_is_neither_is_refused() -> None:
    """A strategy that is not callable is an error of the caller."""
    with pytest.raises(TypeError, match="sample_frames"):
        named_strategy(42)  # pyright: ignore[reportArgumentType] - that is the point


def test_frames_data_has_its_four_keys() -> None:
    """A strategy gets picture, timestamp, seconds and number, as a mapping."""
    image = np.full((4, 6, 3), 9, np.uint8)
    frame = PushedFrame(Still(image), 2.5, (4, 6, 3), "yard", 7, timestamp=1.7e9)
    seen: list[Any] = []

    def look(frames: Sequence[Any], _count: int) -> Sequence[Any]:
        seen.extend(frames)
        return frames

    named_strategy(look).choose(Window((frame,), 0.0, 10.0), 1)
    (data,) = seen
    assert dict(data).keys() == {"frame", "timestamp", "relative_timestamp", "frame_number"}
    assert (data["timestamp"], data["relative_timestamp"], data["frame_number"]) == (1.7e9, 2.5, 7)
    assert np.array_equal(data["frame"], image)
    assert not data["frame"].flags.writeable
    assert len(data) == 4
    with pytest.raises(KeyError):
        data["fps"]


def test_copies_of_the_data_will_do() -> None:
    """Frames are identified by their numbers, so a strategy may return dicts of its own."""
    window = window_of([0.0, 1.0, 2.0])

    def copying(frames: Sequence[Any], _count: int) -> list[Any]:
        return [dict(frames[1])]

    assert named_strategy(copying).choose(window, 2) == [window.frames[1]]


def test_frames_data_can_be_looked_for() -> None:
    """Frames' data can be compared and put into a set, although arrays do not compare."""
    window = window_of([0.0, 1.0, 2.0])

    def some(frames: Sequence[Any], _count: int) -> list[Any]:
        keep = {frames[2], frames[0]}
        return [data for data in frames if data in list(keep)]

    assert named_strategy(some).choose(window, 2) == [window.frames[0], window.frames[2]]
