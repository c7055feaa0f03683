"""encode_mp4, encode_jpegs and encode_with: on a virtual clock as their pool, and on threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pytest
import reactivex
from av import VideoFrame
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Clip, DecodeError, EncodeError, Frame, Window
from rxvlm.media import jpeg, mp4
from rxvlm.media.picture import Image, Still
from rxvlm.operators import Operator, buffer_by_count, buffer_by_time, encode_jpegs, encode_mp4, encode_with
from rxvlm.testing import END, frames_at, play, video_of

WATCHDOG = 30.0
Step: TypeAlias = Callable[..., Operator[Window, Clip]]


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[Any, str]] = []

    def __call__(self, item: Window, reason: str) -> None:
        self.lost.append(([frame.index for frame in item.frames], reason))


@dataclass(frozen=True)
class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> VideoFrame:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def damaged(frame: Frame) -> Frame:
    return replace(frame, pixels=Damaged())


def window_of(frames: list[Frame], start: float = 0.0, end: float = 10.0) -> Window:
    return Window(tuple(frames), start, end, captured=77.0, seen=9, fresh=7)


def on_clock(step: Step, *windows: Window, **how: Any) -> list[Any]:
    """Encode windows with the virtual clock as the pool, and give what came."""
    clock = VirtualTimeScheduler(0.0)
    stream = reactivex.from_iterable(windows).pipe(step(capacity=len(windows), scheduler=clock, **how))
    return [item for _, item in play(stream, scheduler=clock)]


def on_threads(operator: Operator[Window, Clip], *windows: Window) -> list[Any]:
    """Encode windows on threads, and give what came."""
    heard: list[Any] = []
    over = threading.Event()

    def fail(error: Exception) -> None:
        heard.append(error)
        over.set()

    reactivex.from_iterable(windows).pipe(operator).subscribe(heard.append, fail, over.set)
    assert over.wait(WATCHDOG)
    return heard


STEPS = pytest.mark.parametrize("step", [encode_mp4, encode_jpegs])


@STEPS
def test_a_clip_has_the_facts_of_its_window(step: Step) -> None:
    """A clip has its window's span, capture, source, epoch, `seen` and `fresh`, and its frames' times."""
    frames = [replace(frame, epoch=3) for frame in frames_at([1.25, 2.5, 4.0], source="yard")]
    clip, end = on_clock(step, window_of(frames, 1.0, 5.0))
    assert end is END
    assert (clip.start, clip.end, clip.captured, clip.source, clip.epoch) == (1.0, 5.0, 77.0, "yard", 3)
    assert (clip.seen, clip.fresh, clip.times) == (9, 7, (1.25, 2.5, 4.0))
    assert (clip.width, clip.height) == (64, 48)


def test_an_mp4_decodes_to_its_frames_at_their_times() -> None:
    """The MP4's pictures stand at the frames' own uneven times, the first at 0 s, and show what they showed."""
    frames = frames_at([1.25, 1.5, 4.0])
    (clip, _) = on_clock(encode_mp4, window_of(frames, 1.0, 5.0))
    assert (clip.media_type, clip.data[4:8]) == ("video/mp4", b"ftyp")
    pictures = list(mp4.decode(clip.data))
    assert [picture.time for picture in pictures] == pytest.approx([0.0, 0.25, 2.75], abs=1e-4)
    for frame, image in zip(frames, clip.images(), strict=True):
        assert abs(float(np.mean(image)) - float(np.mean(frame.image))) < 4


def durations(data: bytes) -> list[float]:
    return [float((picture.duration or 0) * (picture.time_base or 0)) for picture in mp4.decode(data)]


def test_the_last_frame_stands_until_the_window_ends() -> None:
    """Each frame stands until the next, the last one until the window's end."""
    (clip, _) = on_clock(encode_mp4, window_of(frames_at([1.25, 1.5, 4.0]), 1.0, 7.5))
    assert durations(clip.data) == pytest.approx([0.25, 2.5, 3.5], abs=1e-4)


