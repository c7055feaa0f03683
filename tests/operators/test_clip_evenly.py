"""clip_evenly: the same clips as the plain composition gives, begun before their window is whole."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import av
import pytest
from conftest import WATCHDOG
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Clip, DecodeError, Frame, Ledger, collect, video
from rxvlm.operators import buffer_by_time, clip_evenly, encode_mp4, sample_evenly
from rxvlm.operators.encoding.film import Film
from rxvlm.testing import END, frames_at, play, video_of

AT_ONCE = ImmediateScheduler.singleton()


def facts(clip: Any) -> Any:
    """Give all that a clip says, the packets of its film too; the room left for its index may differ."""
    if not isinstance(clip, Clip):
        return clip
    known = (clip.start, clip.end, clip.captured, clip.source, clip.epoch, clip.seen, clip.fresh)
    with av.open(io.BytesIO(cast("bytes", clip.data)), "r") as container:
        packets = [(packet.pts, packet.duration, bytes(packet)) for packet in container.demux(video=0)]
    return known, clip.times, (clip.width, clip.height), packets


def both(
    frames: list[Frame], span: float, count: int, snap: Any = None, pool: Any = None
) -> tuple[list[Any], list[Any]]:
    """Run frames through the step, and through the plain composition."""
    heard: list[list[Any]] = []
    for ahead in (True, False):
        clock = VirtualTimeScheduler(0.0)
        scheduler = pool or clock
        stream: Any = video_of(frames)
        if ahead:
            stream = stream.pipe(clip_evenly(span, count, snap=snap, scheduler=scheduler, capacity=1000))
        else:
            encode = encode_mp4(scheduler=scheduler, capacity=1000)
            stream = stream.pipe(buffer_by_time(span), sample_evenly(count, snap=snap), encode)
        heard.append([(time, facts(item)) for time, item in play(stream, scheduler=clock)])
    return heard[0], heard[1]


@settings(max_examples=60)
@given(
    gaps=st.lists(st.sampled_from([0.0, 0.04, 0.5, 0.7, 1.0, 3.0, 11.0]), min_size=1, max_size=25),
    jumps=st.sets(st.integers(0, 24), max_size=2),
    span=st.sampled_from([1.0, 2.5, 10.0]),
    count=st.integers(1, 6),
    at_once=st.booleans(),
    snap=st.sampled_from([None, "keyframe"]),
    keys=st.sets(st.integers(0, 24)),
)
def test_they_are_those_of_the_plain_composition(
    gaps: list[float], jumps: set[int], span: float, count: int, snap: Any, keys: set[int], *, at_once: bool
) -> None:
    """Whatever the times, gaps, equal moments, key frames and reconnects: the same moments, pictures and facts."""
    times = [sum(gaps[: at + 1]) for at in range(len(gaps))]
    frames = frames_at(times, size=(32, 24))
    frames = [
        replace(frame, epoch=sum(at <= frame.index for at in jumps), keyframe=frame.index in keys) for frame in frames
    ]
    ours, plain = both(frames, span, count, snap, AT_ONCE if at_once else None)
    assert ours == plain


def test_a_real_films_clips_are_the_same(films: Callable[[str], Path]) -> None:
    """On its own threads, with compressed pictures that are decoded while their group still grows."""
    path = films("h264-bframes")
    ours = collect(video(path).pipe(clip_evenly(1.0, 5, width=64, overflow="block")))
    plain = collect(video(path).pipe(buffer_by_time(1.0), sample_evenly(5), encode_mp4(64, overflow="block")))
    assert [facts(clip) for clip in ours] == [facts(clip) for clip in plain]


def test_of_key_frames_alone_nothing_is_left_to_do() -> None:
    """Snapped to key frames, those are encoded as they come, and no other frame is."""
    frames: Subject[Frame] = Subject()
    looked, clips = list[float](), list[Clip]()
    frames.pipe(clip_evenly(4.0, 4, snap="keyframe", scheduler=AT_ONCE)).subscribe(clips.append)
    for frame in frames_at([at / 2 for at in range(8)]):
        pixels = Looked(frame.pixels, frame.time, looked)
        frames.on_next(replace(frame, pixels=pixels, keyframe=frame.index % 3 == 0))
    assert looked == [0.0, 1.5, 3.0]
    frames.on_completed()
    assert (looked, [clip.times for clip in clips]) == ([0.0, 1.5, 3.0], [(0.0, 1.5, 3.0)])


def test_a_moments_frame_is_encoded_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a window's end all its moments are encoded already, but those that no frame has come behind."""
    added: list[float] = []
    add = Film.add
    monkeypatch.setattr(Film, "add", lambda film, frame: added.append(frame.time) or add(film, frame))
    frames: Subject[Frame] = Subject()
    clips: list[Clip] = []
    frames.pipe(clip_evenly(4.0, 4, scheduler=AT_ONCE)).subscribe(clips.append)
    for frame, known in zip(
        frames_at([0.0, 0.9, 2.1, 3.5, 4.2]), [[0.0], [0.0], [0.0, 0.9, 2.1], None, None], strict=True
    ):
        frames.on_next(frame)
        assert known is None or added == known
    assert added == [0.0, 0.9, 2.1, 3.5, 4.2]
    assert [clip.times for clip in clips] == [(0.0, 0.9, 2.1, 3.5)]


