from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, ModelError, Usage, Window
from rxvlm.operators import buffer_by_time
from rxvlm.testing import END, Say, draw, frames_at, play, scripted, video_of


def clip_of(times: list[float]) -> Clip:
    window = Window(tuple(frames_at(times)), times[0], times[-1])
    return Clip.of(window, (b"jpeg",) * len(times), (64, 48), times)


def test_frames_have_their_times_and_numbers() -> None:
    """frames_at makes a frame for each moment, numbered, of the source and size asked for."""
    frames = frames_at([0.0, 0.5], source="yard", size=(32, 16))
    assert [(frame.time, frame.index, frame.source, frame.shape) for frame in frames] == [
        (0.0, 0, "yard", (16, 32, 3)),
        (0.5, 1, "yard", (16, 32, 3)),
    ]
    assert [frame.captured for frame in frames] == [None, None]


def test_live_frames_were_captured_on_the_virtual_clock() -> None:
    """A live frame's time of capture is its time, as video_of gives it on a clock that begins at 0."""
    assert [frame.captured for frame in frames_at([0.0, 2.5], live=True)] == [0.0, 2.5]


def test_frames_can_be_told_apart_by_their_pictures() -> None:
    """Each frame is plain grey, and no two of the first 256 are alike."""
    greys = [np.unique(frame.image).tolist() for frame in frames_at([0.0] * 256, size=(2, 2))]
    assert len({grey[0] for grey in greys}) == 256
    assert all(len(grey) == 1 for grey in greys)


def test_a_video_gives_each_frame_at_its_time() -> None:
    """video_of gives frames on the clock of the subscription, from its beginning, then ends."""
    frames = frames_at([0.5, 2.0, 2.0])
    assert play(video_of(frames)) == [(0.5, frames[0]), (2.0, frames[1]), (2.0, frames[2]), (2.0, END)]
    assert play(video_of(frames), scheduler=VirtualTimeScheduler(10.0))[0] == (10.5, frames[0])
    assert play(video_of([])) == [(0.0, END)]


def test_a_video_can_be_left() -> None:
    """A video that is left from inside a delivery gives no more, and keeps no timer."""
    clock = VirtualTimeScheduler(0.0)
    frames = frames_at([0.0, 1.0, 2.0])
    heard = play(video_of(frames).pipe(ops.take(2)), seconds=1.5, scheduler=clock)
    assert heard == [(0.0, frames[0]), (1.0, frames[1]), (1.0, END)]
    clock.advance_to(10.0)
    assert len(heard) == 3


def test_play_gives_items_errors_and_ends_with_their_seconds() -> None:
    """`play` writes what came and when; an error as itself, an end as END."""
    assert play(reactivex.timer(1.5).pipe(ops.map(lambda _: "x"))) == [(1.5, "x"), (1.5, END)]
    error = RuntimeError("broken")
    broken: Observable[int] = reactivex.throw(error)
    assert play(broken) == [(0.0, error)]
    assert repr(END) == "END"


def test_play_leaves_after_so_many_seconds() -> None:
    """`play` disposes of a stream that goes on after its virtual seconds, a day if not told otherwise."""
    left: list[str] = []
    endless = reactivex.interval(1.0).pipe(ops.finally_action(lambda: left.append("left")))
    assert play(endless, seconds=2.5) == [(1.0, 0), (2.0, 1)]
    assert left == ["left"]
    assert len(play(reactivex.interval(3600.0))) == 24


def test_play_goes_on_where_its_clock_stands() -> None:
    """With a clock of the caller's `play` begins at its present second."""
    clock = VirtualTimeScheduler(0.0)
    play(reactivex.timer(1.0), seconds=7.0, scheduler=clock)
    assert clock.to_seconds(clock.now) == 7.0
    assert play(reactivex.timer(1.0), seconds=2.0, scheduler=clock)[0][0] == 8.0


def test_play_takes_a_crowd_at_one_instant() -> None:
    """A thousand actions at one virtual instant leave the clock where it is."""
    heard = play(reactivex.merge(*(reactivex.timer(1.0) for _ in range(1000))))
    assert {time for time, _ in heard} == {1.0}
    assert len(heard) == 1001


@pytest.mark.parametrize(
    ("stream", "drawn"),
    [
        (video_of(frames_at([0.0, 1.0, 3.0])), "0-1---2|"),
        (video_of(frames_at([0.0, 1.0, 2.0])).pipe(buffer_by_time(1.5)), "----(0,1)(2)|"),
        (
            reactivex.timer(1.0).pipe(ops.map(lambda _: "x"), ops.concat(reactivex.throw(RuntimeError("broken")))),
            "--x#",
        ),
        (reactivex.never(), "..."),
        (reactivex.timer(1.0).pipe(ops.concat(reactivex.never())), "--0..."),
    ],
)
def test_draw_draws_marbles(stream: Observable[Any], drawn: str) -> None:
    """A frame is its number, a window those of its frames, the end a bar, an error a hash; dots are no end."""
    assert draw(stream, tick=0.5) == drawn


def answers(vlm: Any, count: int) -> list[list[tuple[float, Any]]]:
    return [play(vlm.ask(clip_of([0.0]), "?")) for _ in range(count)]


def test_a_scripted_model_says_its_answers_in_turn() -> None:
    """Answers come in turn, the last one for ever, each after its seconds; an error after one second."""
    error = ModelError("no")
    vlm = scripted("a", Say("b", seconds=2.5, value=7, usage=Usage(1, 2)), error, name="oracle")
    first, second, third, fourth = answers(vlm, 4)
    assert [(time, getattr(item, "text", item)) for time, item in first] == [(1.0, "a"), (1.0, END)]
    assert (second[0][0], second[0][1].value, second[0][1].usage) == (2.5, 7, Usage(1, 2))
    assert third == fourth == [(1.0, error)]
    assert vlm.name == "oracle"


def test_a_scripted_model_is_cold() -> None:
    """Asking alone sends nothing; each subscription is a question of its own, and is remembered."""
    vlm, clip = scripted("a", "b"), clip_of([0.0])
    answer = vlm.ask(clip, "what?")
    assert vlm.asked == []
    assert [play(answer)[0][1].text for _ in range(2)] == ["a", "b"]
    assert vlm.asked == [(clip, "what?")] * 2


def test_a_scripted_model_counts_what_was_hung_up() -> None:
    """`hung_up` counts answers that were left before they ended: neither those given nor those that failed."""
    vlm = scripted("a", ModelError("no"), "c")
    play(vlm.ask(clip_of([0.0]), "?"))
    play(vlm.ask(clip_of([0.0]), "?"))
    assert vlm.hung_up == 0
    play(vlm.ask(clip_of([0.0]), "?"), seconds=0.5)
    assert vlm.hung_up == 1


def test_a_scripted_model_without_a_script_is_an_error() -> None:
    """A model that has nothing to say is a ValueError."""
    with pytest.raises(ValueError, match="at least one answer"):
        scripted()