def test_the_last_frame_of_a_window_by_count_stands_as_long_as_the_mean() -> None:
    """A window that ends at its last frame gives that frame the mean time of the others."""
    clock = VirtualTimeScheduler(0.0)
    stream = video_of(frames_at([0.0, 1.0, 3.0])).pipe(buffer_by_count(3), encode_mp4(scheduler=clock))
    (_, clip), _ = play(stream, scheduler=clock)
    assert durations(clip.data) == pytest.approx([1.0, 2.0, 1.5], abs=1e-4)


def test_jpegs_are_one_for_each_frame() -> None:
    """A list of JPEGs has one for each frame, in order, that shows what it showed."""
    frames = frames_at([0.0, 1.0, 2.0])
    (clip, _) = on_clock(encode_jpegs, window_of(frames))
    assert clip.media_type == "image/jpeg"
    images = [jpeg.decode(data) for data in clip.data]
    assert [image.shape for image in images] == [(48, 64, 3)] * 3
    assert [round(float(np.mean(image))) for image in images] == pytest.approx([0, 37, 74], abs=2)


def test_quality_is_the_jpegs() -> None:
    """A lower quality gives fewer bytes."""
    noise = np.random.default_rng(5).integers(0, 255, (48, 64, 3), np.uint8)
    window = window_of([Frame.of(noise, 0.0)])
    small, large = (on_clock(encode_jpegs, window, quality=quality)[0].size for quality in (10, 95))
    assert small * 2 < large


def test_the_quantiser_is_the_mp4s() -> None:
    """A higher qp gives fewer bytes."""
    noise = np.random.default_rng(5).integers(0, 255, (48, 64, 3), np.uint8)
    window = window_of([Frame.of(noise, 0.0)])
    small, large = (on_clock(encode_mp4, window, qp=qp)[0].size for qp in (45, 10))
    assert small * 1.5 < large


@dataclass(frozen=True)
class Cheaper:
    """Pixels that can be had for less, white then."""

    def picture(self) -> VideoFrame:
        return Still(np.zeros((48, 64, 3), np.uint8)).picture()

    def rough(self) -> VideoFrame:
        return Still(np.full((48, 64, 3), 255, np.uint8)).picture()

    def image(self) -> Image:
        return np.zeros((48, 64, 3), np.uint8)


@STEPS
@pytest.mark.parametrize(("how", "white"), [({}, False), ({"exact": True}, False), ({"exact": False}, True)])
def test_what_need_not_be_exact_is_had_for_less(step: Step, how: dict[str, Any], *, white: bool) -> None:
    """Pictures are decoded to the bit unless the caller says that it is not needed; other pixels are as they are."""
    first, second = frames_at([0.0, 1.0])
    (clip, _) = on_clock(step, window_of([replace(first, pixels=Cheaper()), second]), **how)
    images = clip.images()
    assert (float(images[0].mean()) > 250) == white
    assert float(images[1].mean()) == pytest.approx(float(second.image.mean()), abs=3)


@STEPS
@pytest.mark.parametrize(("width", "size"), [(32, (32, 24)), (64, (64, 48)), (640, (64, 48)), (None, (64, 48))])
def test_frames_are_never_scaled_up(step: Step, width: int | None, size: tuple[int, int]) -> None:
    """``width`` scales larger frames down, the sides' ratio kept; smaller ones stay as they are."""
    (clip, _) = on_clock(step, window_of(frames_at([0.0, 1.0])), width=width)
    assert (clip.width, clip.height) == size
    assert {image.shape for image in clip.images()} == {(size[1], size[0], 3)}


@pytest.mark.parametrize(("size", "width", "even"), [((65, 49), None, (64, 48)), ((64, 48), 31, (30, 22))])
def test_the_sides_of_an_mp4_are_even(size: tuple[int, int], width: int | None, even: tuple[int, int]) -> None:
    """H.264 has even sides: odd ones lose a pixel."""
    (clip, _) = on_clock(encode_mp4, window_of(frames_at([0.0], size=size)), width=width)
    assert (clip.width, clip.height) == even
    assert clip.images()[0].shape == (even[1], even[0], 3)