class Broken:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    image = picture


def test_damaged_frames_are_left_out_and_a_window_of_nothing_else_is_lost() -> None:
    """As the plain composition does it; the loss is counted."""
    frames = [
        replace(frame, pixels=Broken()) if frame.time >= 2.0 or frame.index == 1 else frame
        for frame in frames_at([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    ]
    lost: list[tuple[Any, str]] = []
    clock = VirtualTimeScheduler(0.0)
    told: Any = lambda item, why: lost.append((item.start, why))  # noqa: E731 - a listener
    heard = play(video_of(frames).pipe(clip_evenly(2.0, 4, scheduler=clock, on_drop=told)), scheduler=clock)
    assert [item.times for _, item in heard[:-1]] == [(0.0, 1.0, 1.5)]
    assert (heard[-1][1], lost) == (END, [(2.0, "undecodable")])


def test_windows_that_are_lost_are_counted_and_leave_nothing_behind() -> None:
    """While nobody takes the clips windows are lost, the ledger adds up, and no film is kept for them."""
    ledger, held = Ledger("yard"), threading.Event()
    frames: Subject[Frame] = Subject()
    taken: list[Clip] = []
    over = threading.Event()

    def take(clip: Clip) -> None:
        taken.append(clip)
        assert held.wait(WATCHDOG)

    frames.pipe(clip_evenly(1.0, 2, on_drop=ledger.drop)).subscribe(take, print, over.set)
    for frame in frames_at([at / 4 for at in range(160)]):
        ledger.capture(frame)
        frames.on_next(frame)
    held.set()
    frames.on_completed()
    assert over.wait(WATCHDOG)
    tally = ledger.snapshot()
    assert tally.dropped["overflow"] == 160 - 4 * len(taken)
    assert 1 <= len(taken) < 40


def test_of_a_window_that_is_lost_nothing_more_is_decoded() -> None:
    """What was begun of windows that were pushed out, or that nobody asks for, is given up."""
    clock, frames, looked = VirtualTimeScheduler(0.0), Subject[Frame](), list[float]()
    pool = VirtualTimeScheduler(0.0)
    stream: Any = frames.pipe(clip_evenly(1.0, 2, scheduler=pool, capacity=0, overflow="drop_newest"))
    clips: list[Clip] = []
    stream.subscribe(clips.append, scheduler=clock)
    for frame in frames_at([at / 4 for at in range(160)]):
        frames.on_next(replace(frame, pixels=Looked(frame.pixels, frame.time, looked)))
    pool.advance_to(1.0)
    assert [clip.times for clip in clips] == [(0.0, 0.5)]
    assert len(looked) <= 2 + 2


@dataclass(frozen=True)
class Looked:
    """Pixels that tell when somebody looks."""

    pixels: Any
    time: float
    looked: list[float]

    def picture(self) -> Any:
        self.looked.append(self.time)
        return self.pixels.picture()

    image = picture


@pytest.mark.parametrize("exact", [True, False])
def test_how_exact_is_passed_on(monkeypatch: pytest.MonkeyPatch, *, exact: bool) -> None:
    """Whether pictures are decoded to the bit is the caller's choice."""
    asked: list[bool] = []
    picture = Frame.picture
    monkeypatch.setattr(Frame, "picture", lambda frame, *, exact: asked.append(exact) or picture(frame, exact=exact))
    collect(video_of(frames_at([0.0])).pipe(clip_evenly(4.0, 4, exact=exact, overflow="block")))
    assert asked == [exact]


@pytest.mark.usefixtures("no_threads_left")
def test_its_threads_end_with_the_stream(films: Callable[[str], Path]) -> None:
    """Left in the middle, no thread of it stays."""
    assert collect(video(films("h264-camera")).pipe(clip_evenly(0.5, 2)), 1)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"span": 0.0}, {"width": 1}, {"qp": 0}, {"capacity": -1}])
def test_what_is_out_of_range_is_refused_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError when the step is made."""
    how: dict[str, Any] = {"span": 1.0, "count": 2, **wrong}
    with pytest.raises(ValueError, match="must be"):
        clip_evenly(how.pop("span"), how.pop("count"), **how)
