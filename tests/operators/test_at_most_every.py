"""At most one item in some seconds of the stream's own time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st

from rxvlm import Analysis, Clip, Event, Window, collect
from rxvlm import operators as rxo
from rxvlm.testing import frames_at, play, video_of

seconds = st.integers(0, 10**9).map(lambda ticks: ticks / 10**6)


def answer(start: float, camera: str = "yard", kind: str = "car") -> Analysis:
    clip = Clip((b"x",), "image/jpeg", (start,), 8, 8, start, start + 10.0, source=camera)
    return Analysis(clip, "?", "m", 0.0, 1.0, value={"kind": kind})


def event(phase: Any, start: float, end: float, camera: str = "yard") -> Event:
    return Event(id=f"{start}", name="n", camera=camera, phase=phase, start=start, end=end)


def passed(items: list[Any], *arguments: Any, **options: Any) -> list[Any]:
    return collect(reactivex.from_iterable(items).pipe(rxo.at_most_every(*arguments, **options)))


def test_it_goes_by_the_time_of_the_video() -> None:
    """Answers that come at once are told apart by what they are about; the distance is between those that passed."""
    answers = [answer(start) for start in (0.0, 10.0, 299.9, 300.0, 310.0, 605.0)]
    assert passed(answers, 300.0) == [answers[0], answers[3], answers[5]]


def test_each_camera_is_throttled_by_itself() -> None:
    """Without a key, one camera takes nothing from another."""
    answers = [answer(0.0), answer(5.0, "gate"), answer(10.0), answer(20.0, "gate"), answer(310.0)]
    assert passed(answers, 300.0) == [answers[0], answers[1], answers[4]]


def test_each_key_is_throttled_by_itself() -> None:
    """A key is a function of the item; the one that is given is the whole key."""
    answers = [answer(0.0), answer(10.0, kind="dog"), answer(20.0, "gate"), answer(30.0, kind="dog")]
    assert passed(answers, 300.0, key=lambda one: one.value["kind"]) == answers[:2]
    assert passed(answers, 300.0, lambda one: one.clip.source) == [answers[0], answers[2]]


def test_events_stand_at_their_start_and_then_at_their_end() -> None:
    """A long event passes again and again; the start of the next one is measured by its start."""
    events = [
        event("start", 0.0, 10.0),
        *[event("update", 0.0, 10.0 * at) for at in range(2, 60)],
        event("end", 0.0, 590.0),
        event("start", 595.0, 605.0),
        event("start", 640.0, 650.0),
    ]
    told = [(one.phase, one.start, one.end) for one in passed(events, 300.0)]
    assert told == [("start", 0.0, 10.0), ("update", 0.0, 300.0), ("start", 640.0, 650.0)]


def test_items_of_every_kind_have_a_time() -> None:
    """Frames at their time, windows and clips at their start; others by a function."""
    frames = frames_at([0.0, 1.0, 2.0, 3.0])
    assert passed(frames, 2.0) == frames[::2]
    windows = [Window((frame,), frame.time, frame.time + 1.0) for frame in frames]
    assert passed(windows, 2.0) == windows[::2]
    clips = [answer(float(at)).clip for at in range(4)]
    assert passed(clips, 2.0) == clips[::2]
    assert passed([1, 2, 3, 4, 5], 2.0, time=float) == [1, 3, 5]


def test_what_has_no_time_ends_the_stream() -> None:
    """The error says which items have one, and how another gets it."""
    ((_, error),) = play(reactivex.of("a").pipe(rxo.at_most_every(1.0)))
    assert isinstance(error, TypeError)
    assert "time=..." in str(error)


def test_a_key_that_raises_ends_the_stream() -> None:
    """An error of the user's function is an error in the stream, behind what passed."""
    played = [
        item
        for _, item in play(
            video_of(frames_at([0.0, 1.0])).pipe(rxo.at_most_every(1.0, key=lambda f: 1 / (1 - f.index)))
        )
    ]
    assert [type(item).__name__ for item in played] == ["Frame", "ZeroDivisionError"]


@given(st.lists(st.tuples(st.sampled_from("abc"), seconds)), st.integers(1, 10**8).map(lambda ticks: ticks / 10**6))
def test_the_laws(items: list[tuple[str, float]], least: float) -> None:
    """Of each key, those that pass are at least so far apart, and each that does not is too near to one that did."""
    lost: list[tuple[str, float]] = []
    given_items = passed(
        items, least, key=lambda one: one[0], time=lambda one: one[1], on_drop=lambda one, _: lost.append(one)
    )
    assert len(given_items) + len(lost) == len(items)
    for key in "abc":
        times = [time for name, time in given_items if name == key]
        assert all(later - earlier >= least - 1e-6 for earlier, later in pairwise(times))
        assert [name for name, _ in items if name == key][:1] == [name for name, _ in given_items if name == key][:1]


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        ((0.0,), {}, ValueError),
        (("5 minutes",), {}, TypeError),
        ((1.0, "camera"), {}, TypeError),
        ((1.0,), {"time": 3.0}, TypeError),
        ((float("nan"),), {}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, options: Any, error: type[Exception]) -> None:
    """The error comes at once, and names the parameter."""
    with pytest.raises(error, match=r"seconds|key|time"):
        rxo.at_most_every(*arguments, **options)