@STEPS
def test_a_damaged_frame_is_left_out(step: Step, caplog: pytest.LogCaptureFixture) -> None:
    """A frame that cannot be decoded is left out of its clip and logged; the others keep their times."""
    frames = frames_at([0.0, 1.0, 2.0])
    told = Told()
    (clip, end) = on_clock(step, window_of([damaged(frames[0]), *frames[1:]]), on_drop=told)
    assert (clip.times, len(clip.images()), end) == ((1.0, 2.0), 2, END)
    assert (clip.seen, clip.fresh, told.lost) == (9, 7, [])
    assert "damaged" in caplog.text


@STEPS
def test_a_window_without_a_picture_is_lost_and_the_stream_goes_on(step: Step) -> None:
    """A window of which no frame can be decoded is told "undecodable"; the windows after it are encoded."""
    frames = frames_at([0.0, 1.0, 2.0])
    told = Told()
    heard = on_clock(step, window_of([damaged(frames[0])]), window_of([frames[1]]), on_drop=told)
    assert [item if item is END else item.times for item in heard] == [(1.0,), END]
    assert told.lost == [([0], "undecodable")]


def test_a_window_that_cannot_be_encoded_is_lost_and_the_stream_goes_on() -> None:
    """A picture that its format cannot hold is told "unencodable"; the windows after it are encoded."""
    wide = Frame.of(np.zeros((1, 66_000, 3), np.uint8), 0.0)
    told = Told()
    heard = on_clock(encode_jpegs, window_of([wide]), window_of(frames_at([1.0])), on_drop=told)
    assert [item if item is END else item.times for item in heard] == [(1.0,), END]
    assert told.lost == [([0], "unencodable")]


class Encoder:
    """An encoder that fails where it is told to."""

    def __init__(self, failing: dict[int, Exception] | None = None) -> None:
        self.encoded: list[int] = []
        self._failing = failing or {}

    def __call__(self, window: Window) -> Clip:
        index = window.frames[0].index
        self.encoded.append(index)
        if index in self._failing:
            raise self._failing[index]
        return Clip.of(window, (b"jpeg",), (64, 48), window.times)


def windows(count: int) -> list[Window]:
    return [window_of([frame]) for frame in frames_at([float(at) for at in range(count)])]


def made_with(failing: dict[int, Exception], on_drop: Told | None = None) -> list[Any]:
    clock = VirtualTimeScheduler(0.0)
    step = encode_with(Encoder(failing), capacity=5, scheduler=clock, on_drop=on_drop)
    heard = play(reactivex.from_iterable(windows(3)).pipe(step), scheduler=clock)
    return [item.times if isinstance(item, Clip) else item for _, item in heard]


