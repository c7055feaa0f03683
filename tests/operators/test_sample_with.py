from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st

from rxvlm import Frame, Window
from rxvlm.operators import Strategy, sample_with
from rxvlm.testing import END, frames_at


def window_of(count: int = 4) -> Window:
    return Window(tuple(frames_at([float(at) for at in range(count)])), 0.0, 10.0, captured=5.0, seen=9, fresh=7)


def heard_of(strategy: Strategy, count: int, *windows: Window) -> list[Any]:
    heard: list[Any] = []
    stream = reactivex.from_iterable(windows).pipe(sample_with(strategy, count))
    stream.subscribe(heard.append, heard.append, lambda: heard.append(END))
    return heard


def test_a_strategy_chooses_the_frames() -> None:
    """Each window keeps what the strategy gives, in any iterable; what it stands for stays."""

    def ends(window: Window, count: int) -> Iterable[Frame]:
        assert count == 2
        yield window.frames[0]
        yield window.frames[-1]

    window = window_of()
    thinned, end = heard_of(ends, 2, window)
    assert thinned.frames == (window.frames[0], window.frames[3])
    assert (thinned.start, thinned.end, thinned.captured, thinned.seen, thinned.fresh) == (0.0, 10.0, 5.0, 9, 7)
    assert end is END


def none(_window: Window, _count: int) -> list[Frame]:
    return []


def too_many(window: Window, _count: int) -> tuple[Frame, ...]:
    return window.frames


def twice(window: Window, _count: int) -> list[Frame]:
    return [window.frames[0], window.frames[0]]


def backwards(window: Window, _count: int) -> list[Frame]:
    return [window.frames[1], window.frames[0]]


def a_copy(window: Window, _count: int) -> list[Frame]:
    return frames_at([window.frames[0].time])


def forgetful(window: Window, _count: int) -> Any:
    _ = window.frames[0]


def alone(window: Window, _count: int) -> Any:
    return window.frames[0]


def thinned(window: Window, _count: int) -> Any:
    return window.keep(window.frames[:1])


def numbers(_window: Window, _count: int) -> Any:
    return [0, 3]


def pictures(window: Window, _count: int) -> Any:
    return window.images()[:1]


class Named:
    """A strategy that is no function has the name of its class."""

    def __call__(self, window: Window, _count: int) -> list[Frame]:
        return [window.frames[1], window.frames[3], window.frames[2]][-2:]


MUST = f"for {window_of()!r}: it must return 1 to 2 of its frames"


@pytest.mark.parametrize(
    ("strategy", "kind", "says"),
    [
        (none, ValueError, f"none returned 0 frames of {window_of()!r}, not 1 to 2"),
        (too_many, ValueError, f"too_many returned 4 frames of {window_of()!r}, not 1 to 2"),
        (twice, ValueError, f"twice returned frame 0 twice: each once, in time order, of {window_of()!r}"),
        (
            backwards,
            ValueError,
            f"backwards returned frame 0 after frame 1: each once, in time order, of {window_of()!r}",
        ),
        (Named(), ValueError, f"Named returned frame 2 after frame 3: each once, in time order, of {window_of()!r}"),
        (a_copy, ValueError, f"a_copy returned frame 0, which is not itself one of {window_of()!r}"),
        (forgetful, TypeError, f"forgetful returned None {MUST} (is a return missing?)"),
        (alone, TypeError, f"alone returned a Frame {MUST} (for one frame, return a list: [frame])"),
        (thinned, TypeError, f"thinned returned a Window {MUST} (return its frames: window.frames)"),
        (numbers, TypeError, f"numbers returned 0, which is not a Frame, for {window_of()!r}"),
        (pictures, TypeError, f"pictures returned an ndarray, which is not a Frame, for {window_of()!r}"),
        (lambda *_: 3, TypeError, f"<lambda> returned 3 {MUST}"),
    ],
)
def test_a_strategy_that_breaks_a_rule_ends_the_stream(strategy: Any, kind: type, says: str) -> None:
    """The error names the strategy, the frame, the rule and the window."""
    (error,) = heard_of(strategy, 2, window_of(), window_of())
    assert (type(error), str(error)) == (kind, says)


def test_a_strategy_that_raises_ends_the_stream() -> None:
    """What a strategy raises is the stream's error."""

    def bad(_window: Window, _count: int) -> list[Frame]:
        raise RuntimeError("no choice")

    assert [str(error) for error in heard_of(bad, 1, window_of())] == ["no choice"]


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_out_of_range_is_an_error_at_once(count: int) -> None:
    """A count below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match=f"not {count}"):
        sample_with(too_many, count)


@pytest.mark.parametrize(
    ("strategy", "count", "says"),
    [
        (6, too_many, "strategy must be a function of a window and a number, not 6"),
        (too_many, "6", "count must be a whole number, not '6'"),
        (too_many, 2.5, "count must be a whole number, not 2.5"),
    ],
)
def test_arguments_of_a_wrong_kind_are_an_error_at_once(strategy: Any, count: Any, says: str) -> None:
    """A TypeError names the argument when the step is made."""
    with pytest.raises(TypeError) as raised:
        sample_with(strategy, count)
    assert str(raised.value) == says


@given(chosen=st.lists(st.integers(0, 7), max_size=6), count=st.integers(1, 6))
def test_exactly_the_choices_within_the_rules_pass(chosen: list[int], count: int) -> None:
    """A choice passes if and only if it is rising, and of 1 to ``count`` frames."""

    def strategy(window: Window, _count: int) -> list[Frame]:
        return [window.frames[at] for at in chosen]

    heard = heard_of(strategy, count, window_of(8))[0]
    fits = chosen == sorted(set(chosen)) and 1 <= len(chosen) <= count
    assert isinstance(heard, Window if fits else ValueError)
