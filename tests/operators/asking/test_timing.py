"""Where the time of an answer goes: by stage, and in sum all of it."""

from __future__ import annotations

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops

from rxvlm import Analysis, Clip, Frame, Piece, Vlm, Window, models
from rxvlm import operators as rxo
from rxvlm.stream import Operator
from rxvlm.testing import frames_at, play, video_of

STAGES = ["arrive", "encode", "queue", "limit", "first", "rest"]


class Slow:
    """A model whose first piece comes after some seconds, and whose last one some seconds later."""

    name = "slow"

    def __init__(self, first: float, rest: float) -> None:
        self._seconds = first, rest

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        first, rest = (
            reactivex.timer(at).pipe(ops.map(lambda _: Piece("x"))) for at in (self._seconds[0], sum(self._seconds))
        )
        return reactivex.merge(first, rest)


def later(seconds: float) -> Operator[Window, Clip]:
    """Encode a window, which takes some seconds."""

    def encoded(window: Window) -> Observable[Clip]:
        clip = Clip.of(window, (b"jpeg",), (64, 48), window.times)
        return reactivex.timer(seconds).pipe(ops.map(lambda _: clip))

    return rxo.flat_map_bounded(encoded, max_concurrent=1, capacity=9, overflow="error")


def answers(frames: list[Frame], encode: float, model: Vlm) -> list[Analysis]:
    stream = video_of(frames).pipe(
        rxo.buffer_by_time(2.0),
        later(encode),
        rxo.analyze(model, "?", capacity=99, overflow="block", timeout=1000.0),
    )
    return [item for _, item in play(stream) if isinstance(item, Analysis)]


def test_each_stage_has_its_seconds() -> None:
    """Of a live camera: the window is given when the next frame comes, half a second late."""
    limited = models.limit(Slow(1.0, 0.5), requests_per_minute=6.0, burst=0.0)
    first, second = answers(frames_at([0.0, 1.0, 2.5, 3.0, 4.5], live=True), 0.25, limited)[:2]
    expected = {"arrive": 0.5, "encode": 0.25, "queue": 0.0, "limit": 0.0, "first": 1.0, "rest": 0.5}
    assert dict(first.timings) == pytest.approx(expected)
    assert second.timings["limit"] == pytest.approx(8.0)
    assert list(first.timings) == STAGES


def test_a_film_does_not_arrive() -> None:
    """Its time begins when its window was given."""
    (answer, *_) = answers(frames_at([0.0, 1.0, 2.5]), 0.25, Slow(1.0, 0.5))
    assert answer.timings["arrive"] is None
    assert sum(seconds or 0.0 for seconds in answer.timings.values()) == pytest.approx(1.75)


def test_a_failed_call_has_timings_too() -> None:
    """All of it is the wait for the first piece."""
    (answer, *_) = answers(frames_at([0.0, 1.0, 2.5]), 0.0, Slow(2000.0, 0.0))
    assert answer.error is not None
    assert answer.timings["first"] == pytest.approx(1000.0)


@given(
    st.lists(st.floats(0.0, 60.0), min_size=1, max_size=12),
    st.floats(0.0, 3.0),
    st.floats(0.0, 5.0),
    st.floats(0.0, 5.0),
    st.booleans(),
)
def test_they_add_up(times: list[float], encode: float, first: float, rest: float, live: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
    """To the age of the answer, within a millisecond; of a film to the time since its window was given."""
    model = models.limit(Slow(first, rest), requests_per_minute=10.0)
    for answer in answers(frames_at(sorted(times), live=live), encode, model):
        whole = answer.answered - ((answer.clip.captured if live else answer.clip.span.given) or 0.0)
        assert sum(seconds or 0.0 for seconds in answer.timings.values()) == pytest.approx(whole, abs=1e-3)
        assert Analysis.from_dict(answer.to_dict()).timings.keys() == answer.timings.keys()