def test_an_encoders_error_loses_its_window_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A window whose encoder fails with an error of ours is told, and logged; the stream goes on."""
    told = Told()
    assert made_with({1: EncodeError("too odd")}, told) == [(0.0,), (2.0,), END]
    assert told.lost == [([1], "unencodable")]
    assert "too odd" in caplog.text
    assert made_with({1: EncodeError("too odd")}) == [(0.0,), (2.0,), END]


def test_an_encoder_that_raises_otherwise_ends_the_stream() -> None:
    """What a user's encoder raises otherwise is the stream's error: a mistake in it is not hidden."""
    wrong = ZeroDivisionError("a mistake")
    told = Told()
    assert made_with({1: wrong}, told) == [(0.0,), wrong]
    assert told.lost == [([1], "error"), ([2], "error")]


def test_what_overflows_is_told() -> None:
    """With one place and one waiting the oldest waiting window is lost."""
    told, clock = Told(), VirtualTimeScheduler(0.0)
    source: Subject[Window] = Subject()
    clips: list[Clip] = []
    source.pipe(encode_with(Encoder(), capacity=1, scheduler=clock, on_drop=told)).subscribe(clips.append)
    for window in windows(4):
        source.on_next(window)
    clock.advance_to(1.0)
    assert [clip.times for clip in clips] == [(0.0,), (3.0,)]
    assert told.lost == [([1], "overflow"), ([2], "overflow")]


def test_leaving_keeps_what_waits_from_being_encoded() -> None:
    """Disposing tells what runs and what waits, and nothing more is encoded."""
    told, clock, encoder = Told(), VirtualTimeScheduler(0.0), Encoder()
    source: Subject[Window] = Subject()
    subscription = source.pipe(encode_with(encoder, capacity=1, scheduler=clock, on_drop=told)).subscribe()
    for window in windows(2):
        source.on_next(window)
    subscription.dispose()
    clock.advance_to(1.0)
    assert encoder.encoded == []
    assert told.lost == [([0], "disposed"), ([1], "disposed")]


class Slow:
    """An encoder that holds its first window until the second is done."""

    def __init__(self) -> None:
        self.threads: set[tuple[str, bool]] = set()
        self._second = threading.Event()

    def __call__(self, window: Window) -> Clip:
        thread = threading.current_thread()
        self.threads.add((thread.name, thread.daemon))
        if window.frames[0].index == 0:
            assert self._second.wait(WATCHDOG)
        self._second.set()
        return Clip.of(window, (b"jpeg",), (64, 48), window.times)


def test_clips_keep_the_windows_order_on_threads() -> None:
    """A clip that is ready sooner waits for the one before it; the encoder runs on daemon threads of its own."""
    slow = Slow()
    heard = on_threads(encode_with(slow, max_concurrent=2, overflow="block"), *windows(6))
    assert [clip.times for clip in heard] == [(float(at),) for at in range(6)]
    assert slow.threads == {("rxvlm-encode", True)}


def test_arrival_order_gives_what_is_ready() -> None:
    """With order="arrival" the clip that is ready first comes first."""
    heard = on_threads(encode_with(Slow(), max_concurrent=2, overflow="block", order="arrival"), *windows(2))
    assert [clip.times for clip in heard] == [(1.0,), (0.0,)]


@STEPS
def test_threads_and_clock_give_the_same_clips(step: Step) -> None:
    """Real clips made on real threads are those made on the virtual clock, byte for byte."""
    several = [window_of(frames_at([0.0 + at, 0.25 + at])) for at in range(4)]
    threaded = on_threads(step(max_concurrent=2, overflow="block"), *several)
    assert [clip.data for clip in threaded] == [clip.data for clip in on_clock(step, *several)[:-1]]


def test_the_source_is_not_held_up() -> None:
    """A live source goes on while its windows are being encoded: its frames come at their times."""
    clock = VirtualTimeScheduler(0.0)
    seen: list[float] = []
    frames: Observable[Frame] = video_of(frames_at([0.0, 1.0, 2.0, 3.0])).pipe(
        ops.do_action(lambda _: seen.append(clock.to_seconds(clock.now)))
    )
    heard = play(frames.pipe(buffer_by_time(1.5), encode_jpegs(scheduler=clock)), scheduler=clock)
    assert seen == [0.0, 1.0, 2.0, 3.0]
    assert [(time, clip.start) for time, clip in heard[:-1]] == [(2.0, 0.0), (3.0, 1.5), (3.0, 3.0)]


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        (encode_mp4, {"width": 1}),
        (encode_mp4, {"qp": 0}),
        (encode_mp4, {"qp": 52}),
        (encode_mp4, {"max_concurrent": 0}),
        (encode_jpegs, {"width": 0}),
        (encode_jpegs, {"quality": 0}),
        (encode_jpegs, {"quality": 101}),
        (encode_jpegs, {"overflow": "lose"}),
    ],
)
def test_arguments_out_of_range_are_errors_at_once(step: Step, wrong: dict[str, Any]) -> None:
    """A number out of range or an unknown rule is a ValueError when the step is made, and names the value."""
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        step(**wrong)
